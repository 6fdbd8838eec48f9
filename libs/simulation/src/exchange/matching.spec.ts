import { describe, expect, it } from 'vitest';
import { addressOf, dig, orderAction, Testbed } from '../builders/testbed';

const funded = (): Testbed => new Testbed({}, { 1: '100000', 2: '100000', 3: '100000' });
const CLOID = '0x000000000000000000000000000000aa';
const position = (bed: Testbed, account: number) =>
  dig(bed.info('clearinghouseState', { user: addressOf(account) }), 'assetPositions', 0, 'position', 'szi');
const fills = (bed: Testbed, account: number) => bed.info('userFills', { user: addressOf(account) });

describe('matching', () => {
  it('trades at the resting price, the better price first and the older order first', () => {
    const bed = funded();
    bed.order(1, { b: false, p: '66400', s: '0.1' });
    bed.order(2, { b: false, p: '66400', s: '0.1' });
    bed.order(1, { b: false, p: '66390', s: '0.1' });
    const answer = bed.order(3, { p: '66500', s: '0.25', tif: 'Ioc' });
    expect(answer).toMatchObject([{ filled: { totalSz: '0.25', avgPx: '66396.0' } }]);
    expect(fills(bed, 1)).toMatchObject([
      { px: '66400.0', sz: '0.1', crossed: false, dir: 'Open Short' },
      { px: '66390.0', sz: '0.1' },
    ]);
    expect(fills(bed, 2)).toMatchObject([{ px: '66400.0', sz: '0.05' }]);
    expect(bed.info('l2Book', { coin: 'BTC' })).toMatchObject({ levels: [[], [{ px: '66400.0', sz: '0.05', n: 1 }]] });
  });

  it('lets a GTC order rest with what it could not fill, and an IOC drop it', () => {
    const bed = funded();
    bed.order(1, { b: false, p: '66400', s: '0.1' });
    expect(bed.order(2, { p: '66400', s: '0.3' })).toMatchObject([{ resting: {} }]);
    expect(bed.info('openOrders', { user: addressOf(2) })).toMatchObject([{ sz: '0.2', origSz: '0.3', limitPx: '66400.0', side: 'B' }]);
    expect(bed.order(3, { b: false, p: '66000', s: '0.5', tif: 'Ioc' })).toMatchObject([{ filled: { totalSz: '0.2' } }]);
    expect(bed.info('openOrders', { user: addressOf(3) })).toEqual([]);
    expect(bed.info('historicalOrders', { user: addressOf(3) })).toMatchObject([{ status: 'canceled', order: { sz: '0.3', origSz: '0.5' } }]);
  });

  it('cancels the resting order instead of trading an account with itself', () => {
    const bed = funded();
    bed.order(1, { b: false, p: '66400', s: '0.1' });
    bed.order(2, { b: false, p: '66410', s: '0.1' });
    expect(bed.order(1, { p: '66500', s: '0.1', tif: 'Ioc' })).toMatchObject([{ filled: { avgPx: '66410.0' } }]);
    expect(bed.info('historicalOrders', { user: addressOf(1) })).toMatchObject([{ status: 'filled' }, { status: 'selfTradeCanceled' }]);
  });

  it('cuts a resting reduce-only order to the position and cancels it once nothing is left to reduce', () => {
    const bed = funded();
    bed.order(2, { b: false, p: '66400', s: '0.2' });
    bed.order(1, { p: '66400', s: '0.2', tif: 'Ioc' });
    bed.order(1, { b: false, p: '66600', s: '0.2', r: true });
    bed.order(2, { p: '66300', s: '0.15' });
    bed.order(1, { b: false, p: '66300', s: '0.15', tif: 'Ioc' });
    expect(bed.order(3, { p: '66700', s: '0.2', tif: 'Ioc' })).toMatchObject([{ filled: { totalSz: '0.05' } }]);
    expect(position(bed, 1)).toBeNull();
    expect(dig(bed.info('historicalOrders', { user: addressOf(1) }), 1, 'status')).toBe('reduceOnlyCanceled');
  });

  it('names a flip and books its closed profit before fees', () => {
    const bed = funded();
    bed.order(2, { b: false, p: '66000', s: '0.1' });
    bed.order(1, { p: '66000', s: '0.1', tif: 'Ioc' });
    bed.order(2, { p: '66500', s: '0.3' });
    bed.order(1, { b: false, p: '66500', s: '0.3', tif: 'Ioc' });
    expect(fills(bed, 1)).toMatchObject([
      { dir: 'Long > Short', startPosition: '0.1', closedPnl: '50.0', sz: '0.3', fee: '8.9775' },
      { dir: 'Open Long', startPosition: '0.0', closedPnl: '0.0' },
    ]);
    expect(position(bed, 1)).toBe('-0.2');
  });

  it('takes cancels before taking orders of the same block, and post-only orders before both', () => {
    const bed = funded();
    const rested = bed.order(1, { b: false, p: '66400', s: '0.1' });
    const take = bed.queue(addressOf(2), orderAction({ p: '66400', s: '0.1', tif: 'Ioc' }));
    const cancel = bed.queue(addressOf(1), { type: 'cancel', cancels: [{ a: 0, o: dig(rested, 0, 'resting', 'oid') }] });
    const post = bed.queue(addressOf(3), orderAction({ b: false, p: '66450', s: '0.1', tif: 'Alo' }));
    bed.block();
    expect(cancel()).toEqual({ status: 'ok', response: { type: 'cancel', data: { statuses: ['success'] } } });
    expect(dig(take(), 'response', 'data', 'statuses', 0, 'error')).toBe('Order could not immediately match against any resting orders. asset=0');
    expect(dig(post(), 'response', 'data', 'statuses', 0, 'resting', 'oid')).toBeLessThan(Number(dig(rested, 0, 'resting', 'oid')) + 2);
  });

  it('cancels by client id and says so when there is none', () => {
    const bed = funded();
    expect(bed.order(1, { b: false, p: '66400', s: '0.1', c: CLOID })).toMatchObject([{ resting: { cloid: CLOID } }]);
    const action = { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: CLOID }] };
    expect(dig(bed.act(addressOf(1), action), 'response', 'data', 'statuses')).toEqual(['success']);
    expect(dig(bed.act(addressOf(1), action), 'response', 'data', 'statuses')).toEqual([
      { error: 'Order was never placed, already canceled, or filled. asset=0' },
    ]);
    expect(bed.info('orderStatus', { user: addressOf(1), oid: CLOID })).toMatchObject({ status: 'order', order: { status: 'canceled' } });
    expect(bed.info('orderStatus', { user: addressOf(1), oid: 1 })).toEqual({ status: 'unknownOid' });
  });
});
