import { type Instrument, lotSize, parsePrice, present, price, roundPrice, UNIT, unwrap } from '@lockstep/kernel';
import { defaultUniverse } from '../exchange/universe';
import type { ScenarioCoin } from './cast';
import type { Draws } from './draws';

/** Main coins with many decimals, one with lots of a whole coin at a tiny price, and some with lots coarse against their price. */
const ALWAYS = ['BTC', 'ETH', 'kPEPE'] as const;
const COARSE = ['STRK', 'UNI', 'ASTER', 'XPL', 'MET'] as const;
/** Coins of builder dexes that are margined in USDC and may be held in cross margin. */
const BUILDER = ['xyz:NVDA', 'xyz:GOLD'] as const;

/** The coins of a scenario: all of them stand in the default universe of the simulated exchange. */
export const drawCoins = (draw: Draws): readonly ScenarioCoin[] => [...ALWAYS, draw.pick(COARSE), draw.pick(BUILDER)].map(coinNamed);

/** A coin of the default universe of the simulated exchange. */
export function coinNamed(name: string): ScenarioCoin {
  const found = defaultUniverse.dexes.flatMap((dex) => dex.assets.map((asset) => ({ dex, asset }))).find(({ asset }) => asset.coin === name);
  const { dex, asset } = present(found, `coin ${name}`);
  return {
    coin: name,
    dex: dex.name,
    szDecimals: asset.szDecimals,
    maxLeverage: asset.maxLeverage,
    onlyIsolated: asset.onlyIsolated === true,
    collateral: 'USDC',
    startPrice: unwrap(parsePrice(asset.startPx), `start price of ${name}`),
  };
}

/** The coin's grid as the kernel reckons it; asset numbers are no matter of a script. */
export const gridOf = ({ coin, dex, szDecimals, maxLeverage, onlyIsolated, collateral }: ScenarioCoin): Instrument => ({
  venue: 'hyperliquid',
  dex,
  coin,
  assetId: 0,
  szDecimals,
  maxLeverage,
  onlyIsolated,
  delisted: false,
  collateral,
});

/** The nearest price of the coin's grid not below, or not above, `raw` (10^-8); at least the smallest one there is. */
export function onGrid(coin: ScenarioCoin, raw: bigint, direction: 'down' | 'up'): bigint {
  const grid = gridOf(coin);
  const rounded = roundPrice(grid, price(raw), direction);
  return rounded > 0n ? rounded : roundPrice(grid, price(1n), 'up');
}

/** Whole lots worth at most so much money (10^-8) at a price. */
export function lotsWorth(coin: ScenarioCoin, money: bigint, at: bigint): number {
  return Number((money * UNIT) / (at * lotSize(gridOf(coin))));
}

/** Money (10^-8) that so many lots are worth at a price, whatever their direction. */
export function worthOf(coin: ScenarioCoin, lots: number, at: bigint): bigint {
  return (BigInt(Math.abs(lots)) * at * lotSize(gridOf(coin))) / UNIT;
}

const MILLION = 1_000_000n;
/** So many millionths of an amount, towards zero. */
export const ppmOf = (amount: bigint, ppm: number): bigint => (amount * BigInt(ppm)) / MILLION;

/** Money moves in whole cents: no venue's purse is finer. */
const CENT = 1_000_000n;
export const inCents = (amount: bigint): bigint => (amount / CENT) * CENT;
export const isInCents = (amount: bigint): boolean => amount % CENT === 0n;
