import { createHash } from 'node:crypto';
import { formatDecimal, mulDiv, parsePrice, pow10, unwrap } from '@lockstep/kernel';
import type { ForcedFill, SimControl } from '../client/sim-control';
import type { Market } from './market';

/** A made-up leader: an address with an account at the simulated venue and what it holds. */
export interface DemoLeader {
  readonly name: string;
  readonly address: string;
  /** Signed lots by coin. */
  readonly held: Map<string, bigint>;
}

const COINS = ['BTC', 'ETH', 'SOL'] as const;
/** An instrument of the builder-deployed dex: its own clearinghouse and collateral. */
export const BUILDER_DEX_COIN = 'xyz:NVDA';
/** All a made-up leader trades unless it is led elsewhere. */
export const MADE_UP_COINS: readonly string[] = [...COINS, BUILDER_DEX_COIN];

/** A repeatable choice: the same seed and label give the same number below `below`. */
export function choose(seed: number, label: string, below: number): number {
  return createHash('sha256').update(`${seed}|${label}`).digest().readUInt32BE(0) % below;
}

export const leaderAddress = (seed: number, index: number): string =>
  `0x${createHash('sha256').update(`leader|${seed}|${index}`).digest('hex').slice(0, 40)}`;

/** What a leader did in words, for the progress line. */
export interface Deed {
  readonly leader: string;
  readonly text: string;
}

/** Lets a leader do one thing at the market's price: open, add, reduce, flip or close. The order fills in up to three parts of one block. */
export async function act(leader: DemoLeader, market: Market, control: SimControl, seed: number, round: number, given?: string): Promise<Deed> {
  const label = given === undefined ? `${leader.address}|${round}` : `${leader.address}|${round}|${given}`;
  const coin = given ?? COINS[choose(seed, `${label}|coin`, COINS.length)] ?? 'BTC';
  const held = leader.held.get(coin) ?? 0n;
  const unit = lotsWorth(4_000n + BigInt(choose(seed, `${label}|size`, 8_000)), (await market.mids())[coin] ?? '1', market.szDecimals(coin));
  const kind = held === 0n ? 'open' : (['add', 'add', 'reduce', 'flip', 'close'] as const)[choose(seed, `${label}|kind`, 5)];
  const wanted =
    kind === 'open'
      ? choose(seed, `${label}|side`, 2) === 0
        ? unit
        : -unit
      : kind === 'add'
        ? held + (held > 0n ? unit : -unit) / 2n
        : kind === 'reduce'
          ? held / 2n
          : kind === 'flip'
            ? -held
            : 0n;
  await tradeTo(leader, coin, wanted, market, control, round);
  return { leader: leader.name, text: `${kind} ${coin} to ${formatDecimal(wanted, market.szDecimals(coin))}` };
}

/** Closes everything a leader holds. */
export async function closeAll(leader: DemoLeader, market: Market, control: SimControl): Promise<void> {
  for (const [coin, held] of leader.held) if (held !== 0n) await tradeTo(leader, coin, 0n, market, control, 999_999);
}

/** Lets a leader trade at the market's price until it holds `wanted` signed lots. `round` names its order apart from those of its other rounds. */
export async function tradeTo(leader: DemoLeader, coin: string, wanted: bigint, market: Market, control: SimControl, round: number): Promise<void> {
  const delta = wanted - (leader.held.get(coin) ?? 0n);
  if (delta === 0n) return;
  const price = (await market.mids())[coin] ?? '1';
  const side = delta > 0n ? 'buy' : 'sell';
  const orderId = 900_000_000 + choose(round, `${leader.address}|${coin}|order`, 90_000_000);
  const parts = splitInto(delta < 0n ? -delta : delta, 1 + choose(round, `${leader.address}|parts`, 3));
  const fills: ForcedFill[] = parts.map((lots) => ({
    address: leader.address,
    coin,
    side,
    price,
    size: formatDecimal(lots, market.szDecimals(coin)),
    orderId,
  }));
  await control.trade(fills);
  leader.held.set(coin, wanted);
}

function splitInto(lots: bigint, parts: number): bigint[] {
  const each = lots / BigInt(parts);
  if (each === 0n) return [lots];
  return Array.from({ length: parts }, (_, index) => (index === parts - 1 ? lots - each * BigInt(parts - 1) : each));
}

/** Whole lots worth about `usd`. */
export function lotsWorth(usd: bigint, price: string, szDecimals: number): bigint {
  return mulDiv(usd * pow10(8), pow10(szDecimals), unwrap(parsePrice(price), 'a mid'), 'zero');
}

/** Moves every price of the named instruments by `percent` at once. */
export async function shock(market: Market, control: SimControl, percent: bigint, coins: readonly string[]): Promise<void> {
  const mids = await market.mids();
  const prices = coins.flatMap((coin) => {
    const mid = mids[coin];
    return mid === undefined ? [] : [{ coin, price: formatDecimal(mulDiv(unwrap(parsePrice(mid), 'a mid'), 100n + percent, 100n, 'zero'), 8) }];
  });
  await control.movePrices(prices);
}
