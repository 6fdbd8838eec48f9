import { parsePrice, price, unwrap } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { addressOf, dig, GENESIS_MS, Testbed } from '../builders/testbed';
import { RATE_DECIMALS, tenTo } from './decimals';
import { eightHourRate } from './funding';
import { midPremiumOf, premiumOf } from './marks';
import type { Json } from './port';

const px = (text: string) => price(unwrap(parsePrice(text), text));
const mark = (bed: Testbed): number => Number(dig(bed.info('metaAndAssetCtxs'), 1, 0, 'markPx'));
const quoted = (bid: string, ask: string): Testbed => {
  const bed = new Testbed({}, { 2: '1000000' });
  bed.order(2, { p: bid, s: '1', tif: 'Alo' }, { b: false, p: ask, s: '1', tif: 'Alo' });
  return bed;
};

describe('the mark price', () => {
  it('is the oracle where the book has no two sides', () => {
    const bed = new Testbed();
    bed.world.control.setOracle('BTC', px('66000'));
    bed.block(31);
    expect(mark(bed)).toBe(66_000);
  });

  it('moves from the oracle towards the book with the smoothed distance of the two, 150 seconds wide', () => {
    const bed = quoted('66500', '66510');
    bed.block(31);
    const first = mark(bed) - 66_344;
    expect(first).toBeCloseTo((66_505 - 66_344) * (3 / 150), 0);
    bed.world.advanceTo(bed.world.now() + 150_000);
    const later = mark(bed) - 66_344;
    expect(later).toBeGreaterThan(first);
    expect(later).toBeLessThan(66_505 - 66_344);
  });

  it('never leaves the book for the oracle alone: the middle of three values wins', () => {
    const bed = quoted('66340', '66348');
    bed.world.control.setOracle('BTC', px('66346'));
    bed.block(31);
    expect(mark(bed)).toBeGreaterThanOrEqual(66_344);
    expect(mark(bed)).toBeLessThanOrEqual(66_346);
  });
});

describe('the mark of a builder dex', () => {
  it('moves by a hundredth an update at most, however far its oracle jumps, and that of the main dex at once', () => {
    const bed = new Testbed();
    const marks = (dex: string): Json => dig(bed.info('metaAndAssetCtxs', { dex }), 1, 0, 'markPx');
    for (const coin of ['BTC', 'hyna:BTC']) bed.world.control.setOracle(coin, px('64000'));
    bed.block(31);
    expect([marks(''), marks('hyna')]).toEqual(['64000.0', '65680.5']);
    bed.block(30);
    expect(marks('hyna')).toBe('65023.6');
    bed.block(60);
    expect(marks('hyna')).toBe('64000.0');
    bed.world.control.setOracle('hyna:BTC', px('70000'));
    bed.block(30);
    expect(marks('hyna')).toBe('64640.0');
  });
});

describe('the premium', () => {
  const ONE = tenTo(RATE_DECIMALS);
  const rows: readonly (readonly [string, number, number, number])[] = [
    ['is nothing while the oracle lies between the impact prices', 99, 101, 0],
    ['is what the impact bid stands above the oracle', 101, 102, ONE / 100],
    ['is less what the impact ask stands below it', 97, 98, -ONE / 50],
  ];
  for (const [name, bid, ask, expected] of rows)
    it(name, () => {
      expect(premiumOf(bid, ask, 100)).toBe(expected);
    });
});

describe('the premium of a builder dex', () => {
  const ONE = tenTo(RATE_DECIMALS);
  const rows: readonly (readonly [string, number, number, number])[] = [
    ['is nothing while the oracle lies in the middle of the impact prices', 99, 101, 0],
    ['is what the middle stands above the oracle, also while that lies between the two', 99, 103, ONE / 100],
    ['is what it stands below', 96, 102, -ONE / 100],
  ];
  for (const [name, bid, ask, expected] of rows)
    it(name, () => {
      expect(midPremiumOf(bid, ask, 100)).toBe(expected);
    });

  it('makes its longs pay where the same book costs the longs of the main dex nothing more', () => {
    const bed = new Testbed({}, { 2: '1000000' });
    bed.world.control.credit(addressOf(2), 'hyna', '1000000');
    for (const a of [0, 140_000]) bed.order(2, { a, p: '66300', s: '1', tif: 'Alo' }, { a, b: false, p: '66700', s: '1', tif: 'Alo' });
    const told = (dex: string): Json => dig(bed.info('metaAndAssetCtxs', { dex }), 1, 0);
    expect(told('')).toMatchObject({ impactPxs: ['66300.0', '66700.0'], premium: '0.0' });
    expect(told('hyna')).toMatchObject({ impactPxs: ['66300.0', '66700.0'], oraclePx: '66344.0', premium: '0.0023513807' });
    bed.world.advanceTo(GENESIS_MS + 3_600_000);
    const rate = (coin: string): Json => dig(bed.info('fundingHistory', { coin, startTime: 0 }), 0, 'fundingRate');
    // (0.0023513807 − 0.0005) / 8
    expect([rate('BTC'), rate('hyna:BTC')]).toEqual(['0.0000125', '0.0002314226']);
  });

  it('follows from the impact prices as they are printed', () => {
    const bed = new Testbed({ makers: true });
    bed.world.control.setOracle('xyz:NVDA', px('176.4'));
    bed.block();
    const [ctx] = [dig(bed.info('metaAndAssetCtxs', { dex: 'xyz' }), 1, 2)];
    const [bid, ask] = [0, 1].map((at) => Number(dig(ctx, 'impactPxs', at)));
    expect(Number(dig(ctx, 'premium'))).toBeCloseTo((Number(bid) + Number(ask)) / 2 / 176.4 - 1, 10);
  });
});

describe('the funding rate', () => {
  const ONE = tenTo(RATE_DECIMALS);
  const rate = (premium: number): number => eightHourRate(Math.round(premium * ONE), ONE / 2_000) / ONE;
  it('is the interest rate while the premium is near it, and follows it beyond a twentieth of a percent', () => {
    expect(rate(0)).toBe(0.0001);
    expect(rate(0.0006)).toBe(0.0001);
    expect(rate(-0.0004)).toBe(0.0001);
    expect(rate(0.001)).toBe(0.0005);
    expect(rate(-0.001)).toBe(-0.0005);
  });

  it('of a builder dex has the interest rate and the multiplier its deployer set, which perpDexs tells', () => {
    const bed = new Testbed({ makers: true });
    bed.world.advanceTo(GENESIS_MS + 3_600_000);
    const rate = (coin: string): Json => dig(bed.info('fundingHistory', { coin, startTime: 0 }), 0, 'fundingRate');
    const dexes = bed.info('perpDexs');
    expect([dig(dexes, 1, 'assetToFundingInterestRate'), dig(dexes, 2, 'assetToFundingMultiplier')]).toEqual([
      [['xyz:XYZ100', '0.00005']],
      [['flx:GOLD', '0.0300265572']],
    ]);
    // 0.00005 / 8 as recorded of xyz, and 0.0001 × 0.0300265572 / 8.
    expect(['xyz:NVDA', 'xyz:XYZ100', 'flx:GOLD'].map(rate)).toEqual(['0.0000125', '0.00000625', '0.0000003753']);
  });

  it('is sampled every five seconds, an eighth of it charged every hour, and 4 % at most', () => {
    const bed = new Testbed({}, { 1: '10000000', 2: '1000000' });
    bed.order(2, { p: '66400', s: '3', tif: 'Alo' }, { b: false, p: '66500', s: '3', tif: 'Alo' });
    bed.world.control.setOracle('BTC', px('66000'));
    bed.world.advanceTo(GENESIS_MS + 3_600_000);
    const premium = 400 / 66_000;
    const [point] = [dig(bed.info('fundingHistory', { coin: 'BTC', startTime: 0 }), 0)];
    expect(Number(dig(point, 'premium'))).toBeCloseTo(premium, 9);
    expect(Number(dig(point, 'fundingRate'))).toBeCloseTo((premium - 0.0005) / 8, 9);
    bed.world.control.setOracle('BTC', px('30000'));
    bed.world.advanceTo(GENESIS_MS + 2 * 3_600_000);
    expect(dig(bed.info('fundingHistory', { coin: 'BTC', startTime: 0 }), 1, 'fundingRate')).toBe('0.04');
    expect(bed.info('userFunding', { user: addressOf(1) })).toEqual([]);
  });
});
