import { must } from '@lockstep/kernel';
import type { LimitDecision, LimitPolicy, SlotClaim } from './gcra';

/** Decides whether a request stays inside its limits. */
export interface Limiter {
  /**
   * Charges a request to all its policies and takes its place among those in flight, or does neither when one refuses. `group` keeps the keys of one owner together (one Redis slot):
   * the tenant, or the address for requests without one. Rejects when the carrier is unreachable: the caller decides per route
   * class whether to fail closed or to go on with a local limiter.
   */
  take(group: string, policies: readonly LimitPolicy[], claim?: SlotClaim): Promise<LimitDecision>;
  /** Gives a place back. A place that is not held is no fault: its lease may have ended. */
  release(group: string, claim: Pick<SlotClaim, 'key' | 'holder'>): Promise<void>;
}

export const MAX_POLICIES = 16;
const MAX_KEY_CHARS = 200;

/** Asserts what the arithmetic relies on; a breach is a defect of the caller. */
export function checkPolicies(group: string, policies: readonly LimitPolicy[], claim?: SlotClaim): void {
  must(group.length > 0 && group.length <= MAX_KEY_CHARS && !/[{}]/.test(group), `limiter group ${JSON.stringify(group)}`);
  must(policies.length >= 1 && policies.length <= MAX_POLICIES, `a request has 1 to ${MAX_POLICIES} policies, not ${policies.length}`);
  const keys = new Set<string>();
  for (const policy of policies) {
    must(policy.key.length > 0 && policy.key.length <= MAX_KEY_CHARS, `limiter key of ${policy.name}`);
    must(!keys.has(policy.key), `policy key ${policy.key} stands twice in one request`);
    keys.add(policy.key);
    const whole = [policy.rate, policy.periodMs, policy.burst, policy.cost].every((value) => Number.isSafeInteger(value) && value >= 0);
    must(
      whole && policy.rate >= 1 && policy.periodMs >= 1 && policy.rate <= policy.periodMs * 1_000,
      `policy ${policy.name} needs whole numbers, rate and period above 0`,
    );
    // T·(B + cost) stays far inside a double and inside a key's time to live.
    must((policy.periodMs / policy.rate) * (policy.burst + 1) <= 32 * 86_400_000, `policy ${policy.name} spans more than 32 days`);
  }
  if (claim === undefined) return;
  must(claim.key.length > 0 && claim.key.length <= MAX_KEY_CHARS && !keys.has(claim.key), `places ${claim.key} need a key of their own`);
  must(claim.holder.length > 0 && claim.holder.length <= MAX_KEY_CHARS, 'a place needs a holder');
  must(
    [claim.limit, claim.leaseMs].every((value) => Number.isSafeInteger(value) && value >= 1),
    'places and their lease are whole numbers above 0',
  );
}
