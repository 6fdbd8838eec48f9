import { describe, expect, it } from 'vitest';
import { addressOf, dig, GENESIS_MS, Testbed, wireOrder } from '../builders/testbed';
import type { VenueSettings } from './config';
import type { Address, Json } from './port';
import { conserved } from './testing/conserved';
import { TOKENS } from './tokens';
import { type AssetSpec, type DexSpec, defaultUniverse, type Universe } from './universe';

const DAY_MS = 86_400_000;
/** Marks seldom move: days pass in no time. */
const QUIET: Partial<VenueSettings> = { markIntervalMs: 3_600_000 };
/** Below the largest limit order. */
const MILLIONS_AT_ONCE = 120;
const ASSET = 110_000;
const [USDC, USDT0, USDH] = [0, 268, 360];

/** The main dex and one builder dex of a single coin at 100 dollars. */
function oneDex(scaleMilli: number, collateralToken: number, growthMode: boolean): Universe {
  const [main] = defaultUniverse.dexes;
  if (main === undefined) throw new Error('a universe has a main dex');
  const coin: AssetSpec = { coin: 'one:COIN', szDecimals: 2, maxLeverage: 10, marginTableId: 10, startPx: '100', growthMode };
  const dex: DexSpec = { ...main, name: 'one', deployerFeeScaleMilli: scaleMilli, collateralToken, assets: [coin] };
  return { dexes: [main, dex] };
}

/** Account 1 takes what account 2 rested: 100,000 dollars of the coin. Answers both fees. */
function feesOf(bed: Testbed, a = ASSET, p = '100', s = '1000'): { readonly taker: Json; readonly maker: Json; readonly token: Json } {
  bed.order(2, { a, b: false, p, s });
  bed.order(1, { a, p, s, tif: 'Ioc' });
  const fill = (account: number) => dig(bed.info('userFills', { user: addressOf(account) }), 0);
  return { taker: dig(fill(1), 'fee'), maker: dig(fill(2), 'fee'), token: dig(fill(1), 'feeToken') };
}

const rich = (universe: Universe, settings: Partial<VenueSettings> = {}): Testbed => {
  const bed = new Testbed({ universe, settings: { ...QUIET, ...settings } });
  for (const account of [1, 2]) bed.world.control.setup([{ address: addressOf(account), credits: { '': '1000000', one: '1000000' } }]);
  bed.block();
  return bed;
};

describe('the fees of a builder dex', () => {
  interface Row {
    readonly scale: number;
    readonly token: number;
    readonly growth: boolean;
    readonly taker: string;
    readonly maker: string;
    /** What of both is the deployer's. */
    readonly deployer: number;
    readonly why: string;
  }
  // Of 100,000 dollars the main dex takes 45 and 15.
  const rows: readonly Row[] = [
    { scale: 0, token: USDC, growth: false, taker: '45.0', maker: '15.0', deployer: 0, why: 'the plain rate at scale 0' },
    { scale: 500, token: USDC, growth: false, taker: '67.5', maker: '22.5', deployer: 30, why: '1 + s below scale 1' },
    { scale: 999, token: USDC, growth: false, taker: '89.955', maker: '29.985', deployer: 59.94, why: '1 + s up to scale 1' },
    { scale: 1_000, token: USDC, growth: false, taker: '90.0', maker: '30.0', deployer: 60, why: 'double at scale 1' },
    { scale: 2_000, token: USDT0, growth: false, taker: '180.0', maker: '60.0', deployer: 120, why: '2s above scale 1' },
    { scale: 3_000, token: USDC, growth: false, taker: '270.0', maker: '90.0', deployer: 180, why: '2s at the largest scale' },
    { scale: 1_000, token: USDC, growth: true, taker: '9.0', maker: '3.0', deployer: 6, why: 'a tenth in growth mode' },
    { scale: 500, token: USDT0, growth: true, taker: '6.75', maker: '2.25', deployer: 3, why: 'a tenth of 1 + s in growth mode' },
    {
      scale: 1_000,
      token: USDH,
      growth: false,
      taker: '81.0',
      maker: '30.0',
      deployer: 60,
      why: "a fifth less of the half that is the protocol's in aligned collateral",
    },
    {
      scale: 500,
      token: USDH,
      growth: false,
      taker: '58.5',
      maker: '22.5',
      deployer: 30,
      why: "a fifth less of the protocol's two thirds at scale 0.5",
    },
    { scale: 0, token: USDH, growth: false, taker: '36.0', maker: '15.0', deployer: 0, why: 'a fifth less of all at scale 0' },
    { scale: 1_000, token: USDH, growth: true, taker: '8.1', maker: '3.0', deployer: 6, why: 'growth mode and aligned collateral' },
  ];
  for (const { scale, token, growth, taker, maker, deployer, why } of rows)
    it(`are ${taker} and ${maker}: ${why}`, () => {
      const bed = rich(oneDex(scale, token, growth));
      const name = TOKENS.find(({ index }) => index === token)?.name;
      expect(feesOf(bed)).toEqual({ taker, maker, token: name });
      const sums = bed.world.control.conservation().tokens[name ?? ''];
      expect(sums?.fees).toBe(Math.round((Number(taker) + Number(maker)) * 1_000_000));
      expect(sums?.deployerFees).toBe(Math.round(deployer * 1_000_000));
      conserved(bed);
    });

  it("pay a rebate half as large again on the protocol's part in aligned collateral, and none of the scale", () => {
    const settings = { venueVolumeUsd: 1 };
    for (const [scale, token, rebate] of [
      [1_000, USDC, '-3.0'],
      [1_000, USDH, '-3.75'],
      [0, USDH, '-4.5'],
    ] as const) {
      const bed = rich(oneDex(scale, token, false), settings);
      feesOf(bed);
      bed.world.advanceTo(GENESIS_MS + DAY_MS);
      expect(feesOf(bed).maker).toBe(rebate);
      conserved(bed);
    }
  });

  it('credit a tenth of the volume in growth mode', () => {
    const bed = rich(oneDex(1_000, USDC, true));
    feesOf(bed);
    expect(bed.info('userRateLimit', { user: addressOf(1) })).toMatchObject({ cumVlm: '10000.0', nRequestsCap: 20_000 });
    expect(dig(bed.info('userFees', { user: addressOf(1) }), 'dailyUserVlm', 14, 'userCross')).toBe('10000.0');
  });
});

describe('the tier of an account', () => {
  /** Trades so many million dollars of bitcoin to and fro, and then a hundred thousand a day later: what the second costs. */
  function afterTrading(millions: number, settings: Partial<VenueSettings> = {}): ReturnType<typeof feesOf> {
    const bed = new Testbed({ settings: { marketOrderCaps: [], ...QUIET, ...settings }, universe: oneDex(0, USDC, false) });
    for (const account of [1, 2]) bed.world.control.setup([{ address: addressOf(account), credits: { '': '1000000000', one: '1000000' } }]);
    bed.block();
    const s = (Math.ceil((Math.min(millions, MILLIONS_AT_ONCE) * 100_000_000_000) / 66_344) / 100_000).toFixed(5);
    for (let left = millions, b = true; left > 0; left -= MILLIONS_AT_ONCE, b = !b) {
      bed.order(2, { b: !b, p: '66344', s });
      bed.order(1, { b, p: '66344', s, tif: 'Ioc' });
    }
    bed.world.advanceTo(bed.world.now() + DAY_MS);
    return feesOf(bed);
  }
  it.each([
    [0, '45.0', '15.0'],
    [4, '45.0', '15.0'],
    [6, '40.0', '12.0'],
    [26, '35.0', '8.0'],
    [101, '30.0', '4.0'],
    [501, '28.0', '0.0'],
    [2_001, '26.0', '0.0'],
    [7_001, '24.0', '0.0'],
  ])('after %d million dollars pays %s and %s of 100,000', (millions, taker, maker) => {
    expect(afterTrading(millions, { venueVolumeUsd: 10_000_000_000_000 })).toMatchObject({ taker, maker });
  });

  it.each([
    [600, '-1.0'],
    [1_600, '-2.0'],
    [3_100, '-3.0'],
  ])('rebates makers by their share: %d million of a hundred billion gives %s', (millions, maker) => {
    expect(afterTrading(millions, { venueVolumeUsd: 100_000_000_000 })).toMatchObject({ maker });
  });

  it('ends with the fourteenth day', () => {
    const bed = new Testbed({ settings: { ...QUIET, capsImmediateOrders: false } }, { 1: '900000000', 2: '900000000' });
    feesOf(bed, 0, '66344', '1000');
    const rate = () => dig(bed.info('userFees', { user: addressOf(1) }), 'userCrossRate');
    const dayAfter = (days: number) => {
      bed.world.advanceTo(GENESIS_MS + days * DAY_MS);
      return rate();
    };
    expect([rate(), dayAfter(1), dayAfter(14), dayAfter(15)]).toEqual(['0.00045', '0.00035', '0.00035', '0.00045']);
    expect(bed.info('isVip', { user: addressOf(1) })).toBe(false);
  });

  it('takes the staking discount off all but rebates', () => {
    const bed = rich(oneDex(0, USDC, false), { stakingDiscountPercent: 10 });
    expect(feesOf(bed)).toMatchObject({ taker: '40.5', maker: '13.5' });
    expect(bed.info('userFees', { user: addressOf(1) })).toMatchObject({
      userCrossRate: '0.000405',
      userAddRate: '0.000135',
      activeStakingDiscount: { bpsOfMaxSupply: '0.001', discount: '0.1' },
    });
  });

  it('stands whole in userFees', () => {
    const bed = new Testbed();
    const fees = bed.info('userFees', { user: addressOf(1) });
    expect(dig(fees, 'feeSchedule')).toMatchObject({
      cross: '0.00045',
      add: '0.00015',
      spotCross: '0.0007',
      spotAdd: '0.0004',
      referralDiscount: '0.04',
    });
    expect(dig(fees, 'feeSchedule', 'tiers', 'vip', 5)).toEqual({
      ntlCutoff: '7000000000.0',
      cross: '0.00024',
      add: '0.0',
      spotCross: '0.00025',
      spotAdd: '0.0',
    });
    expect(dig(fees, 'feeSchedule', 'tiers', 'mm')).toEqual([
      { makerFractionCutoff: '0.005', add: '-0.00001' },
      { makerFractionCutoff: '0.015', add: '-0.00002' },
      { makerFractionCutoff: '0.03', add: '-0.00003' },
    ]);
    expect(dig(fees, 'dailyUserVlm', 14)).toMatchObject({ date: '2026-01-01', userCross: '0.0' });
  });
});

describe('rewards', () => {
  it('of a referrer are a tenth of the fees, while the referred pays four percent less', () => {
    const bed = rich(oneDex(0, USDC, false));
    bed.world.control.credit(addressOf(9), '', '10');
    bed.block();
    const register = () => bed.act(addressOf(9), { type: 'registerReferrer', code: 'NINE' });
    expect(register()).toEqual({ status: 'err', response: 'Cannot create referral code until enough volume traded. Required: $10000. Traded: $0.' });
    bed.world.control.setup([{ address: addressOf(9), credits: {}, volume: '10000' }]);
    expect(register()).toMatchObject({ status: 'ok' });
    const refer = (account: number, code: string) => bed.act(addressOf(account), { type: 'setReferrer', code });
    expect(refer(1, 'NOBODY')).toMatchObject({ status: 'err' });
    expect(refer(9, 'NINE')).toMatchObject({ status: 'err' });
    expect(refer(1, 'NINE')).toMatchObject({ status: 'ok' });
    expect(refer(1, 'NINE')).toMatchObject({ status: 'err' });
    expect(feesOf(bed).taker).toBe('43.2');
    expect(bed.info('userFees', { user: addressOf(1) })).toMatchObject({ activeReferralDiscount: '0.04' });
    expect(bed.info('referral', { user: addressOf(1) })).toMatchObject({ referredBy: { referrer: addressOf(9), code: 'NINE' } });
    expect(bed.info('referral', { user: addressOf(9) })).toMatchObject({
      unclaimedRewards: '4.32',
      referrerState: { stage: 'ready', data: { code: 'NINE', nReferrals: 1 } },
    });
    conserved(bed);
  });

  it('end, and so does the discount, with 25 million dollars of volume, that of sub-accounts counted', () => {
    const bed = rich(oneDex(0, USDC, false));
    bed.world.control.setup([{ address: addressOf(9), credits: { '': '10' }, volume: '10000' }]);
    bed.act(addressOf(9), { type: 'registerReferrer', code: 'NINE' });
    bed.world.control.setup([{ address: addressOf(1), credits: {}, volume: '24700000' }]);
    bed.act(addressOf(1), { type: 'setReferrer', code: 'NINE' });
    bed.act(addressOf(1), { type: 'createSubAccount', name: 'sub' });
    const sub = dig(bed.info('subAccounts', { user: addressOf(1) }), 0, 'subAccountUser') as Address;
    bed.world.control.credit(sub, 'one', '100000');
    expect(feesOf(bed).taker).toBe('43.2');
    bed.order(2, { a: ASSET, b: false, p: '100', s: '1000' });
    const taking = wireOrder({ a: ASSET, p: '100', s: '1000', tif: 'Ioc' });
    bed.actFor(addressOf(1), sub, { type: 'order', orders: [taking], grouping: 'na' });
    expect(dig(bed.info('userFills', { user: sub }), 0, 'fee')).toBe('43.2');
    expect([feesOf(bed).taker, feesOf(bed).taker]).toEqual(['43.2', '45.0']);
    conserved(bed);
  });

  it('of a builder are claimed to its spot balances, token by token', () => {
    const bed = rich(oneDex(1_000, USDH, false));
    const builder = addressOf(9);
    bed.world.control.setup([
      { address: builder, credits: { '': '100' } },
      { address: addressOf(1), credits: {}, builder: { address: builder, maxTenthsBp: 100 } },
    ]);
    for (const [a, p] of [
      [0, '66344'],
      [ASSET, '100'],
    ] as const) {
      bed.order(2, { a, b: false, p, s: '1' });
      bed.act(addressOf(1), { type: 'order', orders: [wireOrder({ a, p, s: '1', tif: 'Ioc' })], grouping: 'na', builder: { b: builder, f: 10 } });
    }
    expect(bed.info('referral', { user: builder })).toMatchObject({
      builderRewards: '6.6344',
      tokenToState: [
        [0, { builderRewards: '6.6344' }],
        [USDH, { builderRewards: '0.01' }],
      ],
    });
    expect(bed.act(builder, { type: 'claimRewards' })).toMatchObject({ status: 'ok' });
    expect(bed.act(builder, { type: 'claimRewards' })).toMatchObject({ status: 'err' });
    expect(bed.info('spotClearinghouseState', { user: builder })).toMatchObject({
      balances: [
        { coin: 'USDC', total: '6.6344' },
        { coin: 'USDH', total: '0.01' },
      ],
    });
    expect(bed.info('referral', { user: builder })).toMatchObject({ builderRewards: '0.0', claimedRewards: '6.6344' });
    expect(bed.info('userNonFundingLedgerUpdates', { user: builder })).toMatchObject([
      {},
      { delta: { type: 'rewardsClaim', amount: '6.6344', token: 'USDC' } },
      {},
    ]);
    conserved(bed);
  });
});
