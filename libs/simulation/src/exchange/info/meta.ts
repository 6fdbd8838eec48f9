import { formatRate, formatUnits, formatUsd } from '../decimals';
import type { Exchange } from '../exchange';
import type { JsonObject } from '../json';
import { contextJson } from '../market';
import { coinCapUsd } from '../open-interest';
import type { Json } from '../port';
import type { Asset, Dex } from '../state';
import type { AssetSpec, MarginTable } from '../universe';
import { dexOf, type InfoAnswerer } from './request';

const GROWTH_CHANGE = '2025-11-23T17:37:10.033211662';

function assetJson({ spec }: Asset): JsonObject {
  return { szDecimals: spec.szDecimals, name: spec.coin, maxLeverage: spec.maxLeverage, marginTableId: spec.marginTableId, ...modeJson(spec) };
}

const modeJson = (spec: AssetSpec): JsonObject => ({
  ...(spec.onlyIsolated === true ? { onlyIsolated: true } : {}),
  ...(spec.isDelisted === true ? { isDelisted: true } : {}),
  ...(spec.marginMode === undefined ? {} : { marginMode: spec.marginMode }),
  ...(spec.growthMode === true ? { growthMode: 'enabled', lastGrowthModeChangeTime: GROWTH_CHANGE } : {}),
});

/** A margin table without its id. */
export const tableJson = ({ description, tiers }: MarginTable): Json => ({
  description,
  marginTiers: tiers.map(({ lowerBound, maxLeverage }) => ({ lowerBound: formatUnits(lowerBound, 0), maxLeverage })),
});

export const metaJson = (dex: Dex): JsonObject => ({
  universe: dex.assets.map(assetJson),
  marginTables: dex.spec.marginTables.map((table) => [table.id, tableJson(table)]),
  collateralToken: dex.spec.collateralToken,
});

export const meta: InfoAnswerer = (ex, request) => {
  const dex = dexOf(ex, request);
  return dex === undefined ? undefined : metaJson(dex);
};

export const metaAndAssetCtxs: InfoAnswerer = (ex, request) => {
  const dex = dexOf(ex, request);
  return dex === undefined ? undefined : [metaJson(dex), dex.assets.map(contextJson)];
};

export const allPerpMetas: InfoAnswerer = (ex) => ex.dexes.map(metaJson);

/** Caps of the coins of a builder dex, as `perpDexLimits` and `perpDexs` tell them. */
export const coinCapsJson = ({ assets }: Dex): Json => assets.map((asset) => [asset.coin, formatUsd(coinCapUsd(asset) ?? 0)]);

const THOUSANDTHS = 3;

export const perpDexs: InfoAnswerer = (ex) => ex.dexes.map((dex) => (dex.index === 0 ? null : dexJson(dex)));

function dexJson(dex: Dex): Json {
  const { spec } = dex;
  return {
    name: spec.name,
    fullName: spec.fullName,
    deployer: spec.deployer,
    oracleUpdater: spec.oracleUpdater ?? null,
    feeRecipient: spec.feeRecipient,
    assetToStreamingOiCap: coinCapsJson(dex),
    subDeployers: (spec.subDeployers ?? []).map(([right, addresses]) => [right, [...addresses]]),
    deployerFeeScale: formatUnits(spec.deployerFeeScaleMilli, THOUSANDTHS),
    lastDeployerFeeScaleChangeTime: '1970-01-01T00:00:00',
    assetToFundingMultiplier: ratesJson(dex, ({ fundingMultiplier }) => fundingMultiplier),
    assetToFundingInterestRate: ratesJson(dex, ({ fundingInterestRate }) => fundingInterestRate),
  };
}

/** What the deployer set of each coin that it set it for. */
const ratesJson = ({ assets }: Dex, of: (spec: AssetSpec) => number | undefined): Json =>
  assets.flatMap(({ coin, spec }) => {
    const rate = of(spec);
    return rate === undefined ? [] : [[coin, formatRate(rate)]];
  });

export const exchangeStatus: InfoAnswerer = (ex: Exchange) => ({ time: ex.time, specialStatuses: null });
