import type { Exchange } from './exchange';
import { admitOrder, type OrderDraft } from './order';
import type { Order, Position } from './state';

/* Orders that nobody sent: the venue's own on an account, and the house's side of a trade that no book makes. */

const BARE: Pick<OrderDraft, 'cloid' | 'builder' | 'trigger'> = { cloid: null, builder: null, trigger: null };

/** An order of the venue that closes `lots` of a position. */
export function venueOrder(ex: Exchange, position: Position, px: number, lots: number): Order {
  const { asset, clearing } = position;
  return admitOrder(ex, { ...BARE, owner: clearing.owner, asset, isBuy: position.lots < 0, px, lots, tif: 'LiquidationMarket', reduceOnly: true });
}

/** The house's side of a trade. */
export function houseOrder(ex: Exchange, taker: Order): Order {
  const { asset, px, lots, isBuy } = taker;
  return admitOrder(ex, { ...BARE, owner: ex.house, asset, isBuy: !isBuy, px, lots, tif: 'Gtc', reduceOnly: false });
}
