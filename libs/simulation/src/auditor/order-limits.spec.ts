import { describe, expect, it } from 'vitest';
import type { AnswerSeen, OrderHanded } from './observations';
import type { CapsSeen, SettingsSeen } from './terms';
import { COIN, COPY, History, rate, units } from './testing/history';

const caps = (changed: Partial<CapsSeen>): Partial<SettingsSeen> => ({
  caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null, ...changed },
});

describe('limits of one order (product §3, 1)', () => {
  it.each<[string, Partial<SettingsSeen>, string, string, readonly string[]]>([
    // what, settings, leader, order, found
    ['a size at its cap', caps({ maxPositionSize: units('0.25') }), '10', '0.25', []],
    ['a size one lot over its cap', caps({ maxPositionSize: units('0.25') }), '10', '0.26', ['cap_position_size']],
    ['a short at its cap of size', caps({ maxPositionSize: units('0.25') }), '-10', '-0.25', []],
    ['a short one lot over its cap of size', caps({ maxPositionSize: units('0.25') }), '-10', '-0.26', ['cap_position_size']],
    ['a notional at its cap by the limit price', caps({ maxPositionNotional: units('15') }), '10', '0.14', []],
    ['a notional over its cap by the limit price alone', caps({ maxPositionNotional: units('15') }), '10', '0.15', ['cap_position_notional']],
    ['a short whose notional is counted at the mark', caps({ maxPositionNotional: units('15') }), '-10', '-0.15', []],
    ['a short one lot over by the mark', caps({ maxPositionNotional: units('15') }), '-10', '-0.16', ['cap_position_notional']],
    ['a share of equity', caps({ maxPositionShare: rate('0.002') }), '10', '0.19', []],
    ['a share of equity clearly passed', caps({ maxPositionShare: rate('0.002') }), '10', '0.22', ['cap_position_share']],
    ['margin within the allocation', { venueLeverage: 1 }, '2000', '99', []],
    ['margin beyond the allocation', { venueLeverage: 1 }, '2000', '102', ['allocation']],
    ['leverage within its limit', caps({ maxLeverage: rate('0.003') }), '10', '0.3', []],
    ['leverage beyond its limit', caps({ maxLeverage: rate('0.003') }), '10', '0.31', ['leverage']],
    ['a coin the filter admits', { instruments: { kind: 'only', coins: [COIN] } }, '10', '0.3', []],
  ])('%s', (_what, settings, leader, order, found) => {
    const history = new History(settings).leader(leader);
    history.order(order);
    expect(history.found()).toEqual(found);
  });

  it.each<[string, Partial<SettingsSeen>, string, readonly string[]]>([
    // An account of 5,000 for a copy of 10,000: half of each limit that is a share of equity.
    ['margin within it', { venueLeverage: 1 }, '49', []],
    ['margin beyond it', { venueLeverage: 1 }, '51', ['allocation']],
    ['a share beyond it', caps({ maxPositionShare: rate('0.4') }), '21', ['cap_position_share']],
    ['leverage beyond it', caps({ maxLeverage: rate('0.4') }), '21', ['leverage']],
  ])('goes by what the venue account really has: %s', (_what, settings, order, found) => {
    const history = new History(settings).wait(20_000).mark('100');
    history.tell({ kind: 'account_state_delivered', at: history.now, process: 'p1', account: COPY.account, equity: units('5000') });
    history.leader('2000').order(order);
    expect(history.found()).toEqual(found);
  });

  it('counts what is held, what may still fill and the order itself', () => {
    const history = new History(caps({ maxPositionSize: units('0.5') })).follow('2').leader('9');
    history.order('0.2');
    history.order('0.1');
    expect(history.found()).toEqual([]);
    history.order('0.01');
    expect(history.found()).toEqual(['cap_position_size']);
  });

  it('does not count exits on their way as if they had filled', () => {
    const history = new History(caps({ maxPositionSize: units('0.5') })).follow('5').leader('4');
    history.exit('-0.1');
    history.leader('9');
    history.order('0.1', { cause: 'repair' });
    expect(history.found()).toContain('cap_position_size');
  });

  it('counts an unknown order until it ended, and no longer', () => {
    const history = new History(caps({ maxPositionSize: units('0.25') })).leader('10');
    const first = history.order('0.25');
    history.wait(100).end(first, 'done');
    history.order('0.25', { cause: 'repair' });
    expect(history.found()).toEqual([]);
    history.order('0.25', { cause: 'repair' });
    expect(history.found()).toContain('cap_position_size');
  });

  it('does not hold a mark against an order that raced with it', () => {
    const history = new History(caps({ maxPositionNotional: units('15') })).leader('-10');
    history.wait(100);
    const raced: Partial<OrderHanded> = { decidedAt: history.now - 5, journaledAt: history.now, sentAt: history.now + 1 };
    history.mark('104').order('-0.15', raced);
    expect(history.found()).toEqual([]);
    history.wait(100).order('-0.01', { decidedAt: history.now + 100 });
    expect(history.found()).toEqual(['cap_position_notional']);
  });

  it('judges an order decided before its terms changed by the looser ones', () => {
    const history = new History(caps({ maxPositionSize: units('1') })).leader('10');
    const decidedAt = history.now;
    history.wait(5).terms(caps({ maxPositionSize: units('0.25') }));
    history.order('1', { decidedAt });
    expect(history.found()).toEqual([]);
  });

  it('judges an order decided after its terms were confirmed by the new ones', () => {
    const history = new History(caps({ maxPositionSize: units('1') })).leader('10');
    history
      .wait(5)
      .terms(caps({ maxPositionSize: units('0.25') }))
      .wait(100);
    history.order('1');
    expect(history.found()).toEqual(['cap_position_size']);
  });

  it('lets equity that was lost count no more', () => {
    const history = new History({ ...caps({ maxPositionShare: rate('0.5') }), venueLeverage: 50 }).follow('500');
    history.wait(60_000).mark('60').wait(30_000).mark('60').leader('700', '60');
    history.order('20', { price: units('60.2') });
    expect(history.found()).toContain('cap_position_share');
  });

  it.each<[string, AnswerSeen | null, readonly string[]]>([
    // A short of 99 at the mark leaves margin for one more; filled at 105 it is worth 495 more.
    ['what its answer says it filled better than the mark', 'filled', []],
    ['nothing of a fill that no answer tells', null, ['allocation']],
    ['nothing of one by an answer that it stands', 'resting', ['allocation']],
  ])('takes equity with %s, before the fill is told', (_what, outcome, found) => {
    const history = new History({ venueLeverage: 1 }).leader('-2000');
    const first = history.order('-99');
    history.wait(100).trade(first, false, '99', '105', false);
    history.end(first, 'done');
    if (outcome !== null) history.answer(first, outcome);
    history.order('-4', { cause: 'repair' });
    expect(history.found()).toEqual(found);
  });

  it('takes no more equity with what an answer says than the fill made', () => {
    const history = new History({ venueLeverage: 1 }).leader('-2000');
    const first = history.order('-99');
    history.wait(100).trade(first, false, '99', '105', false);
    history.end(first, 'done').answer(first, 'filled').order('-8', { cause: 'repair' });
    expect(history.found()).toEqual(['allocation']);
  });

  it('counts the other coins of the copy in margin and leverage', () => {
    const history = new History(caps({ maxLeverage: rate('0.01') })).mark('100', 'Y').follow('8').leader('9');
    const fills = [
      { tradeId: 'Ly', coin: 'Y', buy: true, size: units('9'), price: units('100'), startPosition: 0n, orderId: 'oy', time: history.now },
    ];
    history.tell({ kind: 'leader_fills_delivered', at: history.now, process: 'p1', leader: COPY.leader, fills });
    history.order('0.2', { coin: 'Y' });
    expect(history.found()).toEqual([]);
    history.order('0.1', { coin: 'Y' });
    expect(history.found()).toEqual(['leverage']);
  });

  it('is told of an entry in a coin the filter excludes', () => {
    const history = new History({ instruments: { kind: 'except', coins: [COIN] } }).leader('10');
    history.order('0.1');
    expect(history.found()).toContain('instrument_filter');
  });
});
