import { type EpochMs, err, ok, type Price, parsePrice, type Result } from '@lockstep/kernel';

/** One bar: `openTime` is its first millisecond. */
export interface Candle {
  readonly openTime: EpochMs;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
}

const HEADER = ['t', 'o', 'h', 'l', 'c'] as const;

/** Reads `t,o,h,l,c,…` lines (further columns are ignored), times rising. The error names the line. */
export function parseCandles(text: string): Result<readonly Candle[], string> {
  const [header = '', ...lines] = text.split(/\r?\n/);
  const columns = header.split(',');
  if (HEADER.some((name, at) => columns[at] !== name)) return err(`line 1: the header begins with ${HEADER.join(',')}`);
  const candles: Candle[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const candle = readCandle(line.split(','));
    const last = candles.at(-1);
    if (candle === null || (last !== undefined && candle.openTime <= last.openTime))
      return err(`line ${index + 2}: not a candle after the one before: ${line}`);
    candles.push(candle);
  }
  return candles.length === 0 ? err('no candles') : ok(candles);
}

function readCandle([t, ...fields]: readonly string[]): Candle | null {
  const openTime = Number(t);
  const prices = fields.slice(0, 4).map((field) => parsePrice(field));
  const [open, high, low, close] = prices.map((parsed) => (parsed.ok && parsed.value > 0n ? parsed.value : null));
  if (!Number.isSafeInteger(openTime) || openTime < 0) return null;
  if (open == null || high == null || low == null || close == null) return null;
  return low <= open && low <= close && high >= open && high >= close ? { openTime, open, high, low, close } : null;
}
