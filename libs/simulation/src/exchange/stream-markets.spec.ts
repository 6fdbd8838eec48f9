import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { dig, Testbed } from '../builders/testbed';
import type { Json, StreamFrame } from './port';

const dataOf = (frames: readonly StreamFrame[], channel: string): Json[] =>
  frames.filter((frame) => frame.channel === channel).map(({ data }) => data);
const keysOf = (value: Json | undefined): string[] => Object.keys(Object(value));

describe('streams about markets', () => {
  it.each<readonly [Json, Json, string]>([
    [{ type: 'candle', coin: 'BTC', interval: '3d', x: 1 }, { type: 'candle', coin: 'BTC', interval: '3d' }, 'candle'],
    [{ type: 'activeAssetCtx', coin: 'xyz:TSLA' }, { type: 'activeAssetCtx', coin: 'xyz:TSLA' }, 'activeAssetCtx'],
    [{ type: 'activeAssetCtx', coin: '@107' }, { type: 'activeAssetCtx', coin: '@107' }, 'activeSpotAssetCtx'],
    [{ type: 'assetCtxs' }, { type: 'assetCtxs', dex: '' }, 'assetCtxs'],
    [{ type: 'allDexsAssetCtxs', x: 1 }, { type: 'allDexsAssetCtxs' }, 'allDexsAssetCtxs'],
    [{ type: 'fastAssetCtxs' }, { type: 'fastAssetCtxs' }, 'fastAssetCtxs'],
    [{ type: 'spotAssetCtxs' }, { type: 'spotAssetCtxs' }, 'spotAssetCtxs'],
  ])('%j is repeated as %j and told at once on %s', (wanted, echo, channel) => {
    const bed = new Testbed({ makers: true });
    bed.block(60);
    const opened = bed.world.subscribe(wanted, () => undefined);
    if (!opened.ok) throw new Error(opened.error);
    expect(opened.value.echo).toEqual(echo);
    expect(opened.value.initial.map((frame) => frame.channel)).toEqual([channel]);
  });

  it.each([
    { type: 'candle', coin: 'BTC', interval: '7m' },
    { type: 'candle', coin: 'BTC' },
    { type: 'l2Book', coin: 'BTC', mantissa: 3 },
  ])('%j is refused', (wanted) => {
    expect(new Testbed().world.subscribe(wanted, () => undefined)).toEqual({ ok: false, error: `Invalid subscription ${JSON.stringify(wanted)}` });
  });

  it('fastAssetCtxs tells all coins, then only those that changed', () => {
    const bed = new Testbed();
    const frames = bed.listen({ type: 'fastAssetCtxs' });
    bed.block(25);
    const quiet = dataOf(frames, 'fastAssetCtxs').length;
    bed.world.control.movePrice('ETH', price(unwrap(parsePrice('2100'), 'price')));
    bed.block(40);
    const told = dataOf(frames, 'fastAssetCtxs');
    expect(keysOf(told[0])).toEqual(expect.arrayContaining(['BTC', 'ETH', 'xyz:TSLA']));
    expect(told.slice(quiet).map((data) => keysOf(data).includes('ETH'))).toContain(true);
    expect(told.slice(1).every((data) => keysOf(data).length < keysOf(told[0]).length)).toBe(true);
  });

  it('books of twenty levels are told every 5.4 seconds, changed or not, fast ones every half second while they change', () => {
    const bed = new Testbed({}, { 1: '100000' });
    const books = [{}, { fast: true }].map((words) => bed.listen({ type: 'l2Book', coin: 'BTC', ...words }));
    const told = (): number[] => books.map((frames) => dataOf(frames, 'l2Book').length);
    expect(told()).toEqual([1, 1]);
    bed.block(50);
    expect(told()).toEqual([1, 1]);
    bed.block(4);
    expect(told()).toEqual([2, 1]);
    for (let step = 0; step < 10; step += 1) bed.order(1, { p: String(60_000 + step), s: '0.01' });
    expect(told()).toEqual([2, 3]);
    bed.block(44);
    expect(told()).toEqual([3, 4]);
    const times = dataOf(books[0] ?? [], 'l2Book').map((data) => Number(dig(data, 'time')));
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 5_400, 10_800]);
    expect(dig(dataOf(books[1] ?? [], 'l2Book').at(-1), 'levels', 0, 0, 'px')).toBe('60009.0');
  });

  it('the best prices are told at first and then only when they change', () => {
    const bed = new Testbed({}, { 1: '100000' });
    bed.order(1, { p: '66000', s: '0.1' });
    const told = bed.listen({ type: 'bbo', coin: 'BTC' });
    bed.order(1, { p: '65000', s: '0.1' });
    bed.order(1, { p: '66001', s: '0.1' });
    expect(dataOf(told, 'bbo').map((data) => dig(data, 'bbo', 0, 'px'))).toEqual(['66000.0', '66001.0']);
  });

  it('the fast book has five levels, the other twenty', () => {
    const bed = new Testbed({ makers: true });
    const [plain, fast] = [{}, { fast: true }].map((words) => bed.listen({ type: 'l2Book', coin: 'BTC', ...words }));
    const depth = (frames: readonly StreamFrame[] | undefined): Json[] =>
      [0, 1].map((side) => Object(dig(dataOf(frames ?? [], 'l2Book')[0], 'levels', side)).length);
    expect(depth(fast)).toEqual([5, 5]);
    expect(Number(depth(plain)[0])).toBeGreaterThan(5);
    expect(dig(dataOf(fast ?? [], 'l2Book')[0], 'fast')).toBe(true);
  });

  it('a candle is told with the trades that made it', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    bed.block(60);
    const frames = bed.listen({ type: 'candle', coin: 'BTC', interval: '1m' });
    const trades = bed.listen({ type: 'trades', coin: 'BTC' });
    const before = dataOf(frames, 'candle').at(-1);
    bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
    const after = dataOf(frames, 'candle').at(-1);
    const count = dataOf(trades, 'trades').flat().length;
    expect(count).toBeGreaterThan(0);
    expect(after).toMatchObject({
      s: 'BTC',
      i: '1m',
      c: dig(dataOf(trades, 'trades').at(-1), -1 + Object(dataOf(trades, 'trades').at(-1)).length, 'px'),
    });
    expect(Number(dig(after, 'T')) - Number(dig(after, 't'))).toBe(59_999);
    expect(Number(dig(after, 'v'))).toBeGreaterThan(Number(dig(before, 't') === dig(after, 't') ? dig(before, 'v') : 0));
  });
});
