import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import type { Json } from './port';

const USER = addressOf(1);
const channel = (frames: readonly { channel: string; data: Json }[], name: string): Json[] =>
  frames.filter((frame) => frame.channel === name).map((frame) => frame.data);
const rested = (): Testbed => {
  const bed = new Testbed({}, { 1: '100000', 2: '100000' });
  bed.order(2, { b: false, p: '66400', s: '0.1' }, { b: false, p: '66410', s: '0.1' });
  return bed;
};

describe('subscriptions', () => {
  const MIXED = '0xABCDEFabcdefABCDEFabcdefABCDEFabcdefABCD';
  const lower = MIXED.toLowerCase();
  const echoes: readonly (readonly [Json, Json])[] = [
    [
      { type: 'userFills', user: MIXED },
      { type: 'userFills', user: lower, aggregateByTime: false },
    ],
    [
      { type: 'userFills', user: lower, aggregateByTime: true, junk: 1 },
      { type: 'userFills', user: lower, aggregateByTime: true },
    ],
    [
      { type: 'orderUpdates', user: MIXED },
      { type: 'orderUpdates', user: lower },
    ],
    [
      { type: 'clearinghouseState', user: MIXED, dex: 'xyz' },
      { type: 'clearinghouseState', user: lower, dex: 'xyz' },
    ],
    [
      { type: 'l2Book', coin: 'BTC' },
      { type: 'l2Book', coin: 'BTC', nSigFigs: null, mantissa: null },
    ],
    [
      { type: 'l2Book', coin: 'BTC', nSigFigs: 5, mantissa: 2, fast: true },
      { type: 'l2Book', coin: 'BTC', nSigFigs: 5, mantissa: 2, fast: true },
    ],
    [
      { type: 'allMids', dex: 'xyz' },
      { type: 'allMids', dex: 'xyz' },
    ],
    [
      { type: 'assetCtxs', dex: 'xyz' },
      { type: 'assetCtxs', dex: 'xyz' },
    ],
    [
      { type: 'bbo', coin: 'xyz:TSLA' },
      { type: 'bbo', coin: 'xyz:TSLA' },
    ],
  ];
  for (const [sent, echo] of echoes)
    it(`${JSON.stringify(sent)} is repeated normalised`, () => {
      const opened = new Testbed().world.subscribe(sent, () => undefined);
      expect(opened.ok && opened.value.echo).toEqual(echo);
    });

  for (const bad of [
    { type: 'nope' },
    { type: 'bbo', coin: 'NOPE' },
    { type: 'userFills' },
    { type: 'allMids', dex: 'nope' },
    { type: 'assetCtxs', dex: 'nope' },
    { type: 'l2Book', coin: 'BTC', nSigFigs: 9 },
  ])
    it(`${JSON.stringify(bad)} is refused by name`, () => {
      expect(new Testbed().world.subscribe(bad, () => undefined)).toEqual({ ok: false, error: `Invalid subscription ${JSON.stringify(bad)}` });
    });

  it('send nothing more once closed', () => {
    const bed = rested();
    const frames: unknown[] = [];
    const opened = bed.world.subscribe({ type: 'userFills', user: USER }, (frame) => frames.push(frame));
    if (opened.ok) opened.value.close();
    bed.order(1, { p: '66400', s: '0.1', tif: 'Ioc' });
    expect(frames).toEqual([]);
  });
});

describe('streams', () => {
  it('userFills begins with a snapshot, then groups the fills of a block without the flag', () => {
    const bed = rested();
    bed.order(1, { p: '66400', s: '0.02', tif: 'Ioc' });
    const frames = bed.listen({ type: 'userFills', user: USER });
    bed.order(1, { p: '66500', s: '0.15', tif: 'Ioc' });
    expect(channel(frames, 'userFills')).toMatchObject([
      { isSnapshot: true, user: USER, fills: [{ sz: '0.02' }] },
      {
        user: USER,
        fills: [
          { px: '66400.0', sz: '0.08', startPosition: '0.02' },
          { px: '66410.0', sz: '0.07', startPosition: '0.1' },
        ],
      },
    ]);
    expect(dig(channel(frames, 'userFills')[1], 'isSnapshot')).toBeNull();
  });

  it('userFills merges the fills of an order when asked to', () => {
    const bed = rested();
    const frames = bed.listen({ type: 'userFills', user: USER, aggregateByTime: true });
    bed.order(1, { p: '66500', s: '0.2', tif: 'Ioc' });
    expect(channel(frames, 'userFills')[1]).toMatchObject({ fills: [{ px: '66405.0', sz: '0.2', startPosition: '0.0' }] });
  });

  it('orderUpdates tells open then filled, and rejections by their status', () => {
    const bed = rested();
    const frames = bed.listen({ type: 'orderUpdates', user: USER });
    bed.order(1, { p: '66400', s: '0.1', tif: 'Ioc' });
    bed.order(1, { p: '66000', s: '0.1', tif: 'Ioc' });
    expect(channel(frames, 'orderUpdates')).toMatchObject([
      [
        { status: 'open', order: { sz: '0.1', origSz: '0.1' } },
        { status: 'filled', order: { sz: '0.0', origSz: '0.1' } },
      ],
      [{ status: 'iocCancelRejected' }],
    ]);
  });

  it('trades name buyer and seller, and userEvents come on the channel user', () => {
    const bed = rested();
    const frames = bed.listen({ type: 'trades', coin: 'BTC' });
    const events = bed.listen({ type: 'userEvents', user: USER });
    bed.order(1, { p: '66400', s: '0.1', tif: 'Ioc' });
    expect(channel(frames, 'trades')).toMatchObject([[{ coin: 'BTC', side: 'B', px: '66400.0', users: [USER, addressOf(2)] }]]);
    expect(channel(events, 'user')).toMatchObject([{ fills: [{ px: '66400.0' }] }]);
  });

  it('assetCtxs tells the contexts of a whole dex in asset order, at first and at its interval, changed or not', () => {
    const bed = rested();
    const frames = bed.listen({ type: 'assetCtxs', dex: 'xyz' });
    bed.block(20);
    const told = { dex: 'xyz', ctxs: dig(bed.info('metaAndAssetCtxs', { dex: 'xyz' }), 1) };
    expect(channel(frames, 'assetCtxs')).toEqual([told, told, told]);
  });

  it('bbo is sent when it changes, books and mids at their intervals, states and open orders on a change', () => {
    const bed = rested();
    const bbo = bed.listen({ type: 'bbo', coin: 'BTC' });
    const book = bed.listen({ type: 'l2Book', coin: 'BTC' });
    const states = bed.listen({ type: 'clearinghouseState', user: USER });
    const orders = bed.listen({ type: 'openOrders', user: USER });
    bed.order(1, { p: '66300', s: '0.1' });
    bed.block(19);
    expect(bbo.map((frame) => dig(frame.data, 'bbo', 0, 'px'))).toEqual([null, '66300.0']);
    expect(book.length).toBe(1);
    bed.block(34);
    expect(book.length).toBe(2);
    expect(orders.map((frame) => dig(frame.data, 'orders', 0, 'limitPx'))).toEqual([null, '66300.0']);
    bed.order(1, { p: '66400', s: '0.1', tif: 'Ioc' });
    expect(dig(states.at(-1)?.data, 'clearinghouseState', 'assetPositions', 0, 'position', 'szi')).toBe('0.1');
  });
});
