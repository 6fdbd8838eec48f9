import type { Exchange } from '../exchange';
import { asCloid, asList, asObject, asWhole } from '../json';
import { endOrder } from '../order';
import { type OrderRequest, type Placed, placeOrder } from '../place';
import type { Json } from '../port';
import type { Order, VenueAccount } from '../state';
import { MISSING_ORDER, withAsset } from '../texts';
import { render } from './order';
import { readOrderRequest } from './order-request';
import { type Actor, done, okay, type Prepare, type PreparedAction, refused } from './prepared';

interface Modification {
  readonly target: number | string;
  readonly request: OrderRequest;
}

/** `modify`: ends one open order and places another in its stead, with a new order id. */
export const prepareModify: Prepare = (action) => {
  const modification = readModification(action.oid, action.order);
  if (modification === null) return null;
  return modifying([modification], (ex, actor) => {
    const placed = modifyOne(ex, actor, modification);
    return placed.kind === 'error' ? refused(placed.text) : done;
  });
};

/** `batchModify`: the same for a list, one answer element each. */
export const prepareBatchModify: Prepare = (action) => {
  const list = asList(action.modifies);
  if (list === null) return null;
  const modifications: Modification[] = [];
  for (const element of list) {
    const object = asObject(element);
    const modification = object === null ? null : readModification(object.oid, object.order);
    if (modification === null) return null;
    modifications.push(modification);
  }
  return modifying(modifications, (ex, actor) =>
    okay('order', { statuses: modifications.map((modification) => render(modifyOne(ex, actor, modification))) }),
  );
};

function modifying(modifications: readonly Modification[], run: PreparedAction['run']): PreparedAction {
  const taking = modifications.some(({ request }) => request.trigger === null && request.tif !== 'Alo');
  return { queueClass: taking ? 'taking' : 'plain', ownerOnly: false, weight: modifications.length, isCancel: false, run };
}

function readModification(oid: Json | undefined, order: Json | undefined): Modification | null {
  const target = asWhole(oid) ?? asCloid(oid);
  const request = readOrderRequest(order);
  return target === null || request === null ? null : { target, request };
}

function modifyOne(ex: Exchange, { owner }: Actor, { target, request }: Modification): Placed {
  const standing = findOpen(owner, target);
  if (standing === undefined) return { kind: 'error', text: withAsset(MISSING_ORDER, request.assetId) };
  endOrder(ex, standing, 'canceled');
  return placeOrder(ex, { owner, builder: standing.builder, isPositionTpsl: standing.trigger?.isPositionTpsl ?? false }, request);
}

const findOpen = (owner: VenueAccount, target: number | string): Order | undefined =>
  typeof target === 'number' ? owner.open.get(target) : owner.openCloids.get(target);
