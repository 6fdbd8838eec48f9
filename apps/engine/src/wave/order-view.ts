import { fromLots, type Instrument, type Side } from '@lockstep/kernel';
import { clientOrderIdText, type PlannedOrders } from '@lockstep/replication';
import { OUTCOME, REJECT_CODES } from '@lockstep/venues/port';
import { type SendState, UNSENT, WITHHELD } from './send-state';

/** Status of an order row as storage and the API name it. */
export type OrderStatusName = 'sent' | 'unknown' | 'resting' | 'filled' | 'partly_filled' | 'rejected' | 'withheld' | 'expired';

/** The status that follows from a row's outcome. An immediate-or-cancel order that filled nothing was refused by the venue with a code. */
export function statusOf(outcome: number, filledLots: number, lots: number, rejectCode: number): OrderStatusName {
  switch (outcome) {
    case OUTCOME.filled:
      return filledLots >= lots ? 'filled' : 'partly_filled';
    case OUTCOME.resting:
      return 'resting';
    case OUTCOME.rejected:
      return REJECT_CODES[rejectCode] === 'expired' ? 'expired' : 'rejected';
    case WITHHELD:
      return 'withheld';
    case UNSENT:
      return 'sent';
    default:
      return 'unknown';
  }
}

/** One order of a plan as single values, for rows and events. Prices and sizes 10^-8. */
export interface OrderView {
  readonly clientOrderId: string;
  readonly copyNo: number;
  readonly leg: number;
  readonly attempt: number;
  readonly wave: number;
  readonly side: Side;
  readonly reduceOnly: boolean;
  readonly price: bigint;
  readonly size: bigint;
  readonly status: OrderStatusName;
  readonly filled: bigint;
  readonly averagePrice: bigint;
  readonly venueOrderId: string | null;
  readonly rejectCode: string | null;
  readonly nonce: number;
  readonly expiresAfter: number;
  readonly builderFee: number;
  readonly settingsVersion: number;
  readonly sentAt: number | null;
  readonly answeredAt: number | null;
}

/** Reads row `row` of a plan together with what became of it. */
export function orderView(instrument: Instrument, orders: PlannedOrders, state: SendState, row: number): OrderView {
  const lots = orders.lots[row] ?? 0;
  const filledLots = state.filledLots[row] ?? 0;
  const outcome = state.outcome[row] ?? UNSENT;
  const rejectCode = state.rejectCode[row] ?? 0;
  const orderId = state.orderId[row] ?? 0;
  return {
    clientOrderId: clientOrderIdText(orders.clientOrderId, row * 16),
    copyNo: orders.copyNo[row] ?? 0,
    leg: orders.leg[row] ?? 0,
    attempt: orders.attempt[row] ?? 0,
    wave: orders.wave[row] ?? 0,
    side: orders.buy[row] === 1 ? 'buy' : 'sell',
    reduceOnly: orders.reduceOnly[row] === 1,
    price: BigInt(orders.price[row] ?? 0),
    size: fromLots(instrument, lots),
    status: statusOf(outcome, filledLots, lots, rejectCode),
    filled: fromLots(instrument, filledLots),
    averagePrice: BigInt(Math.round(state.averagePrice[row] ?? 0)),
    venueOrderId: orderId === 0 ? null : String(orderId),
    rejectCode: outcome === OUTCOME.rejected ? (REJECT_CODES[rejectCode] ?? 'other') : null,
    nonce: orders.nonce[row] ?? 0,
    expiresAfter: orders.expiresAfter[row] ?? 0,
    builderFee: orders.builderFee[row] ?? 0,
    settingsVersion: orders.settingsVersion[row] ?? 0,
    sentAt: orZero(state.sentAt[row]),
    answeredAt: orZero(state.answeredAt[row]),
  };
}

const orZero = (value: number | undefined): number | null => (value === undefined || value === 0 ? null : value);
