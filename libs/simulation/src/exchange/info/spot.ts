import type { Exchange } from '../exchange';
import type { JsonObject } from '../json';
import { pairPx } from '../market';
import type { Json } from '../port';
import { spotStateJson } from '../spot-state';
import type { SpotPair } from '../state';
import { forUser, type InfoAnswerer } from './request';

/** Tokens in circulation where nobody counts: one billion. */
const SUPPLY = '1000000000.0';

const pairsOf = (ex: Exchange): readonly SpotPair[] => ex.dexes.flatMap((dex) => dex.spotPairs);

const spotMetaJson = (ex: Exchange): JsonObject => ({
  universe: pairsOf(ex).map(({ spec }) => ({
    tokens: [spec.base, spec.quote],
    name: spec.name,
    index: spec.index,
    isCanonical: spec.isCanonical,
  })),
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

/** Nothing is traded on spot: prices stand still. */
export const spotContextJson = (pair: SpotPair): Json => ({
  prevDayPx: pairPx(pair),
  dayNtlVlm: '0.0',
  markPx: pairPx(pair),
  midPx: pairPx(pair),
  circulatingSupply: SUPPLY,
  coin: pair.spec.name,
  totalSupply: SUPPLY,
  dayBaseVlm: '0.0',
});

/** Contexts of all pairs in the order of `spotMeta`. */
export const spotContextsJson = (ex: Exchange): Json => pairsOf(ex).map(spotContextJson);

export const pairNamed = (ex: Exchange, name: string): SpotPair | undefined => pairsOf(ex).find(({ spec }) => spec.name === name);

export const spotMetaAndAssetCtxs: InfoAnswerer = (ex) => [spotMetaJson(ex), spotContextsJson(ex)];

export const spotClearinghouseState = forUser((ex, user) => spotStateJson(ex, ex.accounts.get(user)));
