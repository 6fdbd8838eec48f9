import { parsePrice, parseSize, price, size, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, orderAction, Testbed } from '../builders/testbed';

const USER = addressOf(1);
const px = (text: string) => price(unwrap(parsePrice(text), text));
const sz = (text: string) => size(unwrap(parseSize(text), text));
const long = (): Testbed => {
  const bed = new Testbed({ makers: true }, { 1: '100000' });
  bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
  return bed;
};
describe('changing orders', () => {
  it('scheduleCancel fires ten times a day at most, at least five seconds ahead, and can be called off', () => {
    const bed = new Testbed({ settings: { scheduleVolumeUsd: 0 } }, { 1: '100000' });
    const schedule = (ahead?: number) => bed.act(USER, { type: 'scheduleCancel', ...(ahead === undefined ? {} : { time: bed.world.now() + ahead }) });
    const done = { status: 'ok', response: { type: 'default' } };
    expect(schedule(4_000)).toMatchObject({ response: 'Scheduled cancel time too early, must be at least 5 seconds from now.' });
    for (let fired = 0; fired < 10; fired += 1) {
      bed.order(1, { p: '60000', s: '0.1' });
      expect(schedule(6_000)).toEqual(done);
      bed.world.advanceTo(bed.world.now() + 6_000);
      expect(dig(bed.info('historicalOrders', { user: USER }), 0, 'status')).toBe('scheduledCancel');
    }
    expect(schedule(6_000)).toMatchObject({ response: 'Too many scheduled cancels triggered today.' });
    bed.world.advanceTo(bed.world.now() + 86_400_000);
    expect(schedule(6_000)).toEqual(done);
    bed.order(1, { p: '60000', s: '0.1' });
    expect(schedule()).toEqual(done);
    bed.world.advanceTo(bed.world.now() + 10_000);
    expect(bed.info('openOrders', { user: USER })).toHaveLength(1);
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

describe('isolated margin', () => {
  const isolated = (): Testbed => {
    const bed = new Testbed({ makers: true }, { 1: '10000' });
    bed.act(USER, { type: 'updateLeverage', asset: 0, isCross: false, leverage: 20 });
    bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' });
    return bed;
  };
  const used = (bed: Testbed) => Number(dig(bed.info('clearinghouseState', { user: USER }), 'assetPositions', 0, 'position', 'marginUsed'));
  const topUp = (bed: Testbed, leverage: string) => bed.act(USER, { type: 'topUpIsolatedOnlyMargin', asset: 0, leverage });

  it('is topped up to what a leverage asks for, and never lowered by it', () => {
    const bed = isolated();
    const notional = Number(dig(bed.info('clearinghouseState', { user: USER }), 'assetPositions', 0, 'position', 'positionValue'));
    expect(topUp(bed, '2.5')).toEqual({ status: 'ok', response: { type: 'default' } });
    expect(used(bed)).toBeCloseTo(notional / 2.5, 5);
    expect(topUp(bed, '10')).toMatchObject({ response: 'Invalid leverage value' });
    expect(topUp(bed, '0.5')).toMatchObject({ response: 'Insufficient balance for withdrawal.' });
  });

  it.each<[string, boolean, boolean, boolean]>([
    ['an order that waits for a position', true, false, false],
    ['an order that only closes one', true, true, false],
    ['an order, where orders do not matter', false, false, true],
  ])('is not changed into cross margin, or back, beside %s', (_what, ordersLockMode, reduceOnly, changes) => {
    const bed = new Testbed({ makers: true, settings: { ordersLockMode } }, { 1: '10000' });
    if (reduceOnly) bed.order(1, { p: '66500', s: '0.01', tif: 'Ioc' });
    bed.order(1, reduceOnly ? { b: false, p: '70000', s: '0.01', r: true } : { p: '60000', s: '0.01' });
    const lever = (isCross: boolean, leverage: number) => bed.act(USER, { type: 'updateLeverage', asset: 0, isCross, leverage });
    const done = { status: 'ok', response: { type: 'default' } };
    expect(lever(true, 7)).toEqual(done);
    expect(lever(false, 7)).toEqual(changes ? done : { status: 'err', response: 'Cannot switch leverage type with open position.' });
    if (reduceOnly) bed.order(1, { b: false, p: '66000', s: '0.01', r: true, tif: 'Ioc' });
    else bed.act(USER, { type: 'cancel', cancels: [{ a: 0, o: dig(bed.info('openOrders', { user: USER }), 0, 'oid') }] });
    expect(lever(false, 7)).toEqual(done);
  });

  it('is refused for a cross position, and a lower leverage needs the margin first', () => {
    const bed = isolated();
    expect(bed.act(USER, { type: 'updateLeverage', asset: 0, isCross: false, leverage: 5 })).toMatchObject({
      response: 'Isolated position does not have sufficient margin available to decrease leverage. To decrease leverage, add margin to the position.',
    });
    const cross = new Testbed({ makers: true }, { 1: '1000' });
    cross.order(1, { p: '66500', s: '0.2', tif: 'Ioc' });
    expect(topUp(cross, '2')).toMatchObject({ response: 'Position does not use isolated margin.' });
    expect(cross.act(USER, { type: 'updateIsolatedMargin', asset: 0, isBuy: true, ntli: 1 })).toMatchObject({
      response: 'Position does not use isolated margin.',
    });
    expect(cross.act(USER, { type: 'updateLeverage', asset: 0, isCross: true, leverage: 2 })).toMatchObject({
      response: 'Cross position does not have sufficient margin available to decrease leverage. To decrease leverage, deposit more collateral.',
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
