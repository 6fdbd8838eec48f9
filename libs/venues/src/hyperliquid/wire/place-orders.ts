import { formatPrice, formatSize } from '@lockstep/kernel';
import type { OrderGrouping, PlacementTerms, WorkingChange, WorkingOrder } from '../../port';
import type { L1Action } from '../sign/action-hash';

const TIFS = { ioc: 'Ioc', gtc: 'Gtc', alo: 'Alo' } as const;
const GROUPINGS: Readonly<Record<OrderGrouping, string>> = { none: 'na', with_entry: 'normalTpsl', with_position: 'positionTpsl' };

/** One element of `orders` (facts §7): `{a,b,p,s,r,t,c}`. Key order is signed; amounts carry no trailing zeros. */
function orderElement(order: WorkingOrder): L1Action {
  return {
    a: order.instrument.assetId,
    b: order.buy,
    p: wireText(formatPrice(order.price)),
    s: wireText(formatSize(order.size)),
    r: order.reduceOnly,
    t: typeOf(order),
    c: order.clientOrderId.toLowerCase(),
  };
}

function typeOf({ terms }: WorkingOrder): L1Action {
  if (terms.kind === 'limit') return { limit: { tif: TIFS[terms.tif] } };
  const { price, purpose, market } = terms.trigger;
  return { trigger: { isMarket: market, triggerPx: wireText(formatPrice(price)), tpsl: purpose === 'take_profit' ? 'tp' : 'sl' } };
}

/** `order` of one or more orders (facts §7). */
export function placeOrdersAction(orders: readonly WorkingOrder[], { grouping = 'none', builder }: PlacementTerms): L1Action {
  const action = { type: 'order', orders: orders.map(orderElement), grouping: GROUPINGS[grouping] };
  return builder === undefined ? action : { ...action, builder: { b: builder.address.toLowerCase(), f: builder.feeTenthsBp } };
}

/** `batchModify` by client order ids; `a` lets the new order cross or trigger (facts §7). */
export function modifyOrdersAction(changes: readonly WorkingChange[]): L1Action {
  const modifies = changes.map(({ target, order }) => ({ oid: target.toLowerCase(), order: orderElement(order) }));
  return { type: 'batchModify', modifies, ...(changes.some(needsAlways) ? { a: true } : {}) };
}

/** Without `a` the venue takes a change to a post-only order, or to a resting one that does not cross; of a trigger it takes none. */
const needsAlways = ({ order: { terms } }: WorkingChange): boolean => terms.kind === 'trigger' || terms.tif === 'ioc';

/** Plain digits: at least one decimal is printed by the house, none but significant ones are signed. */
const wireText = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
