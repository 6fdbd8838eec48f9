import { abs, formatMoney, money, mulDiv, parseMoney, UNIT, unwrap } from '@lockstep/kernel';
import type { JudgedCopy } from '../judge';
import type { TruthFill } from '../judge-limits';
import { type MoneyWorld, sumsByAsset } from '../judge-money';
import { type DexListing, dexOfCoin, type Listing } from '../market';
import { isDenial } from '../summary';
import type { SeenWave } from '../wave-watch';

export interface DexReport {
  readonly dexes: readonly DexListing[];
  readonly waves: readonly SeenWave[];
  readonly copies: readonly JudgedCopy[];
  readonly world: MoneyWorld;
  /** Largest gap between target and position while positions were open, money 10^-8 by dex. */
  readonly largestGaps: ReadonlyMap<string, bigint>;
  /** Realised profit as the ledger holds it, money 10^-8 by asset. */
  readonly realised: ReadonlyMap<string, bigint>;
}

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount of an answer');
const text = (amount: bigint): string => formatMoney(money(amount));
const HUNDREDTHS_OF_BP = 1_000_000n;

/** Per dex: what was ordered, denied and filled, fees by token, and each instrument with the rate its fills paid. Then the profit of each asset. */
export function dexLines(report: DexReport): readonly string[] {
  return [...report.dexes.flatMap((dex) => linesOf(dex, report)), ...profitLines(report)];
}

function linesOf({ dex, collateral, feeScale, listings }: DexListing, { waves, copies, largestGaps }: DexReport): string[] {
  const here = waves.filter(({ coin }) => dexOfCoin(coin) === dex);
  const total = (of: 'orders' | 'filled' | 'rejected' | 'unknown'): number => here.reduce((sum, wave) => sum + wave[of], 0);
  const denied = new Map<string, number>();
  for (const { reasons } of here)
    for (const [reason, count] of Object.entries(reasons)) if (isDenial(reason)) denied.set(reason, (denied.get(reason) ?? 0) + count);
  const fills = copies.flatMap(({ truth }) => truth.fills.filter(({ coin }) => dexOfCoin(coin) === dex));
  const fees = new Map<string, { venue: bigint; builder: bigint }>();
  for (const { feeToken, fee, builderFee } of fills) {
    const sum = fees.get(feeToken) ?? { venue: 0n, builder: 0n };
    fees.set(feeToken, { venue: sum.venue + units(fee) - units(builderFee), builder: sum.builder + units(builderFee) });
  }
  return [
    `  ${dex}: collateral ${collateral}, fee scale ${feeScale}`,
    `    orders ${total('orders')}: ${total('filled')} filled, ${total('rejected')} rejected, ${total('unknown')} unknown; fills ${fills.length}`,
    `    denied     ${denied.size === 0 ? 'none' : [...denied].map(([reason, count]) => `${reason} ${count}`).join(', ')}`,
    `    fees       ${fees.size === 0 ? 'none' : [...fees].map(([token, { venue, builder }]) => `${text(venue)} ${token} to the venue, ${text(builder)} ${token} to builders`).join('; ')}`,
    `    largest gap between target and position ${text(largestGaps.get(dex) ?? 0n)} ${collateral}`,
    ...listings.flatMap((listing) =>
      coinLine(
        listing,
        fills.filter(({ coin }) => coin === listing.coin),
      ),
    ),
  ];
}

function coinLine({ coin, margin, growth, delisted }: Listing, fills: readonly TruthFill[]): string[] {
  const kind = [margin, ...(growth ? ['growth mode'] : []), ...(delisted ? ['delisted'] : [])].join(', ');
  const turnover = fills.reduce((sum, { px, sz }) => sum + mulDiv(units(px), abs(units(sz)), UNIT, 'zero'), 0n);
  const paid = fills.reduce((sum, { fee, builderFee }) => sum + units(fee) - units(builderFee), 0n);
  const rate = turnover === 0n ? '' : `, ${hundredths(mulDiv(paid, HUNDREDTHS_OF_BP, turnover, 'up'))} bp to the venue`;
  return [`      ${coin.padEnd(14)} ${kind.padEnd(28)} ${String(fills.length).padStart(5)} fills${rate}`];
}

const hundredths = (value: bigint): string => `${value / 100n}.${String(value % 100n).padStart(2, '0')}`;

function profitLines({ copies, world, realised }: DexReport): string[] {
  const venue = new Map<string, bigint>();
  const funding = new Map<string, bigint>();
  for (const copy of copies)
    for (const [asset, sums] of sumsByAsset(copy, world)) {
      venue.set(asset, (venue.get(asset) ?? 0n) + sums.realised);
      funding.set(asset, (funding.get(asset) ?? 0n) + sums.funding);
    }
  const assets = [...new Set([...venue.keys(), ...realised.keys()])].filter((asset) => venue.has(asset) || realised.get(asset) !== 0n);
  return [
    '  realised PnL per asset, before fees',
    ...assets.map(
      (asset) =>
        `    ${asset.padEnd(8)} ${text(realised.get(asset) ?? 0n).padStart(18)} in the ledger, ${text(venue.get(asset) ?? 0n)} by the venue's fills; funding ${text(funding.get(asset) ?? 0n)}`,
    ),
  ];
}
