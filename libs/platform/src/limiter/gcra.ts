/**
 * The generic cell rate algorithm (GCRA). Per key one number is kept, the theoretical arrival time (TAT), in microseconds.
 * With T = period ÷ rate, B = burst + 1 and tau = T·B, a request of cost n at time t is allowed iff t ≥ max(t, TAT) + n·T − tau.
 * Average rate exactly 1/T, bursts up to B. Denied requests store nothing, so a busy client is never locked out.
 */

/** One limit. A request may stand under several; it passes all or is charged by none. */
export interface LimitPolicy {
  /** The policy's public name, e.g. `tier` or `orders`. */
  readonly name: string;
  /** Whose quota: unique per policy and owner, at most 200 characters. Never holds a secret. */
  readonly key: string;
  /** Requests per period, 1 or more. */
  readonly rate: number;
  readonly periodMs: number;
  /** How many may come at once beyond the steady rate: B − 1. */
  readonly burst: number;
  /** How much this request takes; 0 only looks. */
  readonly cost: number;
}

/** The state of one policy after the decision. */
export interface PolicyState {
  readonly name: string;
  /** Most that can be available at once (B), as the header's quota. */
  readonly limit: number;
  readonly allowed: boolean;
  /** Requests available now. */
  readonly remaining: number;
  /** Until the whole quota is available again. */
  readonly resetAfterMs: number;
  /** Until this same request would pass; 0 when it passed; null when it never can (cost above the limit). */
  readonly retryAfterMs: number | null;
}

/** One place among requests in flight. A holder that never gives its place back loses it when the lease ends. */
export interface SlotClaim {
  /** Whose places: at most 200 characters, as a policy's key. */
  readonly key: string;
  /** Places there are, 1 or more. */
  readonly limit: number;
  /** Who takes this one: unique per request. */
  readonly holder: string;
  readonly leaseMs: number;
}

/** Places after the decision. */
export interface SlotState {
  readonly allowed: boolean;
  readonly limit: number;
  /** Places nobody holds. */
  readonly remaining: number;
}

export interface LimitDecision {
  readonly allowed: boolean;
  /** In the order of the policies given. */
  readonly policies: readonly PolicyState[];
  /** Null when no place was asked for. */
  readonly slots: SlotState | null;
  /** The longest wait of those that refused; 0 when allowed; null when the request can never pass: answer 400, not 429. */
  readonly retryAfterMs: number | null;
}

/** When to try again where all places are held: nobody knows when one comes back. */
export const SLOT_RETRY_MS = 1_000;

/** T in whole microseconds, rounded up: never faster than the rate says. */
export const emissionUs = (policy: LimitPolicy): number => Math.ceil((policy.periodMs * 1_000) / policy.rate);

/** Whether one policy admits its cost, from its stored TAT (0 when none), and the TAT to store if all others admit too. */
export function judge(policy: LimitPolicy, storedUs: number, nowUs: number): { readonly admits: boolean; readonly newUs: number } {
  const emission = emissionUs(policy);
  const newUs = Math.max(nowUs, storedUs) + policy.cost * emission;
  return { admits: nowUs >= newUs - emission * (policy.burst + 1), newUs };
}

/**
 * The state a caller sees. `finalUs` is the TAT that stands after the decision: the new one when everything passed, else the old one.
 * `admits` is the policy's own verdict, also when another policy refused the request.
 */
export function describeState(policy: LimitPolicy, admits: boolean, storedUs: number, finalUs: number, nowUs: number): PolicyState {
  const emission = emissionUs(policy);
  const limit = policy.burst + 1;
  const aheadUs = Math.max(0, finalUs - nowUs);
  const waitUs = Math.max(nowUs, storedUs) + policy.cost * emission - emission * limit - nowUs;
  return {
    name: policy.name,
    limit,
    allowed: admits,
    remaining: Math.max(0, Math.floor((emission * limit - aheadUs) / emission)),
    resetAfterMs: Math.ceil(aheadUs / 1_000),
    retryAfterMs: admits ? 0 : policy.cost > limit ? null : Math.ceil(waitUs / 1_000),
  };
}

/** Joins the states of all policies, and of the places where one was asked for, into one answer. */
export function decide(policies: readonly PolicyState[], slots: SlotState | null): LimitDecision {
  const refused = policies.filter((state) => !state.allowed);
  const never = refused.some((state) => state.retryAfterMs === null);
  const full = slots?.allowed === false;
  const waits = [...refused.map((state) => state.retryAfterMs ?? 0), full ? SLOT_RETRY_MS : 0];
  return { allowed: refused.length === 0 && !full, policies, slots, retryAfterMs: never ? null : Math.max(...waits) };
}
