import type { CopyPlan, ScenarioCopies } from './copies';
import { ExtraActs } from './extra-acts';
import type { LeaderBook } from './leader-book';
import type { ScenarioMarket } from './market';
import type { CloseAllTarget, Step } from './steps';

/** Deadlines of unwindings are so far ahead, and the last moment comes so long after one. */
const UNWIND_IN_MS = [10_500, 140_000] as const;
const AFTER_MS = [8_000, 35_000] as const;

type Markets = Pick<ScenarioMarket, 'coins' | 'isOpen'>;

const CLOSE_ALL_MS = [20_000, 120_000] as const;
const END_ONE_MS = [4_000, 26_000] as const;
const CROWD = 25;
const AT_ONCE_MS = [100, 3_000] as const;
/** After a hand-over a follower closes what is its own within. */
const LEFT_MS = [4_000, 40_000] as const;
/** A copy that was to end is closed, where it has not ended, and its follower begins another one. */
const GONE_MS = [4_000, 18_000] as const;
const AGAIN_MS = [2_000, 15_000] as const;

/** Brands close every copy of a leader, or all they have, at once, in a share of the seeds. */
export const closeAlls = (seed: number, copies: ScenarioCopies): ExtraActs =>
  new ExtraActs(seed, 'close all', CLOSE_ALL_MS, (acts, at) => {
    const living = copies.living();
    if (living.length === 0) return [];
    const { leader, follower } = acts.draw.pick(living);
    const { tenant } = follower;
    const target: CloseAllTarget = acts.draw.oneIn(3) ? { thing: 'tenant', tenant } : { thing: 'leader', tenant, leader };
    for (const plan of living) {
      if (plan.follower.tenant !== tenant || (target.thing === 'leader' && plan.leader !== leader)) continue;
      endFor(acts, copies, at, plan);
    }
    return [{ at, kind: 'close_all_of', target }];
  });

/** Copies are handed over, also such as are to end already; at times they are to be closed at once a moment later. */
export const handOvers = (seed: number, copies: ScenarioCopies, market: Markets): ExtraActs =>
  new ExtraActs(seed, 'hand over', END_ONE_MS, (acts, at) => {
    const plan = oneToEnd(acts, copies);
    if (plan === null) return [];
    if (plan.wish !== 'ending') endFor(acts, copies, at, plan, acts.draw.oneIn(5) ? AT_ONCE_MS : GONE_MS);
    // What was handed over is the follower's own: it may close it, and does not have to.
    const { follower, handsOff } = plan.follower;
    if (!handsOff && acts.draw.oneIn(2)) acts.soon(at, LEFT_MS, (then) => openCoins(market).map((coin) => ownClose(then, follower, coin)));
    return [{ at, kind: 'copy_stop', copy: plan.copy, mode: 'hand_over' }];
  });

/** Copies are handed over while another of the same account holds the other side of what they hold: what is left there must be known to be the follower's own. */
export const handOversOpposite = (
  seed: number,
  copies: ScenarioCopies,
  market: Pick<ScenarioMarket, 'coins'>,
  book: Pick<LeaderBook, 'position'>,
): ExtraActs =>
  new ExtraActs(seed, 'hand over opposite', END_ONE_MS, (acts, at) => {
    const side = ({ leader, terms }: CopyPlan, coin: string): number =>
      Math.sign(book.position(leader, coin)) * (terms.direction === 'same' ? 1 : -1);
    const living = copies.living();
    const isOpposed = (plan: CopyPlan): boolean =>
      living.some((other) => other.follower === plan.follower && market.coins.some(({ coin }) => side(plan, coin) * side(other, coin) < 0));
    const opposed = living.filter(isOpposed);
    if (opposed.length === 0) return [];
    const plan = acts.draw.pick(opposed);
    endFor(acts, copies, at, plan);
    return [{ at, kind: 'copy_stop', copy: plan.copy, mode: 'hand_over' }];
  });

const openCoins = (market: Markets): readonly string[] => market.coins.map(({ coin }) => coin).filter((coin) => market.isOpen(coin));

const ownClose = (at: number, follower: number, coin: string): Step => ({
  at,
  kind: 'own_trade',
  follower,
  coin,
  size: { by: 'net', ppm: -1_000_000 },
});

/** Copies are unwound by a deadline; one in so many is to be closed at once before it. */
export const unwinds = (seed: number, copies: ScenarioCopies): ExtraActs =>
  new ExtraActs(seed, 'unwind', END_ONE_MS, (acts, at) => {
    const plan = oneToEnd(acts, copies);
    if (plan === null) return [];
    const inMs = acts.draw.between(...UNWIND_IN_MS);
    if (plan.wish !== 'ending') endFor(acts, copies, acts.draw.oneIn(6) ? at : at + inMs, plan, AFTER_MS);
    return [{ at, kind: 'copy_stop', copy: plan.copy, mode: 'unwind_by', inMs }];
  });

/** One that runs, or now and then one that is to end already. */
function oneToEnd(acts: ExtraActs, copies: ScenarioCopies): CopyPlan | null {
  // Where few copies run, fewer end.
  if (acts.draw.below(CROWD) >= copies.living().length) return null;
  const ending = acts.draw.oneIn(4) ? copies.ending() : [];
  const chosen = ending.length > 0 ? ending : copies.living();
  return chosen.length === 0 ? null : acts.draw.pick(chosen);
}

/** A copy was asked to end: later it is closed for good, which is refused where it has ended, and followed by another one. */
function endFor(acts: ExtraActs, copies: ScenarioCopies, at: number, plan: CopyPlan, within: readonly [number, number] = GONE_MS): void {
  plan.wish = 'ending';
  acts.soon(at, within, (then): readonly Step[] => {
    if (plan.wish === 'stopped') return [];
    plan.wish = 'stopped';
    acts.soon(then, AGAIN_MS, (again) => copies.create(again, plan.follower));
    return [{ at: then, kind: 'copy_stop', copy: plan.copy, mode: 'close_now' }];
  });
}
