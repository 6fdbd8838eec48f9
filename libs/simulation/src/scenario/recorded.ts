import { err, ok, parsePrice, parseSize, type Result } from '@lockstep/kernel';
import type { RecordedTrade } from './scenario';

const HEADER = 't,coin,dir,px,sz,ntl';
const IMPROVED = ' (Price Improved)';
const DECIMALS = 8;
const DIRECTIONS: Readonly<Record<string, Pick<RecordedTrade, 'buys' | 'closes'>>> = {
  'Open Long': { buys: true, closes: false },
  'Open Short': { buys: false, closes: false },
  'Close Long': { buys: false, closes: true },
  'Close Short': { buys: true, closes: true },
  // Through zero: what it opens counts.
  'Long > Short': { buys: false, closes: false },
  'Short > Long': { buys: true, closes: false },
};

/** Reads `t,coin,dir,px,sz,ntl,…` lines of a recorded leader, times rising. The error names the line. */
export function parseRecordedTrades(text: string): Result<readonly RecordedTrade[], string> {
  const [header = '', ...lines] = text.split(/\r?\n/);
  if (!header.startsWith(HEADER)) return err(`line 1: the header begins with ${HEADER}`);
  const trades: RecordedTrade[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const trade = readTrade(line.split(','));
    if (trade === null || trade.time < (trades.at(-1)?.time ?? 0)) return err(`line ${index + 2}: not a fill after the one before: ${line}`);
    trades.push(trade);
  }
  return trades.length === 0 ? err('no fills') : ok(trades);
}

function readTrade([t = '', coin = '', dir = '', px = '', sz = '', ntl = '']: readonly string[]): RecordedTrade | null {
  const direction = DIRECTIONS[dir.replace(IMPROVED, '')];
  const [time, usd] = [Number(t), Math.round(Number(ntl))];
  const [price, size] = [parsePrice(plain(px)), parseSize(plain(sz))];
  if (direction === undefined || coin === '' || !Number.isSafeInteger(time) || !Number.isSafeInteger(usd) || usd < 0) return null;
  if (!price.ok || !size.ok || price.value <= 0n || size.value <= 0n) return null;
  return { time, coin, ...direction, usd, price: price.value, size: size.value };
}

/** A decimal text cut to eight decimals: recordings carry the noise of binary fractions. */
function plain(text: string): string {
  const [whole = '', fraction = ''] = text.split('.');
  return fraction === '' ? whole : `${whole}.${fraction.slice(0, DECIMALS)}`;
}
