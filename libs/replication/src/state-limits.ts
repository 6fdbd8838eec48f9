import { mulDivCeil, mulDivFloor } from '@lockstep/kernel';
import { STATE_ACTIONS, STATE_LIMITS } from '@lockstep/roster';
import type { CopyBook } from './book';
import { zeroTarget } from './closing';
import { type CopyColumns, isHandingOver, NO_LIMIT, STATUS } from './copy-columns';
import { heldIn, isWithinDistance, lotsWithinDistance } from './held-distance';
import { EPISODE, type InstrumentSheet, MICRO } from './instrument-columns';
import { wantedOf } from './mirror-columns';
import { usableEquity } from './revalue';
import { lockedRatio } from './target';
import { MIN_ORDER_VALUE } from './wave-options';

/*
 * Limits that a mark, funding, a withdrawal or the venue may pass without any order (product §3, state limits). They are judged on what is held, at every mark;
 * the caps judge orders at their worst case beside it.
 */

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;
const floorOf = mulDivFloor;

const RATE_ONE = 1_000_000_000_000;
const NOTIONAL = STATE_LIMITS.indexOf('position_notional');
const SHARE = STATE_LIMITS.indexOf('position_share');
const LEVERAGE = STATE_LIMITS.indexOf('leverage');
const GROSS = STATE_LIMITS.indexOf('gross_exposure');
const DISTANCE = STATE_LIMITS.indexOf('liquidation_distance');
const NONE = STATE_ACTIONS.indexOf('none');
const TRIM = STATE_ACTIONS.indexOf('trim');
const CLOSE = STATE_ACTIONS.indexOf('close');
/** A trim ends this far below the limit, so that the next mark need not pass it again. */
const TRIMMED_PERCENT = 95;
/** A trim of a floor ends this far above it. */
const RAISED_PERCENT = 105;

/** Rows whose passed limits changed in an evaluation, whose halt is to be put or lifted, or for which there is something to do. */
export interface LimitChanges {
  readonly rows: Int32Array;
  /** Bits by `STATE_LIMITS` before it. */
  readonly before: Uint8Array;
  /** 1: positions are to be reduced now. */
  readonly due: Uint8Array;
}

/** Room for the changes of a book. */
export const limitChanges = (rows: number): LimitChanges => ({ rows: new Int32Array(rows), before: new Uint8Array(rows), due: new Uint8Array(rows) });

/**
 * Judges what every copy holds after a revaluation. A limit that trims or closes halts the copy's new risk by the first mark that shows it passed
 * (`limitHalt`); positions are due to be reduced after as many new marks in a row as close the copy for a loss (`closeAfter`), so that one wick does not, and never
 * on truth or marks that are not known well enough. Returns how many rows it wrote into `changes`.
 */
export function evaluateStateLimits(
  book: CopyBook,
  at: { readonly isNewMark: boolean; readonly confirms?: (row: number) => boolean },
  changes: LimitChanges,
): number {
  const { copies, rowCount } = book;
  const largest = book.heldScratch(rowCount);
  const held = largest.subarray(rowCount);
  sumHeld(book, largest, held);
  let changed = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const before = copies.passedLimits[row] ?? 0;
    if (copies.copyNo[row] === 0 || ((held[row] ?? 0) === 0 && before === 0)) continue;
    const passed = isEnding(copies, row) ? 0 : passedBy(book, row, largest[row] ?? 0, held[row] ?? 0);
    copies.passedLimits[row] = passed;
    const due = dueNow(copies, row, passed, at);
    // Another action of a limit that stays passed changes what it halts.
    const halted = ((copies.status[row] ?? 0) & STATUS.limitHalt) !== 0;
    if (passed === before && due === 0 && haltsRisk(copies, row) === halted) continue;
    changes.rows[changed] = row;
    changes.before[changed] = before;
    changes.due[changed] = due;
    changed += 1;
  }
  return changed;
}

/** What is closed anyway needs no trimming, and nothing is traded for what is handed over. */
function isEnding(copies: CopyColumns, row: number): boolean {
  const status = copies.status[row] ?? 0;
  return (status & (STATUS.closing | STATUS.breaker)) !== 0 || isHandingOver(status);
}

function sumHeld(book: CopyBook, largest: Float64Array, held: Float64Array): void {
  const { rowCount } = book;
  largest.fill(0, 0, rowCount * 2);
  for (const { rows, mark, lotsPerUnit } of book.allSheets()) {
    if (mark === 0) continue;
    const { position } = rows;
    for (let row = 0; row < rowCount; row += 1) {
      const lots = position[row] ?? 0;
      if (lots === 0) continue;
      const value = ceilOf(Math.abs(lots), mark, lotsPerUnit);
      held[row] = (held[row] ?? 0) + value;
      if (value > (largest[row] ?? 0)) largest[row] = value;
    }
  }
}

/**
 * Bits of the limits that what is held passes, of those that have an action. One that is only told stays passed until a trim would have ended: a capped position
 * stands at its limit, and would else be told at every turn of the mark.
 */
function passedBy(book: CopyBook, row: number, largest: number, held: number): number {
  const { copies } = book;
  let bits = 0;
  for (let limit = 0; limit < STATE_LIMITS.length; limit += 1) {
    const action = actionOf(copies, row, limit);
    if (action === NONE) continue;
    const stays = action < TRIM && ((copies.passedLimits[row] ?? 0) & (1 << limit)) !== 0;
    if (limit === DISTANCE) {
      if (isWithinDistance(book, row, floorUnder(copies, row, stays))) bits |= 1 << limit;
      continue;
    }
    const limited = mostUnder(copies, row, limit);
    const most = stays && limited >= 0 ? floorOf(limited, TRIMMED_PERCENT, 100) : limited;
    if (most >= 0 && (isPerPosition(limit) ? largest : held) > most) bits |= 1 << limit;
  }
  return bits;
}

/** The floor under liquidation distances, or where a trim of it ends; {@link NO_LIMIT} where there is none or margin alone is judged. */
function floorUnder(copies: CopyColumns, row: number, raised: boolean): number {
  const floor = copies.minDistance[row] ?? NO_LIMIT;
  if (floor <= 0) return NO_LIMIT;
  return raised ? ceilOf(floor, RAISED_PERCENT, 100) : floor;
}

const isPerPosition = (limit: number): boolean => limit === NOTIONAL || limit === SHARE;

/** Code of the action of a row's limit, both by index. */
export function actionOf(copies: CopyColumns, row: number, limit: number): number {
  if (limit === DISTANCE) return copies.onDistance[row] ?? NONE;
  const column = limit === NOTIONAL ? copies.onNotional : limit === SHARE ? copies.onShare : limit === LEVERAGE ? copies.onLeverage : copies.onGross;
  return column[row] ?? NONE;
}

/** The limit in money now: of one position, or of all together; below zero: none, or one of another kind. */
export function mostUnder(copies: CopyColumns, row: number, limit: number): number {
  if (limit === NOTIONAL) return copies.maxPositionNotional[row] ?? NO_LIMIT;
  if (limit === DISTANCE) return NO_LIMIT;
  if (limit === GROSS) return copies.maxGross[row] ?? NO_LIMIT;
  const share = (limit === SHARE ? copies.maxPositionShare : copies.maxLeverage)[row] ?? NO_LIMIT;
  return share < 0 ? NO_LIMIT : floorOf(usableEquity(copies, row), share, RATE_ONE);
}

/** What is held under a limit, in money: the largest position, or all together. */
export function heldUnder(book: CopyBook, row: number, limit: number): number {
  let [largest, held] = [0, 0];
  for (const sheet of book.allSheets()) {
    const value = sheet.mark === 0 ? 0 : ceilOf(Math.abs(sheet.rows.position[row] ?? 0), sheet.mark, sheet.lotsPerUnit);
    held += value;
    largest = Math.max(largest, value);
  }
  return isPerPosition(limit) ? largest : held;
}

/** Whether some passed limit trims or closes: no new risk is taken then. */
export function haltsRisk(copies: CopyColumns, row: number): boolean {
  const passed = copies.passedLimits[row] ?? 0;
  return passed !== 0 && STATE_LIMITS.some((_, limit) => (passed & (1 << limit)) !== 0 && actionOf(copies, row, limit) >= TRIM);
}

function dueNow(copies: CopyColumns, row: number, passed: number, at: Parameters<typeof evaluateStateLimits>[1]): number {
  if (passed === 0 || !haltsRisk(copies, row)) {
    copies.passedMarks[row] = 0;
    return 0;
  }
  const seen = copies.passedMarks[row] ?? 0;
  // The first mark counts whatever it is of; those that confirm it have to tell anew what the copy holds.
  const counts = at.isNewMark && (seen === 0 || at.confirms === undefined || at.confirms(row));
  copies.passedMarks[row] = Math.min(255, seen + (counts ? 1 : 0));
  const known = copies.marksFresh[row] === 1 && ((copies.status[row] ?? 0) & STATUS.staleTruth) === 0;
  return known && (copies.passedMarks[row] ?? 0) >= (copies.closeAfter[row] ?? 1) ? 1 : 0;
}

/**
 * Brings a copy's targets under its passed limits, all in one step: to 5 % below those that trim, each position by its share; to zero for those that close, and then
 * the leader's next open is waited for. What the targets already come to is counted, so that a trim on its way is not made again. Returns the sheets whose target
 * changed; the repair sends the exits.
 */
export function reduceToLimits(book: CopyBook, row: number): readonly InstrumentSheet[] {
  const { copies } = book;
  const passed = copies.passedLimits[row] ?? 0;
  if (passed === 0 || isEnding(copies, row)) return [];
  const sheets = [...book.allSheets()].filter(({ rows, mark }) => mark > 0 && (rows.position[row] ?? 0) !== 0);
  const most = sheets.map(({ rows }) => Math.abs(rows.position[row] ?? 0));
  for (let limit = 0; limit < STATE_LIMITS.length; limit += 1) {
    const action = actionOf(copies, row, limit);
    if ((passed & (1 << limit)) === 0 || action < TRIM) continue;
    sheets.forEach((sheet, index) => {
      most[index] = Math.min(most[index] ?? 0, lotsUnder(book, sheet, row, limit, action));
    });
  }
  return sheets.filter((sheet, index) => setLots(sheet, row, most[index] ?? 0));
}

/** Lots of the row's position that one passed limit leaves, by what targets came to before any of them changed. */
function lotsUnder(book: CopyBook, sheet: InstrumentSheet, row: number, limit: number, action: number): number {
  const position = Math.abs(sheet.rows.position[row] ?? 0);
  if (limit === DISTANCE) return lotsAway(book, sheet, row, action);
  const limited = mostUnder(book.copies, row, limit);
  if (limited < 0 || grantedUnder(book, sheet, row, limit) <= limited) return position;
  if (action === CLOSE) return 0;
  const aim = floorOf(limited, TRIMMED_PERCENT, 100);
  if (isPerPosition(limit)) return Math.min(position, floorOf(aim, sheet.lotsPerUnit, sheet.mark));
  return Number((BigInt(position) * BigInt(aim)) / BigInt(Math.max(1, heldUnder(book, row, limit))));
}

/** Lots of the row's position that are far enough from its liquidation. */
function lotsAway(book: CopyBook, sheet: InstrumentSheet, row: number, action: number): number {
  const { copies } = book;
  const position = Math.abs(sheet.rows.position[row] ?? 0);
  const left = (one: InstrumentSheet): number => (one.mark === 0 ? 0 : lotsLeft(one, row, copies.exitBound[row] ?? 0));
  const admitted = lotsWithinDistance(book, sheet, row, floorUnder(copies, row, false), left);
  if (admitted === null || left(sheet) <= admitted) return position;
  if (action === CLOSE) return 0;
  return Math.min(position, lotsWithinDistance(book, sheet, row, floorUnder(copies, row, true), heldIn(row)) ?? position);
}

/** What is held under a limit once the exits that the targets ask for, as far as the venue takes them, are filled. */
function grantedUnder(book: CopyBook, own: InstrumentSheet, row: number, limit: number): number {
  let sum = 0;
  for (const sheet of isPerPosition(limit) ? [own] : book.allSheets()) {
    sum += ceilOf(lotsLeft(sheet, row, book.copies.exitBound[row] ?? 0), sheet.mark, sheet.lotsPerUnit);
  }
  return sum;
}

/** What exits leave of a position. One below the venue's minimum waits (product §2.5), however long: what it would take off is held. */
function lotsLeft(sheet: InstrumentSheet, row: number, exitBound: number): number {
  const { rows, mark, lotsPerUnit } = sheet;
  const position = rows.position[row] ?? 0;
  const target = wantedOf(rows, row, rows.target[row] ?? 0);
  if (position * target <= 0) return 0;
  const held = Math.abs(position);
  const left = Math.min(held, Math.ceil(Math.abs(target) / MICRO));
  // A sale is worth what its limit says, which is below the mark.
  const price = position > 0 ? floorOf(mark, RATE_ONE - exitBound, RATE_ONE) : mark;
  const worth = (lots: number): number => floorOf(lots, price, lotsPerUnit);
  const waits = worth(held - left) < MIN_ORDER_VALUE && (worth(held) >= 2 * MIN_ORDER_VALUE || held - left < left);
  return waits ? held : left;
}

function setLots(sheet: InstrumentSheet, row: number, most: number): boolean {
  const { rows, leaderLots } = sheet;
  const target = wantedOf(rows, row, rows.target[row] ?? 0);
  // A target on the other side, or below, takes more off than this.
  if (target * (rows.position[row] ?? 0) <= 0 || Math.abs(target) <= most * MICRO) return false;
  zeroTarget(sheet, row);
  if (most === 0) rows.episode[row] = (rows.episode[row] ?? 0) | EPISODE.awaitingOpen;
  else rows.target[row] = Math.sign(target) * most * MICRO;
  rows.rho[row] = lockedRatio(rows.target[row] ?? 0, leaderLots);
  return true;
}
