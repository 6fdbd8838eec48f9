import { restOrder, unrestOrder } from './book';
import { type Exchange, nextOid } from './exchange';
import type { Asset, BuilderFee, Order, OrderStatus, Tif, Trigger, Twap, VenueAccount } from './state';

/** What makes a new order. */
export interface OrderDraft {
  readonly owner: VenueAccount;
  readonly asset: Asset;
  readonly isBuy: boolean;
  readonly px: number;
  readonly lots: number;
  readonly tif: Tif;
  readonly reduceOnly: boolean;
  readonly cloid: string | null;
  readonly builder: BuilderFee | null;
  readonly trigger: Trigger | null;
  /** A price or trigger price was sent with more decimals than the grid has: it is cut here, and refused. */
  readonly isTooFine?: boolean;
  /** Only for a slice of a TWAP, which leaves no order history. */
  readonly twap?: Twap | null;
}

/** Gives an order its id (a replayed one brings its own) and writes it into its owner's history. It is not in any book yet. */
export function admitOrder(ex: Exchange, draft: OrderDraft, oid = nextOid(ex)): Order {
  const order: Order = {
    oid,
    owner: draft.owner,
    asset: draft.asset,
    isBuy: draft.isBuy,
    px: draft.px,
    lots: draft.lots,
    origLots: draft.lots,
    tif: draft.tif,
    reduceOnly: draft.reduceOnly,
    cloid: draft.cloid,
    builder: draft.builder,
    time: ex.time,
    status: 'open',
    statusTime: ex.time,
    trigger: draft.trigger,
    children: NO_CHILDREN,
    parent: null,
    siblings: null,
    twap: draft.twap ?? null,
    level: null,
    previous: null,
    next: null,
  };
  if (!draft.owner.isHouse && order.twap === null) remember(ex, order);
  return order;
}

/** One empty list for the many orders that never have children; it is replaced, never filled. */
const NO_CHILDREN: readonly Order[] = [];

function remember(ex: Exchange, order: Order): void {
  const { owner } = order;
  owner.orders.push(order);
  if (owner.orders.length > 2 * ex.settings.ordersKept) forgetOld(ex, owner);
}

/** Drops the oldest finished orders; open ones are always kept. */
function forgetOld(ex: Exchange, owner: VenueAccount): void {
  const older = owner.orders.splice(0, owner.orders.length - ex.settings.ordersKept);
  const open = older.filter((order) => owner.open.has(order.oid));
  owner.orders.unshift(...open);
}

/** An account's order by the venue's id, latest first; undefined when unknown or no longer kept. */
export const orderByOid = (owner: VenueAccount, oid: number): Order | undefined => owner.orders.findLast((order) => order.oid === oid);

/** The latest order that carries a client id. */
export const orderByCloid = (owner: VenueAccount, cloid: string): Order | undefined => owner.orders.findLast((order) => order.cloid === cloid);

/** Puts an order into its book and among its owner's open orders. */
export function rest(ex: Exchange, order: Order): void {
  restOrder(order.isBuy ? order.asset.bids : order.asset.asks, order);
  order.asset.bookTouched = true;
  if (order.owner.isHouse) order.asset.houseOrders.push(order);
  else {
    addOpen(order);
    noteStatus(ex, order, order.status);
  }
}

/** Lets an order wait for its trigger price. */
export function awaitTrigger(ex: Exchange, order: Order): void {
  order.asset.triggers.add(order);
  addOpen(order);
  noteStatus(ex, order, 'open');
}

/** Lets an order wait until its parent has filled. It is open all the while: listed, cancelled and found like any other. */
export function awaitParent(ex: Exchange, parent: Order, child: Order): void {
  child.parent = parent;
  parent.children = [...parent.children, child];
  addOpen(child);
  noteStatus(ex, child, 'open');
}

function addOpen(order: Order): void {
  const { owner } = order;
  owner.open.set(order.oid, order);
  if (order.cloid !== null) owner.openCloids.set(order.cloid, order);
  if (order.reduceOnly) owner.restingReduceOnly += 1;
  if (order.asset.pair !== null) countSpot(order, 1);
  if (owner.topic !== null) owner.topic.ordersTouched = true;
}

/** A resting spot order holds what it would spend: the spot state shows it. */
function countSpot({ owner }: Order, added: number): void {
  owner.restingSpot += added;
  if (owner.topic !== null) owner.topic.stateTouched = true;
}

/** Ends an order wherever it stands, with the status its history keeps. What hangs on it comes alive or ends with it. */
export function endOrder(ex: Exchange, order: Order, status: OrderStatus): void {
  const { owner, asset } = order;
  if (order.level !== null) {
    unrestOrder(order);
    asset.bookTouched = true;
  }
  asset.triggers.delete(order);
  leaveParent(order);
  if (owner.open.delete(order.oid)) {
    if (order.cloid !== null && owner.openCloids.get(order.cloid) === order) owner.openCloids.delete(order.cloid);
    if (order.reduceOnly) owner.restingReduceOnly -= 1;
    if (asset.pair !== null) countSpot(order, -1);
    if (owner.topic !== null) owner.topic.ordersTouched = true;
  }
  noteStatus(ex, order, status);
  if (status === 'filled') endSiblings(ex, order);
  releaseChildren(ex, order);
}

function leaveParent(order: Order): void {
  const { parent } = order;
  if (parent === null) return;
  parent.children = parent.children.filter((child) => child !== order);
  order.parent = null;
}

/** Takes a trigger order out of its waiting: its price was met. It keeps its id, its children and its siblings. */
export function disarm(ex: Exchange, order: Order): void {
  const { owner } = order;
  order.asset.triggers.delete(order);
  owner.open.delete(order.oid);
  if (order.cloid !== null && owner.openCloids.get(order.cloid) === order) owner.openCloids.delete(order.cloid);
  if (order.reduceOnly) owner.restingReduceOnly -= 1;
  if (owner.topic !== null) owner.topic.ordersTouched = true;
  noteStatus(ex, order, 'triggered');
}

/** One take-profit or stop-loss of a request has filled: the others go. */
export function endSiblings(ex: Exchange, filled: Order): void {
  const { siblings } = filled;
  if (siblings === null) return;
  filled.siblings = null;
  for (const sibling of siblings) if (sibling !== filled && sibling.owner.open.has(sibling.oid)) endByVenue(ex, sibling, 'siblingFilledCanceled');
}

/** Children come alive when their parent has filled wholly, or in part before margin ran out; otherwise they end with it. */
export function releaseChildren(ex: Exchange, parent: Order): void {
  const { children } = parent;
  if (children.length === 0) return;
  parent.children = NO_CHILDREN;
  const alive = parent.status === 'filled' || (parent.status === 'marginCanceled' && parent.lots < parent.origLots);
  for (const child of children) {
    child.parent = null;
    if (!alive) endOrder(ex, child, 'canceled');
    else {
      child.asset.triggers.add(child);
      if (child.owner.topic !== null) child.owner.topic.ordersTouched = true;
    }
  }
}

/** What hangs on an order: what waits for it, and what it ends. */
export type Bonds = Pick<Order, 'children' | 'siblings'>;

/** A modified order's children and siblings go to its successor; without one the children end and the siblings stay by themselves. */
export function handOver(ex: Exchange, { children, siblings }: Bonds, old: Order, heir: Order | null): void {
  if (heir !== null && siblings !== null) {
    const renewed = siblings.map((sibling) => (sibling === old ? heir : sibling));
    for (const sibling of renewed) sibling.siblings = renewed;
  }
  if (children.length === 0) return;
  const parent = heir ?? old;
  for (const child of children) child.parent = parent;
  parent.children = children;
  if (heir === null || !isAlive(heir)) releaseChildren(ex, parent);
}

/** True while an order rests, waits or is about to trade. */
export const isAlive = ({ status }: Order): boolean => status === 'open' || status === 'triggered';

/** Sets a status and tells the owner's subscribers. */
export function noteStatus(ex: Exchange, order: Order, status: OrderStatus): void {
  order.status = status;
  order.statusTime = ex.time;
  if (order.twap === null && order.owner.topic !== null) order.owner.topic.updates.push({ order, lots: order.lots, status, time: ex.time });
}

/** Ends an order nobody asked to end. */
export function endByVenue(ex: Exchange, order: Order, status: OrderStatus): void {
  endOrder(ex, order, status);
  order.owner.topic?.nonUserCancels.push(order);
}
