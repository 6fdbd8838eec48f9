import { bestLevel, crosses } from '../book';
import type { Exchange } from '../exchange';
import { asCloid, asCount, asFlag, asList, asObject } from '../json';
import { endOrder, handOver } from '../order';
import { type OrderRequest, type PlaceContext, placeOrder, readPrice } from '../place';
import type { Json } from '../port';
import type { Order, VenueAccount } from '../state';
import { MODIFY_MUST_REST, NOT_MODIFIABLE, REQUEST_TEXTS, withAsset } from '../texts';
import { type Grouped, placeChild } from '../tpsl';
import { render } from './order';
import { readOrderRequest } from './order-request';
import { type Actor, done, okay, type Prepare, type PreparedAction, refused } from './prepared';

interface Modification {
  readonly target: number | string;
  readonly request: OrderRequest;
}

/** `modify`: ends one open order and places another in its stead, with a new order id. Its refusals are the whole request's. */
export const prepareModify: Prepare = (action) => {
  const modification = readModification(action.oid, action.order);
  const always = readAlways(action.a);
  if (modification === null || always === null) return null;
  return modifying([modification], (ex, actor) => {
    const answer = modifyAll(ex, actor, [modification], always)[0];
    return answer === undefined || answer.kind === 'error' ? refused(answer?.text ?? NOT_MODIFIABLE) : done;
  });
};

/** `batchModify`: the same for a list, one answer element each. */
export const prepareBatchModify: Prepare = (action) => {
  const list = asList(action.modifies);
  const always = readAlways(action.a);
  if (list === null || always === null) return null;
  const modifications: Modification[] = [];
  for (const element of list) {
    const object = asObject(element);
    const modification = object === null ? null : readModification(object.oid, object.order);
    if (modification === null) return null;
    modifications.push(modification);
  }
  return modifying(modifications, (ex, actor) =>
    modifications.length === 0
      ? refused(REQUEST_TEXTS.emptyBatch)
      : okay('order', { statuses: modifyAll(ex, actor, modifications, always).map(render) }),
  );
};

/** A modify stands in its block where its new order would. */
function modifying(modifications: readonly Modification[], run: PreparedAction['run']): PreparedAction {
  const taking = modifications.some(({ request }) => request.trigger === null && request.tif !== 'Alo');
  return {
    queueClass: taking ? 'taking' : 'plain',
    ownerOnly: false,
    weight: modifications.length,
    isCancel: false,
    run: (ex, actor) => (ex.postOnly && !modifications.every(isPostOnly) ? refused(REQUEST_TEXTS.postOnlyPeriod) : run(ex, actor)),
  };
}

const isPostOnly = ({ request }: Modification): boolean => request.trigger === null && request.tif === 'Alo';

/** `a`: place the new order whatever it is. False when absent, null when it is no flag. */
const readAlways = (value: Json | undefined): boolean | null => (value === undefined ? false : asFlag(value));

function readModification(oid: Json | undefined, order: Json | undefined): Modification | null {
  const target = asCount(oid) ?? asCloid(oid);
  const request = readOrderRequest(order);
  return target === null || request === null ? null : { target, request };
}

const modifyAll = (ex: Exchange, actor: Actor, modifications: readonly Modification[], always: boolean): Grouped[] =>
  modifications.map((modification) => modifyOne(ex, actor, modification, always));

/** The old order stays as it is when the new one may not even be tried; from then on it is gone, whatever becomes of the new one. */
function modifyOne(ex: Exchange, { owner }: Actor, { target, request }: Modification, always: boolean): Grouped {
  const standing = findOpen(owner, target);
  if (standing === undefined || standing.asset.id !== request.assetId) return { kind: 'error', text: NOT_MODIFIABLE };
  if (!always && ex.settings.strictModify && !wouldRest(ex, request)) return { kind: 'error', text: withAsset(MODIFY_MUST_REST, request.assetId) };
  const { parent, children, siblings } = standing;
  standing.children = [];
  endOrder(ex, standing, 'canceled');
  const context: PlaceContext = { owner, builder: standing.builder, isPositionTpsl: standing.trigger?.isPositionTpsl ?? false };
  const placed = parent === null ? placeOrder(ex, context, request) : placeChild(ex, context, parent, request);
  handOver(ex, { children, siblings }, standing, successor(placed, parent));
  return placed;
}

/** The new order; null when it was refused. */
function successor(placed: Grouped, parent: Order | null): Order | null {
  if (placed.kind === 'error') return null;
  return placed.kind === 'waitingForFill' ? (parent?.children.at(-1) ?? null) : placed.order;
}

/** True for a post-only order and for a GTC order that meets nothing. */
function wouldRest(ex: Exchange, { assetId, isBuy, px, trigger, tif }: OrderRequest): boolean {
  if (trigger !== null) return false;
  if (tif === 'Alo') return true;
  const asset = ex.assetsById.get(assetId);
  if (tif !== 'Gtc' || asset === undefined) return false;
  const best = bestLevel(isBuy ? asset.asks : asset.bids);
  return best === null || !crosses(isBuy, readPrice(asset, px).px, best.px);
}

const findOpen = (owner: VenueAccount, target: number | string): Order | undefined =>
  typeof target === 'number' ? owner.open.get(target) : owner.openCloids.get(target);
