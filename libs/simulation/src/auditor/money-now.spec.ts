import { describe, expect, it } from 'vitest';
import type { AddedSeen } from './observations';
import type { SettingsSeen } from './terms';
import { COIN, COPY, History, rate, units } from './testing/history';

/** The copy of 10,000 holds 1 for its leader's 10, at 100. */
function holding(settings: Partial<SettingsSeen> = {}): History {
  const history = new History(settings).follow('10');
  history.tell({ kind: 'move_decided', at: history.now, coin: COIN, time: history.now, copyIds: [COPY.copyId] });
  return history.wait(20_000).mark('100');
}

/** Less money acts at once: from 10,000 to 6,000. */
function lowered(): History {
  const history = holding();
  const { copyId } = COPY;
  history.tell({ kind: 'terms_asked', at: history.now, copyId, settings: history.settings, allocation: units('6000') });
  history.tell({ kind: 'reduced_now', at: history.now, copyId, before: units('10000'), after: units('6000') });
  return history.terms({}, '6000').wait(1_000).mark('100');
}

describe('less money with effect now', () => {
  it.each<[string, string, readonly string[]]>([
    ['takes the target down by the share of equity it takes', '0.6', []],
    ['leaves the target', '1', ['target_too_high']],
  ])('that %s', (_what, target, found) => {
    const history = lowered();
    history
      .fill(history.exit('-0.4', { cause: 'repair' }), '0.4')
      .wait(60_000)
      .mark('100');
    history.calm(history.snapshot({ target: units(target), reasons: ['denied'] }));
    expect(history.found()).toEqual(found);
  });

  it('is what a later increase starts from', () => {
    const history = lowered();
    history
      .fill(history.exit('-0.4', { cause: 'repair' }), '0.4')
      .wait(20_000)
      .mark('100')
      .leader('11');
    history.order('0.5');
    expect(history.found()).toEqual(['beyond_target']);
  });
});

describe('more money with effect now', () => {
  const proportional = { mode: { kind: 'proportional', multiplier: rate('1'), compounding: 'reinvest' } } as const;
  const whole = (target: string, isWhole = true): AddedSeen => ({ coin: COIN, target: units(target), isWhole });
  it.each<[string, Partial<SettingsSeen>, readonly AddedSeen[], readonly string[]]>([
    ['makes the target what the mode asks for', proportional, [whole('2')], []],
    ['says what stands against it', proportional, [whole('1', false)], []],
    ['leaves the target', proportional, [whole('1')], ['target_too_low']],
    ['says nothing', proportional, [], ['target_too_low']],
    ['says nothing where the ratio is fixed', {}, [], ['target_too_low']],
    ['leaves the target where that is what the ratio asks for', {}, [whole('1')], []],
    ['turns it to the other side', {}, [whole('-1')], ['target_too_low']],
    ['says nothing where the filter leaves the coin out', { instruments: { kind: 'except', coins: [COIN] } }, [], []],
  ])('that %s', (_what, settings, added, found) => {
    const history = holding(settings);
    const { account, copyId } = COPY;
    history.tell({ kind: 'account_state_delivered', at: history.now, process: 'p1', account, equity: units('50000') });
    history.terms(settings, '20000');
    history.tell({ kind: 'rebased', at: history.now, copyId });
    history.tell({ kind: 'added_now', at: history.now, copyId, added });
    expect(history.found().filter((kind) => kind === 'target_too_low')).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['nothing of what a reading alone says is closed', '0', []],
    ['what a reading says is left', '10', ['target_too_low']],
  ])('is asked for on %s', (_what, position, found) => {
    const history = holding();
    const positions = [{ coin: COIN, size: units(position) }];
    const read = { kind: 'leader_state_delivered', at: history.now, process: 'p1', leader: COPY.leader, equity: units('100000') } as const;
    history.tell({ ...read, time: history.now, positions });
    history.terms({}, '20000').tell({ kind: 'rebased', at: history.now, copyId: COPY.copyId });
    history.tell({ kind: 'added_now', at: history.now, copyId: COPY.copyId, added: [] });
    expect(history.found().filter((kind) => kind === 'target_too_low')).toEqual(found);
  });

  it('may add nothing while the copy is paused', () => {
    const history = holding();
    history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'pause' });
    history.terms({}, '20000').tell({ kind: 'added_now', at: history.now, copyId: COPY.copyId, added: [] });
    expect(history.found()).toEqual([]);
  });
});

describe('a re-basis that is asked for while no engine lives', () => {
  type Ends = 'none' | 'before' | 'refused';
  it.each<[string, Ends, string, string, readonly string[]]>([
    ['is done once one is there again, at the price of then', 'none', '1', '110.5', []],
    ['makes no more than the mode asks for', 'none', '1.2', '110.5', ['beyond_target']],
    ['is done at no other price than of then', 'none', '1', '112', ['price_bound']],
    ['is done once', 'before', '1', '110.5', ['entry_too_old', 'price_bound']],
    ['is not done where it was refused', 'refused', '1', '110.5', ['entry_too_old', 'price_bound']],
  ])('%s', (_what, ends, size, price, found) => {
    const { copyId } = COPY;
    const history = holding({ mode: { kind: 'fixed_ratio', ratio: rate('0.2') } });
    history.die().tell({ kind: 'rebased', at: history.now, copyId, asked: true }).wait(20_000);
    if (ends === 'before') history.tell({ kind: 'rebased', at: history.now, copyId }).tell({ kind: 'rebase_settled', at: history.now, copyId });
    if (ends === 'refused') history.tell({ kind: 'rebase_settled', at: history.now, copyId });
    history.wait(40_000).start('p2').wait(2_000).mark('110');
    history.tell({ kind: 'synced', at: history.now, process: 'p2', address: COPY.leader });
    history.order(size, { cause: 'repair', price: units(price) });
    expect(history.found()).toEqual(found);
  });
});
