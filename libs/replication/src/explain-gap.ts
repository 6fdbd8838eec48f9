import type { CopyBook } from './book';
import { approvalRefusal, CLEAR, instrumentRefusal, standingRefusal } from './checks';
import { EPISODE, type InstrumentSheet, MICRO } from './instrument-columns';
import { wantedOf } from './mirror-columns';
import { type ReasonCode, reasonAt } from './reasons';
import { MIN_ORDER_VALUE } from './wave-options';

/** A gap between target and position that is too large to be rounding. */
export interface ExplainedGap {
  readonly row: number;
  readonly copyNo: number;
  /** Target − position in micro-lots. */
  readonly gap: number;
  /** Why it stands; null is a defect: nothing explains it. */
  readonly reason: ReasonCode | null;
}

const SILENT: ReadonlySet<ReasonCode> = new Set<ReasonCode>(['planned', 'planned_capped', 'no_change']);

/** Smallest gap (micro-lots) that needs a reason: max(lot, minimum order value ÷ price), by the mark. */
export function unexplainedFrom(sheet: InstrumentSheet): number {
  const lot = MICRO;
  return sheet.mark === 0 ? lot : Math.max(lot, Math.ceil(((MIN_ORDER_VALUE * sheet.lotsPerUnit) / sheet.mark) * MICRO));
}

/** Every row whose gap exceeds {@link unexplainedFrom}, with its reason. After repair has run dry none may have `reason` null. */
export function explainGaps(book: CopyBook, sheet: InstrumentSheet, now: number): readonly ExplainedGap[] {
  const least = unexplainedFrom(sheet);
  const found: ExplainedGap[] = [];
  for (let row = 0; row < book.rowCount; row += 1) {
    const gap = wantedOf(sheet.rows, row, sheet.rows.target[row] ?? 0) - (sheet.rows.position[row] ?? 0) * MICRO;
    if (Math.abs(gap) <= least) continue;
    found.push({ row, copyNo: book.copies.copyNo[row] ?? 0, gap, reason: explainGap(book, sheet, row, now) });
  }
  return found;
}

/** Why a row's position is not at its target; null when nothing known explains it. */
export function explainGap(book: CopyBook, sheet: InstrumentSheet, row: number, now: number): ReasonCode | null {
  const { rows } = sheet;
  const target = wantedOf(rows, row, rows.target[row] ?? 0);
  const position = (rows.position[row] ?? 0) * MICRO;
  const episode = rows.episode[row] ?? 0;
  if ((rows.pendingBuy[row] ?? 0) + (rows.pendingSell[row] ?? 0) > 0) return 'no_fill_yet';
  const over = Math.abs(position) > Math.abs(target) || position < 0 !== target < 0;
  if (over && (episode & EPISODE.exitStuck) !== 0) return 'exit_stuck';
  if (over && (episode & EPISODE.dustPending) !== 0) return 'dust_pending';
  if (!over) {
    const refusal = standingRefusal(book.copies, row, now);
    const refused = refusal === CLEAR ? instrumentRefusal(book.copies, rows, row) : refusal;
    if (refused !== CLEAR) return reasonAt(refused);
    if (approvalRefusal(book.copies, rows, row) !== CLEAR) return 'approval_needed';
  }
  const last = reasonAt(rows.lastReason[row] ?? 0);
  if (last !== null && !SILENT.has(last)) return last;
  return !over && (rows.owedPrice[row] === 0 || (rows.owedUntil[row] ?? 0) <= now) ? 'waiting_next_move' : null;
}
