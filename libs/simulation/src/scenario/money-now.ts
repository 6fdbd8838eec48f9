import type { ScenarioCopies } from './copies';
import { ExtraActs } from './extra-acts';

const WAIT_MS = [800, 6_000] as const;
/** How far apart copies are left with their least, and after how long they have it back. */
const LEAST_WAIT_MS = [6_000, 40_000] as const;
const LEAST_LASTS_MS = [4_000, 25_000] as const;

/** Followers give copies money, or take it from them, with effect at once, in a share of the seeds. */
export const moneyNow = (seed: number, copies: ScenarioCopies): ExtraActs =>
  new ExtraActs(seed, 'money now', WAIT_MS, ({ draw }, at) => {
    const living = copies.living();
    const step = living.length === 0 ? null : copies.reallocate(at, draw.pick(living), draw);
    return step === null ? [] : [{ ...step, applies: 'now' }];
  });

/** Followers take almost all of a copy's money back for a while, and let it hold what it has, in a share of the seeds: one that lost more than that has nothing left. */
export const leastMoney = (seed: number, copies: ScenarioCopies): ExtraActs =>
  new ExtraActs(seed, 'least money', LEAST_WAIT_MS, (acts, at) => {
    const living = copies.living();
    if (living.length === 0) return [];
    const plan = acts.draw.pick(living);
    const by = copies.leaveLeast(plan);
    if (by === 0n) return [];
    acts.soon(at, LEAST_LASTS_MS, (then) => (plan.wish === 'stopped' ? [] : [copies.give(then, plan, by)]));
    return [{ at, kind: 'copy_allocation', copy: plan.copy, by: -by }];
  });
