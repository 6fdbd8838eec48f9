import type { Asset, Bar, Bars } from './state';

/* Candles. Minute and hour bars are kept as trades come and marks move; longer ones are put together from them. A time without trades shows where the mark went. */

export const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** As many as one answer of the venue holds. */
const BARS_KEPT = 5_000;
/** The first Monday after the epoch, on which weeks begin. */
const MONDAY_MS = 4 * DAY_MS;

const startOf = (time: number, ms: number, from = 0): number => from + Math.floor((time - from) / ms) * ms;

function monthOf(time: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** A candle interval of the venue: where the bar of a moment begins, and where the next one does. */
export interface Interval {
  readonly name: string;
  startOf(time: number): number;
  nextStart(start: number): number;
  readonly source: keyof Bars;
}

const even = (name: string, ms: number, from = 0): Interval => ({
  name,
  startOf: (time) => startOf(time, ms, from),
  nextStart: (start) => start + ms,
  source: ms < HOUR_MS ? 'minutes' : 'hours',
});

const month: Interval = {
  name: '1M',
  startOf: monthOf,
  nextStart: (start) => monthOf(start + 32 * DAY_MS),
  source: 'hours',
};

/** The venue's intervals by name. */
export const INTERVALS: ReadonlyMap<string, Interval> = new Map(
  [
    even('1m', MINUTE_MS),
    even('3m', 3 * MINUTE_MS),
    even('5m', 5 * MINUTE_MS),
    even('15m', 15 * MINUTE_MS),
    even('30m', 30 * MINUTE_MS),
    even('1h', HOUR_MS),
    even('2h', 2 * HOUR_MS),
    even('4h', 4 * HOUR_MS),
    even('8h', 8 * HOUR_MS),
    even('12h', 12 * HOUR_MS),
    even('1d', DAY_MS),
    even('3d', 3 * DAY_MS),
    even('1w', 7 * DAY_MS, MONDAY_MS),
    month,
  ].map((interval) => [interval.name, interval]),
);

/** Takes a trade, or a mark without one (`lots` 0), into the bars of its moment. */
export function noteBar({ bars, topic }: Asset, time: number, px: number, lots: number): void {
  extend(bars.minutes, startOf(time, MINUTE_MS), px, lots);
  extend(bars.hours, startOf(time, HOUR_MS), px, lots);
  if (topic !== null) topic.barTouched = true;
}

function extend(kept: Bar[], start: number, px: number, lots: number): void {
  const last = kept[kept.length - 1];
  const trades = lots > 0 ? 1 : 0;
  if (last === undefined || last.start !== start) {
    kept.push({ start, open: px, high: px, low: px, close: px, lots, trades });
    if (kept.length > 2 * BARS_KEPT) kept.splice(0, kept.length - BARS_KEPT);
    return;
  }
  last.high = Math.max(last.high, px);
  last.low = Math.min(last.low, px);
  last.close = px;
  last.lots += lots;
  last.trades += trades;
}

/** The bars of an interval that begin between two moments, both inclusive, oldest first, the newest as far as it has come; at most as many as one answer holds, the newest. */
export function barsOf({ bars }: Asset, interval: Interval, from: number, through: number): Bar[] {
  const found: Bar[] = [];
  for (const bar of bars[interval.source]) {
    const start = interval.startOf(bar.start);
    if (start < from || start > through) continue;
    const last = found[found.length - 1];
    if (last !== undefined && last.start === start) join(last, bar);
    else found.push({ ...bar, start });
  }
  return found.slice(-BARS_KEPT);
}

function join(into: Bar, next: Bar): void {
  into.high = Math.max(into.high, next.high);
  into.low = Math.min(into.low, next.low);
  into.close = next.close;
  into.lots += next.lots;
  into.trades += next.trades;
}
