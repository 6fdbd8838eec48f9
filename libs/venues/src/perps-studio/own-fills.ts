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

/** The fills of an order as the API lists them with it; without a list, one fill by the order's answer. */
export function fillsOf(order: OwnOrder, wire: WireOrder): readonly VenueFill[] {
  if (wire.fills.length === 0) {
    if (wire.filledSize === 0n) return [];
    return [fill(order, wire.orderId, wire.filledSize, order.averagePrice ?? wire.price, { time: wire.updatedAt ?? wire.createdAt })];
  }
  return wire.fills.map((told, index) => {
    const known = told.fee === undefined ? {} : { fee: told.fee, feeAsset: told.feeAsset };
    const time = told.timestamp ?? wire.updatedAt ?? wire.createdAt;
    return fill(order, wire.orderId, told.size, told.price, { ...known, time, tradeId: told.id ?? `derived-${wire.orderId}-${index}` });
  });
}

/** One fill worked out from how far a position went: at its average price where that is known, else at the order's own bound. */
export function fillByPosition(order: OwnOrder, orderId: string, lots: number, at: Price | null, time: number): VenueFill {
  return fill(order, orderId, fromLots(order.instrument, lots), at ?? price(order.price), { time });
}
