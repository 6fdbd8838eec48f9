import { type EpochMs, must, type Price, price } from '@lockstep/kernel';
import type { Candle } from './candles';
import type { PricePath } from './price-path';

/**
 * Plays candles from `startTime` on, the first one then: inside a candle the price goes open → nearer extreme → other extreme → close
 * on three straight legs of equal time. Gaps hold the last close; after the last candle the price stays.
 */
export function candlePath(candles: readonly Candle[], startTime: EpochMs): PricePath {
  const first = candles[0];
  must(first !== undefined, 'a candle path has candles');
  const offset = startTime - first.openTime;
  let index = 0;
  return {
    priceAt: (time) => {
      const at = time - offset;
      while ((candles[index + 1]?.openTime ?? Number.POSITIVE_INFINITY) <= at) index += 1;
      const candle = candles[index] ?? first;
      return priceInside(candle, Math.min(1, Math.max(0, (at - candle.openTime) / spanOf(candles, index))));
    },
    movedTo: () => {},
  };
}

/** Milliseconds a candle lasts: the usual distance of its neighbours, so that a gap after it is a gap. */
function spanOf(candles: readonly Candle[], index: number): number {
  const [first, second] = candles;
  const usual = first !== undefined && second !== undefined ? second.openTime - first.openTime : 60_000;
  const next = candles[index + 1];
  const mine = candles[index];
  return next === undefined || mine === undefined ? usual : Math.min(usual, next.openTime - mine.openTime);
}

const PARTS = 1_000_000;

function priceInside({ open, high, low, close }: Candle, share: number): Price {
  const lowFirst = open - low < high - open;
  const corners: readonly Price[] = lowFirst ? [open, low, high, close] : [open, high, low, close];
  const along = Math.round(share * PARTS * 3);
  const leg = Math.min(2, Math.floor(along / PARTS));
  const from = corners[leg] ?? open;
  const to = corners[leg + 1] ?? close;
  return price(from + ((to - from) * BigInt(along - leg * PARTS)) / BigInt(PARTS));
}
