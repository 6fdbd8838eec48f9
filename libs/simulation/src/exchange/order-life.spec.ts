import { parsePrice, parseSize, price, size, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, orderAction, statusesOf, Testbed, wireOrder } from '../builders/testbed';
import type { Json } from './port';

const USER = addressOf(1);
const px = (text: string) => price(unwrap(parsePrice(text), text));
const sz = (text: string) => size(unwrap(parseSize(text), text));
const position = (bed: Testbed): Json => dig(bed.info('clearinghouseState', { user: USER }), 'assetPositions', 0, 'position', 'szi');
const statuses = (bed: Testbed): Json[] => {
  const history = bed.info('historicalOrders', { user: USER });
  return Array.isArray(history) ? history.map((each: Json) => dig(each, 'status')) : [];
};
const long = (): Testbed => {
  const bed = new Testbed({ makers: true }, { 1: '100000' });
  bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
  return bed;
};
const stop = { b: false, p: '60000', s: '0.1', r: true, trigger: { isMarket: true, triggerPx: '66000', tpsl: 'sl' } } as const;
const profit = { b: false, p: '67000', s: '0.1', r: true, trigger: { isMarket: false, triggerPx: '67000', tpsl: 'tp' } } as const;

describe('trigger orders', () => {
  it('wait until the mark meets their price, then trade', () => {
    const bed = long();
    expect(bed.order(1, stop)).toEqual(['waitingForTrigger']);
    bed.world.control.movePrice('BTC', px('66001'));
    bed.block();
    expect(position(bed)).toBe('0.1');
    bed.world.control.movePrice('BTC', px('65999'));
    bed.block();
    expect(position(bed)).toBeNull();
    expect(statuses(bed)).toEqual(['filled', 'filled']);
  });

  it('placed with a resting parent wait for it and come alive when it fills', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    const low = { ...stop, trigger: { ...stop.trigger, triggerPx: '65000' } };
    const action: Json = { type: 'order', orders: [{ p: '66000', s: '0.1' }, low, profit].map(wireOrder), grouping: 'normalTpsl' };
    expect(statusesOf(bed.act(USER, action))).toMatchObject([{ resting: {} }, 'waitingForFill', 'waitingForFill']);
    expect(bed.info('openOrders', { user: USER })).toHaveLength(1);
    expect(dig(bed.info('frontendOpenOrders', { user: USER }), 0, 'children')).toHaveLength(2);
    bed.world.control.movePrice('BTC', px('65900'));
    bed.block();
    expect(position(bed)).toBe('0.1');
    expect(bed.info('openOrders', { user: USER })).toHaveLength(2);
  });

  it('of a filled parent come alive at once', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000' });
    const action: Json = { type: 'order', orders: [{ p: '66500', s: '0.1' }, stop, profit].map(wireOrder), grouping: 'normalTpsl' };
    expect(statusesOf(bed.act(USER, action))).toMatchObject([{ filled: {} }, 'waitingForFill', 'waitingForFill']);
    expect(bed.info('openOrders', { user: USER })).toHaveLength(2);
    bed.world.control.movePrice('BTC', px('65900'));
    bed.block();
    expect(position(bed)).toBeNull();
    expect(bed.info('openOrders', { user: USER })).toEqual([]);
    expect(statuses(bed)).toEqual(['reduceOnlyCanceled', 'filled', 'filled']);
  });

  it('end with their parent', () => {
    const bed = new Testbed({}, { 1: '100000' });
    const action: Json = { type: 'order', orders: [{ p: '66100', s: '0.1' }, stop].map(wireOrder), grouping: 'normalTpsl' };
    const answer = statusesOf(bed.act(USER, action));
    bed.act(USER, { type: 'cancel', cancels: [{ a: 0, o: dig(answer, 0, 'resting', 'oid') }] });
    expect(statuses(bed)).toEqual(['canceled', 'canceled']);
  });
});

describe('changing orders', () => {
  it('modify ends the old order and places the new one', () => {
    const bed = new Testbed({}, { 1: '100000' });
    const oid = dig(bed.order(1, { p: '66000', s: '0.1' }), 0, 'resting', 'oid');
    expect(bed.act(USER, { type: 'modify', oid, order: wireOrder({ p: '65000', s: '0.2' }) })).toEqual({
      status: 'ok',
      response: { type: 'default' },
    });
    expect(bed.info('openOrders', { user: USER })).toMatchObject([{ limitPx: '65000.0', sz: '0.2' }]);
    const next = dig(bed.info('openOrders', { user: USER }), 0, 'oid');
    const batch = {
      type: 'batchModify',
      modifies: [
        { oid: next, order: wireOrder({ p: '64000', s: '0.1' }) },
        { oid: 1, order: wireOrder({ p: '64000', s: '0.1' }) },
      ],
    };
    expect(statusesOf(bed.act(USER, batch))).toMatchObject([{ resting: {} }, { error: expect.stringMatching(/^Order was never placed/) }]);
  });

  it('scheduleCancel needs volume', () => {
    const bed = new Testbed({}, { 1: '1000' });
    const answer = bed.act(USER, { type: 'scheduleCancel', time: bed.world.now() + 60_000 });
    expect(answer).toEqual({
      status: 'err',
      response: 'Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0.',
    });
  });

  it('isolated margin is added and, where the coin allows it, removed', () => {
    const bed = new Testbed({ makers: true });
    bed.world.control.credit(USER, 'xyz', '10000');
    bed.order(1, { a: 110_001, p: '405', s: '10', tif: 'Ioc' });
    const move = (ntli: number) => bed.act(USER, { type: 'updateIsolatedMargin', asset: 110_001, isBuy: true, ntli });
    const before = Number(dig(bed.info('clearinghouseState', { user: USER, dex: 'xyz' }), 'assetPositions', 0, 'position', 'marginUsed'));
    expect(move(100_000_000)).toEqual({ status: 'ok', response: { type: 'default' } });
    const after = Number(dig(bed.info('clearinghouseState', { user: USER, dex: 'xyz' }), 'assetPositions', 0, 'position', 'marginUsed'));
    expect(after - before).toBeCloseTo(100, 6);
    expect(move(-1_000_000)).toEqual({
      status: 'err',
      response: 'Cannot remove isolated margin for this asset. To remove margin, reduce the position.',
    });
  });
});

describe('the makers', () => {
  it('quote what they are told, replace it in one step, and fall silent when stopped', () => {
    const bed = new Testbed();
    const { control } = bed.world;
    control.quote('BTC', [{ price: px('66300'), size: sz('1') }], [{ price: px('66310'), size: sz('2') }]);
    bed.block();
    expect(bed.info('l2Book', { coin: 'BTC' })).toMatchObject({
      levels: [[{ px: '66300.0', sz: '1.0', n: 1 }], [{ px: '66310.0', sz: '2.0', n: 1 }]],
    });
    control.quote('BTC', [{ price: px('66400'), size: sz('1') }], []);
    bed.block();
    expect(bed.info('l2Book', { coin: 'BTC' })).toMatchObject({ levels: [[{ px: '66400.0' }], []] });
    control.setMakers('BTC', false);
    bed.block();
    expect(bed.info('l2Book', { coin: 'BTC' })).toMatchObject({ levels: [[], []] });
  });

  it('trade with resting orders their new ladder crosses, and refill what takers took', () => {
    const bed = new Testbed({ makers: true }, { 1: '100000', 2: '100000' });
    bed.order(2, { p: '66000', s: '0.1' });
    bed.world.control.movePrice('BTC', px('65000'));
    bed.block();
    expect(bed.info('userFills', { user: addressOf(2) })).toMatchObject([{ px: '66000.0', sz: '0.1', crossed: false }]);
    bed.block(40);
    const best = () => dig(bed.info('l2Book', { coin: 'BTC' }), 'levels', 1, 0, 'sz');
    const full = best();
    bed.act(USER, orderAction({ p: '65500', s: '0.1', tif: 'Ioc' }));
    expect(best()).not.toBe(full);
    bed.block(40);
    expect(best()).toBe(full);
  });
});

describe('infos', () => {
  it('answer 422 with the venue text for an unknown type or a malformed request', () => {
    const { world } = new Testbed();
    const refused = { status: 422, body: 'Failed to deserialize the JSON body into the target type' };
    for (const request of [
      { type: 'nope' },
      {},
      null,
      [],
      { type: 'clearinghouseState' },
      { type: 'meta', dex: 'nope' },
      { type: 'orderStatus', user: USER, oid: 'x' },
    ])
      expect(world.info(request)).toEqual(refused);
  });

  it('page fills by time with both ends inclusive', () => {
    const bed = long();
    const time = Number(dig(bed.info('userFills', { user: USER }), 0, 'time'));
    for (const [startTime, endTime, found] of [
      [time, time, 1],
      [time + 1, time + 9, 0],
      [time - 9, time - 1, 0],
    ] as const)
      expect(bed.info('userFillsByTime', { user: USER, startTime, endTime })).toHaveLength(found);
  });

  it('give each dex its own clearinghouse', () => {
    const bed = long();
    expect(dig(bed.info('clearinghouseState', { user: USER, dex: 'xyz' }), 'marginSummary', 'accountValue')).toBe('0.0');
    expect(bed.order(1, { a: 110_002, p: '180', s: '1', tif: 'Ioc' })).toEqual([{ error: 'Insufficient margin to place order. asset=110002' }]);
  });
});
