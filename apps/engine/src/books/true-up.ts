import { abs, toExact, toLots } from '@lockstep/kernel';
import { takeBooked } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import { sheetOf } from './position-state-of';

/**
 * Once no order of the copy is open in the instrument, the planning columns must hold what is booked. They were led by the venue's answers, whose
 * average price is rounded; a position that differs means that an answer was not what happened, and the venue's fills win.
 */
export function trueUp(ctx: EngineContext, copy: CopyRecord, coin: string): void {
  // The row may be another copy's by now.
  if (copy.watched.book.copies.copyNo[copy.row] !== copy.no) return;
  for (const order of ctx.openOrders.ofAccount(copy.account.index)) if (order.copy === copy && order.sheet.instrument.coin === coin) return;
  const sheet = sheetOf(copy, coin);
  const { booked } = ctx.booked.get(copy.no, coin);
  const { rows, instrument } = sheet;
  const lots = toLots(instrument, booked.book.quantity);
  const inFlight = (rows.pendingBuy[copy.row] ?? 0) + (rows.pendingSell[copy.row] ?? 0);
  if (inFlight > 0) return;
  if (rows.position[copy.row] !== lots) {
    ctx.log.warn('a planned position differed from the booked one', { copyNo: copy.no, coin, planned: rows.position[copy.row], booked: lots });
  }
  takeBooked(copy.watched.book, sheet, copy.row, {
    position: lots,
    entryValue: toExact(abs(booked.book.cost), 'entry value'),
    realised: toExact(booked.realised, 'realised PnL'),
  });
}
