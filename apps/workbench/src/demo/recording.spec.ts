import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/platform/testing/venue-data';
import { describe, expect, it } from 'vitest';
import { buysOf, readRecording, startPosition } from './recording';

describe('recorded leader', () => {
  it.each([
    ['Open Long', true],
    ['Close Long', false],
    ['Open Short', false],
    ['Close Short', true],
    ['Long > Short', false],
    ['Short > Long', true],
    ['Close Short (Price Improved)', true],
    ['Buy', null],
  ])('%s buys: %s', (dir, buys) => {
    expect(buysOf(dir)).toBe(buys);
  });

  it('names a missing column and an unknown direction with its line', () => {
    expect(readRecording('t,coin,dir,px\n')).toEqual({ ok: false, error: 'the recording lacks the columns sz' });
    expect(readRecording('t,coin,dir,px,sz\n1,BTC,Sideways,1,1')).toEqual({ ok: false, error: 'line 2: unknown direction "Sideways"' });
  });

  it('cuts the noise of binary fractions off a price', () => {
    const read = readRecording('t,coin,dir,px,sz\n1,BTC,Open Long,853.0707000000001,1');
    expect(read.ok && read.value[0]?.price).toBe('853.0707');
  });

  it('reads a saved userFills answer, oldest first, without spot fills', () => {
    const one = { coin: 'BTC', px: '60000', sz: '0.1', side: 'B', time: 2, dir: 'Open Long', startPosition: '0.0', oid: 1 };
    const saved = JSON.stringify([
      { ...one, sz: '0.3', startPosition: '0.3' },
      { ...one, sz: '0.2', startPosition: '0.1' },
      { ...one, coin: '@107' },
      { ...one, side: 'A', time: 1 },
    ]);
    const read = readRecording(saved);
    expect(read.ok && read.value.map(({ time, buy, size, startPosition }) => [time, buy, size, startPosition])).toEqual([
      [1, false, '0.1', '0.0'],
      [2, true, '0.2', '0.1'],
      [2, true, '0.3', '0.3'],
    ]);
  });

  it.each([
    ['[{"coin":1}]', 'not a userFills answer: 0.coin'],
    ['[', 'not a userFills answer: no JSON'],
  ])('says what is wrong with %s', (saved, error) => {
    const read = readRecording(saved);
    expect(read.ok ? '' : read.error).toContain(error);
  });

  const fill = (dir: string, lots: bigint) => ({ dir, buy: buysOf(dir) ?? false, lots });
  it.each([
    ['nothing held', [fill('Open Long', 5n), fill('Close Long', 5n)], 0n],
    ['a long that is closed first', [fill('Close Long', 3n), fill('Close Long', 4n), fill('Open Short', 2n)], 7n],
    ['a short that is closed in two parts', [fill('Close Short', 2n), fill('Close Short', 1n)], -3n],
    ['a flip out of a long', [fill('Long > Short', 9n), fill('Close Short', 8n)], 1n],
  ])('starts with %s', (_name, fills, expected) => {
    expect(startPosition(fills)).toBe(expected);
  });

  describe.skipIf(venueData() === null)('the recording of the venue data (needs VENUE_DATA_DIR)', () => {
    it('reads every row', () => {
      const read = readRecording(readFileSync(join(venueData()?.dir ?? '', 'replay/leader-a-fills-2025-11.csv'), 'utf8'));
      expect(read.ok && read.value.length).toBe(10_868);
      expect(read.ok && new Set(read.value.map((each) => each.coin)).size).toBe(11);
    });
  });
});
