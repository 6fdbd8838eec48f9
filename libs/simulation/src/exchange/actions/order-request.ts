import { asCloid, asCount, asFlag, asObject, asText } from '../json';
import type { OrderRequest } from '../place';
import type { Json } from '../port';
import type { Tif } from '../state';

/** Reads one element of `orders`; null when a key is missing or of the wrong type. */
export function readOrderRequest(value: Json | undefined): OrderRequest | null {
  const order = asObject(value);
  if (order === null) return null;
  const assetId = asCount(order.a);
  const isBuy = asFlag(order.b);
  const px = asText(order.p);
  const size = asText(order.s);
  const reduceOnly = asFlag(order.r);
  const kind = readKind(order.t);
  const cloid = order.c === undefined || order.c === null ? null : asCloid(order.c);
  if (assetId === null || isBuy === null || px === null || size === null || reduceOnly === null || kind === null) return null;
  if (cloid === null && order.c !== undefined && order.c !== null) return null;
  return { assetId, isBuy, px, size, reduceOnly, cloid, tif: kind.tif, trigger: kind.trigger };
}

type Kind = Pick<OrderRequest, 'tif' | 'trigger'>;

function readKind(value: Json | undefined): Kind | null {
  const type = asObject(value);
  if (type === null || (type.limit !== undefined && type.trigger !== undefined)) return null;
  const limit = asObject(type.limit);
  if (limit !== null) {
    const tif = readTif(limit.tif);
    return tif === null ? null : { tif, trigger: null };
  }
  const trigger = asObject(type.trigger);
  if (trigger === null) return null;
  const isMarket = asFlag(trigger.isMarket);
  const triggerPx = asText(trigger.triggerPx);
  const { tpsl } = trigger;
  if (isMarket === null || triggerPx === null || (tpsl !== 'tp' && tpsl !== 'sl')) return null;
  return { tif: isMarket ? 'Ioc' : 'Gtc', trigger: { isMarket, triggerPx, tpsl } };
}

function readTif(value: Json | undefined): Tif | null {
  return value === 'Alo' || value === 'Ioc' || value === 'Gtc' || value === 'FrontendMarket' ? value : null;
}
