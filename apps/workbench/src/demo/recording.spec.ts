import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { venueData } from '@lockstep/kernel/testing/venue-data';
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
