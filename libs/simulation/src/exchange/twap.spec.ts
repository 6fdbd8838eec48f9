import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import type { Json } from './port';

const USER = addressOf(1);
const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const made = (credit = '1000000'): Testbed => new Testbed({ makers: true }, { 1: credit, 2: '1000000' });
interface Words {
  readonly b?: boolean;
  readonly s?: string;
  readonly r?: boolean;
  readonly m?: number;
  readonly t?: boolean;
  readonly details?: Json;
}
const start = (bed: Testbed, { b = true, s = '1', r = false, m = 5, t = false, details }: Words = {}): Json => {
  const action: Json = { type: 'twapOrder', twap: { a: 0, b, s, r, m, t }, ...(details === undefined ? {} : { details }) };
  return dig(bed.act(USER, action).response, 'data', 'status');
};
const position = (bed: Testbed): Json => dig(bed.info('clearinghouseState', { user: USER }), 'assetPositions', 0, 'position', 'szi');
const wait = (bed: Testbed, ms: number): void => bed.world.advanceTo(bed.world.now() + ms);
const history = (bed: Testbed): Json[] => list(bed.info('twapHistory', { user: USER }));
const statusOf = (bed: Testbed): Json => dig(history(bed), 0, 'status');

describe('a TWAP', () => {
  it('sends a slice every half minute until its time is over', () => {
    const bed = made();
    expect(start(bed)).toMatchObject({ running: { twapId: expect.any(Number) } });
    expect(position(bed)).toBe('0.1');
    wait(bed, 29_000);
    expect(position(bed)).toBe('0.1');
    wait(bed, 1_100);
    expect(position(bed)).toBe('0.2');
    wait(bed, 300_000);
    expect(position(bed)).toBe('1.0');
    expect(history(bed)).toMatchObject([
      { status: { status: 'finished' }, state: { coin: 'BTC', side: 'B', sz: '1.0', executedSz: '1.0', minutes: 5, randomize: false, user: USER } },
      { status: { status: 'activated' }, state: { executedSz: '0.0', executedNtl: '0.0' } },
    ]);
  });

  it('leaves fills with its id and a zero hash, and no orders', () => {
    const bed = made();
    const heard = bed.listen({ type: 'userEvents', user: USER });
    const twapId = dig(start(bed), 'running', 'twapId');
    const fill = dig(bed.info('userFills', { user: USER }), 0);
    expect(fill).toMatchObject({ twapId, hash: `0x${'0'.repeat(64)}`, crossed: true });
    expect(bed.info('userTwapSliceFills', { user: USER })).toEqual([{ fill, twapId }]);
    expect(bed.info('userTwapSliceFillsByTime', { user: USER, startTime: dig(fill, 'time') })).toHaveLength(1);
    expect(bed.info('historicalOrders', { user: USER })).toEqual([]);
    const told = heard.flatMap(({ data }) => Object.keys(Object(data)));
    expect(told).toContain('twapHistory');
    expect(told).toContain('twapSliceFills');
  });

  it('catches up with at most three usual slices, and takes no price worse than 3 % from the mark', () => {
    const bed = made();
    bed.world.control.setMakers('BTC', false);
    start(bed);
    wait(bed, 100_000);
    expect(position(bed)).toBeNull();
    bed.order(2, { b: false, p: '68500', s: '1' });
    wait(bed, 30_000);
    expect(position(bed)).toBeNull();
    bed.order(2, { b: false, p: '66400', s: '1' });
    wait(bed, 30_000);
    expect(position(bed)).toBe('0.3');
    wait(bed, 30_000);
    expect(position(bed)).toBe('0.6');
    wait(bed, 30_000);
    expect(position(bed)).toBe('0.8');
  });

  it('varies its slices when it is to, by the seed of the world alone, and ends with its whole size', () => {
    const sizes = (seed: number): Json[] => {
      const bed = new Testbed({ makers: true, seed }, { 1: '1000000' });
      start(bed, { t: true });
      wait(bed, 310_000);
      expect(position(bed)).toBe('1.0');
      return list(bed.info('userTwapSliceFills', { user: USER })).map((each) => dig(each, 'fill', 'sz'));
    };
    expect(sizes(3)).toEqual(sizes(3));
    expect(sizes(3)).not.toEqual(sizes(4));
    expect(new Set(sizes(3)).size).toBeGreaterThan(3);
  });

  it('that only reduces ends with the position, and one that margin does not carry ends in error', () => {
    const bed = made();
    bed.order(1, { p: '66500', s: '0.15', tif: 'Ioc' });
    start(bed, { b: false, r: true });
    wait(bed, 90_000);
    expect(position(bed)).toBeNull();
    expect(statusOf(bed)).toEqual({ status: 'error', description: 'Reduce only order would increase position.' });
    const poor = made('100');
    start(poor);
    expect(statusOf(poor)).toEqual({ status: 'error', description: 'Insufficient margin to place order.' });
  });

  it('waits for its price, and trades no further than its limit', () => {
    const bed = made();
    start(bed, { details: { t: { p: '66000', a: false }, s: null } });
    wait(bed, 60_000);
    expect(position(bed)).toBeNull();
    bed.world.control.setOracle('BTC', 6_590_000_000_000n as Parameters<typeof bed.world.control.setOracle>[1]);
    bed.world.control.movePrice('BTC', 6_590_000_000_000n as Parameters<typeof bed.world.control.movePrice>[1]);
    wait(bed, 4_000);
    expect(position(bed)).toBe('0.1');
    const bound = made();
    start(bound, { details: { t: null, s: '66000' } });
    wait(bound, 60_000);
    expect(position(bound)).toBeNull();
  });

  it('is cancelled by its id, once', () => {
    const bed = made();
    const t = dig(start(bed), 'running', 'twapId');
    const cancel = () => bed.act(USER, { type: 'twapCancel', a: 0, t });
    expect(cancel()).toEqual({ status: 'ok', response: { type: 'twapCancel', data: { status: 'success' } } });
    expect(statusOf(bed)).toEqual({ status: 'terminated' });
    expect(dig(cancel().response, 'data', 'status')).toEqual({ error: 'TWAP was never placed, already canceled, or filled.' });
    wait(bed, 60_000);
    expect(position(bed)).toBe('0.1');
  });

  const refusals: readonly (readonly [Words, string])[] = [
    [{ m: 1 }, 'Invalid TWAP duration: 1 min(s)'],
    [{ m: 1_441 }, 'Invalid TWAP duration: 1441 min(s)'],
    [{ m: 120, s: '0.01' }, 'TWAP order value too small. Min is $1200, which is $10 per minute.'],
    [{ s: '0' }, 'Order has zero size.'],
    [{ s: '0.0000001' }, 'Order has invalid size.'],
    [{ details: { t: null, s: '0' } }, 'Order has invalid price.'],
    [{ details: { t: null, s: '66000.5' } }, 'Price must be divisible by tick size.'],
    [{ details: { t: null, s: '66000.55' } }, 'Price must be divisible by tick size.'],
    [{ details: { t: { p: 'x', a: true }, s: null } }, 'Order has invalid price.'],
    [{ details: { t: { p: '66000.5', a: true }, s: null } }, 'Price must be divisible by tick size.'],
  ];
  for (const [words, error] of refusals)
    it(`is refused: ${error}`, () => {
      expect(start(made(), words)).toEqual({ error });
    });
});
