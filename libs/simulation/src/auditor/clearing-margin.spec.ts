import { describe, expect, it } from 'vitest';
import type { SettingsSeen } from './terms';
import { COIN, COPY, History, rate, units } from './testing/history';

const floored = (floor: string, part: Partial<SettingsSeen> = {}): Partial<SettingsSeen> => ({
  caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null, minLiquidationDistance: rate(floor) },
  ...part,
});

/** A copy of 10,000 in an instrument of at most 50 times: maintenance is 1 %. So much is in its clearinghouse. */
const history = (settings: Partial<SettingsSeen>, there = '10000', dex = ''): History => {
  const told = new History(settings);
  return told.tell({
    kind: 'account_state_delivered',
    at: told.now,
    process: 'p1',
    account: COPY.account,
    equity: units('10000'),
    clearing: { dex, value: units(there) },
  });
};

describe('margin and liquidation distance of a clearinghouse (product §3)', () => {
  it.each<[string, Partial<SettingsSeen>, string, string, string, readonly string[]]>([
    // what, settings, in the clearinghouse, leader, order, found. Of 10,000: N · (0.01 + 0.5 · 0.99 + 0.005) at a limit of 100.5.
    ['a long at its floor', floored('0.5'), '10000', '9000', '195', []],
    ['a long beyond it by more than its equity may be another', floored('0.5'), '10000', '9000', '198', ['liquidation_distance']],
    ['a short at its floor', floored('0.5'), '10000', '-9000', '-190', []],
    ['a short beyond it', floored('0.5'), '10000', '-9000', '-198', ['liquidation_distance']],
    ['margin alone, within what is there', floored('0'), '10000', '9990', '945', []],
    ['margin alone, with nothing left for slippage', floored('0'), '10000', '9990', '999', ['clearing_margin']],
    ['a clearinghouse that holds less', floored('0.5'), '1000', '9000', '19', []],
    ['a clearinghouse that holds less than is counted on', floored('0.5'), '1000', '9000', '21', ['liquidation_distance']],
    ['no floor at all', {}, '1', '9000', '198', []],
  ])('%s', (_what, settings, there, leader, order, found) => {
    const told = history(settings, there).leader(leader);
    told.order(order);
    expect(told.found()).toEqual(found);
  });

  it('of a clearinghouse that was never told is not judged', () => {
    const told = history(floored('0.5'), '1000', 'xyz').leader('9000');
    told.order('195');
    expect(told.found()).toEqual([]);
  });

  it.each([
    ['whose own margin is far enough', '0.08', []],
    ['whose own margin is too near', '0.1', ['liquidation_distance']],
  ])('of an isolated position %s', (_what, floor, found) => {
    const told = history(floored(floor));
    const instrument = { szDecimals: 2, maxLeverage: 50, isolated: true, minNotional: units('10'), collateral: 'USDC' } as const;
    told.tell({ kind: 'instrument', at: told.now, coin: COIN, ...instrument }).leader('90');
    told.order('9');
    expect(told.found()).toEqual(found);
  });

  it('reserves slippage for what is added alone', () => {
    // 195 held and 1.9 more: 196.9 · 100.5 · 0.505 + 1.9 · 100.5 · 0.005 are within 10,100, with the slippage of all they were not.
    const told = history(floored('0.5')).follow('1950').leader('1969');
    told.order('1.9');
    expect(told.found()).toEqual([]);
  });
});
