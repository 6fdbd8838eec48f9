import { formatUsd } from '../decimals';
import type { Exchange } from '../exchange';
import type { JsonObject } from '../json';
import { midPx } from '../market';
import type { Json } from '../port';
import { spotStateJson } from '../spot-state';
import type { Asset } from '../state';
import { px, sz } from '../wire';
import { forUser, type InfoAnswerer } from './request';

/** Tokens in circulation where nobody counts: one billion. */
const SUPPLY = '1000000000.0';

const spotOf = (ex: Exchange): readonly Asset[] => ex.dexes.flatMap((dex) => dex.spot);

const spotMetaJson = (ex: Exchange): JsonObject => ({
  universe: spotOf(ex).flatMap(({ pair }) =>
    pair === null
      ? []
      : [{ tokens: [pair.spec.base, pair.spec.quote], name: pair.spec.name, index: pair.spec.index, isCanonical: pair.spec.isCanonical }],
  ),
  tokens: ex.tokens.map(({ spec }) => ({
    name: spec.name,
    szDecimals: spec.szDecimals,
    weiDecimals: spec.weiDecimals,
    index: spec.index,
    tokenId: spec.tokenId,
    isCanonical: spec.isCanonical,
    evmContract: spec.evmContract,
    fullName: spec.fullName,
    deployerTradingFeeShare: spec.deployerTradingFeeShare,
  })),
});

export const spotMeta: InfoAnswerer = spotMetaJson;

/** The context of a pair; its mark is where its book stands. */
export const spotContextJson = (asset: Asset): Json => ({
  prevDayPx: px(asset, asset.volume.openPx),
  dayNtlVlm: formatUsd(asset.volume.usd),
  markPx: px(asset, asset.markPx),
  midPx: midPx(asset),
  circulatingSupply: SUPPLY,
  coin: asset.coin,
  totalSupply: SUPPLY,
  dayBaseVlm: sz(asset, asset.volume.lots),
});

/** Contexts of all pairs in the order of `spotMeta`. */
export const spotContextsJson = (ex: Exchange): Json => spotOf(ex).map(spotContextJson);

export const spotNamed = (ex: Exchange, name: string): Asset | undefined => spotOf(ex).find(({ coin }) => coin === name);

export const spotMetaAndAssetCtxs: InfoAnswerer = (ex) => [spotMetaJson(ex), spotContextsJson(ex)];

export const spotClearinghouseState = forUser((ex, user) => spotStateJson(ex, ex.accounts.get(user)));
