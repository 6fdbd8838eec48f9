import {
  type CopyTerms,
  coinNamed,
  lotsWorth,
  onGrid,
  type QuoteRow,
  type Scenario,
  type ScenarioCoin,
  type ScenarioStep,
  type SpreadTerms,
} from '@lockstep/simulation';

/** One world of the bench: a leader who buys, and followers who copy it against a book of a given depth. */
export interface ImpactCase {
  /** What stands inside the price bound on each side, as a multiple of all followers' orders together. */
  readonly depth: number;
  /** Parts per million of the price by which the market goes on in the leader's direction, each second. */
  readonly driftPpm: number;
  readonly spread: SpreadTerms | null;
  readonly followers: number;
}

const COIN = 'ETH';
const UNIT = 100_000_000n;
const MILLION = 1_000_000n;
const RATE_ONE = 1_000_000_000_000n;
/** Each follower's order, its entry bound, and how the book is made: rows a side, evenly inside the bound. */
const ORDER_USD = 5_000n;
const BOUND_PPM = 5_000;
const ROWS = 10;
/** The makers put back what was taken so often. */
const REFILL_MS = 1_000;
/** A little first, so that the coin's book is known; then the move that is measured; then time for everything to end. */
const FIRST_AT_MS = 8_000;
const MOVE_AT_MS = 20_000;
const END_MS = 45_000;
const FIRST_SHARE = 50n;
const LEADER = `0xa${'0'.repeat(38)}1`;

/** The leader buys so much of the coin, followers the same by a ratio of one. */
export function impactScript({ depth, driftPpm, spread, followers }: ImpactCase): Scenario {
  const coin = coinNamed(COIN);
  const lots = lotsWorth(coin, ORDER_USD * UNIT, coin.startPrice);
  const first = lotsWorth(coin, (ORDER_USD * UNIT) / FIRST_SHARE, coin.startPrice);
  const rowLots = Math.ceil((lots * followers * depth) / ROWS);
  const steps: ScenarioStep[] = [
    { at: 0, kind: 'prices', moves: [{ coin: COIN, price: coin.startPrice }] },
    { at: 0, kind: 'engine_starts', engine: 0, expected: 'leads' },
  ];
  for (let copy = 0; copy < followers; copy += 1)
    steps.push({ at: 1_000, kind: 'copy_create', copy, tenant: 0, follower: copy, leader: 0, allocation: 20_000n * UNIT, terms: TERMS });
  for (let at = 2_000; at <= END_MS; at += REFILL_MS) {
    const seconds = Math.max(0, Math.floor((at - MOVE_AT_MS) / 1_000));
    const price = onGrid(coin, coin.startPrice + (coin.startPrice * BigInt(driftPpm * seconds)) / MILLION, 'up');
    steps.push({ at, kind: 'prices', moves: [{ coin: COIN, price }] }, { at, kind: 'quote', coin: COIN, ...bookAround(coin, price, rowLots) });
  }
  const buys = (at: number, order: number, before: number, by: number): ScenarioStep => ({
    at,
    kind: 'leader_trades',
    leader: 0,
    coin: COIN,
    intent: before === 0 ? 'open' : 'increase',
    order,
    before,
    fills: [{ lots: by, price: coin.startPrice }],
  });
  steps.push(buys(FIRST_AT_MS, 1, 0, first), buys(MOVE_AT_MS + 100, 2, first, lots));
  steps.sort((a, b) => a.at - b.at);
  return {
    seed: 1,
    size: 'small',
    ...(spread === null ? {} : { spread }),
    coins: [coin],
    tenants: [{ tenant: 0, dayBeginsMin: 0 }],
    leaders: [{ leader: 0, address: LEADER, style: 'trend', coins: [COIN], cash: { '': 1_000_000n * UNIT } }],
    followers: Array.from({ length: followers }, (_, follower) => ({
      follower,
      tenant: 0,
      address: `0xf${(follower + 1).toString(16).padStart(39, '0')}`,
      cash: { '': 25_000n * UNIT },
      builderApproved: true,
      slots: 1,
      handsOff: false,
    })),
    steps,
  };
}

/** Rows of equal size, evenly from the price to the entry bound. */
function bookAround(coin: ScenarioCoin, price: bigint, lots: number): { readonly bids: readonly QuoteRow[]; readonly asks: readonly QuoteRow[] } {
  const side = (sign: 1 | -1): QuoteRow[] =>
    Array.from({ length: ROWS }, (_, row) => {
      const away = Math.floor((BOUND_PPM * (row + 0.5)) / ROWS);
      return { price: onGrid(coin, price + (price * BigInt(sign * away)) / MILLION, sign > 0 ? 'up' : 'down'), lots };
    });
  return { bids: side(-1), asks: side(1) };
}

const TERMS: CopyTerms = {
  mode: { kind: 'fixed_ratio', ratio: RATE_ONE },
  direction: 'same',
  follow: 'all',
  start: { kind: 'next_open' },
  instruments: { kind: 'all' },
  caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null },
  losses: { fromStart: null, trailing: null, daily: null, lossMoney: null, alertAt: null, haltNewAt: null, closeAfterMarks: 1 },
  entryBound: BigInt(BOUND_PPM) * MILLION,
  exitBound: 20_000n * MILLION,
  maxAgeMs: 2_000,
  catchUpMs: 10_000,
  venueLeverage: 10,
};
