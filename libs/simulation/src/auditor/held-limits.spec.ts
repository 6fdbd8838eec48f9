import { describe, expect, it } from 'vitest';
import type { CapsSeen, SettingsSeen, StateActionSeen, StateLimitSeen } from './terms';
import { COPY, History, rate, SETTINGS, SIGNER, units } from './testing/history';

const CAPS: CapsSeen = { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null };
const LIMITS: Readonly<Record<StateLimitSeen, CapsSeen>> = {
  liquidation_distance: { ...CAPS, minLiquidationDistance: rate('0.1') },
  position_notional: { ...CAPS, maxPositionNotional: units('1100') },
  position_share: { ...CAPS, maxPositionShare: rate('0.11') },
  leverage: { ...CAPS, maxLeverage: rate('0.11') },
  gross_exposure: { ...CAPS, maxGrossExposure: units('1100') },
};
const PLAIN = { price: units('100'), fee: 0n, closedPnl: 0n, liquidation: false };
const NONE = { position_notional: 'none', position_share: 'none', leverage: 'none', gross_exposure: 'none' } as const;
const limited = (limit: StateLimitSeen, action: StateActionSeen, closeAfterMarks = 1): Partial<SettingsSeen> => ({
  caps: LIMITS[limit],
  stateLimits: { ...NONE, [limit]: action },
  losses: { fromStart: null, trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks },
});
/** A copy of 10,000 that holds 10 bought at 100, at a mark of 120 for `seconds`. */
function passed(settings: Partial<SettingsSeen>, seconds = 1, mark = '120'): History {
  const history = new History(settings).wait(10_000).mark('100').follow('100');
  for (let second = 0; second < seconds; second += 1) history.wait(1_000).mark(`${mark}.${second % 2}`);
  return history;
}
/** An entry at the leader's next increase. */
function enter(history: History): History {
  history.wait(100).leader('110', '120');
  history.order('0.1', { price: units('120.1') });
  return history;
}

describe('limits on what is held (product §3, 2)', () => {
  it.each<[string, StateLimitSeen, StateActionSeen, string, readonly string[]]>([
    ['a limit not passed', 'position_notional', 'trim', '109', []],
    ['a limit that is only told', 'gross_exposure', 'alert', '105', []],
    ['a position to be trimmed', 'position_notional', 'trim', '120', ['order_beyond_state']],
    ['a share to be trimmed', 'position_share', 'trim', '120', ['order_beyond_state']],
    ['leverage to be closed', 'leverage', 'close', '120', ['order_beyond_state']],
    ['gross exposure to be trimmed', 'gross_exposure', 'trim', '120', ['order_beyond_state']],
  ])('%s: %s, %s, at a mark of %s', (_what, limit, action, mark, found) => {
    const told = enter(passed(limited(limit, action), 1, mark)).found();
    expect(told.filter((kind) => kind === 'order_beyond_state')).toEqual(found);
  });

  it('are shares of what the copy is worth with money that is asked for, which may be taken up at any moment', () => {
    const settings = limited('position_share', 'trim');
    const history = new History(settings).wait(10_000).mark('100').follow('100').wait(1_000);
    history.tell({ kind: 'terms_asked', at: history.now, copyId: COPY.copyId, settings: { ...SETTINGS, ...settings }, allocation: units('20000') });
    expect(enter(history.mark('120')).found()).not.toContain('order_beyond_state');
  });

  it('halt no more once they are met again', () => {
    const history = passed(limited('position_notional', 'trim')).wait(1_000).mark('105');
    expect(enter(history).found()).not.toContain('order_beyond_state');
  });

  it.each<[string, StateActionSeen, string, readonly string[]]>([
    // 1,100 · 0.95 ÷ 120 = 8.70
    ['5 % below the limit', 'trim', '-1.3', []],
    ['to the limit', 'trim', '-0.84', ['state_limit_not_met']],
    ['to nothing', 'close', '-10', []],
    ['to less only, where it is to be closed', 'close', '-5', ['state_limit_not_met']],
  ])('are acted on: %s', (_what, action, exit, found) => {
    const history = passed(limited('position_notional', action), 60).wait(100);
    history.exit(exit, { cause: 'repair', price: units('119') });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, string, StateActionSeen, readonly string[]]>([
    ['what was trimmed', 100, '-1.3', 'trim', ['beyond_target']],
    ['what was trimmed with the mark itself', 0, '-1.3', 'trim', ['beyond_target']],
    ['what was closed', 100, '-10', 'close', ['entry_without_cause']],
    ['what was closed with the mark itself', 0, '-10', 'close', ['entry_without_cause']],
    ['not what another exit left, which was on its way as the mark came', 0, '-1', 'trim', []],
  ])('leave %s, %i ms after the mark, as it is', (_what, ms, exit, action, found) => {
    const history = passed(limited('position_notional', action)).wait(ms);
    history.fill(history.exit(exit, { cause: 'repair', price: units('119') }), exit.slice(1), '120');
    history.wait(1_000).mark('100').wait(100);
    history.order('1', { cause: 'repair', price: units('100.1') });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    // 0.9 and what the second takes off, of 10, where 8.70 may be left
    ['to 5 % below the limit', '-0.4', []],
    ['to more', '-0.1', ['state_limit_not_met']],
  ])('are acted on by two orders where the account’s zero lies between: %s', (_what, rest, found) => {
    const history = passed(limited('position_notional', 'trim'), 60).wait(100);
    const { process, now } = history;
    const journaled = { process, scope: COPY.scope, copyId: COPY.copyId, wave: 'split', signer: SIGNER, nonce: 9_999 };
    history.tell({ kind: 'order_journaled', at: now, ...journaled, cloid: 'second', journaledAt: now });
    const first = history.orderOf(history.exit('-0.9', { wave: 'split', cause: 'repair', price: units('119'), exit: true }));
    expect(history.found()).toEqual([]);
    history.tell({
      kind: 'order_handed',
      at: history.now,
      order: { ...first, cloid: 'second', size: units(rest.slice(1)), nonce: 9_999, reduceOnly: false },
    });
    expect(history.found()).toEqual(found);
  });

  it('are not met by an order that stands in the journal and never leaves', () => {
    const history = passed(limited('position_notional', 'trim'), 60).wait(100);
    const { process, now } = history;
    const journaled = { process, scope: COPY.scope, copyId: COPY.copyId, wave: 'split', signer: SIGNER, nonce: 9_999 };
    history.tell({ kind: 'order_journaled', at: now, ...journaled, cloid: 'second', journaledAt: now });
    history.exit('-0.2', { wave: 'split', cause: 'repair', price: units('119') });
    history.exit('-0.3', { cause: 'repair', price: units('119') });
    expect(history.found()).toEqual(['state_limit_not_met']);
  });

  it.each<[string, string, string, readonly string[]]>([
    // what, where the leader went before the limit was passed, the exit tried again after it
    ['to half of him, within the limit', '50', '-5', []],
    ['to more than the limit, beyond which it closes', '98', '-0.2', ['state_limit_not_met']],
  ])('leave an exit alone that is owed to the leader and failed before: %s', (_what, leader, exit, found) => {
    const history = new History(limited('position_notional', 'close')).wait(10_000).mark('100').follow('100').wait(100);
    history.leader(leader).end(history.exit(exit), 'rejected').wait(40_000).mark('120').wait(100);
    history.exit(exit, { cause: 'repair', price: units('119') });
    expect(history.found().filter((kind) => kind === 'state_limit_not_met')).toEqual(found);
  });

  it.each<['unknown' | 'rejected', readonly string[]]>([
    ['unknown', []],
    ['rejected', ['state_limit_not_met']],
  ])('count an exit that was refused as the engine knows it: %s', (answer, found) => {
    const history = passed(limited('position_notional', 'trim'), 60).wait(100);
    const first = history.exit('-1.3', { cause: 'repair', price: units('119') });
    history.end(first, 'rejected').answer(first, answer).wait(1_000).mark('120').wait(1_000).mark('119.9').wait(100);
    history.exit('-0.3', { cause: 'repair', price: units('119') });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['as far as it goes', '-9.5', []],
    ['and no further', '-10.5', ['beyond_target']],
  ])('leave a target alone that the leader has turned to the other side since, %s: %s', (_what, entry, found) => {
    const history = new History(limited('position_notional', 'trim')).wait(10_000).mark('100').follow('100');
    history.wait(100).leader('-100', '100').wait(1_000).mark('120').wait(100);
    history.fill(history.exit('-10', { cause: 'repair', price: units('119') }), '10', '120');
    history.wait(1_000).mark('100').wait(100);
    history.order(entry, { cause: 'repair', price: units('99.9') });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, boolean, readonly string[]]>([
    ['told and acted on late', 5, true, []],
    ['told and never acted on', 60, true, ['state_limit_not_met']],
    ['not told', 60, false, ['limit_not_told', 'state_limit_not_met']],
  ])('are looked at in the calm: %s', (_what, seconds, told, found) => {
    const history = passed(limited('gross_exposure', 'trim'), seconds);
    history.calm({ ...history.snapshot(), limitsTold: told ? [`${COPY.copyId} gross_exposure`] : [] });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, readonly string[]]>([
    ['by the mark that passed it need not be told apart', 1, []],
    ['long after that are told', 60, ['limit_not_told']],
  ])('of a copy that is closed %s', (_what, seconds, found) => {
    const history = passed(limited('gross_exposure', 'trim'), seconds).wait(200).state('breaker_closed');
    history.fill(history.exit('-10', { cause: 'repair', price: units('95') }), '10', '100');
    history.wait(40_000).calm({ ...history.snapshot(), limitsTold: [] });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, string, string, 'leaves' | 'failed' | 'stays', readonly string[]]>([
    // what, held of X and of Y at 100, what became of an exit of all of Y when both are at 120: 1,100 are allowed
    ['whose exit leaves them within the limit', '7', '3', 'leaves', []],
    ['whose exit does not', '9.4', '0.6', 'leaves', ['state_limit_not_met']],
    ['whose exit failed beside the entry of the other side, and is tried again', '7', '3', 'failed', []],
    ['that stays', '7', '3', 'stays', ['state_limit_not_met']],
  ])('over all that is held are acted on beside a coin %s', (_what, x, y, leaves, found) => {
    const history = new History(limited('gross_exposure', 'close'))
      .wait(10_000)
      .mark('100')
      .mark('100', 'Y')
      .follow(`${Number(x) * 10}`);
    const other = { coin: 'Y', price: units('100') };
    const fill = { account: COPY.account, coin: 'Y', tradeId: 'ty' };
    const { cloid, buy, size } = history.orderOf(history.order(y, other));
    history.tell({ kind: 'world_fill', at: history.now, ...fill, cloid, buy, size, ...PLAIN });
    history.end(cloid, 'done').answer(cloid, 'filled');
    history.tell({ kind: 'account_fill_delivered', at: history.now, process: 'p1', ...fill });
    history.wait(40_000).mark('100').mark('100', 'Y').wait(100);
    const exit = leaves === 'stays' ? null : history.exit(`-${y}`, other);
    if (exit !== null && leaves === 'failed')
      for (const sent of [exit, history.order('-1', other)]) history.end(sent, 'rejected').answer(sent, 'rejected');
    history.wait(1_000).mark('120').mark('120', 'Y').wait(100);
    history.exit('-0.5', { cause: 'repair', price: units('119') });
    expect(history.found().filter((kind) => kind === 'state_limit_not_met')).toEqual(found);
  });

  it('wait for as many marks in a row as the copy asks for', () => {
    const history = passed(limited('position_notional', 'trim', 6), 3).wait(100);
    history.exit('-0.5', { cause: 'repair', price: units('119') });
    expect(history.found()).toEqual([]);
  });
});

describe('gross exposure (product §3, 1)', () => {
  it.each([
    ['1', []],
    ['1.2', ['gross_exposure']],
  ])('of an order of %s more', (more, found) => {
    const history = new History(limited('gross_exposure', 'none')).wait(10_000).mark('100').follow('100');
    history.wait(1_000).mark('100').wait(100).leader('120');
    history.order(more, { price: units('100') });
    expect(history.found()).toEqual(found);
  });

  describe('counts what a copy holds in another coin, where the follower trades beside it,', () => {
    const holding = (): History => new History(limited('gross_exposure', 'none')).wait(10_000).mark('100').mark('100', 'Y');
    const tells = (history: History, more: string): boolean => {
      history.wait(100).order(more, { coin: 'Y', price: units('100') });
      return history.found().includes('gross_exposure');
    };

    it.each([
      ['by what they may have left of it', '7', false],
      ['and no less', '7.01', true],
    ])('%s', (_what, more, told) => {
      const history = holding().follow('90').wait(100).trade(null, false, '5');
      expect(tells(history, more)).toBe(told);
    });

    it.each([
      ['while it is held against theirs', '', '2', false],
      ['while it is held against theirs, beyond the limit', '', '2.01', true],
      ['once it is closed, whatever they keep', '0', '11', false],
      ['once it is closed, beyond the limit', '0', '11.01', true],
    ])('by its own orders’ fills, %s', (_what, then, more, told) => {
      const history = holding().trade(null, false, '9').wait(100).leader('90');
      history.fill(history.order('9'), '9').wait(100);
      if (then !== '') history.leader(then).fill(history.order('-9'), '9');
      expect(tells(history, more)).toBe(told);
    });
  });
});
