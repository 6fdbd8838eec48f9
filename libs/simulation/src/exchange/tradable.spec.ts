import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, Testbed } from '../builders/testbed';
import type { Json } from './port';

/* What `activeAssetData` says may be traded is what an order gets: that size and not a lot more. */

const USER = addressOf(1);
const LOT = 0.00001;
const MODES = ['cross', 'isolated'] as const;
/** Signed BTC held before, at 10x with 1,000 dollars. */
const HELD = [0, 0.1, -0.1] as const;

function holding(mode: (typeof MODES)[number], held: number): Testbed {
  const bed = new Testbed({}, { 1: '1000', 2: '100000000' });
  bed.act(USER, { type: 'updateLeverage', asset: 0, isCross: mode === 'cross', leverage: 10 });
  if (held !== 0) trade(bed, held > 0, String(Math.abs(held)));
  return bed;
}

/** An immediate order of account 1 for what account 2 offers at the mark. */
function trade(bed: Testbed, b: boolean, s: string): Json {
  bed.order(2, { b: !b, p: '66344', s: '10' });
  const answer = dig(bed.order(1, { b, p: '66344', s, tif: 'Ioc' }), 0);
  bed.act(addressOf(2), { type: 'cancel', cancels: [{ a: 0, o: dig(bed.info('openOrders', { user: addressOf(2) }), 0, 'oid') }] });
  return answer;
}

const most = (bed: Testbed, b: boolean): number => Number(dig(bed.info('activeAssetData', { user: USER, coin: 'BTC' }), 'maxTradeSzs', b ? 0 : 1));

describe.each(MODES)('with %s margin', (mode) => {
  describe.each(HELD)('and %d BTC held', (held) => {
    it.each([
      ['buying', true],
      ['selling', false],
    ])('%s', (_name, b) => {
      const above = (most(holding(mode, held), b) + LOT).toFixed(5);
      expect(trade(holding(mode, held), b, above)).toEqual({ error: 'Insufficient margin to place order. asset=0' });
      const bed = holding(mode, held);
      expect(trade(bed, b, most(bed, b).toFixed(5))).toMatchObject({ filled: {} });
    });
  });

  it('a position is turned with what is free, what it holds and the margin of as much again, worked out by hand', () => {
    // 1,000 less the fee of 2.98548; 663.44 of it stands behind 0.1 BTC.
    const free = 1_000 - 2.98548 - 663.44;
    // An isolated position bears the fee itself.
    const isolatedFee = mode === 'isolated' ? 2.98548 : 0;
    const bed = holding(mode, 0.1);
    expect(bed.info('activeAssetData', { user: USER, coin: 'BTC' })).toMatchObject({
      availableToTrade: [(free + isolatedFee).toFixed(6).replace(/0+$/, ''), (free + 2 * 663.44).toFixed(6).replace(/0+$/, '')],
    });
  });
});

describe('the return on equity', () => {
  it('is taken on the average entry as it is printed', () => {
    const bed = new Testbed({}, { 1: '100000', 2: '100000' });
    bed.act(USER, { type: 'updateLeverage', asset: 1, isCross: true, leverage: 10 });
    for (const [p, s] of [
      ['1919.1', '1'],
      ['1919.2', '2'],
    ] as const) {
      bed.order(2, { a: 1, b: false, p, s });
      bed.order(1, { a: 1, p, s, tif: 'Ioc' });
    }
    bed.world.control.movePrice('ETH', price(unwrap(parsePrice('2000'), '2000')));
    bed.block();
    // (1919.1 + 2 × 1919.2) / 3 is cut to 1919.16; 3 × (2000 − 1919.16) = 242.52 on 3 × 1919.16 / 10 = 575.748.
    expect(dig(bed.info('clearinghouseState', { user: USER }), 'assetPositions', 0, 'position')).toMatchObject({
      entryPx: '1919.16',
      unrealizedPnl: '242.52',
      returnOnEquity: '0.421225953',
    });
  });
});
