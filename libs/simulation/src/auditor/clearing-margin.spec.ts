import { describe, expect, it } from 'vitest';
import type { SettingsSeen } from './terms';
import { COIN, COPY, History, rate, units } from './testing/history';

const floored = (floor: string, part: Partial<SettingsSeen> = {}): Partial<SettingsSeen> => ({
  caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null, minLiquidationDistance: rate(floor) },
  ...part,
});

/** The running engine is told what the account has in a clearinghouse. */
const tellClearing = (told: History, there: string, dex = ''): History =>
  told.tell({
    kind: 'account_state_delivered',
    at: told.now,
    process: told.process,
    account: COPY.account,
    equity: units('10000'),
    clearing: { dex, value: units(there) },
  });

/** A copy of 10,000 in an instrument of at most 50 times: maintenance is 1 %. So much is in its clearinghouse. */
const history = (settings: Partial<SettingsSeen>, there = '10000', dex = ''): History => tellClearing(new History(settings), there, dex);

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

describe('what is held too near to its liquidation (product §3, 2)', () => {
  const none = { position_notional: 'none', position_share: 'none', leverage: 'none', gross_exposure: 'none' } as const;
  /** 500 bought at 100 for 10,000 with a floor of 0.1, at a mark for a minute. Maintenance is 1 %. */
  const near = (action: 'trim' | 'close' | 'alert', mark: string, isolated = false): History => {
    const told = new History({
      ...floored('0.1'),
      stateLimits: { ...none, liquidation_distance: action },
    });
    if (isolated) {
      const instrument = { szDecimals: 2, maxLeverage: 50, isolated: true, minNotional: units('10'), collateral: 'USDC' } as const;
      told.tell({ kind: 'instrument', at: told.now, coin: COIN, ...instrument });
    }
    tellClearing(told, '10000').wait(10_000).mark('100').follow('5000');
    for (let second = 0; second < 60; second += 1)
      tellClearing(told, '10000')
        .wait(1_000)
        .mark(`${mark}.${second % 2}`);
    return told.wait(100);
  };

  it.each<[string, 'trim' | 'close' | 'alert', string, string, readonly string[]]>([
    // At 85 and a hundredth more: 2,525 ÷ (0.01 + 0.105 · 0.99) ÷ 85 = 260 are left.
    ['5 % further away than its floor', 'trim', '85', '-250', []],
    ['no nearer than it was', 'trim', '85', '-150', ['state_limit_not_met']],
    ['at all, where it closes', 'close', '85', '-500', []],
    ['too little of it, where it closes', 'close', '85', '-200', ['state_limit_not_met']],
  ])('is trimmed %s', (_what, action, mark, exit, found) => {
    const told = near(action, mark);
    told.exit(exit, { cause: 'repair', price: units('84.2') });
    expect(told.found()).toEqual(found);
  });

  it.each<[string, 'trim' | 'alert', string, boolean, readonly string[]]>([
    ['that trims', 'trim', '85', false, ['order_beyond_state']],
    ['that is kept', 'trim', '92', false, []],
    ['that is only told', 'alert', '85', false, []],
    ['of an isolated position', 'trim', '85', true, []],
  ])('halts new risk: a floor %s', (_what, action, mark, isolated, found) => {
    const told = near(action, mark, isolated).leader('5010', mark);
    told.order('0.2', { price: units(mark) });
    expect(told.found().filter((kind) => kind === 'order_beyond_state')).toEqual(found);
  });

  it.each<[string, boolean, string, readonly string[]]>([
    // Of 3,000 and a hundredth more 2,530 are above maintenance at 100; of what the copy is worth at 88, 3,600.
    ['what the engine before it was told of the clearinghouse, it need not tell', false, '100', []],
    ['what it was told itself, it tells', true, '100', ['limit_not_told']],
    ['what its copy is worth, it tells, told or not', false, '88', ['limit_not_told']],
  ])('by %s', (_what, told, mark, found) => {
    const seen = new History({ ...floored('0.1'), stateLimits: { ...none, liquidation_distance: 'alert' } });
    tellClearing(seen, '10000').wait(10_000).mark('100').follow('5000').wait(1_000);
    tellClearing(seen, '3000').die().wait(40_000).start('p2').mark('100');
    if (told) tellClearing(seen, '3000');
    for (let second = 0; second < 100; second += 1) seen.wait(1_000).mark(`${mark}.${second % 2}`);
    seen.calm({ ...seen.snapshot(), limitsTold: [] });
    expect(seen.found().filter((kind) => kind === 'limit_not_told')).toEqual(found);
  });
});
