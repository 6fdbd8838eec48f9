import { formatPrice, type Instrument, money, parseMoney, parsePrice, parseSize, price, size, unwrap } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateExits } from './gate';
import { type HeldPosition, protectiveStop, protectiveStops, type StopTerms, stopChange } from './protective-stop';

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

const held = (position: string, mark: string): HeldPosition => ({
  instrument: coin,
  position: unwrap(parseSize(position), 'size'),
  mark: unwrap(parsePrice(mark), 'price'),
});
const stopsOf = (positions: readonly HeldPosition[], equity: string, floor: string) =>
  protectiveStops(positions, { equity: unwrap(parseMoney(equity), 'equity'), floor: unwrap(parseMoney(floor), 'floor') });

describe('positions that share a limit', () => {
  it.each([
    ['one has all of it', [held('10', '100')], ['80']],
    ['two of the same worth have half each', [held('10', '100'), held('-5', '200')], ['90', '220']],
    ['each stands as far from its mark as the other, in per cent', [held('30', '100'), held('1', '1000')], ['95', '950']],
    ['what is flat takes nothing', [held('10', '100'), held('0', '50')], ['80', null]],
  ])('%s', (_name, positions, triggers) => {
    expect(stopsOf(positions, '1000', '800').map((stop) => (stop === null ? null : formatPrice(stop.trigger)))).toEqual(triggers);
  });

  it('there is none once the limit is met: then everything is closed, not by a stop', () => {
    expect(stopsOf([held('10', '100')], '800', '800')).toEqual([null]);
  });

  it('all triggered, they have lost no more than the limit leaves, whatever else they hold', () => {
    const amount = (max: number) => fc.bigInt({ min: 1n, max: BigInt(max) }).map((value) => value * 1_000_000n);
    const position = fc.record({ size: amount(1_000_000), long: fc.boolean(), mark: amount(1_000_000) });
    fc.assert(
      fc.property(fc.array(position, { minLength: 1, maxLength: 8 }), amount(10_000_000), (made, room) => {
        const positions = made.map(({ size: lots, long, mark }) => ({ instrument: coin, position: size(long ? lots : -lots), mark: price(mark) }));
        const stops = protectiveStops(positions, { equity: money(room + 700n), floor: money(700n) });
        const lost = stops.reduce((sum, stop, index) => {
          const one = positions[index];
          return stop === null || one === undefined ? sum : sum + ((one.mark - stop.trigger) * one.position) / 100_000_000n;
        }, 0n);
        expect(lost <= room).toBe(true);
        for (const [index, stop] of stops.entries()) {
          const one = positions[index];
          if (stop === null || one === undefined) continue;
          // Against the position and on the losing side of the mark, its worst price beyond its trigger.
          const away = one.position > 0n ? -1n : 1n;
          expect((stop.trigger - one.mark) * away > 0n && (stop.worst - stop.trigger) * away > 0n).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a change of a stop', () => {
  const terms = (trigger: string, lots = '1', buy = false): StopTerms => ({
    buy,
    size: unwrap(parseSize(lots), 'size'),
    trigger: unwrap(parsePrice(trigger), 'price'),
  });
  it.each([
    ['none stands and none should', null, null, 'none'],
    ['none stands', null, terms('80'), 'place'],
    ['none should', terms('80'), null, 'cancel'],
    ['the position grew', terms('80'), terms('80', '2'), 'resize'],
    ['the position turned', terms('80'), terms('80', '1', true), 'resize'],
    ['less than a step', terms('80'), terms('80.19'), 'none'],
    ['a step up', terms('80'), terms('80.2'), 'move'],
    ['a step down', terms('80'), terms('79.8'), 'move'],
  ])('%s', (_name, standing, wanted, change) => {
    expect(stopChange(standing, wanted)).toBe(change);
  });
});

describe('the gate of standing exits', () => {
  const order = (lots: string, buy: boolean, reduceOnly = true) => ({ size: unwrap(parseSize(lots), 'size'), buy, reduceOnly });
  const verdict = (one: ReturnType<typeof order>, position: string) => gateExits([one], (item) => item, [unwrap(parseSize(position), 'size')]).ok;
  it.each([
    ['sells what is long', order('2', false), '2', true],
    ['buys what is short', order('2', true), '-2', true],
    ['sells more than is held', order('2.01', false), '2', false],
    ['sells what is short', order('1', false), '-2', false],
    ['sells what is flat', order('1', false), '0', false],
    ['is not reduce-only', order('1', false, false), '2', false],
    ['is nothing', order('0', false), '2', false],
  ])('%s', (_name, one, position, passes) => {
    expect(verdict(one, position)).toBe(passes);
  });
});
