import { isOnTick } from '../asset';
import { parseUnits } from '../decimals';
import { type Exchange, perpOf } from '../exchange';
import { asCount, asFlag, asObject, asText, type JsonObject } from '../json';
import { readPrice } from '../place';
import type { ExchangeAnswer, Json } from '../port';
import type { VenueAccount } from '../state';
import { MISSING_TWAP, ORDER_TEXTS, REJECTIONS } from '../texts';
import { endTwap, refuseTwap, startTwap, type TwapDraft } from '../twap';
import { okay, type Prepare, type PreparedAction } from './prepared';

interface TwapRequest {
  readonly assetId: number;
  readonly isBuy: boolean;
  readonly size: string;
  readonly reduceOnly: boolean;
  readonly minutes: number;
  readonly randomize: boolean;
  readonly startAt: { readonly px: string; readonly above: boolean } | null;
  readonly limitPx: string | null;
}

/** `twapOrder`: an order in slices over some minutes. `details` may hold it back until a price, and bound its slices by one. */
export const prepareTwapOrder: Prepare = (action) => {
  const request = readTwap(asObject(action.twap), action.details);
  if (request === null) return null;
  return twapAction((ex, owner) => {
    const draft = readDraft(ex, owner, request);
    if (typeof draft === 'string') return refusedTwap(draft);
    const refusal = refuseTwap(ex, draft);
    if (refusal !== null) return refusedTwap(refusal);
    return okay('twapOrder', { status: { running: { twapId: startTwap(ex, draft).id } } });
  });
};

const refusedTwap = (text: string): ExchangeAnswer => okay('twapOrder', { status: { error: text } });

const twapAction = (run: (ex: Exchange, owner: VenueAccount) => ExchangeAnswer): PreparedAction => ({
  queueClass: 'plain',
  ownerOnly: false,
  weight: 1,
  isCancel: false,
  run: (ex, { owner }) => run(ex, owner),
});

function readTwap(twap: JsonObject | null, details: Json | undefined): TwapRequest | null {
  const assetId = asCount(twap?.a);
  const isBuy = asFlag(twap?.b);
  const size = asText(twap?.s);
  const reduceOnly = asFlag(twap?.r);
  const minutes = asCount(twap?.m);
  const randomize = asFlag(twap?.t);
  const more = readDetails(details);
  if (assetId === null || isBuy === null || size === null || reduceOnly === null || minutes === null || randomize === null) return null;
  return more === null ? null : { assetId, isBuy, size, reduceOnly, minutes, randomize, ...more };
}

function readDetails(value: Json | undefined): Pick<TwapRequest, 'startAt' | 'limitPx'> | null {
  if (value === undefined || value === null) return { startAt: null, limitPx: null };
  const details = asObject(value);
  const limitPx = details?.s === undefined || details.s === null ? null : asText(details.s);
  if (details === null || (limitPx === null && details.s !== undefined && details.s !== null)) return null;
  if (details.t === undefined || details.t === null) return { startAt: null, limitPx };
  const trigger = asObject(details.t);
  const px = asText(trigger?.p);
  const above = asFlag(trigger?.a);
  return px === null || above === null ? null : { startAt: { px, above }, limitPx };
}

function readDraft(ex: Exchange, owner: VenueAccount, request: TwapRequest): TwapDraft | string {
  const asset = perpOf(ex, request.assetId);
  if (asset === undefined) return ORDER_TEXTS.unknownAsset;
  const lots = parseUnits(request.size, asset.spec.szDecimals);
  if (lots === 0) return ORDER_TEXTS.zeroSize;
  if (lots < 0) return ORDER_TEXTS.invalidSize;
  if (asset.halted) return ORDER_TEXTS.halted;
  const limit = request.limitPx === null ? null : readPrice(asset, request.limitPx);
  const start = request.startAt === null ? null : readPrice(asset, request.startAt.px);
  for (const price of [limit, start]) {
    if (price?.px === 0) return ORDER_TEXTS.invalidPrice;
    if (price !== null && (price.isTooFine || !isOnTick(asset, price.px))) return REJECTIONS.tickRejected;
  }
  const startAt = start === null || request.startAt === null ? null : { px: start.px, above: request.startAt.above };
  const limitPx = limit?.px ?? null;
  const { isBuy, reduceOnly, minutes, randomize } = request;
  return { owner, asset, isBuy, lots, reduceOnly, minutes, randomize, startAt, limitPx };
}

/** `twapCancel`: ends a running TWAP of the account. */
export const prepareTwapCancel: Prepare = (action) => {
  const assetId = asCount(action.a);
  const twapId = asCount(action.t);
  if (assetId === null || twapId === null) return null;
  return {
    queueClass: 'cancel',
    ownerOnly: false,
    weight: 1,
    isCancel: true,
    run: (ex, { owner }) => {
      const twap = [...ex.twaps].find((candidate) => candidate.id === twapId && candidate.owner === owner && candidate.asset.id === assetId);
      if (twap === undefined) return okay('twapCancel', { status: { error: MISSING_TWAP } });
      endTwap(ex, twap, 'terminated');
      return okay('twapCancel', { status: 'success' });
    },
  };
};
