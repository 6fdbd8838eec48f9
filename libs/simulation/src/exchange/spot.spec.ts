import { price, size } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, type OrderWords, orderAction, statusesOf, Testbed } from '../builders/testbed';
import type { Json } from './port';
import { conserved } from './testing/conserved';

const PURR = 10_000;
const USDH = 10_230;
const [BUYER, SELLER, UNIFIED, BUILDER] = [1, 2, 3, 4] as const;

/** A buyer with dollars, a seller with tokens, a unified account and a builder. */
function market(): Testbed {
  const bed = new Testbed({}, { [BUYER]: '1000', [BUILDER]: '1000' });
  bed.world.control.setup([
    { address: addressOf(BUYER), credits: { spot: '500' } },
    {
      address: addressOf(SELLER),
      credits: { spot: '10', 'spot:PURR': '1000', 'spot:USDH': '700' },
      builder: { address: addressOf(BUILDER), maxTenthsBp: 1_000 },
    },
    { address: addressOf(UNIFIED), credits: { spot: '100' }, abstraction: 'unifiedAccount' },
  ]);
  bed.block();
  return bed;
}

const list = (value: Json): Json[] => (Array.isArray(value) ? value : []);
const balance = (bed: Testbed, account: number, coin: string): [total: Json, hold: Json] => {
  const rows = list(dig(bed.info('spotClearinghouseState', { user: addressOf(account) }), 'balances'));
  const row = rows.find((each) => dig(each, 'coin') === coin);
  return row === undefined ? ['0.0', '0.0'] : [dig(row, 'total'), dig(row, 'hold')];
};
const fills = (bed: Testbed, account: number): Json[] => list(bed.info('userFills', { user: addressOf(account) }));
const sell = (words: Partial<OrderWords> = {}): OrderWords => ({ a: PURR, b: false, p: '0.2', s: '500', ...words });
const buy = (words: Partial<OrderWords> = {}): OrderWords => ({ a: PURR, b: true, p: '0.2', s: '500', ...words });

describe('a spot trade', () => {
  it('gives the base for the quote; each side pays its fee in what it receives', () => {
    const bed = market();
    bed.order(SELLER, sell());
    expect(balance(bed, SELLER, 'PURR')).toEqual(['1000.0', '500.0']);
    expect(dig(bed.order(BUYER, buy({ p: '0.21', tif: 'Ioc' })), 0, 'filled')).toMatchObject({ totalSz: '500.0', avgPx: '0.2' });
    // 0.07 % of 500 PURR for the taker, 0.04 % of 100 USDC for the maker.
    expect([balance(bed, BUYER, 'USDC'), balance(bed, BUYER, 'PURR')]).toEqual([
      ['400.0', '0.0'],
      ['499.65', '0.0'],
    ]);
    expect([balance(bed, SELLER, 'USDC'), balance(bed, SELLER, 'PURR')]).toEqual([
      ['109.96', '0.0'],
      ['500.0', '0.0'],
    ]);
    const common = { coin: 'PURR/USDC', px: '0.2', sz: '500.0', closedPnl: '0.0' };
    expect(fills(bed, BUYER)).toMatchObject([
      { ...common, side: 'B', dir: 'Buy', startPosition: '0.0', crossed: true, fee: '0.35', feeToken: 'PURR' },
    ]);
    expect(fills(bed, SELLER)).toMatchObject([
      { ...common, side: 'A', dir: 'Sell', startPosition: '1000.0', crossed: false, fee: '0.04', feeToken: 'USDC' },
    ]);
    conserved(bed);
  });

  it('between two dollars costs a fifth', () => {
    const bed = market();
    bed.order(SELLER, sell({ a: USDH, p: '1', s: '100' }));
    bed.order(BUYER, buy({ a: USDH, p: '1', s: '100', tif: 'Ioc' }));
    // A fifth of 0.07 % of 100 USDH, and of 0.04 % of 100 USDC.
    expect(balance(bed, BUYER, 'USDH')).toEqual(['99.986', '0.0']);
    expect(balance(bed, SELLER, 'USDC')).toEqual(['109.992', '0.0']);
    conserved(bed);
  });

  it('pays a builder of the seller alone, up to one percent, where perps have a tenth of that', () => {
    const bed = market();
    const builder = { b: addressOf(BUILDER), f: 1_000 };
    const withBuilder = (...orders: readonly OrderWords[]) => ({ ...Object(orderAction(...orders)), builder });
    bed.order(BUYER, buy());
    expect(statusesOf(bed.act(addressOf(SELLER), withBuilder({ p: '60000', s: '1' })))).toBe('Builder fee has not been approved.');
    bed.act(addressOf(SELLER), withBuilder(sell()));
    // 1 % of 100 USDC, and the taker's 0.07 %.
    expect(fills(bed, SELLER)).toMatchObject([{ fee: '1.07', builderFee: '1.0', feeToken: 'USDC' }]);
    expect(balance(bed, SELLER, 'USDC')).toEqual(['108.93', '0.0']);
    bed.world.control.setup([{ address: addressOf(BUYER), credits: {}, builder: { address: addressOf(BUILDER), maxTenthsBp: 1_000 } }]);
    bed.order(SELLER, sell({ s: '100' }));
    bed.act(addressOf(BUYER), withBuilder(buy({ s: '100', tif: 'Ioc' })));
    expect(dig(fills(bed, BUYER)[0], 'builderFee')).toBeNull();
    conserved(bed);
  });

  it('counts twice in the fee tier', () => {
    const bed = new Testbed({}, {});
    bed.world.control.setup([
      { address: addressOf(BUYER), credits: { spot: '20000000' } },
      { address: addressOf(SELLER), credits: { 'spot:PURR': '50000000' } },
    ]);
    bed.order(SELLER, sell({ s: '15000000' }));
    bed.order(BUYER, buy({ s: '15000000' }));
    bed.world.advanceTo(bed.world.now() + 86_400_000);
    // 3 million traded, six counted: the first tier begins above five.
    expect(bed.info('userFees', { user: addressOf(BUYER) })).toMatchObject({ userCrossRate: '0.0004', userSpotCrossRate: '0.0006' });
  });
});

describe('a resting spot order', () => {
  it('holds what it would spend until it is cancelled, by id or client id', () => {
    const bed = market();
    const cloid = `0x${'c1'.repeat(16)}`;
    const oid = dig(bed.order(BUYER, buy({ p: '0.15', s: '1001' })), 0, 'resting', 'oid');
    bed.order(BUYER, buy({ p: '0.1', s: '1000', c: cloid }));
    expect(balance(bed, BUYER, 'USDC')).toEqual(['500.0', '250.15']);
    const away = { type: 'spotSend', destination: addressOf(SELLER), token: 'USDC:0x6d1e7cde53ba9467b783cb7c530ce054' };
    expect(bed.wallet(BUYER, { ...away, amount: '250' })).toEqual({ status: 'err', response: 'Insufficient balance for token transfer' });
    expect(bed.act(addressOf(BUYER), { type: 'cancel', cancels: [{ a: PURR, o: oid }] })).toMatchObject({ status: 'ok' });
    expect(balance(bed, BUYER, 'USDC')).toEqual(['500.0', '100.0']);
    bed.act(addressOf(BUYER), { type: 'cancelByCloid', cancels: [{ asset: PURR, cloid }] });
    expect(balance(bed, BUYER, 'USDC')).toEqual(['500.0', '0.0']);
  });

  it('of a part that filled holds the rest; a modification holds the new one', () => {
    const bed = market();
    const oid = dig(bed.order(BUYER, buy({ p: '0.2', s: '1000' })), 0, 'resting', 'oid');
    bed.order(SELLER, sell({ s: '400' }));
    expect(balance(bed, BUYER, 'USDC')).toEqual(['420.0', '120.0']);
    const order = { a: PURR, b: true, p: '0.1', s: '600', r: false, t: { limit: { tif: 'Alo' } } };
    expect(bed.act(addressOf(BUYER), { type: 'modify', oid, order })).toEqual({ status: 'ok', response: { type: 'default' } });
    expect(balance(bed, BUYER, 'USDC')).toEqual(['420.0', '60.0']);
    expect(list(bed.info('openOrders', { user: addressOf(BUYER) }))).toMatchObject([{ coin: 'PURR/USDC', limitPx: '0.1', sz: '600.0' }]);
  });

  it('of a unified account takes from what its positions may use, and ends where their losses have eaten it', () => {
    const bed = market();
    expect(dig(bed.order(UNIFIED, buy({ s: '300' })), 0, 'resting', 'oid')).not.toBeNull();
    expect(balance(bed, UNIFIED, 'USDC')).toEqual(['100.0', '60.0']);
    bed.act(addressOf(UNIFIED), { type: 'updateLeverage', asset: 0, isCross: true, leverage: 20 });
    const perp = (s: string): Json => bed.order(UNIFIED, { p: '66344', s, tif: 'Gtc' });
    // 20x: 0.013 BTC need 43.1 dollars, 0.012 BTC 39.8.
    expect(perp('0.013')).toEqual([{ error: 'Insufficient margin to place order. asset=0' }]);
    bed.world.control.forceTradeWith(
      { address: addressOf(UNIFIED), coin: 'BTC', side: 'buy', price: price(6_634_400_000_000n), size: size(1_200_000n) },
      () => undefined,
    );
    bed.block();
    bed.world.control.movePrice('BTC', price(6_400_000_000_000n));
    bed.block();
    expect(dig(bed.order(SELLER, sell({ tif: 'Ioc', s: '300' })), 0, 'error')).toBe(
      'Order could not immediately match against any resting orders. asset=10000',
    );
    expect(balance(bed, UNIFIED, 'PURR')).toEqual(['0.0', '0.0']);
    conserved(bed);
  });
});

describe('a refused spot order', () => {
  it.each<[string, number, OrderWords, string]>([
    ['for more than lies there', BUYER, buy({ s: '2501' }), 'Insufficient spot balance asset=10000'],
    ['for tokens it has not', BUYER, sell(), 'Insufficient spot balance asset=10000'],
    ['below ten of the quote', BUYER, buy({ s: '49' }), 'Order must have minimum value of 10 USDC. asset=10000'],
    ['of six figures', BUYER, buy({ p: '0.212345' }), 'Price must be divisible by tick size. asset=10000'],
    ['of nine decimals', BUYER, buy({ p: '0.200000001' }), 'Price must be divisible by tick size. asset=10000'],
    ['of a part of a lot', BUYER, buy({ s: '500.5' }), 'Order has invalid size. asset=10000'],
    ['that is reduce-only', SELLER, sell({ r: true }), 'Reduce only order would increase position. asset=10000'],
    [
      'that waits for a trigger',
      SELLER,
      sell({ r: true, trigger: { isMarket: true, triggerPx: '0.1', tpsl: 'sl' } }),
      'Spot assets take limit orders only. asset=10000',
    ],
    ['of a pair that is not there', BUYER, buy({ a: 10_001 }), 'Order has invalid asset. asset=10001'],
    ['that meets nothing', BUYER, buy({ tif: 'Ioc' }), 'Order could not immediately match against any resting orders. asset=10000'],
  ])('%s', (_what, account, words, text) => {
    const bed = market();
    expect(bed.order(account, words)).toEqual([{ error: text }]);
    conserved(bed);
  });

  it.each<[string, Json]>([
    ['updateLeverage', { type: 'updateLeverage', asset: PURR, isCross: true, leverage: 1 }],
    ['twapOrder', { type: 'twapOrder', twap: { a: PURR, b: true, s: '500', r: false, m: 5, t: false } }],
  ])('%s knows no spot pair', (_what, action) => {
    const bed = market();
    expect(JSON.stringify(bed.act(addressOf(BUYER), action))).toContain('Order has invalid asset.');
  });
});

describe('what is told of spot', () => {
  it('contexts, mids, book, trades and candles follow the book of a pair', () => {
    const bed = market();
    const books = bed.listen({ type: 'l2Book', coin: 'PURR/USDC', fast: true });
    const trades = bed.listen({ type: 'trades', coin: 'PURR/USDC' });
    const contexts = bed.listen({ type: 'activeAssetCtx', coin: '@230' });
    const updates = bed.listen({ type: 'orderUpdates', user: addressOf(BUYER) });
    const states = bed.listen({ type: 'spotState', user: addressOf(BUYER) });
    bed.order(SELLER, sell({ p: '0.22' }), sell({ a: USDH, p: '1.0002', s: '100' }));
    bed.order(BUYER, buy({ p: '0.18' }), buy({ p: '0.22', s: '100', tif: 'Ioc' }));
    bed.block(20);
    expect(bed.info('allMids')).toMatchObject({ 'PURR/USDC': '0.2', '@107': '40.0' });
    expect(bed.info('l2Book', { coin: 'PURR/USDC' })).toMatchObject({
      levels: [[{ px: '0.18', sz: '500.0', n: 1 }], [{ px: '0.22', sz: '400.0', n: 1 }]],
    });
    expect(dig(bed.info('spotMetaAndAssetCtxs'), 1, 0)).toMatchObject({
      coin: 'PURR/USDC',
      midPx: '0.2',
      dayNtlVlm: '22.0',
      dayBaseVlm: '100.0',
      prevDayPx: '0.2',
    });
    expect(list(bed.info('recentTrades', { coin: 'PURR/USDC' }))).toMatchObject([{ px: '0.22', sz: '100.0', side: 'B' }]);
    expect(dig(trades.at(-1)?.data, 0)).toMatchObject({ coin: 'PURR/USDC', users: [addressOf(BUYER), addressOf(SELLER)] });
    expect(books.length).toBeGreaterThan(1);
    expect(contexts.every(({ channel }) => channel === 'activeSpotAssetCtx')).toBe(true);
    expect(updates.flatMap(({ data }) => list(data).map((each) => dig(each, 'status')))).toEqual(['open', 'open', 'filled']);
    expect(dig(states.at(-1)?.data, 'spotState', 'balances', 0)).toMatchObject({ coin: 'USDC', total: '478.0', hold: '90.0' });
    const candles = bed.info('candleSnapshot', { req: { coin: 'PURR/USDC', interval: '1m', startTime: 0, endTime: bed.world.now() } });
    expect(list(candles).at(-1)).toMatchObject({ s: 'PURR/USDC', c: '0.22', v: '100.0', n: 1 });
  });

  it('has no leverage data, and perps lists do not name it', () => {
    const bed = market();
    expect(bed.world.info({ type: 'activeAssetData', user: addressOf(BUYER), coin: 'PURR/USDC' }).status).toBe(422);
    expect(JSON.stringify(bed.info('meta'))).not.toContain('PURR');
    expect(list(dig(bed.info('metaAndAssetCtxs'), 1))).toHaveLength(list(dig(bed.info('meta'), 'universe')).length);
  });

  it('makers quote every pair, dollars near one', () => {
    const bed = new Testbed({ makers: true });
    for (const coin of ['@150', '@166', '@230']) {
      const levels = dig(bed.info('l2Book', { coin }), 'levels');
      const [bid, ask] = [Number(dig(levels, 0, 0, 'px')), Number(dig(levels, 1, 0, 'px'))];
      expect(bid, coin).toBeLessThan(ask);
      expect(Math.abs(bid - 1) + Math.abs(ask - 1), coin).toBeLessThan(0.001);
    }
  });
});

describe('spot in the long run', () => {
  it('every token comes out, and nobody spends what is not there (seeds printed by the runner)', () => {
    const command = fc.record({
      account: fc.constantFrom(BUYER, SELLER, UNIFIED),
      asset: fc.constantFrom(PURR, USDH),
      b: fc.boolean(),
      tick: fc.integer({ min: -3, max: 3 }),
      s: fc.integer({ min: 60, max: 700 }),
      tif: fc.constantFrom('Gtc' as const, 'Ioc' as const, 'Alo' as const),
    });
    fc.assert(
      fc.property(fc.array(command, { minLength: 5, maxLength: 60 }), (commands) => {
        const bed = market();
        for (const { account, asset, b, tick, s, tif } of commands) {
          const p = asset === PURR ? (0.2 + tick / 1_000).toFixed(3) : (1 + tick / 1_000).toFixed(3);
          bed.order(account, { a: asset, b, p, s: String(s), tif });
          for (const each of [BUYER, SELLER, UNIFIED]) {
            for (const row of list(dig(bed.info('spotClearinghouseState', { user: addressOf(each) }), 'balances'))) {
              expect(Number(dig(row, 'total'))).toBeGreaterThanOrEqual(Number(dig(row, 'hold')));
              expect(Number(dig(row, 'hold'))).toBeGreaterThanOrEqual(0);
            }
          }
        }
        conserved(bed);
      }),
      { numRuns: 40 },
    );
  });
});
