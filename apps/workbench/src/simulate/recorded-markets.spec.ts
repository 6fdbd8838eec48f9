import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { brokenPromises, CONDITIONS, recordedScenarioOf, recordedWorld, recordedWorlds } from '@lockstep/simulation';
import { afterEach, describe, expect, it } from 'vitest';
import { readRecordedMarkets, worldNumbers } from './recorded-markets';

const FILLS = 't,coin,dir,px,sz,ntl\n1762962841000,MET,Open Short,0.47,2000,940.2\n1762962853000,MET,Close Short,0.46,2000,920\n';
const BARS = 't,o,h,l,c\n60000,10,12,9,11\n120000,11,11,10,10\n';
const folders: string[] = [];

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-recorded-'));
  folders.push(folder);
  mkdirSync(join(folder, 'candles'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('a folder of recordings', () => {
  it('gives the last leader by name and every candle set; funding rates and other files are none', () => {
    const markets = readRecordedMarkets(
      folderOf({
        'a-fills-2024.csv': 'nothing that is read\n',
        'a-fills-2025.csv': FILLS,
        'candles/ETH_5m.csv': BARS,
        'candles/BTC_1m.csv': BARS,
        'candles/BTC_funding_1h.csv': 't,fundingRate\n',
        'candles/notes.txt': '',
      }),
    );
    expect(markets.trades.map(({ coin, price }) => [coin, price])).toEqual([
      ['MET', 47_000_000n],
      ['MET', 46_000_000n],
    ]);
    expect(markets.sets.map(({ name, coin, candles }) => [name, coin, candles.length])).toEqual([
      ['BTC_1m', 'BTC', 2],
      ['ETH_5m', 'ETH', 2],
    ]);
  });

  it.each([
    ['without a leader', { 'candles/BTC_1m.csv': BARS }, 'fills'],
    ['without candles', { 'a-fills-2025.csv': FILLS }, 'candles'],
    ['with candles nobody can read', { 'a-fills-2025.csv': FILLS, 'candles/BTC_1m.csv': 'x\n' }, 'BTC_1m.csv'],
  ])('%s is refused by name', (_what, files, named) => expect(() => readRecordedMarkets(folderOf(files))).toThrow(named));

  it('has a world for each set and condition; a sample has each condition once, with sets in turn', () => {
    const markets = readRecordedMarkets(folderOf({ 'a-fills-2025.csv': FILLS, 'candles/ETH_5m.csv': BARS, 'candles/BTC_1m.csv': BARS }));
    expect(worldNumbers(markets, 1, 1_000, false)).toHaveLength(2 * CONDITIONS.length);
    expect(worldNumbers(markets, 13, 1_000, false)).toEqual([13, 14]);
    expect(worldNumbers(markets, 3, 1, false)).toEqual([3]);
    const sample = worldNumbers(markets, 1, 1_000, true).map((number) => recordedWorld(markets, number));
    expect(sample.map(({ condition }) => condition)).toEqual([...CONDITIONS]);
    expect(new Set(sample.map(({ set }) => set.name)).size).toBe(2);
  });
});

const data = venueData()?.dir ?? null;

describe.skipIf(data === null)('the recordings of the venue data (needs VENUE_DATA_DIR)', () => {
  it('are a leader of eleven coins and ten candle sets, and their worlds keep every promise', () => {
    const markets = readRecordedMarkets(join(data ?? '', 'replay'));
    expect(new Set(markets.trades.map(({ coin }) => coin)).size).toBe(11);
    expect(recordedWorlds(markets)).toBe(10 * CONDITIONS.length);
    for (const number of worldNumbers(markets, 1, 1_000, true))
      expect(brokenPromises(recordedScenarioOf(markets, number)), `world ${number}`).toEqual([]);
  });
});
