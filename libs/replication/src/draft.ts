import type { CopyBook } from './book';
import { isHandingOver } from './copy-columns';
import type { DraftScratch } from './draft-scratch';
import type { InstrumentSheet } from './instrument-columns';
import { LimitMemo } from './price-bound';
import type { SharedEntries } from './shared-entries';
import type { PlanOptions } from './wave-options';
import type { Decisions } from './wave-plan';

/**
 * A plan in the making: one decision per occupied row, and the lots of its four possible orders. Leg numbers: 0 exit reduce-only,
 * 1 exit beyond the account's net, 2 entry reduce-only (against the account's net), 3 entry.
 */
export interface Draft {
  readonly book: CopyBook;
  readonly sheet: InstrumentSheet;
  readonly options: PlanOptions;
  readonly count: number;
  readonly row: Int32Array;
  readonly copyNo: Float64Array;
  readonly scope: Int32Array;
  readonly reason: Uint8Array;
  readonly targetBefore: Float64Array;
  readonly targetAfter: Float64Array;
  readonly position: Float64Array;
  readonly pendingBuy: Float64Array;
  readonly pendingSell: Float64Array;
  readonly kappa: Float64Array;
  readonly settingsVersion: Int32Array;
  readonly exitLots: Float64Array;
  readonly entryLots: Float64Array;
  readonly cutMask: Uint16Array;
  readonly cutFirst: Int32Array;
  cuts: Float64Array;
  cutCount: number;
  /** 1: this decision may enter new risk now. */
  readonly mayEnter: Uint8Array;
  /** Largest |position| in lots the caps admit for an entry. */
  readonly capLots: Float64Array;
  /** What the target was before an increment that was taken on, absolute micro-lots; −1: none was. */
  readonly increaseFrom: Float64Array;
  /** Where several copies share a cap: what the entry's target was before its increment, absolute (−1: no entry was priced), and the lots the copy's own later caps admit. */
  readonly entryHeld: Float64Array;
  readonly grossLots: Float64Array;
  readonly marginLots: Float64Array;
  /** Index of the cap that set `capLots`. */
  readonly bindingCap: Uint8Array;
  /** Limit price of the entry and the reference it was made from. */
  readonly entryLimit: Float64Array;
  readonly entryReference: Float64Array;
  readonly exitLimit: Float64Array;
  /** Venue time after which the entry must not execute. */
  readonly expiry: Float64Array;
  /** A book told before this says nothing about entries: the leader's own fill may have moved it. */
  entryBookSince: number;
  /** Reference of exits: one price for buys, one for sells; 0: none known. */
  exitBuyReference: number;
  exitSellReference: number;
  /** 1 the difference is bought, 0 sold. */
  readonly buy: Uint8Array;
  readonly legs: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  orderCount: number;
  /** Limits of this wave's entries and exits. */
  readonly entryLimits: LimitMemo;
  readonly exitLimits: LimitMemo;
  /** Scratch: lots each cap admits, and entries under limits that several copies share. */
  readonly caps: Float64Array;
  readonly shared: SharedEntries;
}

/** The book's scratch with what decisions read before writing set to zero. */
function cleanScratch(book: CopyBook, count: number): DraftScratch {
  const scratch = book.scratch(count);
  scratch.mayEnter.fill(0, 0, count);
  scratch.increaseFrom.fill(-1, 0, count);
  if (book.hasSharedLimits) scratch.entryHeld.fill(-1, 0, count);
  for (const leg of scratch.legs) leg.fill(0, 0, count);
  return scratch;
}

/** A draft with one decision per row of the book that is traded for, nothing decided yet. */
export function openDraft(book: CopyBook, sheet: InstrumentSheet, options: PlanOptions): Draft {
  const { copies, rowCount } = book;
  const row = new Int32Array(rowCount);
  let count = 0;
  for (let index = 0; index < rowCount; index += 1) {
    if (copies.copyNo[index] === 0 || isHandingOver(copies.status[index] ?? 0)) continue;
    row[count] = index;
    count += 1;
  }
  const scratch = cleanScratch(book, count);
  const draft: Draft = {
    book,
    sheet,
    options,
    count,
    row,
    copyNo: new Float64Array(count),
    scope: new Int32Array(count),
    reason: new Uint8Array(count),
    targetBefore: new Float64Array(count),
    targetAfter: new Float64Array(count),
    position: new Float64Array(count),
    pendingBuy: new Float64Array(count),
    pendingSell: new Float64Array(count),
    kappa: new Float64Array(count),
    settingsVersion: new Int32Array(count),
    exitLots: new Float64Array(count),
    entryLots: new Float64Array(count),
    cutMask: new Uint16Array(count),
    cutFirst: new Int32Array(count),
    cuts: new Float64Array(Math.max(16, count)),
    cutCount: 0,
    mayEnter: scratch.mayEnter,
    capLots: scratch.capLots,
    bindingCap: scratch.bindingCap,
    increaseFrom: scratch.increaseFrom,
    entryHeld: scratch.entryHeld,
    grossLots: scratch.grossLots,
    marginLots: scratch.marginLots,
    entryLimit: scratch.entryLimit,
    entryReference: scratch.entryReference,
    exitLimit: scratch.exitLimit,
    expiry: scratch.expiry,
    entryBookSince: 0,
    exitBuyReference: 0,
    exitSellReference: 0,
    buy: scratch.buy,
    legs: scratch.legs,
    orderCount: 0,
    entryLimits: new LimitMemo(sheet.instrument.szDecimals),
    exitLimits: new LimitMemo(sheet.instrument.szDecimals),
    caps: scratch.caps,
    shared: scratch.shared,
  };
  fillInputs(draft);
  return draft;
}

/** Notes that a cap cut a decision by some micro-lots; caps are noted in ascending order per decision. */
export function noteCut(draft: Draft, index: number, cap: number, amount: number): void {
  moveCutsToEnd(draft, index);
  draft.cutMask[index] = (draft.cutMask[index] ?? 0) | (1 << cap);
  growCuts(draft);
  draft.cuts[draft.cutCount] = amount;
  draft.cutCount += 1;
}

/** Cuts of one decision stand side by side; those noted before others' go behind them first. */
function moveCutsToEnd(draft: Draft, index: number): void {
  const first = draft.cutFirst[index] ?? 0;
  let noted = 0;
  for (let mask = draft.cutMask[index] ?? 0; mask !== 0; mask &= mask - 1) noted += 1;
  if (noted === 0) draft.cutFirst[index] = draft.cutCount;
  if (noted === 0 || first + noted === draft.cutCount) return;
  draft.cutFirst[index] = draft.cutCount;
  for (let at = 0; at < noted; at += 1) {
    growCuts(draft);
    draft.cuts[draft.cutCount] = draft.cuts[first + at] ?? 0;
    draft.cutCount += 1;
  }
}

function growCuts(draft: Draft): void {
  if (draft.cutCount < draft.cuts.length) return;
  const wider = new Float64Array(draft.cuts.length * 2);
  wider.set(draft.cuts);
  draft.cuts = wider;
}

/** The decisions of a finished draft, without its working columns. */
export function decisionsOf(draft: Draft): Decisions {
  return {
    count: draft.count,
    row: draft.row,
    copyNo: draft.copyNo,
    scope: draft.scope,
    reason: draft.reason,
    targetBefore: draft.targetBefore,
    targetAfter: draft.targetAfter,
    position: draft.position,
    pendingBuy: draft.pendingBuy,
    pendingSell: draft.pendingSell,
    kappa: draft.kappa,
    settingsVersion: draft.settingsVersion,
    exitLots: draft.exitLots,
    entryLots: draft.entryLots,
    cutMask: draft.cutMask,
    cutFirst: draft.cutFirst,
    cuts: draft.cuts,
    cutCount: draft.cutCount,
  };
}

function fillInputs(draft: Draft): void {
  const { copies } = draft.book;
  const { rows } = draft.sheet;
  for (let index = 0; index < draft.count; index += 1) {
    const row = draft.row[index] ?? 0;
    draft.copyNo[index] = copies.copyNo[row] ?? 0;
    draft.scope[index] = copies.scope[row] ?? 0;
    draft.settingsVersion[index] = copies.settingsVersion[row] ?? 0;
    draft.targetBefore[index] = rows.target[row] ?? 0;
    draft.targetAfter[index] = rows.target[row] ?? 0;
    draft.position[index] = rows.position[row] ?? 0;
    // What is decided on: mirrors of orders that still stand at the leader's wait with them.
    draft.pendingBuy[index] = (rows.pendingBuy[row] ?? 0) - (rows.standingBuy[row] ?? 0);
    draft.pendingSell[index] = (rows.pendingSell[row] ?? 0) - (rows.standingSell[row] ?? 0);
  }
}
