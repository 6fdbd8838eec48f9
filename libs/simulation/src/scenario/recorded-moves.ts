import { lotSize, present } from '@lockstep/kernel';
import type { ScenarioCoin } from './cast';
import { gridOf } from './coins';
import type { ExactMoves } from './leaders';
import type { RecordedTrade } from './scenario';

/** A recording is played so much faster than it was lived, and nothing is waited for longer, in ms. */
const SPEED = 20;
const WAIT_MOST_MS = 3_000;
const WAIT_LEAST_MS = 300;

export type RecordedMove = ExactMoves['moves'][number];

/**
 * A recording as moves, each to the position the leader had after it: fills of one time, coin and direction are one. First come the positions it must have had
 * before, those nearest to none with which every close closes something. `coinOf` knows every coin of it.
 */
export function recordedMoves(trades: readonly RecordedTrade[], coinOf: (name: string) => ScenarioCoin): readonly RecordedMove[] {
  const held = startLots(trades, coinOf);
  const moves: RecordedMove[] = [...held].flatMap(([coin, lots]) => (lots === 0 ? [] : [moveTo(coin, lots, firstPrice(trades, coin), 0)]));
  let last: RecordedTrade | undefined;
  for (const trade of trades) {
    const lots = (held.get(trade.coin) ?? 0) + signedLots(trade, coinOf(trade.coin));
    held.set(trade.coin, lots);
    const before = moves.at(-1);
    if (last !== undefined && before !== undefined && isOneOrder(last, trade))
      moves[moves.length - 1] = { ...moveTo(trade.coin, lots, trade.price, before.inMs), pieces: before.pieces + 1 };
    else moves.push(moveTo(trade.coin, lots, trade.price, last === undefined ? WAIT_LEAST_MS : waitBetween(last, trade)));
    last = trade;
  }
  return moves;
}

const moveTo = (coin: string, lots: number, price: bigint, inMs: number): RecordedMove => ({
  inMs,
  coin,
  what: { do: 'to', lots },
  pieces: 1,
  sameOrder: false,
  price,
});

const isOneOrder = (one: RecordedTrade, other: RecordedTrade): boolean =>
  one.time === other.time && one.coin === other.coin && one.buys === other.buys;

const waitBetween = (one: RecordedTrade, other: RecordedTrade): number =>
  Math.max(WAIT_LEAST_MS, Math.min(WAIT_MOST_MS, Math.floor((other.time - one.time) / SPEED)));

const firstPrice = (trades: readonly RecordedTrade[], coin: string): bigint =>
  present(trades.find((trade) => trade.coin === coin)?.price, `a price of ${coin}`);

/** Whole lots of a trade, a buy above zero. */
function signedLots({ size, buys }: RecordedTrade, coin: ScenarioCoin): number {
  const lots = Number(size / lotSize(gridOf(coin)));
  return buys ? lots : -lots;
}

/** Positions before the first trade, by coin. */
function startLots(trades: readonly RecordedTrade[], coinOf: (name: string) => ScenarioCoin): Map<string, number> {
  const found = new Map<string, number>();
  const sums = new Map<string, number>();
  for (const trade of trades) {
    const sum = sums.get(trade.coin) ?? 0;
    const lots = signedLots(trade, coinOf(trade.coin));
    const start = found.get(trade.coin) ?? 0;
    // A close of more than there is: so much more stood there before. What closes the other side of what is known contradicts the recording and is left.
    if (trade.closes) {
      const missing = -lots - (start + sum);
      if (Math.sign(missing) === -Math.sign(lots) && start * missing >= 0) found.set(trade.coin, start + missing);
    }
    sums.set(trade.coin, sum + lots);
  }
  return found;
}
