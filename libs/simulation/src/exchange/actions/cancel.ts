import type { Exchange } from '../exchange';
import { asCloid, asList, asObject, asWhole } from '../json';
import { endOrder } from '../order';
import type { Json } from '../port';
import type { Order, VenueAccount } from '../state';
import { MISSING_ORDER, withAsset } from '../texts';
import { okay, type Prepare, type PreparedAction } from './prepared';

interface Target {
  readonly assetId: number;
  find(owner: VenueAccount): Order | undefined;
}

/** `cancel`: by the venue's order id. */
export const prepareCancel: Prepare = (action) =>
  prepareTargets(action.cancels, (element) => {
    const assetId = asWhole(element.a);
    const oid = asWhole(element.o);
    return assetId === null || oid === null ? null : { assetId, find: (owner) => owner.open.get(oid) ?? waitingChild(owner, oid) };
  });

/** `cancelByCloid`: by the client order id of an open order. */
export const prepareCancelByCloid: Prepare = (action) =>
  prepareTargets(action.cancels, (element) => {
    const assetId = asWhole(element.asset);
    const cloid = asCloid(element.cloid);
    return assetId === null || cloid === null ? null : { assetId, find: (owner) => owner.openCloids.get(cloid) };
  });

function waitingChild(owner: VenueAccount, oid: number): Order | undefined {
  for (const order of owner.open.values()) {
    const child = order.children.find((candidate) => candidate.oid === oid);
    if (child !== undefined) return child;
  }
  return undefined;
}

type ReadTarget = (element: { readonly [key: string]: Json | undefined }) => Target | null;

function prepareTargets(value: Json | undefined, read: ReadTarget): PreparedAction | null {
  const list = asList(value);
  if (list === null) return null;
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
    run: (ex, { owner }) => okay('cancel', { statuses: targets.map((target) => cancelOne(ex, owner, target)) }),
  };
}

function cancelOne(ex: Exchange, owner: VenueAccount, target: Target): Json {
  const order = target.find(owner);
  if (order === undefined || order.asset.id !== target.assetId) return { error: withAsset(MISSING_ORDER, target.assetId) };
  for (const parent of owner.open.values()) {
    const at = parent.children.indexOf(order);
    if (at >= 0) parent.children.splice(at, 1);
  }
  endOrder(ex, order, 'canceled');
  return 'success';
}
