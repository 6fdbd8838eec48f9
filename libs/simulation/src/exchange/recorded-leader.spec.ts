import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrice, parseSize, present, price, size, unwrap } from '@lockstep/kernel';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, GENESIS_MS } from '../builders/testbed';
import { DEFAULT_SETTINGS } from './config';
import { accountOf, createExchange } from './exchange';
import { countTraded } from './fee-tiers';
import { tradingFee } from './fees';
import type { Address, Json } from './port';
import { defaultUniverse } from './universe';
import { createWorld } from './world';

const file = (name: string): string => readFileSync(join(venueData()?.dir ?? '', name), 'utf8');
const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const px = (value: string) => price(unwrap(parsePrice(value), value));
const sz = (value: string) => size(unwrap(parseSize(value), value));

interface LeaderFill {
  readonly coin: string;
  readonly dir: string;
  readonly px: string;
  readonly sz: string;
  /** Gross, 10^-6 dollars: the file's is net of the fee. */
  readonly pnl: number;
  /** 10^-6 dollars. */
  readonly fee: number;
}
const MICRO = 1_000_000;

function leaderFills(): LeaderFill[] {
  const [, ...lines] = file('replay/leader-a-fills-2025-11.csv').trim().split('\n');
  return lines.map((line) => {
    const [, coin = '', dir = '', fillPx = '', fillSz = '', , fee = '', pnl = ''] = line.split(',');
    return {
      coin,
      dir: dir.replace(' (Price Improved)', ''),
      px: fillPx,
      sz: fillSz,
      pnl: Math.round((Number(pnl) + Number(fee)) * MICRO),
      fee: Math.round(Number(fee) * MICRO),
    };
  });
}

/** A stretch of a coin's fills whose position is known: it begins with the part of a flip that opens. */
interface Stretch {
  readonly coin: string;
  readonly address: Address;
  readonly fills: { readonly buy: boolean; readonly px: string; readonly sz: string; readonly pnl: number | null }[];
  lots: number;
}

/** Rows that merge several trades bear their average price; prices here end at 10^-8. */
const cut = (value: string): string => Number(value).toFixed(8);
const lotsOf = (coin: string, value: string | number): number => Math.round(Number(value) * 10 ** (decimalsOf(coin) ?? 0));
const decimalsOf = (coin: string): number | undefined => defaultUniverse.dexes[0]?.assets.find((spec) => spec.coin === coin)?.szDecimals;

/** Follows every coin from each flip whose closing part follows from its profit and the entry the close before it had. */
function stretches(): Stretch[] {
  const done: Stretch[] = [];
  const running = new Map<string, Stretch>();
  const entries = new Map<string, number>();
  for (const { coin, dir, px: fillPx, sz: fillSz, pnl } of leaderFills()) {
    const lots = lotsOf(coin, fillSz);
    const isLong = dir.endsWith('Long');
    const known = running.get(coin);
    if (dir.includes('>')) {
      const entry = entries.get(coin);
      running.delete(coin);
      const closed = entry === undefined || entry === Number(fillPx) ? 0 : lotsOf(coin, Math.abs(pnl / MICRO / (Number(fillPx) - entry)));
      if (closed > 0 && closed < lots) {
        const opened = (lots - closed) / 10 ** (decimalsOf(coin) ?? 0);
        const stretch: Stretch = {
          coin,
          address: addressOf(done.length + 1),
          fills: [{ buy: isLong, px: fillPx, sz: String(opened), pnl: null }],
          lots: lots - closed,
        };
        running.set(coin, stretch);
        done.push(stretch);
      }
      entries.set(coin, Number(fillPx));
    } else if (dir.startsWith('Open')) {
      entries.delete(coin);
      known?.fills.push({ buy: isLong, px: fillPx, sz: fillSz, pnl: null });
      if (known !== undefined) known.lots += lots;
    } else {
      entries.set(coin, entryBehind(coin, Number(fillPx), isLong ? 1 : -1, pnl, lots));
      if (known === undefined || known.lots < lots) running.delete(coin);
      else {
        known.fills.push({ buy: !isLong, px: fillPx, sz: fillSz, pnl });
        known.lots -= lots;
        if (known.lots === 0) running.delete(coin);
      }
    }
  }
  return done;
}

/** The entry a closed profit was reckoned with, on the price grid. */
function entryBehind(coin: string, fillPx: number, direction: number, pnl: number, lots: number): number {
  const decimals = 6 - (decimalsOf(coin) ?? 0);
  const entry = fillPx - (direction * pnl) / MICRO / (lots / 10 ** (decimalsOf(coin) ?? 0));
  return Math.round(entry * 10 ** decimals) / 10 ** decimals;
}

describe.skipIf(venueData() === null)('the recorded leader (needs VENUE_DATA_DIR)', () => {
  it('closed with the recorded profit wherever its position is known, the average entry cut down to the price grid; rows that merge trades (fewer than 20 of 3,000) may lie a price step off', () => {
    const world = createWorld({ name: 'leader', seed: 1, genesisTime: GENESIS_MS, makers: false });
    const followed = stretches();
    for (const { address, coin, fills } of followed) {
      for (const fill of fills) {
        const forced = { address, coin, side: fill.buy ? 'buy' : 'sell', price: px(cut(fill.px)), size: sz(fill.sz) } as const;
        world.control.forceTradeWith(forced, (outcome) => expect(outcome.ok).toBe(true));
      }
    }
    world.advanceTo(world.now() + 100);
    let closes = 0;
    let merged = 0;
    for (const { address, coin, fills } of followed) {
      const ours = list(dig(world.control.truth(address), 'fills'));
      for (const [index, { pnl, sz: fillSz }] of fills.entries()) {
        if (pnl === null) continue;
        closes += 1;
        const off = Math.abs(Math.round(Number(dig(ours, index, 'closedPnl')) * MICRO) - pnl);
        if (off > 1) merged += 1;
        expect(off, `close ${index} of ${coin} at ${address}`).toBeLessThanOrEqual(Math.max(1, lotsOf(coin, fillSz)));
      }
    }
    expect(closes).toBeGreaterThan(3_000);
    expect(merged).toBeLessThan(20);
  });
});

/** Above 25 million dollars in fourteen days, with fifteen percent off for staking: the leader's standing, which its fees tell. */
const STANDING = { ...DEFAULT_SETTINGS, stakingDiscountPercent: 15 };
const TRADED_USD = 30_000_000;
const DAY_MS = 86_400_000;
/** Trades in one row, each of which was rounded down by itself. */
const MERGED_MOST = 40;

describe.skipIf(venueData() === null)('the fees of the recorded leader (needs VENUE_DATA_DIR)', () => {
  it('are the third tier’s with fifteen percent off, rounded down to the last digit in every row; those of merged rows are sums of such', () => {
    const ex = createExchange({ name: 'fees', seed: 1, genesisTime: GENESIS_MS });
    const account = accountOf(ex, addressOf(1));
    countTraded(account, GENESIS_MS - DAY_MS, { crossed: true, usd: TRADED_USD * MICRO, isSpot: false });
    const asset = present(ex.assetsByCoin.get('MET'), 'MET');
    const feeOf = (crossed: boolean, notional: number): number => tradingFee(STANDING, account, asset, GENESIS_MS, crossed, notional);
    let exact = 0;
    let merged = 0;
    for (const row of leaderFills()) {
      const notional = Math.round(Number(row.px) * Number(row.sz) * MICRO);
      const short = Math.min(
        ...[true, false].map((crossed) => feeOf(crossed, notional) - row.fee).map((off) => (off < 0 ? Number.POSITIVE_INFINITY : off)),
      );
      if (short === 0) exact += 1;
      else merged += 1;
      expect(short, JSON.stringify(row)).toBeLessThan(MERGED_MOST);
    }
    expect([exact, merged]).toEqual([10_285, 583]);
  });
});
