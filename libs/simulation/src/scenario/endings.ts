import type { CopyPlan, ScenarioCopies } from './copies';
import { ExtraActs } from './extra-acts';
import type { CloseAllTarget, Step } from './steps';

const CLOSE_ALL_MS = [20_000, 120_000] as const;
/** A copy that was to end is closed, where it has not ended, and its follower begins another one. */
const GONE_MS = [5_000, 25_000] as const;
const AGAIN_MS = [3_000, 30_000] as const;

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

/** A copy was asked to end: later it is closed for good, which is refused where it has ended, and followed by another one. */
function endFor(acts: ExtraActs, copies: ScenarioCopies, at: number, plan: CopyPlan): void {
  plan.wish = 'ending';
  acts.soon(at, GONE_MS, (then): readonly Step[] => {
    if (plan.wish === 'stopped') return [];
    plan.wish = 'stopped';
    acts.soon(then, AGAIN_MS, (again) => copies.create(again, plan.follower));
    return [{ at: then, kind: 'copy_stop', copy: plan.copy, mode: 'close_now' }];
  });
}
