import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import type { Json, StreamFrame } from './port';

const USER = addressOf(1);
const MIXED = '0xABCDEFabcdefABCDEFabcdefABCDEFabcdefABCD';
const LOWER = MIXED.toLowerCase();
const dataOf = (frames: readonly StreamFrame[], channel: string): Json[] =>
  frames.filter((frame) => frame.channel === channel).map(({ data }) => data);
const sizes = (data: Json, ...path: readonly string[]): Json => {
  const list = dig(data, ...path);
  return Array.isArray(list) ? list.length : null;
};
const moved = (bed: Testbed, to: string): void => bed.world.control.movePrice('BTC', price(unwrap(parsePrice(to), 'price')));

/** Subscription, what its echo adds, channel, the list of its first frame and whether that is marked a snapshot. */
const STREAMS: readonly (readonly [
  type: string,
  words: { readonly [key: string]: Json },
  channel: string | null,
  list: string | null,
  isSnapshot: boolean,
])[] = [
  ['userFills', { aggregateByTime: false }, 'userFills', 'fills', true],
  ['orderUpdates', {}, null, null, false],
  ['userEvents', {}, null, null, false],
  ['notification', {}, null, null, false],
  ['userFundings', {}, 'userFundings', 'fundings', true],
  ['userNonFundingLedgerUpdates', {}, 'userNonFundingLedgerUpdates', 'nonFundingLedgerUpdates', true],
  ['userHistoricalOrders', {}, 'userHistoricalOrders', 'orderHistory', true],
  ['userTwapHistory', {}, 'userTwapHistory', 'history', true],
  ['userTwapSliceFills', {}, 'userTwapSliceFills', 'twapSliceFills', true],
  ['clearinghouseState', { dex: 'xyz' }, 'clearinghouseState', null, false],
  ['allDexsClearinghouseState', {}, 'allDexsClearinghouseState', null, false],
  ['openOrders', { dex: '' }, 'openOrders', 'orders', false],
  ['spotState', {}, 'spotState', null, false],
  ['twapStates', { dex: '' }, 'twapStates', 'states', false],
  ['webData2', {}, 'webData2', null, false],
  ['webData3', {}, 'webData3', null, false],
  ['activeAssetData', { coin: 'BTC' }, 'activeAssetData', null, false],
];

describe('streams about a user', () => {
  it.each(STREAMS)('%s is repeated normalised and begins with what it owes', (type, words, channel, list, isSnapshot) => {
    const opened = new Testbed().world.subscribe({ type, user: MIXED, ...words, unknown: 1 }, () => undefined);
    if (!opened.ok) throw new Error(opened.error);
    expect(opened.value.echo).toEqual({ type, user: LOWER, ...words });
    expect(opened.value.initial.map((frame) => frame.channel)).toEqual(channel === null ? [] : [channel]);
    const [first] = opened.value.initial;
    expect(dig(first?.data, 'isSnapshot') === true).toBe(isSnapshot);
    if (list !== null) expect(sizes(first?.data ?? null, list)).toBe(0);
    if (channel !== null && type !== 'webData2' && type !== 'webData3') expect(dig(first?.data, 'user')).toBe(LOWER);
  });

  it('a block’s fills come in one frame per coin', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    const frames = bed.listen({ type: 'userFills', user: USER });
    bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' }, { a: 1, p: '2000', s: '0.1', tif: 'Ioc' }, { p: '66500', s: '0.1', tif: 'Ioc' });
    const told = dataOf(frames, 'userFills').slice(1);
    expect(told.map((data) => dig(data, 'fills', 0, 'coin'))).toEqual(['BTC', 'ETH']);
    expect(Number(sizes(told[0] ?? null, 'fills'))).toBeGreaterThan(1);
  });

  it('ledger updates, past orders and the spot state follow a transfer and an order', () => {
    const bed = new Testbed({}, { 1: '1000' });
    const ledger = bed.listen({ type: 'userNonFundingLedgerUpdates', user: USER });
    const orders = bed.listen({ type: 'userHistoricalOrders', user: USER });
    const spot = bed.listen({ type: 'spotState', user: USER });
    bed.wallet(1, { type: 'usdClassTransfer', amount: '25', toPerp: false });
    bed.order(1, { p: '60000', s: '0.001' });
    expect(dataOf(ledger, 'userNonFundingLedgerUpdates').at(-1)).toMatchObject({
      user: USER,
      nonFundingLedgerUpdates: [{ delta: { type: 'accountClassTransfer', usdc: '25.0', toPerp: false } }],
    });
    expect(dig(dataOf(ledger, 'userNonFundingLedgerUpdates').at(-1), 'isSnapshot')).toBeNull();
    expect(dataOf(orders, 'userHistoricalOrders').at(-1)).toMatchObject({ orderHistory: [{ status: 'open', order: { limitPx: '60000.0' } }] });
    expect(dataOf(spot, 'spotState').at(-1)).toMatchObject({ user: USER, spotState: { balances: [{ coin: 'USDC', total: '25.0' }] } });
  });

  it('userEvents tells fills, funding, a cancel by the venue, a liquidation and TWAPs, each in a frame of its own', () => {
    const bed = new Testbed({ makers: true }, { 1: '400' });
    const frames = bed.listen({ type: 'userEvents', user: USER });
    bed.act(USER, { type: 'twapOrder', twap: { a: 0, b: true, s: '0.05', r: false, m: 5, t: false } });
    bed.block(350);
    bed.world.control.advanceFunding();
    bed.block();
    bed.order(1, { b: false, p: '70000', s: '0.001', r: true });
    bed.order(1, { p: '66900', s: '0.08', tif: 'Ioc' });
    moved(bed, '61000');
    bed.block(60);
    const kinds = new Set(dataOf(frames, 'user').flatMap((data) => Object.keys(Object(data))));
    expect([...kinds].sort()).toEqual(['fills', 'funding', 'liquidation', 'nonUserCancel', 'twapHistory', 'twapSliceFills']);
    expect(dataOf(frames, 'user').find((data) => dig(data, 'liquidation') !== null)).toMatchObject({
      liquidation: { liquidated_user: USER, lid: expect.any(Number), liquidated_ntl_pos: expect.stringMatching(/^\d+\.\d+$/) },
    });
  });

  it('TWAPs: running states, their history and the fills of slices', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    const [states, history, slices] = ['twapStates', 'userTwapHistory', 'userTwapSliceFills'].map((type) => bed.listen({ type, user: USER }));
    bed.act(USER, { type: 'twapOrder', twap: { a: 0, b: true, s: '0.05', r: false, m: 5, t: false } });
    bed.block(350);
    expect(dataOf(states ?? [], 'twapStates').at(-1)).toMatchObject({
      dex: '',
      user: USER,
      states: [[expect.any(Number), { coin: 'BTC', sz: '0.05' }]],
    });
    expect(dataOf(history ?? [], 'userTwapHistory').at(-1)).toMatchObject({ history: [{ status: { status: 'activated' }, state: { minutes: 5 } }] });
    expect(dataOf(slices ?? [], 'userTwapSliceFills').at(-1)).toMatchObject({ user: USER, twapSliceFills: [{ fill: { coin: 'BTC' } }] });
    expect(dig(dataOf(slices ?? [], 'userTwapSliceFills').at(-1), 'isSnapshot')).toBeNull();
  });

  it('a resting order that fills is notified, a crossing one is not', () => {
    const bed = new Testbed({}, { 1: '100000', 2: '100000' });
    const [maker, taker] = [1, 2].map((account) => bed.listen({ type: 'notification', user: addressOf(account) }));
    bed.order(1, { p: '66000', s: '0.01' });
    bed.order(2, { b: false, p: '66000', s: '0.01', tif: 'Ioc' });
    expect([maker, taker].map((frames) => dataOf(frames ?? [], 'notification'))).toEqual([
      [{ notification: 'Resting order filled: Bought 0.01 BTC at $66000' }],
      [],
    ]);
  });

  it('webData2 and activeAssetData are told again as time and marks go on, webData3 names every dex', () => {
    const bed = new Testbed({}, { 1: '100000' });
    const [two, three, active] = [{ type: 'webData2' }, { type: 'webData3' }, { type: 'activeAssetData', coin: 'BTC' }].map((words) =>
      bed.listen({ ...words, user: USER }),
    );
    bed.block(25);
    expect(dataOf(two ?? [], 'webData2').length).toBeGreaterThan(2);
    expect(dataOf(two ?? [], 'webData2').at(-1)).toMatchObject({
      user: USER,
      clearinghouseState: { withdrawable: '100000.0' },
      openOrders: [],
      isVault: false,
    });
    expect(dataOf(three ?? [], 'webData3').at(-1)).toMatchObject({ userState: { user: USER, agentAddress: null } });
    expect(sizes(dataOf(three ?? [], 'webData3').at(-1) ?? null, 'perpDexStates')).toBe(sizes(bed.info('perpDexs')));
    const before = dataOf(active ?? [], 'activeAssetData').at(-1);
    moved(bed, '66900');
    bed.block(40);
    expect(dig(dataOf(active ?? [], 'activeAssetData').at(-1), 'markPx')).not.toBe(dig(before, 'markPx'));
  });
});
