import { mulDivFloor } from '@lockstep/kernel';

const ONE = 1_000_000_000_000;

/** Loss limits of a copy. Closed; the index is the column code. */
export const LOSS_LIMITS = ['from_start', 'trailing', 'daily', 'loss_money'] as const;
export type LossLimit = (typeof LOSS_LIMITS)[number];
const FROM_START = LOSS_LIMITS.indexOf('from_start');
const TRAILING = LOSS_LIMITS.indexOf('trailing');
const LOSS_MONEY = LOSS_LIMITS.indexOf('loss_money');

/** Steps of the ladder, mildest first; the index is the column code. `halt_new`: no new risk, exits are followed. `close`: everything copied is closed. */
export const BREAKER_STEPS = ['none', 'alert', 'halt_new', 'close'] as const;
export type BreakerStep = (typeof BREAKER_STEPS)[number];
export const STEP = { none: 0, alert: 1, haltNew: 2, close: 3 } as const;

/** What breakers need of a copy book's columns. Money 10^-8, rates 10^-12; a limit below zero is none. */
export interface NavColumns {
  readonly copyNo: Float64Array;
  readonly allocation: Float64Array;
  /** Copy equity at the present marks, unrealised, fees and funding included. */
  readonly equity: Float64Array;
  /** Funding that was read as paid and is not booked yet, ≥ 0: it is not in `equity`, and halts new risk as if it were. */
  readonly chargedUnbooked: Float64Array;
  /** Unit NAV at the last flow, and the equity right after it. */
  readonly navFactor: Float64Array;
  readonly navEquity: Float64Array;
  /** Highest unit NAV since the copy began or was enabled again. */
  readonly navPeak: Float64Array;
  /** Unit NAV at the beginning of the tenant's day, and when the next day begins, epoch ms; 0: not known yet. */
  readonly navDay: Float64Array;
  readonly dayEndsAt: Float64Array;
  /** Profit (equity less allocation) from which losses in money are counted. */
  readonly pnlAnchor: Float64Array;
  readonly breakerFromStart: Float64Array;
  readonly breakerTrailing: Float64Array;
  readonly breakerDaily: Float64Array;
  readonly breakerMoney: Float64Array;
  /** Shares of every limit at which the milder steps are taken; below zero: never. */
  readonly alertAt: Float64Array;
  readonly haltAt: Float64Array;
  /** Evaluations in a row that must see a limit met before everything is closed; new risk is halted by the first. */
  readonly closeAfter: Uint8Array;
  readonly breachedMarks: Uint8Array;
  /** {@link BREAKER_STEPS} in force, and the {@link LOSS_LIMITS} it is for. */
  readonly breakerStep: Uint8Array;
  readonly breakerLimit: Uint8Array;
}

/** When an evaluation is made. */
export interface Evaluation {
  readonly now: number;
  /** Marks came since the last one: what moved equity besides them confirms no breach. */
  readonly isNewMark: boolean;
  /** Whether those marks value what a row holds; absent: they do. One that does not confirms no earlier breach. */
  readonly confirms?: (row: number) => boolean;
  /** Beginning of the next day of a row's tenant after `now`, epoch ms. */
  readonly nextDay: (row: number, now: number) => number;
}

/** Rows whose step changed in an evaluation. */
export interface StepChanges {
  readonly rows: Int32Array;
  readonly before: Uint8Array;
}

/** Unit NAV (10^-12): chain-linked, so that money moved in or out is neither gain nor loss; 0 when the copy equity is gone. `unbooked` is taken off the equity. */
export function unitNav(columns: Pick<NavColumns, 'equity' | 'navFactor' | 'navEquity'>, row: number, unbooked = 0): number {
  const equity = (columns.equity[row] ?? 0) - unbooked;
  const linked = columns.navEquity[row] ?? 0;
  return equity <= 0 || linked <= 0 ? 0 : mulDivFloor(columns.navFactor[row] ?? 0, equity, linked);
}

/** Loss since the start as a share (10^-12), 0 when in profit; equity ≤ 0 counts as the whole. */
export const lossFromStart = (columns: NavColumns, row: number): number => Math.max(0, ONE - unitNav(columns, row));

/** Loss from a reference NAV as a share, rounded up, so that rounding never hides a breach. */
const lossFrom = (reference: number, nav: number): number => (reference <= 0 || nav >= reference ? 0 : ONE - mulDivFloor(nav, ONE, reference));

/** Loss of a row under a limit: a share (10^-12), for `loss_money` an amount of money. Charges that wait for the books are lost, unless none are to count. */
export function lossUnder(columns: NavColumns, row: number, limit: number, unbooked = columns.chargedUnbooked[row] ?? 0): number {
  if (limit === LOSS_MONEY) {
    const equity = (columns.equity[row] ?? 0) - unbooked;
    return Math.max(0, (columns.pnlAnchor[row] ?? 0) - (equity - (columns.allocation[row] ?? 0)));
  }
  const nav = unitNav(columns, row, unbooked);
  if (limit === FROM_START) return Math.max(0, ONE - nav);
  return lossFrom((limit === TRAILING ? columns.navPeak : columns.navDay)[row] ?? 0, nav);
}

/** Threshold of a row under a limit; below zero: none. */
export function thresholdOf(columns: NavColumns, row: number, limit: number): number {
  const column = [columns.breakerFromStart, columns.breakerTrailing, columns.breakerDaily, columns.breakerMoney][limit];
  return column?.[row] ?? -1;
}

/**
 * Anchors a row's references anew: losses count from the present valuation on, those of the day that runs as well. For a copy that begins or is enabled again: what
 * its first entries cost before the next evaluation is lost since.
 */
export function anchorLosses(columns: NavColumns, row: number): void {
  columns.navFactor[row] = ONE;
  columns.navEquity[row] = columns.equity[row] ?? 0;
  columns.navPeak[row] = ONE;
  columns.navDay[row] = ONE;
  columns.pnlAnchor[row] = (columns.equity[row] ?? 0) - (columns.allocation[row] ?? 0);
  columns.breachedMarks[row] = 0;
  columns.breakerStep[row] = STEP.none;
}

/**
 * Judges every row's losses after a revaluation: carries peaks and days on, counts breaches in a row, and sets the step in force. The first breach of a limit
 * halts new risk; breaches at so many new marks in a row as `closeAfter` says close the copy, so that one wick of a price does not; a copy that came back below
 * its steps is released. Returns how many rows changed their step, written into `changes`.
 */
export function evaluateBreakers(columns: NavColumns, rowCount: number, at: Evaluation, changes: StepChanges): number {
  const { now, nextDay } = at;
  let changed = 0;
  for (let row = 0; row < rowCount; row += 1) {
    if (columns.copyNo[row] === 0) continue;
    const nav = unitNav(columns, row);
    if (nav > (columns.navPeak[row] ?? 0)) columns.navPeak[row] = nav;
    // Without a limit of the day too: one that is set later counts from the day's beginning.
    if (now >= (columns.dayEndsAt[row] ?? 0)) beginDay(columns, row, nav, nextDay(row, now));
    const before = columns.breakerStep[row] ?? 0;
    const step = stepOf(columns, row, at);
    if (step === before) continue;
    columns.breakerStep[row] = step;
    changes.rows[changed] = row;
    changes.before[changed] = before;
    changed += 1;
  }
  return changed;
}

/** The day's reference is the NAV its first valuation finds. */
function beginDay(columns: NavColumns, row: number, nav: number, endsAt: number): void {
  columns.navDay[row] = nav;
  columns.dayEndsAt[row] = endsAt;
}

/** The hardest step any limit of the row asks for; notes the limit and counts breaches in a row. A copy that is being closed stays so. */
function stepOf(columns: NavColumns, row: number, { isNewMark, confirms }: Evaluation): number {
  if (columns.breakerStep[row] === STEP.close) return STEP.close;
  let step: number = STEP.none;
  for (let limit = 0; limit < LOSS_LIMITS.length; limit += 1) {
    const threshold = thresholdOf(columns, row, limit);
    if (threshold < 0) continue;
    const asked = askedUnder(columns, row, limit, threshold);
    if (asked <= step) continue;
    step = asked;
    columns.breakerLimit[row] = limit;
  }
  if (step < STEP.close) {
    columns.breachedMarks[row] = 0;
    return step;
  }
  const before = columns.breachedMarks[row] ?? 0;
  // The first mark counts whatever it is of; those that confirm it have to tell anew what the copy holds.
  const counts = isNewMark && (before === 0 || confirms === undefined || confirms(row));
  const seen = Math.min(255, before + (counts ? 1 : 0));
  columns.breachedMarks[row] = seen;
  return seen >= (columns.closeAfter[row] ?? 1) ? STEP.close : STEP.haltNew;
}

/** What a limit asks for. A charge that waits for the books halts new risk and closes nothing: whose part of it is whose is not decided before. */
function askedUnder(columns: NavColumns, row: number, limit: number, threshold: number): number {
  const unbooked = columns.chargedUnbooked[row] ?? 0;
  const booked = askedBy(columns, row, countedUnder(columns, row, limit, 0, threshold), threshold);
  if (unbooked === 0 || booked >= STEP.haltNew) return booked;
  return Math.min(STEP.haltNew, askedBy(columns, row, countedUnder(columns, row, limit, unbooked, threshold), threshold));
}

/**
 * The loss a limit goes by. Equity that is gone meets every limit, one in money too: equity is never led below nothing, so that what was lost beyond an allocation
 * lowered since is seen in no figure (product §3 (2)).
 */
function countedUnder(columns: NavColumns, row: number, limit: number, unbooked: number, threshold: number): number {
  const loss = lossUnder(columns, row, limit, unbooked);
  return limit === LOSS_MONEY && (columns.equity[row] ?? 0) - unbooked <= 0 ? Math.max(loss, threshold) : loss;
}

function askedBy(columns: NavColumns, row: number, loss: number, threshold: number): number {
  if (loss >= threshold) return STEP.close;
  if (reaches(loss, threshold, columns.haltAt[row] ?? -1)) return STEP.haltNew;
  return reaches(loss, threshold, columns.alertAt[row] ?? -1) ? STEP.alert : STEP.none;
}

const reaches = (loss: number, threshold: number, share: number): boolean => share >= 0 && loss > 0 && loss >= mulDivFloor(threshold, share, ONE);
