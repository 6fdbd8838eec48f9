import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, unwrap } from '@lockstep/kernel';
import { type CandleSet, CONDITIONS, parseCandles, parseRecordedTrades, type RecordedMarkets, recordedWorlds } from '@lockstep/simulation';

const FILLS = /-fills-.*\.csv$/;
/** BTC_5m.csv; funding rates have another name and another header. */
const CANDLES = /^([A-Za-z0-9]+)_(\d+[mh])\.csv$/;
const FUNDING = /_funding_/;

/** Reads `FOLDER/*-fills-*.csv` (the last by name) and `FOLDER/candles/COIN_SPAN.csv`, in order of names. Throws with the file's name where one cannot be read. */
export function readRecordedMarkets(folder: string): RecordedMarkets {
  const file = readdirSync(folder)
    .filter((name) => FILLS.test(name))
    .sort()
    .at(-1);
  must(file !== undefined, `${folder} has a recorded leader: *-fills-*.csv`);
  const trades = unwrap(parseRecordedTrades(readFileSync(join(folder, file), 'utf8')), file);
  const sets = readdirSync(join(folder, 'candles'))
    .filter((name) => CANDLES.test(name) && !FUNDING.test(name))
    .sort()
    .map((name): CandleSet => {
      const candles = unwrap(parseCandles(readFileSync(join(folder, 'candles', name), 'utf8')), name);
      return { name: name.replace('.csv', ''), coin: CANDLES.exec(name)?.[1] ?? '', candles };
    });
  must(sets.length > 0, `${folder}/candles has candles: COIN_SPAN.csv`);
  return { sets, trades, crashPoints: [] };
}

/** Numbers of the worlds that are played: all from `first` on, `count` at most; or one for each condition, with candle sets in turn. */
export function worldNumbers(markets: RecordedMarkets, first: number, count: number, sample: boolean): readonly number[] {
  const all = recordedWorlds(markets);
  if (sample) return CONDITIONS.map((_, nth) => (nth % markets.sets.length) * CONDITIONS.length + nth + 1);
  const from = Math.max(1, first);
  return Array.from({ length: Math.max(0, Math.min(count, all - from + 1)) }, (_, nth) => from + nth);
}
