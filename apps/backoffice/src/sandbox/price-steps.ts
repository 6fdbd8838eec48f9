import { cutTo } from './trades';
import type { WorldLevel } from './world-control';

/** A price at so many per cent from where it began, so long after the step before it. */
export interface PriceStep {
  readonly percent: number;
  readonly afterMs: number;
}

/** From nothing to `percent` in equal steps; the last one is exactly there. */
export function evenSteps(percent: number, overMs: number, everyMs: number): readonly PriceStep[] {
  const count = Math.max(1, Math.floor(overMs / everyMs));
  return Array.from({ length: count }, (_, index) => ({ percent: (percent * (index + 1)) / count, afterMs: index === 0 ? 0 : everyMs }));
}

/** As {@link evenSteps}, each step of another length, drawn from the seed: the same seed gives the same path. */
export function unevenSteps(percent: number, overMs: number, everyMs: number, seed: number): readonly PriceStep[] {
  const even = evenSteps(percent, overMs, everyMs);
  const draw = drawing(seed);
  // Between none and twice of an even step, and now and then back.
  const lengths = even.map(() => draw() * 2.4 - 0.4);
  const sum = lengths.reduce((total, length) => total + length, 0);
  let reached = 0;
  return even.map(({ afterMs }, index) => {
    reached += lengths[index] ?? 0;
    return { percent: index === even.length - 1 || sum <= 0 ? percent : (percent * reached) / sum, afterMs };
  });
}

/** Numbers from 0 to below 1 that follow from the seed alone (mulberry32). */
function drawing(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A price `percent` from `mark` as the venue takes it: at most five figures, and so many decimals. */
export function pricedAt(mark: string, percent: number, decimals: number): string {
  const price = Number(mark) * (1 + percent / 100);
  const figures = Math.max(0, 5 - Math.ceil(Math.log10(price)));
  return cutTo(price.toFixed(Math.min(figures, decimals)), decimals);
}

const LEVELS = 5;
const LEVEL_PERCENT = 0.5;

/** Five levels a side, half a per cent apart, so many dollars on each. */
export function thinLevels(
  mark: string,
  usd: number,
  { sizeDecimals, priceDecimals }: { readonly sizeDecimals: number; readonly priceDecimals: number },
): { readonly bids: readonly WorldLevel[]; readonly asks: readonly WorldLevel[] } {
  const least = 10 ** -sizeDecimals;
  const side = (sign: number): readonly WorldLevel[] =>
    Array.from({ length: LEVELS }, (_, index) => {
      const price = pricedAt(mark, sign * LEVEL_PERCENT * (index + 1), priceDecimals);
      return { price, size: Math.max(least, usd / Number(price)).toFixed(sizeDecimals) };
    });
  return { bids: side(-1), asks: side(1) };
}
