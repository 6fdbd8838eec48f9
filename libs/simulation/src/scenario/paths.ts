import { must, price } from '@lockstep/kernel';
import type { Candle } from '../makers/candles';
import type { CoinPath } from './market';

/** Corners of a bar that are played: open, nearer extreme, other extreme, close. */
export const CORNERS = 4;

/**
 * At most `most` bars that have every high and low of the candles: neighbours become one bar, in order. What lasted days is played in minutes, and no extreme is
 * left out.
 */
export function gathered(candles: readonly Candle[], most: number): readonly Candle[] {
  const each = Math.ceil(candles.length / most);
  return Array.from({ length: Math.ceil(candles.length / each) }, (_, nth) => barOf(candles.slice(nth * each, (nth + 1) * each)));
}

function barOf(candles: readonly Candle[]): Candle {
  const [first, last] = [candles[0], candles.at(-1)];
  must(first !== undefined && last !== undefined, 'a bar has candles');
  let { high, low } = first;
  for (const candle of candles) {
    if (candle.high > high) high = price(candle.high);
    if (candle.low < low) low = price(candle.low);
  }
  return { openTime: first.openTime, open: first.open, high, low, close: last.close };
}

/** Plays bars from the first to the last, a corner at a time. */
export class BarPath implements CoinPath {
  private corner = 0;

  constructor(private readonly bars: readonly Candle[]) {}

  /** Millionths of it that were played. */
  get playedPpm(): number {
    return Math.floor((Math.min(this.corner, this.bars.length * CORNERS) * 1_000_000) / (this.bars.length * CORNERS));
  }

  next(): bigint | null {
    const bar = this.bars[Math.floor(this.corner / CORNERS)];
    if (bar === undefined) return null;
    const { open, high, low, close } = bar;
    const corners = open - low < high - open ? [open, low, high, close] : [open, high, low, close];
    const corner = corners[this.corner % CORNERS] ?? close;
    this.corner += 1;
    return corner;
  }
}

/** The prices a coin was last traded at: what a recording without candles tells of its market. */
export class TradedPath implements CoinPath {
  private last: bigint | null = null;

  traded(at: bigint): void {
    this.last = at;
  }

  next(): bigint | null {
    return this.last;
  }
}
