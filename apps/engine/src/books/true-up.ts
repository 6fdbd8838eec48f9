import { abs, toExact, toLots } from '@lockstep/kernel';
import { applyFill, type InstrumentSheet, takeBooked } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { OpenOrder } from '../state/open-orders';
import type { CopyRecord } from '../state/registry';
import { sheetOf } from './position-state-of';

/**
 * Once no answer is to come that leads the planning columns, they must hold what is booked: of orders whose outcome is unknown too, whose answers were lost and
 * whose fills are told all the same. They were led by the venue's answers, whose average price is rounded; a position that differs means that an answer was not
 * what happened, and the venue's fills win.
 */
export function trueUp(ctx: EngineContext, copy: CopyRecord, coin: string): void {
  const { book } = copy.watched;
  // The row may be another copy's by now.
  if (book.copies.copyNo[copy.row] !== copy.no) return;
  const sheet = sheetOf(copy, coin);
  const { rows, instrument } = sheet;
  const open = [...ctx.openOrders.ofAccount(copy.account.index)].filter((order) => order.copy === copy && order.sheet === sheet);
  // What an answer led is still to be booked.
  if (open.some(({ filledLots, bookedLots, ledBooked }) => filledLots !== null || bookedLots < ledBooked)) return;
  if (hasAnswerToCome(sheet, copy.row, open)) return;
  const before = rows.position[copy.row];
  for (const order of open) leadByBooking(order);
  const { booked } = ctx.booked.get(copy.no, coin);
  const lots = toLots(instrument, booked.book.quantity);
  if (rows.position[copy.row] !== lots) {
    ctx.log.warn('a planned position differed from the booked one', { copyNo: copy.no, coin, planned: rows.position[copy.row], booked: lots });
  }
  takeBooked(book, sheet, copy.row, {
    position: lots,
    entryValue: toExact(abs(booked.book.cost), 'entry value'),
    realised: toExact(booked.realised, 'realised PnL'),
  });
  // A reading of the account that is older than this tells another position.
  if (lots !== before) copy.account.touched += 1;
}

/** Whether a row has orders in flight that are not among those that are open yet: the answers of their wave are still to come. */
export function hasAnswerToCome(sheet: InstrumentSheet, row: number, open: readonly Pick<OpenOrder, 'lots' | 'ledBooked'>[]): boolean {
  const inFlight = (sheet.rows.pendingBuy[row] ?? 0) + (sheet.rows.pendingSell[row] ?? 0) - mirrored(sheet, row);
  return inFlight > open.reduce((sum, { lots, ledBooked }) => sum + lots - ledBooked, 0);
}

/** What mirrors have reserved: their fills lead the columns when they are booked. */
const mirrored = ({ rows }: InstrumentSheet, row: number): number =>
  [rows.mirrorBuy, rows.mirrorSell, rows.mirrorExitBuy, rows.mirrorExitSell].reduce((sum, column) => sum + (column[row] ?? 0), 0);

/** What is booked of an order of unknown outcome is no longer in flight. Its price is put right with the position's. */
function leadByBooking(order: OpenOrder): void {
  const { copy, sheet, buy, price, exit } = order;
  const lots = Math.min(order.lots, order.bookedLots) - order.ledBooked;
  if (lots <= 0) return;
  applyFill(copy.watched.book, sheet, copy.row, { buy, lots, price, fee: 0 }, exit ? 'exit' : 'entry');
  order.ledBooked += lots;
}
