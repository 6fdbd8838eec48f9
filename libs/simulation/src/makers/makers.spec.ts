import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import type { World } from '../exchange/port';
import { candlePath } from './candle-path';
import { parseCandles } from './candles';
import { seededChance } from './chance';
import { driveMakers } from './maker-driver';
import type { PricePath } from './price-path';
import { walk } from './walk';

const usd = (text: string) => unwrap(parsePrice(text), text);
const steps = (path: PricePath, count: number) => Array.from({ length: count }, (_, at) => path.priceAt(at * 3_000) ?? price(0n));

describe('walk', () => {
  it('is the same for the same seed and another for another seed or coin', () => {
    const from = (seed: number, coin: string) => steps(walk(usd('100'), seededChance(seed, coin)), 200);
    expect(from(7, 'BTC')).toEqual(from(7, 'BTC'));
    expect(from(7, 'BTC')).not.toEqual(from(8, 'BTC'));
    expect(from(7, 'BTC')).not.toEqual(from(7, 'ETH'));
  });

  it.each([1, 2])('stays a price and moves less than 1 %% a step over some hours, seed %i', (seed) => {
    const prices = steps(walk(usd('100'), seededChance(seed, 'X')), 6_000);
    let most = 0;
    for (let at = 1; at < prices.length; at += 1) {
      const [before, after] = [Number(prices[at - 1]), Number(prices[at])];
      most = Math.max(most, Math.abs(after / before - 1));
    }
    expect(most).toBeLessThan(0.01);
    expect(most).toBeGreaterThan(0.0001);
    expect(prices.every((each) => each > usd('100') / 40n && each < usd('100') * 40n)).toBe(true);
  });

  it('goes on from where it was moved by hand', () => {
    const path = walk(usd('100'), seededChance(1, 'X'));
    path.movedTo(usd('250'));
    expect(Number(path.priceAt(0)) / Number(usd('250'))).toBeCloseTo(1, 3);
  });
});

const CANDLES = 't,o,h,l,c,v\n60000,10,14,9,12,1\n120000,12,12,12,12,1\n240000,20,22,18,21,1\n';

describe('candles', () => {
  it.each([
    ['no header', '60000,1,1,1,1\n', 'line 1'],
    ['a word for a price', 't,o,h,l,c\n60000,1,x,1,1\n', 'line 2'],
    ['a low above the open', 't,o,h,l,c\n60000,1,3,2,3\n', 'line 2'],
    ['time going back', 't,o,h,l,c\n60000,1,1,1,1\n60000,1,1,1,1\n', 'line 3'],
    ['only a header', 't,o,h,l,c\n', 'no candles'],
  ])('refuses %s, naming the line', (_what, text, named) => {
    const parsed = parseCandles(text);
    expect(parsed.ok ? '' : parsed.error).toContain(named);
  });

  it.each([
    ['the open at its start', 0, '10'],
    ['the nearer extreme after a third', 20_000, '9'],
    ['the other extreme after two thirds', 40_000, '14'],
    ['half of the last leg', 50_000, '13'],
    ['the next candle', 60_000, '12'],
    ['the last close in a gap', 150_000, '12'],
    ['the candle after the gap', 180_000, '20'],
    ['the last close for ever', 9_000_000, '21'],
  ])('plays %s', (_what, afterMs, expected) => {
    const path = candlePath(unwrap(parseCandles(CANDLES), 'candles'), 1_000_000);
    expect(path.priceAt(1_000_000 + afterMs)).toBe(usd(expected));
  });
});

describe('maker driver', () => {
  it('moves prices on whole steps of venue time, between the blocks before and after', () => {
    const log: string[] = [];
    const world = {
      now: () => 4_000,
      advanceTo: (time: number) => log.push(`blocks to ${time}`),
      control: { movePrice: (coin: string, to: bigint) => log.push(`${coin} ${to}`) },
    } as unknown as World;
    const driver = driveMakers({ world, paths: new Map([['BTC', walk(usd('100'), seededChance(1, 'BTC'))]]) });
    driver.advanceTo(5_000);
    driver.advanceTo(9_500);
    driver.setWalking(false);
    driver.advanceTo(12_000);
    expect(log.map((line) => line.replace(/BTC \d+/, 'BTC'))).toEqual([
      'blocks to 5000',
      'blocks to 5999',
      'BTC',
      'blocks to 8999',
      'BTC',
      'blocks to 9500',
      'blocks to 11999',
      'blocks to 12000',
    ]);
  });
});
