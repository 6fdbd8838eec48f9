import type { CopyBook } from './book';
import { quoteFor } from './book-quote';
import { approvalRefusal, CLEAR, instrumentRefusal, standingRefusal, truthRefusal } from './checks';
import { MAX_ATTEMPT } from './client-order-id';
import { isHandingOver } from './copy-columns';
import { decideOrders, exitsNeeded, UNDECIDED } from './decide-orders';
import { type Draft, decisionsOf, openDraft } from './draft';
import { emitOrders } from './emit-orders';
import { endWindows, type Forfeit } from './end-windows';
import { EPISODE, type InstrumentSheet, MICRO } from './instrument-columns';
import { wantedOf } from './mirror-columns';
import { prepareEntry } from './plan-wave';
import { exitBoundAt } from './price-bound';
import { reasonNumber } from './reasons';
import { reachOf, revalue } from './revalue';
import { applySharedCaps } from './shared-caps';
import { spreadEntries } from './spread';
import type { PlanOptions } from './wave-options';
import type { WavePlan } from './wave-plan';

const STALE_MARK = reasonNumber('stale_mark');
const OUT_OF_BAND = reasonNumber('out_of_band');
const WAITING = reasonNumber('waiting_next_move');
const EXHAUSTED = reasonNumber('attempts_exhausted');
const NO_CHANGE = reasonNumber('no_change');
const REJECTED = reasonNumber('rejected');
const BUSY = reasonNumber('venue_busy');
const RATE_ONE = 1_000_000_000_000;
/** An entry that the venue refuses this often in a row for a lasting reason waits for the leader's next increase or the end of its window. */
const REFUSALS_MAX = 3;

/**
 * Exits that failed so often, and the seconds of which they are then tried in one: each try costs its account a request, and a venue that is closed for a
 * weekend opens again.
 */
const EXIT_PACES: readonly (readonly [number, number])[] = [
  [100, 30],
  [20, 5],
];
/** The same where the venue was busy again and again, by attempts: what is refused for that does not count as failed. */
const BUSY_ATTEMPTS = 20;
const BUSY_PACE = 5;

/** A repair: new attempts for what is missing, and what was given up because its window ended. */
export interface RepairPlan {
  readonly plan: WavePlan;
  readonly forfeits: readonly Forfeit[];
  /** Rows whose exit failed at the venue's band: raise `exit_stuck`. */
  readonly stuck: readonly number[];
}

/**
 * Level-triggered repair of one instrument: exits of every gap at once (their bound widens with each failure up to the band), entries only
 * inside the catch-up window of the increments owed and while the market stands in the two-sided band around the leader's price; after the
 * window they are given up. `repairWave` names attempts of rows that were never part of a wave.
 */
export function repairPlan(book: CopyBook, sheet: InstrumentSheet, repairWave: number, options: PlanOptions): RepairPlan {
  revalue(book, options.now, options.markMaxAgeMs);
  const forfeits = endWindows(book, sheet, options.now);
  const draft = openDraft(book, sheet, options);
  repairReferences(draft);
  for (let index = 0; index < draft.count; index += 1) prepareRow(draft, index);
  if (book.hasSharedLimits) applySharedCaps(draft);
  decideOrders(draft);
  spreadEntries(draft, repairWave);
  const stuck = nextAttempts(draft, repairWave);
  const { wave: waves, attempt } = sheet.rows;
  const orders = emitOrders(draft, { rankWave: repairWave, waveOf: (row) => waves[row] ?? 0, attemptOf: (row) => attempt[row] ?? 0 });
  for (let index = 0; index < draft.count; index += 1) {
    const reason = draft.reason[index] ?? 0;
    if (reason !== NO_CHANGE && reason !== WAITING) sheet.rows.lastReason[draft.row[index] ?? 0] = reason;
  }
  return {
    plan: {
      wave: repairWave,
      coin: sheet.instrument.coin,
      plannedAt: options.now,
      leaderBefore: sheet.leaderLots,
      leaderAfter: sheet.leaderLots,
      mark: sheet.mark,
      firstFillAt: 0,
      liquidation: false,
      decisions: decisionsOf(draft),
      orders,
    },
    forfeits,
    stuck,
  };
}

/** True when some row of the sheet has a gap of a lot or more that a repair could act on. Cheap: asked on every tick. */
export function needsRepair(book: CopyBook, sheet: InstrumentSheet): boolean {
  const { rows } = sheet;
  for (let row = 0; row < book.rowCount; row += 1) {
    if (isHandingOver(book.copies.status[row] ?? 0)) continue;
    const target = wantedOf(rows, row, rows.target[row] ?? 0);
    if (Math.abs(target) - reachOf(rows, row, target > 0) * MICRO >= MICRO || exitsNeeded(rows, row, target) >= 1) return true;
  }
  return false;
}

function repairReferences(draft: Draft): void {
  const { sheet, options } = draft;
  draft.exitBuyReference = quoteFor(sheet, true, options) || sheet.mark;
  draft.exitSellReference = quoteFor(sheet, false, options) || sheet.mark;
}

/** Decides whether a row's missing entry may be caught up now, and prices it. */
function prepareRow(draft: Draft, index: number): void {
  const row = draft.row[index] ?? 0;
  const { rows } = draft.sheet;
  draft.reason[index] = UNDECIDED;
  draft.capLots[index] = 0;
  const target = wantedOf(rows, row, rows.target[row] ?? 0);
  if ((rows.attempt[row] ?? 0) >= MAX_ATTEMPT) {
    draft.reason[index] = EXHAUSTED;
    return;
  }
  if (Math.abs(target) - reachOf(rows, row, target > 0) * MICRO < MICRO) return;
  const refusal = catchUpRefusal(draft, row, target > 0);
  if (refusal !== CLEAR) {
    draft.reason[index] = refusal;
    return;
  }
  const held = Math.abs(target);
  draft.entryReference[index] = rows.owedPrice[row] ?? 0;
  prepareEntry(draft, index, row, target > 0, held, held, false);
  draft.expiry[index] = draft.options.now + (draft.book.copies.maxAgeMs[row] ?? 0);
  draft.mayEnter[index] = draft.reason[index] === UNDECIDED ? 1 : 0;
}

/** What a look at one row needs. */
export interface CatchUpView {
  readonly book: CopyBook;
  readonly sheet: InstrumentSheet;
  readonly options: Pick<PlanOptions, 'now' | 'markMaxAgeMs' | 'bookMaxAgeMs'>;
}

/** Why a row's missing entry may not be caught up now; {@link CLEAR} when it may. The book must be valued at the options' time. */
export function catchUpRefusal(view: CatchUpView, row: number, buy: boolean): number {
  const { copies } = view.book;
  const { sheet, options } = view;
  const standing = standingRefusal(copies, row, options.now);
  if (standing !== CLEAR) return standing;
  const truth = truthRefusal(copies, row);
  if (truth !== CLEAR) return truth;
  if (sheet.mark === 0 || options.now - sheet.markAt > options.markMaxAgeMs || copies.marksFresh[row] === 0) return STALE_MARK;
  const refused = instrumentRefusal(copies, sheet.rows, row);
  if (refused !== CLEAR) return refused;
  const unasked = approvalRefusal(copies, sheet.rows, row);
  if (unasked !== CLEAR) return unasked;
  if (sheet.rows.lastReason[row] === REJECTED && (sheet.rows.refusals[row] ?? 0) >= REFUSALS_MAX) return WAITING;
  const reference = sheet.rows.owedPrice[row] ?? 0;
  if (reference === 0 || (sheet.rows.owedUntil[row] ?? 0) <= options.now) return WAITING;
  return insideBand(view, row, reference, buy) ? CLEAR : OUT_OF_BAND;
}

/** A failed entry is caught up only while the market stands within reference·(1 ± b): a better price this late is a stale signal. */
function insideBand(view: CatchUpView, row: number, reference: number, buy: boolean): boolean {
  const { sheet, options } = view;
  const price = quoteFor(sheet, buy, options) || sheet.mark;
  const width = Math.floor((reference * (view.book.copies.entryBound[row] ?? 0)) / RATE_ONE);
  return price >= reference - width && price <= reference + width;
}

/** Every row with an order gets its next attempt; exits that already failed at the band, or that a busy or halted venue keeps refusing, are reported stuck and repeated. */
function nextAttempts(draft: Draft, repairWave: number): readonly number[] {
  const { rows } = draft.sheet;
  const stuck: number[] = [];
  for (let index = 0; index < draft.count; index += 1) {
    if ((draft.exitLots[index] ?? 0) + (draft.entryLots[index] ?? 0) === 0) continue;
    const row = draft.row[index] ?? 0;
    if (exitWaits(draft, index, row)) {
      dropLegs(draft, index);
      continue;
    }
    if (rows.wave[row] === 0 || (rows.attempt[row] ?? 0) >= MAX_ATTEMPT) {
      // Attempts are numbered anew under a wave of their own: a client order id is never used twice.
      rows.wave[row] = repairWave;
      rows.attempt[row] = 0;
    } else rows.attempt[row] = (rows.attempt[row] ?? 0) + 1;
    if ((draft.exitLots[index] ?? 0) === 0 || !(failedAtBand(draft, row) || busyForLong(draft, row))) continue;
    rows.episode[row] = (rows.episode[row] ?? 0) | EPISODE.exitStuck;
    stuck.push(row);
  }
  return stuck;
}

/** Whether the exit before failed although its bound stood at the venue's band. */
function failedAtBand({ book, sheet: { rows }, options: { exitBand } }: Draft, row: number): boolean {
  const failures = rows.exitFailures[row] ?? 0;
  return failures > 0 && exitBoundAt(book.copies.exitBound[row] ?? 0, failures - 1, exitBand) >= exitBand;
}

/** Whether a busy or halted venue refused the exits of a row so often again: that says nothing of the price, but somebody must know. */
function busyForLong({ sheet: { rows } }: Draft, row: number): boolean {
  const attempt = rows.attempt[row] ?? 0;
  return rows.lastReason[row] === BUSY && attempt > 0 && attempt % BUSY_ATTEMPTS === 0;
}

/**
 * An exit that failed often is tried in one second of some, each copy in its own. With an agent that is gone its account has a key in seconds of its own
 * alone, which need not be among these: such an exit is not held back twice, or it would never be tried.
 */
function exitWaits(draft: Draft, index: number, row: number): boolean {
  if ((draft.exitLots[index] ?? 0) === 0 || (draft.book.copies.agentValidUntil[row] ?? 0) <= draft.options.now) return false;
  const { rows } = draft.sheet;
  const busy = rows.lastReason[row] === BUSY && (rows.attempt[row] ?? 0) >= BUSY_ATTEMPTS;
  const failed = EXIT_PACES.find(([from]) => (rows.exitFailures[row] ?? 0) >= from);
  const every = failed?.[1] ?? (busy ? BUSY_PACE : 1);
  return (Math.floor(draft.options.now / 1_000) + (draft.copyNo[index] ?? 0)) % every !== 0;
}

function dropLegs(draft: Draft, index: number): void {
  for (const leg of draft.legs) {
    if ((leg[index] ?? 0) > 0) draft.orderCount -= 1;
    leg[index] = 0;
  }
  draft.exitLots[index] = 0;
  draft.entryLots[index] = 0;
  draft.reason[index] = NO_CHANGE;
}
