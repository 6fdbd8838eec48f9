import { checkChild } from './check';
import type { Exchange } from './exchange';
import { admitOrder, awaitParent, isAlive, releaseChildren } from './order';
import { type OrderRequest, type PlaceContext, type Placed, placeOrder, readOrder, reject } from './place';
import type { Order } from './state';
import { withAsset } from './texts';

/** The answers of a grouped request, in order. */
export type Grouped = Placed | { readonly kind: 'waitingForFill' };

/**
 * `normalTpsl`: the first order is the parent; the take-profit and stop-loss after it wait until it has filled and end with it. A
 * refused parent refuses them all with its text.
 */
export function placeWithChildren(ex: Exchange, context: PlaceContext, requests: readonly OrderRequest[]): Grouped[] {
  const [first, ...others] = requests;
  if (first === undefined) return [];
  const placed = placeOrder(ex, context, first);
  if (placed.kind === 'error') return [placed, ...others.map(() => placed)];
  const parent = placed.order;
  const answers = others.map((request) => placeChild(ex, context, parent, request));
  bindSiblings(parent.children);
  if (!isAlive(parent)) releaseChildren(ex, parent);
  return [placed, ...answers];
}

/** Places one child: at once waiting for its trigger where the parent has filled already, else waiting for the fill. */
export function placeChild(ex: Exchange, context: PlaceContext, parent: Order, request: OrderRequest): Grouped {
  const draft = readOrder(ex, context, request);
  if (typeof draft === 'string') return { kind: 'error', text: withAsset(draft, request.assetId) };
  const px = parent.status === 'filled' ? parent.asset.markPx : (parent.trigger?.px ?? parent.px);
  const refusal = checkChild(ex, draft, { px, lots: parent.origLots });
  if (refusal !== null) return reject(ex, draft, refusal);
  const child = admitOrder(ex, draft);
  awaitParent(ex, parent, child);
  ex.totals.acceptedOrders += 1;
  return parent.status === 'filled' ? { kind: 'waiting', order: child } : { kind: 'waitingForFill' };
}

/** `positionTpsl`: each order waits for its trigger with the size of the position, and they end one another. */
export function placeForPosition(ex: Exchange, context: PlaceContext, requests: readonly OrderRequest[]): Grouped[] {
  const answers = requests.map((request) => placeOrder(ex, context, request));
  bindSiblings(answers.flatMap((placed) => (placed.kind === 'waiting' ? [placed.order] : [])));
  return answers;
}

function bindSiblings(orders: readonly Order[]): void {
  if (orders.length < 2) return;
  for (const order of orders) order.siblings = orders;
}
