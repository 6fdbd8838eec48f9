import { mulDivFloor } from '@lockstep/kernel';
import { type InstrumentSheet, MICRO } from './instrument-columns';
import { foldAhead, scaleAhead } from './mirror-columns';
import { lockedRatio, reducedTarget } from './target';
import { MIN_ORDER_VALUE } from './wave-options';

/*
 * Closing by a deadline (product §2.11 `unwind_by`): equal slices, spread evenly over the time that is left, the last of them at the deadline itself, where
 * everything that is left is closed. The plan is memory only: after a restart it is made anew for what is held and the time that is left, and its first slice
 * is a whole wait away, so that restarts slow an unwinding down and never hurry it.
 */

/** Most slices of one instrument. */
export const SLICES_MAX = 200;
/** Least time between two slices, ms. */
export const SLICE_EVERY_LEAST_MS = 5_000;

/** Slices that are left of one copy in one instrument, the one at the deadline among them. */
export interface SlicePlan {
  readonly left: number;
  /** When the next slice is due, epoch ms. */
  readonly nextAt: number;
  readonly everyMs: number;
}

/** What a slice is decided on. */
export interface UnwindView {
  readonly now: number;
  /** Epoch ms. */
  readonly deadline: number;
  /** Whole lots of the target, ≥ 0. */
  readonly lots: number;
  /** Fewest lots that are worth twice the venue's minimum, ≥ 1; from {@link leastSliceLots}. */
  readonly leastLots: number;
}

/** Lots worth twice the venue's smallest order at a mark (10^-8), rounded up; null without a mark. */
export function leastSliceLots({ mark, lotsPerUnit }: Pick<InstrumentSheet, 'mark' | 'lotsPerUnit'>): number | null {
  if (mark <= 0) return null;
  const floor = mulDivFloor(2 * MIN_ORDER_VALUE, lotsPerUnit, mark);
  return mulDivFloor(floor, mark, lotsPerUnit) < 2 * MIN_ORDER_VALUE ? floor + 1 : floor;
}

/** Plans what is held over the time that is left: as many slices as both allow, at least the one at the deadline. */
export function planSlices({ now, deadline, lots, leastLots }: UnwindView): SlicePlan {
  const remaining = Math.max(0, deadline - now);
  const byTime = Math.floor(remaining / SLICE_EVERY_LEAST_MS);
  const left = Math.max(1, Math.min(SLICES_MAX, byTime, Math.floor(lots / leastLots)));
  const everyMs = Math.floor(remaining / left);
  return { left, nextAt: now + everyMs, everyMs };
}

/**
 * What is due now. `close`: lots to close, 0: nothing; the slice at the deadline is not among them. A plan that no longer fits, because the leader reduced,
 * the price fell or slices were missed, is made anew instead of sending orders that are too small or several at once.
 */
export function nextSlice(plan: SlicePlan | null, view: UnwindView): { readonly plan: SlicePlan; readonly close: number } {
  if (plan === null || !fits(plan, view)) return { plan: planSlices(view), close: 0 };
  if (plan.left <= 1 || view.now < plan.nextAt) return { plan, close: 0 };
  const close = Math.ceil(view.lots / plan.left);
  return { plan: { left: plan.left - 1, nextAt: plan.nextAt + plan.everyMs, everyMs: plan.everyMs }, close };
}

const fits = (plan: SlicePlan, { now, lots, leastLots }: UnwindView): boolean =>
  (plan.left <= 1 || Math.floor(lots / plan.left) >= leastLots) && (plan.left <= 1 || now < plan.nextAt + plan.everyMs);

/** Takes lots off a row's target as a reduction of the leader would: the ratio falls with it. Lots beyond the target close it. */
export function reduceTarget(sheet: InstrumentSheet, row: number, lots: number): void {
  const { rows } = sheet;
  foldAhead(sheet, row);
  const target = rows.target[row] ?? 0;
  const after = Math.sign(target) * Math.max(0, Math.abs(target) - lots * MICRO) + 0;
  rows.target[row] = after;
  rows.rho[row] = lockedRatio(after, sheet.leaderLots);
  if (after !== 0) return;
  rows.owedPrice[row] = 0;
  rows.owedUntil[row] = 0;
}

/** Takes a row's target down to the share `after` ÷ `before` of it, towards zero, as a reduction of the leader would. Nothing is raised; `after` ≤ 0 is all of it. */
export function scaleTarget(sheet: InstrumentSheet, row: number, share: { readonly before: number; readonly after: number }): void {
  const { rows } = sheet;
  const target = rows.target[row] ?? 0;
  const [before, after] = [Math.max(0, share.before), Math.max(0, share.after)];
  if (before > 0 && after >= before) return;
  const scaled = after === 0 || before === 0 ? 0 : Math.sign(target) * reducedTarget(Math.abs(target), before, after) + 0;
  rows.target[row] = scaled;
  rows.rho[row] = lockedRatio(scaled, sheet.leaderLots);
  scaleAhead(rows, row, before, after);
  if (scaled !== 0) return;
  rows.owedPrice[row] = 0;
  rows.owedUntil[row] = 0;
}
