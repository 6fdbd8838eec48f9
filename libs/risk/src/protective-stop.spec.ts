import { formatPrice, type Instrument, parseMoney, parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protectiveStop } from './protective-stop';

const coin: Instrument = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'X',
  assetId: 0,
  szDecimals: 2,
  maxLeverage: 10,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};
const stopOf = (position: string, mark: string, equity: string, floor: string) =>
  protectiveStop(coin, {
    position: unwrap(parseSize(position), 'size'),
    mark: unwrap(parsePrice(mark), 'price'),
    equity: unwrap(parseMoney(equity), 'equity'),
    floor: unwrap(parseMoney(floor), 'floor'),
  });

describe('a protective stop', () => {
  it.each([
    ['a long falls to the limit', '10', '100', '1000', '800', '80', '72'],
    ['a short rises to it', '-10', '100', '1000', '800', '120', '132'],
    ['between ticks a long stops above', '3', '100', '1000', '900', '66.667', '60.001'],
    ['between ticks a short stops below', '-3', '100', '1000', '900', '133.33', '146.66'],
  ])('%s', (_name, position, mark, equity, floor, trigger, worst) => {
    const stop = stopOf(position, mark, equity, floor);
    expect(stop === null ? null : [formatPrice(stop.trigger), formatPrice(stop.worst)]).toEqual([trigger, worst]);
  });

  it.each([
    ['flat', '0', '100', '1000', '800'],
    ['the limit is met already', '10', '100', '800', '800'],
    ['a long whose whole value is less than what may be lost', '1', '100', '1000', '800'],
    ['nearer than a tick', '1000', '100', '1000', '999.999999'],
  ])('there is none: %s', (_name, position, mark, equity, floor) => {
    expect(stopOf(position, mark, equity, floor)).toBeNull();
  });

  it('triggered, the position has lost no more than the limit leaves', () => {
    const amount = (max: number) => fc.integer({ min: 1, max }).map((value) => BigInt(value) * 1_000_000n);
    fc.assert(
      fc.property(amount(1_000_000), fc.boolean(), amount(1_000_000), amount(1_000_000), (size, long, mark, room) => {
        const position = long ? size : -size;
        const held = { position, mark, equity: room + 500_000_000n, floor: 500_000_000n };
        const stop = protectiveStop(coin, held as Parameters<typeof protectiveStop>[1]);
        if (stop === null) return;
        const lost = ((long ? mark - stop.trigger : stop.trigger - mark) * size) / 100_000_000n;
        expect(lost <= room).toBe(true);
      }),
    );
  });
});
