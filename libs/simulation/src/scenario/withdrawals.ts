import { inCents, ppmOf } from './coins';
import type { CopyPlan, ScenarioCopies } from './copies';
import { ExtraActs } from './extra-acts';
import type { Step } from './steps';

const WAIT_MS = [8_000, 40_000] as const;
/** After how long the money comes back. An engine reads each account twice a minute, so it knows of most withdrawals for long before that. */
const LASTS_MS = [60_000, 180_000] as const;
/** What an account is left with, in millionths of what its copies were given. */
const LEFT_PPM = [100_000, 600_000] as const;

/**
 * Followers take money from their accounts at the venue, so that for some minutes these have markedly less than their copies were given, and the copies keep their
 * allocations, in a share of the seeds.
 */
export function withdrawals(seed: number, copies: Pick<ScenarioCopies, 'living'>): ExtraActs {
  const short = new Set<number>();
  return new ExtraActs(seed, 'withdrawals', WAIT_MS, (acts, at) => {
    const living = copies.living().filter((plan) => !short.has(plan.follower.follower));
    if (living.length === 0) return [];
    const { follower } = acts.draw.pick(living);
    const left = ppmOf(allocated(living, follower.follower), acts.draw.between(...LEFT_PPM));
    const all = Object.values(follower.cash).reduce((sum, cash) => sum + cash, 0n);
    // Each clearinghouse keeps its part of what is left, so that copies can go on wherever they trade.
    const taken = Object.entries(follower.cash).map(([dex, cash]) => ({ dex, amount: inCents(cash - (left * cash) / all) }));
    const paid = (then: number, sign: bigint): readonly Step[] =>
      taken.flatMap(({ dex, amount }) =>
        amount > 0n ? [{ at: then, kind: 'venue_cash', follower: follower.follower, dex, amount: sign * amount }] : [],
      );
    short.add(follower.follower);
    acts.soon(at, LASTS_MS, (then) => {
      short.delete(follower.follower);
      return paid(then, 1n);
    });
    return paid(at, -1n);
  });
}

const allocated = (plans: readonly CopyPlan[], of: number): bigint =>
  plans.reduce((sum, { follower, allocation }) => (follower.follower === of ? sum + allocation : sum), 0n);
