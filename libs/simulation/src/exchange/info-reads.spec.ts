import { describe, expect, it } from 'vitest';
import { addressOf, dig, GENESIS_MS, type OrderWords, Testbed } from '../builders/testbed';
import type { Json } from './port';

const USER = addressOf(1);
const MINUTE_MS = 60_000;
const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : []);
const column = (value: Json, key: string): Json[] => listOf(value).map((each) => dig(each, key));

/** Account 1 bought from account 2 at three prices, twice in one order, a minute apart. */
function traded(): Testbed {
  const bed = new Testbed({}, { 1: '100000', 2: '100000' });
  bed.order(2, { b: false, p: '66400', s: '0.1' }, { b: false, p: '66410', s: '0.1' }, { b: false, p: '66500', s: '0.1' });
  bed.order(1, { p: '66410', s: '0.2', tif: 'Ioc' });
  bed.block(600);
  bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
  return bed;
}

describe('reads that are refused', () => {
  const bed = new Testbed();
  it.each<Json>([
    { type: 'nope' },
    {},
    null,
    [],
    { type: 1 },
    { type: 'clearinghouseState' },
    { type: 'clearinghouseState', user: '0x1' },
    { type: 'meta', dex: 'nope' },
    { type: 'l2Book', coin: 'BTC', nSigFigs: 6 },
    { type: 'l2Book', coin: 1 },
    { type: 'candleSnapshot', req: { coin: 'BTC', interval: '7m', startTime: 0 } },
    { type: 'candleSnapshot', coin: 'BTC', interval: '1m', startTime: 0 },
    { type: 'userFillsByTime', user: USER },
    { type: 'marginTable' },
  ])('%j with 422 and plain text', (request) => {
    expect(bed.world.info(request)).toEqual({ status: 422, body: 'Failed to deserialize the JSON body into the target type' });
  });

  it('a book of an unknown coin is null', () => expect(bed.world.info({ type: 'l2Book', coin: 'NOPE' })).toEqual({ status: 200, body: null }));
});

describe('books', () => {
  const bed = new Testbed({}, { 1: '100000' });
  bed.order(1, ...['66391', '66389', '66291', '65991'].map((p) => ({ p, s: '0.01' })));
  it.each<readonly [Json, readonly string[]]>([
    [{}, ['66391.0', '66389.0', '66291.0', '65991.0']],
    [{ nSigFigs: 5 }, ['66391.0', '66389.0', '66291.0', '65991.0']],
    [{ nSigFigs: 5, mantissa: 2 }, ['66390.0', '66388.0', '66290.0', '65990.0']],
    [{ nSigFigs: 5, mantissa: 5 }, ['66390.0', '66385.0', '66290.0', '65990.0']],
    [{ nSigFigs: 4 }, ['66390.0', '66380.0', '66290.0', '65990.0']],
    [{ nSigFigs: 3 }, ['66300.0', '66200.0', '65900.0']],
    [{ nSigFigs: 2 }, ['66000.0', '65000.0']],
  ])('with %j have bids at %j', (words, prices) => {
    const book = bed.info('l2Book', { coin: 'BTC', ...Object(words) });
    expect(column(dig(book, 'levels', 0), 'px')).toEqual(prices);
    expect(column(dig(book, 'levels', 0), 'n').reduce((sum: number, n) => sum + Number(n), 0)).toBe(4);
  });
});

describe('fills', () => {
  const bed = traded();
  const all = listOf(bed.info('userFills', { user: USER }));
  const times = column(all, 'time').map(Number);
  const byTime = (words: { readonly [key: string]: Json }): Json => bed.info('userFillsByTime', { user: USER, startTime: 0, ...words });

  it('are listed newest first, merged by order and block when asked to', () => {
    expect(column(all, 'px')).toEqual(['66500.0', '66410.0', '66400.0']);
    const merged = bed.info('userFills', { user: USER, aggregateByTime: true });
    expect(column(merged, 'px')).toEqual(['66500.0', '66405.0']);
    expect(column(merged, 'sz')).toEqual(['0.1', '0.2']);
    const fees = (list: Json): number => column(list, 'fee').reduce((sum: number, fee) => sum + Number(fee), 0);
    expect(fees(merged)).toBeCloseTo(fees(all), 9);
  });

  it('merged by time bear their average price, off the grid as the recorded leader’s rows, also where fills of another order lie between', () => {
    const own = new Testbed({}, { 1: '100000', 2: '100000' });
    own.order(1, { p: '66400', s: '0.1' }, { p: '66390', s: '0.2' });
    own.order(2, { b: false, p: '66390', s: '0.1' }, { b: false, p: '66390', s: '0.2' });
    own.order(2, { b: false, p: '66410', s: '0.1' }, { b: false, p: '66411', s: '0.2' });
    own.order(1, { p: '66420', s: '0.3', tif: 'Ioc' });
    const merged = own.info('userFills', { user: USER, aggregateByTime: true });
    // (66410 × 1 + 66411 × 2) / 3
    expect(column(merged, 'px')).toEqual(['66410.6666666667', '66390.0', '66400.0']);
    expect(column(merged, 'sz')).toEqual(['0.3', '0.2', '0.1']);
    own.order(1, { p: '66300', s: '0.1' }, { b: false, p: '66500', s: '0.1' });
    const sell: OrderWords = { b: false, p: '66300', s: '0.05', tif: 'Ioc' };
    own.order(2, sell, { p: '66500', s: '0.05', tif: 'Ioc' }, sell);
    expect(column(own.info('userFills', { user: USER, aggregateByTime: true }), 'sz').slice(0, 2)).toEqual(['0.05', '0.1']);
  });

  it('of a range include both ends and come oldest first, newest first when reversed', () => {
    const [newest, , oldest] = times;
    expect(column(byTime({}), 'px')).toEqual(['66400.0', '66410.0', '66500.0']);
    expect(column(byTime({ reversed: true }), 'px')).toEqual(['66500.0', '66410.0', '66400.0']);
    expect(column(byTime({ startTime: newest ?? 0 }), 'px')).toEqual(['66500.0']);
    expect(column(byTime({ endTime: oldest ?? 0 }), 'px')).toEqual(['66400.0', '66410.0']);
    expect(byTime({ startTime: Number(oldest) + 1, endTime: Number(newest) - 1 })).toEqual([]);
    expect(column(byTime({ aggregateByTime: true }), 'sz')).toEqual(['0.2', '0.1']);
  });

  it('beyond the latest kept ones cannot be reached, whatever the range', () => {
    const small = new Testbed({ settings: { fillsKept: 2 } }, { 1: '100000', 2: '100000' });
    for (const p of ['66400', '66410', '66420']) {
      small.order(2, { b: false, p, s: '0.01' });
      small.order(1, { p, s: '0.01', tif: 'Ioc' });
    }
    expect(column(small.info('userFillsByTime', { user: USER, startTime: 0 }), 'px')).toEqual(['66410.0', '66420.0']);
  });
});

describe('candles', () => {
  const bed = traded();
  it.each([
    ['1m', MINUTE_MS],
    ['3m', 3 * MINUTE_MS],
    ['5m', 5 * MINUTE_MS],
    ['15m', 15 * MINUTE_MS],
    ['30m', 30 * MINUTE_MS],
    ['1h', 60 * MINUTE_MS],
    ['2h', 120 * MINUTE_MS],
    ['4h', 240 * MINUTE_MS],
    ['8h', 480 * MINUTE_MS],
    ['12h', 720 * MINUTE_MS],
    ['1d', 1_440 * MINUTE_MS],
    ['3d', 3 * 1_440 * MINUTE_MS],
    ['1w', 7 * 1_440 * MINUTE_MS],
    ['1M', 31 * 1_440 * MINUTE_MS],
  ])('of %s begin at their time, end with its last millisecond and hold every trade', (interval, ms) => {
    const candles = listOf(bed.info('candleSnapshot', { req: { coin: 'BTC', interval, startTime: 0 } }));
    for (const candle of candles) {
      expect(Number(dig(candle, 'T')) - Number(dig(candle, 't'))).toBe(ms - 1);
      expect(candle).toMatchObject({ s: 'BTC', i: interval });
    }
    expect(column(candles, 'n').reduce((sum: number, n) => sum + Number(n), 0)).toBe(3);
    expect(column(candles, 'v').reduce((sum: number, v) => sum + Number(v), 0)).toBeCloseTo(0.3, 9);
    expect(candles.at(-1)).toMatchObject({ h: '66500.0' });
    expect(Number(dig(candles[0], 't'))).toBeLessThanOrEqual(GENESIS_MS);
  });

  it('are those that begin inside the range', () => {
    const all = listOf(bed.info('candleSnapshot', { req: { coin: 'BTC', interval: '1m', startTime: 0 } }));
    const second = Number(dig(all[1], 't'));
    expect(bed.info('candleSnapshot', { req: { coin: 'BTC', interval: '1m', startTime: second, endTime: second } })).toEqual([all[1]]);
  });
});

describe('dexes', () => {
  const bed = new Testbed();
  it('limits and status are of builder dexes, the main one has none', () => {
    expect(bed.info('perpDexLimits', { dex: '' })).toBeNull();
    expect(bed.info('perpDexLimits', { dex: 'xyz' })).toMatchObject({ coinToOiCap: expect.arrayContaining([['xyz:TSLA', '25000000.0']]) });
    bed.world.control.credit(USER, 'xyz', '1234.5');
    bed.block();
    expect(bed.info('perpDexStatus', { dex: 'xyz' })).toEqual({ totalNetDeposit: '1234.5' });
  });

  it('margin tables: listed ones by their id, ids below 50 are one tier', () => {
    const tables = listOf(dig(bed.info('meta'), 'marginTables'));
    for (const table of tables) expect(bed.info('marginTable', { id: dig(table, 0) })).toEqual(dig(table, 1));
    expect(bed.info('marginTable', { id: 10 })).toEqual({ description: '', marginTiers: [{ lowerBound: '0.0', maxLeverage: 10 }] });
    expect(bed.world.info({ type: 'marginTable', id: 999 }).status).toBe(422);
  });

  it('all metas are those of the dexes in their order', () => {
    const names = listOf(bed.info('perpDexs')).map((dex) => dig(dex, 'name') ?? '');
    expect(bed.info('allPerpMetas')).toEqual(names.map((dex) => bed.info('meta', { dex })));
  });

  it('predicted fundings name the next full hour', () => {
    const [first] = listOf(bed.info('predictedFundings'));
    expect(first).toMatchObject(['BTC', [['HlPerp', { fundingIntervalHours: 1, nextFundingTime: expect.any(Number) }]]]);
    expect(Number(dig(first, 1, 0, 1, 'nextFundingTime')) % 3_600_000).toBe(0);
    expect(Number(dig(first, 1, 0, 1, 'nextFundingTime'))).toBeGreaterThan(bed.world.now());
  });
});

describe('what a builder dex holds', () => {
  it('is what its accounts are worth, open positions included', () => {
    const bed = new Testbed({ makers: true });
    bed.world.control.credit(USER, 'xyz', '1000');
    bed.block();
    bed.order(1, { a: 110_002, p: '180', s: '10', tif: 'Ioc' });
    const value = dig(bed.info('clearinghouseState', { user: USER, dex: 'xyz' }), 'marginSummary', 'accountValue');
    expect(bed.info('perpDexStatus', { dex: 'xyz' })).toEqual({ totalNetDeposit: value });
    expect(Number(value)).toBeGreaterThan(990);
  });
});

describe('what may be traded', () => {
  it('is nothing for an address nobody knows, at the leverage and in the mode of the coin', () => {
    const bed = new Testbed();
    const of = (coin: string): Json => bed.info('activeAssetData', { user: addressOf(77), coin });
    const none = { maxTradeSzs: ['0.0', '0.0'], availableToTrade: ['0.0', '0.0'] };
    expect(of('BTC')).toMatchObject({ leverage: { type: 'cross', value: 20 }, ...none });
    expect(of('MEGA')).toMatchObject({ leverage: { type: 'isolated', value: 3, rawUsd: '0.0' }, ...none });
    expect(of('xyz:TSLA')).toMatchObject({ leverage: { type: 'isolated', value: 10, rawUsd: '0.0' }, ...none });
  });
});
