import type { Clock } from '@lockstep/kernel';
import { decide, describeState, judge } from './gcra';
import { checkPolicies, type Limiter } from './limiter';

const MAX_KEYS = 200_000;

/**
 * The limiter inside one process: for a single machine, and as the stand-in while Redis is away. Holds at most `maxKeys` keys;
 * beyond that it first forgets those whose quota is whole again, then the ones used longest ago.
 */
export function localLimiter(clock: Clock, maxKeys = MAX_KEYS): Limiter & { readonly size: () => number } {
  const arrivals = new Map<string, number>();
  return {
    size: () => arrivals.size,
    take: (group, policies) => {
      checkPolicies(group, policies);
      const nowUs = clock.now() * 1_000;
      const judged = policies.map((policy) => {
        const key = `${group}}${policy.key}`;
        const storedUs = arrivals.get(key) ?? 0;
        return { policy, key, storedUs, ...judge(policy, storedUs, nowUs) };
      });
      const all = judged.every((one) => one.admits);
      const states = judged.map((one) => {
        if (all && one.newUs > nowUs) {
          arrivals.delete(one.key);
          arrivals.set(one.key, one.newUs);
        }
        return describeState(one.policy, one.admits, one.storedUs, all ? one.newUs : one.storedUs, nowUs);
      });
      if (arrivals.size > maxKeys) forget(arrivals, nowUs, maxKeys);
      return Promise.resolve(decide(states));
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
