import { mulDivCeil } from '@lockstep/kernel';
import type { OrderFacts } from '@lockstep/risk';
import type { CopyBook } from './book';
import { STATUS } from './copy-columns';
import { marginFacts } from './margin-facts';
import { CLEAR } from './reasons';
import { leverageOf, worstLots } from './revalue';
import { rightsRefusal } from './rights';
import { sharedRoom } from './shared-room';
import { REMNANT_VALUE } from './wave-options';
import type { WavePlan } from './wave-plan';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const ceilOf = mulDivCeil;

/** Orders of one instrument as far as they are judged: a plan's, or orders that are to stand. */
export interface JudgedOrders {
  readonly coin: string;
  readonly orders: Pick<WavePlan['orders'], 'count' | 'buy' | 'price' | 'row' | 'exit' | 'lots' | 'reduceOnly'>;
}

/**
 * The books' truth about a plan's orders for `risk/gate`, taken from the live columns at the moment of asking (a status set, or a right ended, since planning
 * counts). The limits and positions are the book's own columns, not the plan's copies of them.
 */
export function orderFacts(book: CopyBook, plan: JudgedOrders, now: number, markMaxAgeMs: number): OrderFacts | null {
  const sheet = book.findSheet(plan.coin);
  if (!sheet) return null;
  const { copies, rowCount } = book;
  const otherExposure = new Float64Array(rowCount);
  const otherMargin = new Float64Array(rowCount);
  const leverage = new Float64Array(rowCount);
  const mayRisk = new Uint8Array(rowCount);
  for (const other of book.allSheets()) {
    if (other === sheet || other.mark === 0) continue;
    for (let row = 0; row < rowCount; row += 1) {
      const worst = worstLots(other.rows, row);
      if (worst === 0) continue;
      const value = ceilOf(worst, other.mark, other.lotsPerUnit);
      otherExposure[row] = (otherExposure[row] ?? 0) + value;
      otherMargin[row] = (otherMargin[row] ?? 0) + Math.ceil(value / leverageOf(copies, other, row));
    }
  }
  for (let row = 0; row < rowCount; row += 1) {
    leverage[row] = leverageOf(copies, sheet, row);
    mayRisk[row] = copies.status[row] === STATUS.active && rightsRefusal(copies, row, now) === CLEAR ? 1 : 0;
  }
  return {
    now,
    mark: sheet.mark,
    markAt: sheet.markAt,
    markMaxAgeMs,
    szDecimals: sheet.instrument.szDecimals,
    exit: plan.orders.exit,
    row: plan.orders.row,
    position: sheet.rows.position,
    pendingBuy: sheet.rows.pendingBuy,
    pendingSell: sheet.rows.pendingSell,
    pendingExitBuy: sheet.rows.pendingExitBuy,
    pendingExitSell: sheet.rows.pendingExitSell,
    remnant: REMNANT_VALUE,
    maxPositionSize: copies.maxPositionSize,
    maxPositionNotional: copies.maxPositionNotional,
    maxPositionShare: copies.maxPositionShare,
    maxLeverage: copies.maxLeverage,
    maxGross: copies.maxGross,
    sharedRoom: book.hasSharedLimits ? sharedRoom(book, sheet, plan.orders, now, markMaxAgeMs) : null,
    margin: marginFacts(book, sheet, plan.orders),
    equity: copies.equity,
    leaving: copies.leaving,
    realEquity: copies.realEquity,
    otherExposure,
    otherMargin,
    leverage,
    mayRisk,
  };
}
