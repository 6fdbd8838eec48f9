import { fromLots, type Money, money, notional, type Price, price, size } from '@lockstep/kernel';
import type { VenueFill } from '../port';
import { TAKER_FEE_PPM } from './assumptions';
import type { OwnOrder } from './own-orders';
import type { WireOrder } from './wire/orders';

const PPM = 1_000_000n;
const NOTHING = money(0n);
const AT_START = size(0n);

/** The fee of a fill nobody told: the exchange's base taker rate. */
const feeOf = (quantity: ReturnType<typeof size>, at: Price): Money => money((notional(quantity, at, 'up') * TAKER_FEE_PPM) / PPM);

function fill(order: OwnOrder, orderId: string, quantity: ReturnType<typeof size>, at: Price, told: Partial<VenueFill>): VenueFill {
  return {
    coin: order.instrument.coin,
    side: order.buy ? 'buy' : 'sell',
    price: at,
    size: quantity,
    time: order.answeredAt,
    // Neither is told by the API: the position is the one last seen before the order, and the ledger works the PnL out itself.
    startPosition: order.positionBefore ?? AT_START,
    closedPnl: NOTHING,
    fee: feeOf(quantity, at),
    feeAsset: order.instrument.collateral,
    builderFee: NOTHING,
    orderId,
    clientOrderId: order.clientOrderId,
    tradeId: `derived-${orderId}`,
    crossed: true,
    twapId: null,
    liquidation: false,
    derived: true,
    ...told,
  };
}

/**
 * The fills of an order as the API lists them with it. A list that holds less than the order's answer said is behind it or cut short: then the answer itself is
 * the one fill, so that what filled is booked once and whole.
 */
export function fillsOf(order: OwnOrder, wire: WireOrder): readonly VenueFill[] {
  const listed = wire.fills.reduce((sum, told) => sum + told.size, 0n);
  if (listed < fromLots(order.instrument, order.filledLots)) return [fillByAnswer(order, wire.orderId, wire.updatedAt ?? wire.createdAt)];
  return wire.fills.map((told, index) => {
    const known = told.fee === undefined ? {} : { fee: told.fee, feeAsset: told.feeAsset };
    const time = told.timestamp ?? wire.updatedAt ?? wire.createdAt;
    return fill(order, wire.orderId, told.size, told.price, { ...known, time, tradeId: told.id ?? `derived-${wire.orderId}-${index}` });
  });
}

/** One fill by what the order's answer said, for an order that is listed nowhere or not with all it filled. */
export function fillByAnswer(order: OwnOrder, orderId: string, time: number): VenueFill {
  return fill(order, orderId, fromLots(order.instrument, order.filledLots), order.averagePrice ?? order.price, { time });
}

/** One fill worked out from how far a position went: at its average price where that is known, else at the order's own bound. */
export function fillByPosition(order: OwnOrder, orderId: string, lots: number, at: Price | null, time: number): VenueFill {
  return fill(order, orderId, fromLots(order.instrument, lots), at ?? price(order.price), { time });
}
