import { describe, expect, it } from 'vitest';
import { addressOf, dig, type OrderWords, Testbed } from '../builders/testbed';
import type { VenueSettings } from './config';
import type { Json } from './port';

const funded = (settings: Partial<VenueSettings> = {}): Testbed => new Testbed({ settings }, { 1: '100000', 2: '100000', 3: '100000' });
const CLOID = '0x000000000000000000000000000000aa';

interface Refusal {
  readonly when: string;
  readonly order: OrderWords;
  readonly text: string;
  readonly status: string | null;
  readonly settings?: Partial<VenueSettings>;
}

const REFUSALS: readonly Refusal[] = [
  { when: 'the size is zero', order: { p: '66000', s: '0' }, text: 'Order has zero size.', status: null },
  { when: 'the size is finer than a lot', order: { p: '66000', s: '0.000001' }, text: 'Order has invalid size.', status: null },
  { when: 'the price is not a number', order: { p: '6e4', s: '0.1' }, text: 'Order has invalid price.', status: null },
  {
    when: 'the price has too many decimals',
    order: { p: '66000.55', s: '0.1' },
    text: 'Price must be divisible by tick size.',
    status: 'tickRejected',
  },
  { when: 'the price has six figures', order: { p: '66000.5', s: '0.1' }, text: 'Price must be divisible by tick size.', status: 'tickRejected' },
  {
    when: 'it is worth less than $10',
    order: { p: '66000', s: '0.0001' },
    text: 'Order must have minimum value of $10.',
    status: 'minTradeNtlRejected',
  },
  { when: 'margin is short', order: { p: '66000', s: '40' }, text: 'Insufficient margin to place order.', status: 'perpMarginRejected' },
  {
    when: 'reduce-only has nothing to reduce',
    order: { p: '66000', s: '0.1', r: true },
    text: 'Reduce only order would increase position.',
    status: 'reduceOnlyRejected',
  },
  {
    when: 'the price is far off',
    order: { p: '13000', s: '0.1' },
    text: 'Order price cannot be more than 80% away from the reference price',
    status: null,
  },
  {
    when: 'the price is far above',
    order: { b: false, p: '120000', s: '0.1' },
    text: 'Order price cannot be more than 80% away from the reference price',
    status: null,
  },
  {
    when: 'the limit of a trigger is far from its trigger price',
    order: { b: false, p: '11000', s: '0.1', trigger: { isMarket: false, triggerPx: '60000', tpsl: 'sl' } },
    text: 'Order price cannot be more than 80% away from the reference price',
    status: null,
  },
  {
    when: 'post-only would trade',
    order: { p: '66450', s: '0.1', tif: 'Alo' },
    text: 'Post only order would have immediately matched, bbo was 66300@66400.',
    status: 'badAloPxRejected',
  },
  {
    when: 'IOC meets nothing',
    order: { p: '66350', s: '0.1', tif: 'Ioc' },
    text: 'Order could not immediately match against any resting orders.',
    status: 'iocCancelRejected',
  },
  {
    when: 'a trigger lies on the wrong side',
    order: { b: false, p: '60000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '70000', tpsl: 'sl' } },
    text: 'Invalid TP/SL price.',
    status: 'badTriggerPxRejected',
  },
  {
    when: 'a market order meets an empty book',
    order: { a: 1, p: '1930', s: '1', tif: 'FrontendMarket' },
    text: 'No liquidity available for market order.',
    status: 'marketOrderNoLiquidityRejected',
  },
  {
    when: 'the price is far from the oracle',
    order: { p: '60000', s: '0.1' },
    text: 'Price too far from oracle',
    status: 'oracleRejected',
    settings: { oracleBandPercent: 5 },
  },
  {
    when: 'there are too many open orders',
    order: { p: '66000', s: '0.1' },
    text: 'Too many open orders',
    status: 'tooManyOpenOrdersRejected',
    settings: { openOrdersBase: 0, openOrdersMost: 0 },
  },
  {
    when: 'a market order is above its cap',
    order: { p: '66500', s: '0.2', tif: 'FrontendMarket' },
    text: 'Order value exceeds the maximum of $13000 for market orders.',
    status: null,
    settings: { marketOrderCaps: [{ leverage: 0, usd: 13_000_000_000 }] },
  },
  {
    when: 'an immediate order is above the cap of market orders',
    order: { p: '66500', s: '0.2', tif: 'Ioc' },
    text: 'Order value exceeds the maximum of $13000 for market orders.',
    status: null,
    settings: { marketOrderCaps: [{ leverage: 0, usd: 13_000_000_000 }] },
  },
  {
    when: 'an immediate order counts as one with a limit and is above ten times that',
    order: { p: '66500', s: '2', tif: 'Ioc' },
    text: 'Order value exceeds the maximum of $130000 for limit orders.',
    status: null,
    settings: { marketOrderCaps: [{ leverage: 0, usd: 13_000_000_000 }], capsImmediateOrders: false },
  },
  {
    when: 'a limit order is above ten times that',
    order: { p: '66000', s: '2', tif: 'Alo' },
    text: 'Order value exceeds the maximum of $130000 for limit orders.',
    status: null,
    settings: { marketOrderCaps: [{ leverage: 0, usd: 13_000_000_000 }] },
  },
  { when: 'the coin is delisted', order: { a: 3, p: '0.37', s: '100' }, text: 'Trading is halted.', status: null },
  { when: 'there is no such asset', order: { a: 999, p: '1', s: '100' }, text: 'Order has invalid asset.', status: null },
  {
    when: 'a trigger price is no price',
    order: { b: false, p: '60000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '0', tpsl: 'sl' } },
    text: 'Order has invalid price.',
    status: null,
  },
  {
    when: 'a trigger price has too many decimals',
    order: { b: false, p: '60000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '60000.05', tpsl: 'sl' } },
    text: 'Price must be divisible by tick size.',
    status: 'tickRejected',
  },
  {
    when: 'the price of a coin of whole lots has seven decimals',
    order: { a: 4, p: '0.0036631', s: '10000' },
    text: 'Price must be divisible by tick size.',
    status: 'tickRejected',
  },
  { when: 'the price is negative', order: { p: '-66000', s: '0.1' }, text: 'Order has invalid price.', status: null },
  { when: 'the size is negative', order: { p: '66000', s: '-0.1' }, text: 'Order has invalid size.', status: null },
  {
    when: 'a trigger price lies off the grid',
    order: { b: false, p: '60000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '60000.5', tpsl: 'sl' } },
    text: 'Price must be divisible by tick size.',
    status: 'tickRejected',
  },
];

describe('refusals of single orders', () => {
  for (const { when, order, text, status, settings } of REFUSALS)
    it(`when ${when}: ${text}`, () => {
      const bed = funded(settings);
      bed.order(2, { b: false, p: '66400', s: '0.1' }, { p: '66300', s: '0.1' });
      expect(bed.order(1, order)).toEqual([{ error: `${text} asset=${order.a ?? 0}` }]);
      const history = bed.info('historicalOrders', { user: addressOf(1) });
      expect(dig(history, 0, 'status')).toBe(status);
    });

  it('when its leverage is above the tier of the position it would make', () => {
    const bed = new Testbed({}, { 1: '10000000' });
    const xpl = { a: 16, p: '0.25' };
    expect(bed.order(1, { ...xpl, s: '13000000' })).toEqual([
      { error: 'Order would cause position to exceed margin tier limit at current leverage asset=16' },
    ]);
    bed.act(addressOf(1), { type: 'updateLeverage', asset: 16, isCross: true, leverage: 5 });
    expect(bed.order(1, { ...xpl, s: '13000000' })).toMatchObject([{ resting: {} }]);
  });

  it('a reduce-only close of the whole position may be below the minimum, a partial one may not', () => {
    const bed = funded();
    bed.order(2, { b: false, p: '66400', s: '0.0002' }, { p: '66300', s: '0.1' });
    bed.order(1, { p: '66400', s: '0.0002', tif: 'Ioc' });
    expect(bed.order(1, { b: false, p: '66300', s: '0.0001', r: true, tif: 'Ioc' })).toEqual([
      { error: 'Order must have minimum value of $10. asset=0' },
    ]);
    bed.world.control.movePrice('BTC', 2_000_000_000_000n as Parameters<typeof bed.world.control.movePrice>[1]);
    expect(bed.order(1, { b: false, p: '20000', s: '0.0002', r: true, tif: 'Ioc' })).toMatchObject([{ filled: { totalSz: '0.0002' } }]);
  });

  it('refuses a client id that an open order carries and takes it again after the close', () => {
    const bed = funded();
    bed.order(1, { b: false, p: '66400', s: '0.1', c: CLOID });
    expect(bed.order(1, { b: false, p: '66500', s: '0.1', c: CLOID })).toEqual([{ error: 'Duplicate client order id. asset=0' }]);
    bed.act(addressOf(1), { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: CLOID }] });
    expect(bed.order(1, { b: false, p: '66500', s: '0.1', c: CLOID })).toMatchObject([{ resting: { cloid: CLOID } }]);
  });

  it('shows an order refused for its tick with its price cut to the grid', () => {
    const bed = funded();
    const shown = (order: OrderWords): Json => {
      bed.order(1, order);
      const { limitPx, triggerPx } = Object(dig(bed.info('historicalOrders', { user: addressOf(1) }), 0, 'order'));
      return [limitPx, triggerPx];
    };
    expect(shown({ p: '66000.57', s: '0.1' })).toEqual(['66000.5', '0.0']);
    expect(shown({ a: 4, p: '0.0036639', s: '10000' })).toEqual(['0.003663', '0.0']);
    const trigger = { isMarket: true, triggerPx: '60000.19', tpsl: 'sl' } as const;
    expect(shown({ b: false, p: '60000', s: '0.1', r: true, trigger })).toEqual(['60000.0', '60000.1']);
  });

  it('answers each order of a batch by itself', () => {
    const bed = funded();
    expect(bed.order(1, { p: '66000', s: '0.1' }, { p: '66000', s: '0' })).toMatchObject([
      { resting: {} },
      { error: 'Order has zero size. asset=0' },
    ]);
  });
});

describe('the order of the checks', () => {
  const wide = { oracleBandPercent: 5, openOrdersBase: 1, openOrdersMost: 1 } as const;
  const rows: readonly (readonly [string, OrderWords, string, Partial<VenueSettings>])[] = [
    ['a size before a price', { p: 'x', s: '0' }, 'Order has zero size.', {}],
    ['a halt before open orders', { a: 3, p: '0.37', s: '100' }, 'Trading is halted.', wide],
    ['open orders before the tick', { p: '66000.5', s: '0.1' }, 'Too many open orders', wide],
    ['the tick before the oracle', { p: '60000.5', s: '0.1' }, 'Price must be divisible by tick size.', { oracleBandPercent: 5 }],
    ['the oracle before the margin', { p: '60000', s: '90' }, 'Price too far from oracle', { oracleBandPercent: 5 }],
    ['the margin before open interest', { p: '66000', s: '90' }, 'Insufficient margin to place order.', { openInterestStepUsd: 1 }],
    ['the margin before reduce-only', { p: '66000', s: '90', r: true }, 'Insufficient margin to place order.', {}],
    [
      'open interest before reduce-only',
      { p: '66000', s: '0.1', r: true },
      'Order would increase open interest too quickly',
      { openInterestStepUsd: 1 },
    ],
  ];
  for (const [name, order, text, settings] of rows)
    it(`asks for ${name}`, () => {
      const bed = new Testbed({ settings }, { 1: '100000' });
      if (settings.openOrdersBase !== undefined) bed.order(1, { p: '66300', s: '0.01' });
      expect(bed.order(1, order)).toEqual([{ error: `${text} asset=${order.a ?? 0}` }]);
    });

  it('from a thousand open orders on refuses reduce-only and trigger orders, and plain ones from the cap on', () => {
    const bed = new Testbed({ makers: true, settings: { openOrdersBase: 2, openOrdersMost: 4 } }, { 1: '100000' });
    bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' }, { p: '60000', s: '0.01' }, { p: '60001', s: '0.01' });
    const tooMany: Json = { error: 'Too many open orders asset=0' };
    expect(bed.order(1, { b: false, p: '70000', s: '0.1', r: true })).toEqual([tooMany]);
    expect(bed.order(1, { b: false, p: '60000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '60000', tpsl: 'sl' } })).toEqual([tooMany]);
    expect(bed.order(1, { p: '60002', s: '0.01' })).toEqual([tooMany]);
    bed.order(1, { p: '66500', s: '100', tif: 'Ioc' });
    const traded = new Testbed({ makers: true, settings: { openOrdersBase: 2, openOrdersMost: 4 } }, { 1: '2000000' });
    traded.order(1, { p: '66500', s: '10', tif: 'Ioc' }, { b: false, p: '66000', s: '10', tif: 'Ioc' });
    for (let round = 0; round < 4; round += 1) traded.order(1, { p: '66500', s: '10', tif: 'Ioc' }, { b: false, p: '66000', s: '10', tif: 'Ioc' });
    for (const p of ['60000', '60001', '60002']) expect(traded.order(1, { p, s: '0.01' })).toMatchObject([{ resting: {} }]);
    expect(traded.order(1, { p: '60003', s: '0.01' })).toEqual([tooMany]);
  });
});

describe('cancels', () => {
  const missing = (asset: number) => ({ error: `Order was never placed, already canceled, or filled. asset=${asset}` });
  it('answer each element by itself, and find nothing under another asset', () => {
    const bed = funded();
    const oid = dig(bed.order(1, { p: '66000', s: '0.1' }), 0, 'resting', 'oid');
    const cancel = (...cancels: readonly Json[]) => dig(bed.act(addressOf(1), { type: 'cancel', cancels }).response, 'data', 'statuses');
    expect(cancel({ a: 1, o: oid }, { a: 0, o: 1 }, { a: 0, o: oid }, { a: 0, o: oid })).toEqual([missing(1), missing(0), 'success', missing(0)]);
    expect(bed.act(addressOf(1), { type: 'cancel', cancels: [] })).toEqual({ status: 'err', response: 'Order batch is empty.' });
  });
});
