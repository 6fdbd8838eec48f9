import { describe, expect, it } from 'vitest';
import type { DexListing, Listing } from '../market';
import { copyOf, fillOf, truthOf } from '../testing/judged-copy';
import { builderDexFollowers } from './followers';
import { judgeTour } from './judge-tour';
import { stopsOf } from './tour';

const listing = (coin: string, overrides: Partial<Listing> = {}): Listing => ({
  coin,
  dex: coin.split(':')[0] ?? '',
  collateral: 'USDC',
  szDecimals: 2,
  maxLeverage: 10,
  margin: 'cross',
  growth: false,
  delisted: false,
  ...overrides,
});
const dex = (name: string, collateral: string, ...listings: readonly Listing[]): DexListing => ({ dex: name, collateral, feeScale: '1.0', listings });
const DEXES = [
  dex('xyz', 'USDC', listing('xyz:A', { growth: true }), listing('xyz:B'), listing('xyz:C')),
  dex('flx', 'USDT0', listing('flx:A'), listing('flx:DEAD', { delisted: true }), listing('flx:B', { margin: 'noCross' })),
  dex('km', 'USDH', listing('km:A')),
  dex('none', 'USDE', listing('none:DEAD', { delisted: true })),
];

describe('the tour of the builder dexes', () => {
  it.each<[number, number, readonly string[]]>([
    [0, 1, ['xyz:A', 'flx:A', 'km:A']],
    [0, 2, ['xyz:B', 'flx:B', 'km:A']],
    [1, 1, ['xyz:B', 'flx:B', 'km:A']],
    [0, 4, ['xyz:A', 'flx:B', 'km:A']],
  ])('leads leader %d in round %d to one instrument of each dex, never to a delisted one', (leader, round, stops) => {
    expect(stopsOf(DEXES, leader, round)).toEqual(stops);
  });

  const filledIn = (...coins: readonly string[]) => copyOf({ truth: truthOf({ fills: coins.map((coin) => fillOf({ coin })) }) });
  it.each<[string, readonly string[], readonly string[]]>([
    ['been everywhere', ['xyz:A', 'flx:B', 'km:A'], []],
    ['missed a dex', ['xyz:A', 'flx:B'], ['dex km (USDH): no fill']],
    ['missed isolated margin', ['xyz:A', 'flx:A', 'km:A'], ['isolated margin alone: no fill']],
    ['missed growth mode', ['xyz:B', 'flx:B', 'km:A'], ['growth mode: no fill']],
    ['traded what is delisted', ['xyz:A', 'flx:B', 'km:A', 'flx:DEAD'], ['flx flx:DEAD']],
  ])('says when copies have %s', (_name, coins, details) => {
    expect(judgeTour(DEXES.slice(0, 3), [filledIn(...coins)]).map(({ detail }) => detail)).toEqual(details);
  });
});

describe('the followers of the tour', () => {
  const order = { seed: 7, followers: 60, brands: 2, leaderAddresses: ['0x1'], dexes: ['xyz', 'flx', 'km'], catchUpMs: 3_000 };
  const plans = builderDexFollowers(order, DEXES.slice(0, 3));

  it('begin with one who takes its collateral out, one without, a unified account and a sub-account', () => {
    expect(plans.slice(0, 5).map(({ role }) => role)).toEqual([
      { kind: 'drained', dex: 'km' },
      { kind: 'bare', dex: 'flx' },
      { kind: 'unified' },
      { kind: 'sub_account' },
      undefined,
    ]);
    expect(Object.keys(plans[1]?.funds ?? {})).toEqual(['', 'xyz', 'km']);
    expect(plans[2]).toMatchObject({ mode: 'unifiedAccount', funds: { spot: '20000', 'spot:USDT0': '5000', 'spot:USDH': '5000' } });
    expect(plans[3]?.subAccount).toMatch(/^0x[0-9a-f]{40}$/);
  });

  it('hold everything, or lack one dex, in standard and unified accounts', () => {
    const others = plans.slice(4);
    const kinds = new Set(others.map(({ funds, mode }) => `${mode ?? 'standard'} ${Object.keys(funds).length}`));
    expect([...kinds].sort()).toEqual(expect.arrayContaining(['standard 3', 'standard 4', 'unifiedAccount 3']));
    expect(others.every(({ role, subAccount }) => role === undefined && subAccount === undefined)).toBe(true);
  });
});
