import type { Clock } from '@lockstep/kernel';
import { decide, describeState, judge, type SlotClaim, type SlotState } from './gcra';
import { checkPolicies, type Limiter } from './limiter';

const MAX_KEYS = 200_000;

/**
 * The limiter inside one process: for a single machine, and as the stand-in while Redis is away. Holds at most `maxKeys` keys;
 * beyond that it first forgets those whose quota is whole again, then the ones used longest ago.
 */
export function localLimiter(clock: Clock, maxKeys = MAX_KEYS): Limiter & { readonly size: () => number } {
  const arrivals = new Map<string, number>();
  const places = new Places(maxKeys);
  return {
    size: () => arrivals.size,
    release: (group, { key, holder }) => {
      places.giveBack(`${group}}${key}`, holder);
      return Promise.resolve();
    },
    take: (group, policies, claim) => {
      checkPolicies(group, policies, claim);
      const nowMs = clock.now();
      const nowUs = nowMs * 1_000;
      const judged = policies.map((policy) => {
        const key = `${group}}${policy.key}`;
        const storedUs = arrivals.get(key) ?? 0;
        return { policy, key, storedUs, ...judge(policy, storedUs, nowUs) };
      });
      const held = claim === undefined ? 0 : places.held(`${group}}${claim.key}`, nowMs);
      const all = judged.every((one) => one.admits) && (claim === undefined || held < claim.limit);
      const states = judged.map((one) => {
        if (all && one.newUs > nowUs) {
          arrivals.delete(one.key);
          arrivals.set(one.key, one.newUs);
        }
        return describeState(one.policy, one.admits, one.storedUs, all ? one.newUs : one.storedUs, nowUs);
      });
      if (arrivals.size > maxKeys) forget(arrivals, nowUs, maxKeys);
      if (claim !== undefined && all) places.take(`${group}}${claim.key}`, claim, nowMs);
      return Promise.resolve(decide(states, claim === undefined ? null : slotState(claim, held, all)));
    },
  };
}

function forget(arrivals: Map<string, number>, nowUs: number, maxKeys: number): void {
  for (const [key, arrivalUs] of arrivals) if (arrivalUs <= nowUs) arrivals.delete(key);
  // A tenth more than needed goes, so that the sweep is not repeated with every request.
  const target = Math.floor(maxKeys * 0.9);
  for (const key of arrivals.keys()) {
    if (arrivals.size <= target) return;
    arrivals.delete(key);
  }
}

/** What a caller sees of the places, from how many were held before the decision. */
export const slotState = (claim: Pick<SlotClaim, 'limit'>, held: number, taken: boolean): SlotState => ({
  allowed: held < claim.limit,
  limit: claim.limit,
  remaining: Math.max(0, claim.limit - held - (taken ? 1 : 0)),
});

/** Who holds which places, and until when at most. */
class Places {
  private readonly holders = new Map<string, Map<string, number>>();

  constructor(private readonly maxKeys: number) {}

  /** How many are held; those whose lease ended are free. */
  held(key: string, nowMs: number): number {
    const of = this.holders.get(key);
    if (of === undefined) return 0;
    for (const [holder, untilMs] of of) if (untilMs <= nowMs) of.delete(holder);
    return of.size;
  }

  take(key: string, { holder, leaseMs }: SlotClaim, nowMs: number): void {
    const of = this.holders.get(key) ?? new Map<string, number>();
    of.set(holder, nowMs + leaseMs);
    this.holders.set(key, of);
    if (this.holders.size > this.maxKeys) for (const each of [...this.holders.keys()]) if (this.held(each, nowMs) === 0) this.holders.delete(each);
  }

  giveBack(key: string, holder: string): void {
    const of = this.holders.get(key);
    of?.delete(holder);
    if (of?.size === 0) this.holders.delete(key);
  }
}
