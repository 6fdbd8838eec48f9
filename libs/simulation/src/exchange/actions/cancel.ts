import type { Exchange } from '../exchange';
import { asCloid, asCount, asFlag, asList, asObject, type JsonObject } from '../json';
import { endOrder } from '../order';
import type { Json } from '../port';
import type { Order, VenueAccount } from '../state';
import { MISSING_ORDER, REQUEST_TEXTS, withAsset } from '../texts';
import { okay, type Prepare, type PreparedAction, refused } from './prepared';

interface Target {
  readonly assetId: number;
  find(owner: VenueAccount): Order | undefined;
}

/** `cancel`: by the venue's order id. */
export const prepareCancel: Prepare = (action) =>
  prepareTargets(action, (element) => {
    const assetId = asCount(element.a);
    const oid = asCount(element.o);
    return assetId === null || oid === null ? null : { assetId, find: (owner) => owner.open.get(oid) };
  });

/** `cancelByCloid`: by the client order id of an open order. */
export const prepareCancelByCloid: Prepare = (action) =>
  prepareTargets(action, (element) => {
    const assetId = asCount(element.asset);
    const cloid = asCloid(element.cloid);
    return assetId === null || cloid === null ? null : { assetId, find: (owner) => owner.openCloids.get(cloid) };
  });

type ReadTarget = (element: JsonObject) => Target | null;

/** `f`, the wish for a fast cancel, is read and changes nothing: cancels stand in front of taking orders anyway. */
function prepareTargets({ cancels, f }: JsonObject, read: ReadTarget): PreparedAction | null {
  const list = asList(cancels);
  if (list === null || (f !== undefined && asFlag(f) === null)) return null;
  const targets: Target[] = [];
  for (const element of list) {
    const object = asObject(element);
    const target = object === null ? null : read(object);
    if (target === null) return null;
    targets.push(target);
  }
  return {
    queueClass: 'cancel',
    ownerOnly: false,
    weight: targets.length,
    isCancel: true,
    run: (ex, { owner }) =>
      targets.length === 0 ? refused(REQUEST_TEXTS.emptyBatch) : okay('cancel', { statuses: targets.map((target) => cancelOne(ex, owner, target)) }),
  };
}

function cancelOne(ex: Exchange, owner: VenueAccount, target: Target): Json {
  const order = target.find(owner);
  if (order === undefined || order.asset.id !== target.assetId) return { error: withAsset(MISSING_ORDER, target.assetId) };
  endOrder(ex, order, 'canceled');
  return 'success';
}
