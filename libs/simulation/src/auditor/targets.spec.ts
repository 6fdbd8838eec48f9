import { describe, expect, it } from 'vitest';
import type { CopyStateSeen, SettingsSeen } from './terms';
import { COIN, COPY, History, rate, units } from './testing/history';

describe('the target of a copy (product §2.1, §2.2)', () => {
  const mode = (m: SettingsSeen['mode'], more: Partial<SettingsSeen> = {}): Partial<SettingsSeen> => ({ mode: m, ...more });
  const proportional = { kind: 'proportional', multiplier: rate('1'), compounding: 'reinvest' } as const;
  const amount = { kind: 'fixed_amount', amount: units('100'), maxAdds: 2 } as const;

  it.each<[string, Partial<SettingsSeen>, readonly string[], string, readonly string[]]>([
    // what, settings, leader's positions in turn, engine's target in the calm, found
    ['a fixed ratio', {}, ['1', '3', '1.5'], '0.15', []],
    ['a lot more than a fixed ratio', {}, ['1', '3', '1.5'], '0.17', ['target_too_high']],
    ['less than a fixed ratio without a reason', {}, ['10', '30', '15'], '1.4', ['target_too_low']],
    ['the wrong side', {}, ['1', '3', '-1'], '0.1', ['target_too_high']],
    ['a turn', {}, ['1', '3', '-1'], '-0.1', []],
    ['a close', {}, ['1', '0'], '0', []],
    ['a close that was not followed', {}, ['10', '0'], '1', ['target_too_high']],
    ['inverse', { direction: 'inverse' }, ['2', '4'], '-0.4', []],
    ['inverse on the leader’s side', { direction: 'inverse' }, ['2', '4'], '0.4', ['target_too_high']],
    ['proportional to equities', mode(proportional), ['10', '30'], '3', []],
    ['more than equities say', mode(proportional), ['10', '30'], '3.2', ['target_too_high']],
    ['fixed amounts', mode(amount), ['7', '9'], '2', []],
    ['increases only keeps what it has', { follow: 'increases_only' }, ['1', '0.5'], '0.1', []],
    ['decreases only enters nothing', { follow: 'decreases_only' }, ['3'], '0.3', ['target_too_high']],
    ['a coin the filter excludes', { instruments: { kind: 'only', coins: ['Y'] } }, ['3'], '0.3', ['target_too_high']],
  ])('%s', (_what, settings, leader, target, found) => {
    const history = new History(settings);
    for (const position of leader) history.wait(1_000).leader(position);
    const standing = { target: units(target), position: units('0'), reasons: target === '1.4' || target === '0' ? [] : (['rejected'] as const) };
    history.wait(60_000).calm(history.snapshot(standing));
    expect(history.found().filter((kind) => kind.startsWith('target'))).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['leader deposits and doubles: what it has stays', '0.02', ['beyond_target']],
    ['nothing is asked for', '0', []],
  ])('%s', (_what, more, found) => {
    const history = new History({ mode: proportional }).wait(20_000).mark('100').follow('10');
    const equity = { kind: 'leader_state_delivered', process: 'p1', leader: COPY.leader, positions: null } as const;
    for (let second = 0; second < 60; second += 1) {
      history
        .wait(1_000)
        .tell({ ...equity, at: history.now, time: history.now, equity: units('200000') })
        .mark('100');
    }
    history.leader('20');
    if (more !== '0') history.order('0.3');
    expect(history.found()).toEqual(found);
  });

  it.each<[string, string, string, readonly string[]]>([
    // what, leader before the fill that is told, target in the calm of a leader who was told to be at 10 and went to 6
    ['one change, from what was believed', '12', '0.6', []],
    ['more than that', '12', '0.65', ['target_too_high']],
    ['what the fill says, where that is less', '9', '0.69', ['target_too_high']],
  ])('a reduction behind fills that are missing is %s', (_what, before, target, found) => {
    const amounts = { kind: 'fixed_amount', amount: units('100'), maxAdds: 1 } as const;
    const history = new History(mode(amounts)).wait(20_000).mark('100').leader('10');
    history.fill(history.order('1'), '1', '100').wait(100);
    history.leader(before, '100', 'o9', false).leader('6').wait(60_000);
    history.calm(history.snapshot({ target: units(target), reasons: ['rejected'] }));
    expect(history.found().filter((kind) => kind.startsWith('target'))).toEqual(found);
  });

  it.each<[string, string, string, readonly string[]]>([
    // what, what the account of a copy of 10000 really has, target in the calm behind a leader of 100000 who opened 10
    ['scales the copy', '5000', '0.5', []],
    ['and scales it by no more', '5000', '0.4', ['target_too_low']],
    ['scales nothing where it covers the copy', '10000', '0.5', ['target_too_low']],
  ])('what a follower withdrew %s', (_what, has, target, found) => {
    const history = new History(mode(proportional)).wait(20_000).mark('100');
    history.tell({ kind: 'account_state_delivered', at: history.now, process: 'engine-1', account: COPY.account, equity: units(has) });
    history.wait(1_000).leader('10').wait(60_000);
    history.calm(history.snapshot({ target: units(target), position: units(target) }));
    expect(history.found().filter((kind) => kind.startsWith('target'))).toEqual(found);
  });

  it.each<[string, string, string, readonly string[]]>([
    // what, where a leader told to be at 10 truly is in the calm, target there
    ['a leader who left unseen is followed to flat', '0', '0', []],
    ['one who turned unseen leaves nothing to hold', '-5', '0', []],
    ['one who halved unseen is followed by half', '5', '0.5', []],
    ['and by no more', '5', '0.3', ['target_too_low']],
    ['one who increased unseen takes nothing away', '20', '0.8', ['target_too_low']],
  ])('a state that tells what fills did not: %s', (_what, truly, target, found) => {
    const history = new History().wait(20_000).mark('100').follow('10').wait(100);
    history.leader(truly, '100', 'o9', false).wait(60_000);
    history.calm(history.snapshot({ target: units(target), position: units(target) }));
    expect(history.found().filter((kind) => kind.startsWith('target'))).toEqual(found);
  });

  it.each<[string, string, string, readonly string[]]>([
    // what, filled of the entry of 1, target in the calm once the leader went from 10 to 5 and to flat
    ['is not owed any more', '0', '0', []],
    ['and what did is kept', '0.6', '0.6', []],
    ['not given up', '0.6', '0', ['target_too_low']],
  ])('what did not fill before the leader of a copy that closes by itself left %s', (_what, filled, target, found) => {
    const history = new History({ follow: 'increases_only' }).wait(20_000).mark('100').leader('10');
    const entry = history.order('1');
    if (filled !== '0') history.fill(entry, filled, '100');
    history.wait(100).leader('5').wait(1_000).leader('0').wait(60_000);
    history.calm(history.snapshot({ target: units(target) }));
    expect(history.found().filter((kind) => kind.startsWith('target'))).toEqual(found);
  });

  const asked = (settings: Partial<SettingsSeen>, allocation: string) => (history: History) =>
    void history.tell({
      kind: 'terms_asked',
      at: history.now,
      copyId: COPY.copyId,
      settings: { ...history.settings, ...settings },
      allocation: units(allocation),
    });
  const another = { kind: 'fixed_ratio', ratio: rate('0.2') } as const;

  it.each<[string, Partial<SettingsSeen>, (history: History) => void, string, readonly string[]]>([
    // what, the copy's mode, what comes before the move, the entry on a leader of 10
    ['half as much again was allocated, and is not in force', mode(proportional), asked(mode(proportional), '15000'), '1.5', []],
    ['more than that', mode(proportional), asked(mode(proportional), '15000'), '1.6', ['beyond_target']],
    ['nothing was asked for', mode(proportional), () => undefined, '1.5', ['beyond_target']],
    ['fixed amounts were asked for instead', mode(another), asked(mode({ ...amount, amount: units('300') }), '10000'), '3', []],
    ['more than either gives', mode(another), asked(mode({ ...amount, amount: units('300') }), '10000'), '3.1', ['beyond_target']],
  ])('terms that are asked for may be taken up: %s', (_what, settings, before, entry, found) => {
    const history = new History(settings).wait(20_000).mark('100');
    before(history);
    history.leader('10');
    history.order(entry);
    expect(history.found()).toEqual(found);
  });

  const decided = (history: History) =>
    void history.tell({ kind: 'move_decided', at: history.now, coin: COIN, time: history.now - 1_050, copyIds: [COPY.copyId] });

  it.each<[string, string, string, string, readonly string[]]>([
    // what, where the leader was as the copy began to wait, where it was as fills were missed, the entry after it went on from there by 3
    ['a turn that nobody saw is an open: what follows is entered', '2', '-5', '-1', []],
    ['what goes on where it was is not', '2', '2', '1', ['entry_without_cause']],
  ])('a copy that waits for the next open: %s', (_what, waited, missed, entry, found) => {
    const history = new History(mode(amount)).wait(1_000);
    history.leader(waited).state('breaker_closed').wait(1_000);
    decided(history);
    history.state('active', true).wait(30_000).mark('100');
    if (missed !== waited) history.leader(missed, '100', 'missed', false);
    history.wait(1_000).mark('100');
    history.leader(String(Number(missed) + 3 * Math.sign(Number(missed))));
    history.order(entry);
    expect(history.found()).toEqual(found);
  });

  it.each<[string, readonly string[], string, readonly string[]]>([
    // what, where its leader of 9 is read, where his next increase begins
    ['flat: what he holds since is an open, also on the same side', ['0'], '4', []],
    ['where he was, as smaller', ['3'], '4', ['entry_without_cause']],
    ['flat, and in again: that was the open', ['0', '4'], '4', []],
    ['on the other side, and back', ['-2', '4'], '4', []],
    ['flat, and with as much again', ['0', '9'], '9', []],
    ['smaller, and with as much again', ['3', '9'], '9', ['entry_without_cause']],
  ])('a copy that waits for the next open, whose leader closed unseen and is read %s', (_what, read, from, found) => {
    const history = new History(mode(amount)).wait(1_000);
    history.leader('9').state('breaker_closed').wait(1_000);
    decided(history);
    history.state('active', true).wait(30_000).mark('100');
    for (const position of read) history.unseen(position);
    history.leader(from, '100', 'missed', false).wait(500).mark('100');
    history.leader(String(Number(from) + 3)).order('1');
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, readonly string[]]>([
    ['it may be told of as it begins', 1_000, []],
    ['it does not wait for what was before', 15_000, ['entry_without_cause']],
  ])('a copy that begins to wait where its leader was read flat, and in again: %s', (_what, afterMs, found) => {
    const history = new History(mode(amount)).wait(1_000);
    history.leader('9').state('breaker_closed').wait(1_000);
    decided(history);
    history.wait(30_000).unseen('0').unseen('4').wait(afterMs);
    history.state('active', true).wait(5_000).mark('100').leader('7').order('1');
    expect(history.found()).toEqual(found);
  });

  it.each<[string, (history: History) => void, string, readonly string[]]>([
    ['decided on terms that came in between', (history) => decided(history.wait(1_000).terms(mode(another))), '2', []],
    ['no more than those say', (history) => decided(history.wait(1_000).terms(mode(another))), '2.1', ['beyond_target']],
    [
      'terms that came after the decision',
      (history) => {
        decided(history.wait(1_000));
        history.terms(mode(another));
      },
      '2',
      ['beyond_target'],
    ],
    [
      'a later reduction takes what came in between down with it',
      (history) => {
        history.wait(900).leader('5').wait(100).terms(mode(another));
        decided(history);
      },
      '1.1',
      ['beyond_target'],
    ],
    [
      'a pause that ended in between',
      (history) => {
        const thing = { kind: 'copy', copyId: COPY.copyId } as const;
        history.tell({ kind: 'halt', at: history.now - 200, thing, cause: 'pause' }).leader('12');
        history.wait(1_000).tell({ kind: 'halt_lifted', at: history.now, thing, cause: 'pause' });
        decided(history);
      },
      '1.2',
      [],
    ],
  ])('a move that is decided later: %s', (_what, between, entry, found) => {
    const history = new History().leader('10');
    between(history);
    history.order(entry);
    expect(history.found()).toEqual(found);
  });

  it('a copy that begins while its leader is in waits for the next open', () => {
    const history = new History().leader('10');
    const copy = { ...COPY, copyId: 'c2', account: '0xf2' };
    const terms = { kind: 'copy_terms', at: history.now, copy, settings: { ...history.settings }, allocation: units('10000') } as const;
    history.tell(terms).tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' });
    history.leader('20');
    history.order('1', { copyId: 'c2', account: '0xf2', signer: 'agent-2' });
    expect(history.found()).toEqual(['entry_without_cause']);
  });

  it('a copy that adopts takes on what the leader holds at the mark', () => {
    const history = new History().leader('10').wait(60_000).mark('120');
    const copy = { ...COPY, copyId: 'c2', account: '0xf2' };
    const settings = { ...history.settings, start: 'adopt' } as const;
    history.tell({ kind: 'copy_terms', at: history.now, copy, settings, allocation: units('10000') });
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' }).wait(100);
    history.order('1', { copyId: 'c2', account: '0xf2', signer: 'agent-2', cause: 'repair', price: units('120.6') });
    expect(history.found()).toEqual([]);
    history.order('0.1', { copyId: 'c2', account: '0xf2', signer: 'agent-2', cause: 'repair', price: units('120.6') });
    expect(history.found()).toEqual(['double_order']);
  });

  it.each<[string, (history: History) => void, string, readonly string[]]>([
    ['the best quote, no farther from the mark than the bound', () => undefined, '101', []],
    ['no quote beyond that', () => undefined, '102', ['price_bound']],
    [
      'the same while newer increments keep it owed',
      (history) => {
        for (const [position, price] of [
          ['20', '90'],
          ['30', '90'],
          ['40', '90'],
        ] as const)
          history.wait(8_000).mark(price).leader(position, price);
      },
      '99',
      [],
    ],
    [
      'the best quote about a mark that only a process knew which died since',
      (history) => {
        history.mark('103').wait(2_000).die().wait(1_000).start('p2').mark('100').wait(6_000).mark('100');
      },
      '104',
      [],
    ],
    [
      'and at none beyond that',
      (history) => {
        history.mark('103').wait(2_000).die().wait(1_000).start('p2').mark('100').wait(6_000).mark('100');
      },
      '104.1',
      ['price_bound'],
    ],
  ])('what a copy adopts is owed at %s', (_what, then, price, found) => {
    const history = new History().leader('10').wait(60_000).mark('100');
    const copy = { ...COPY, copyId: 'c2', account: '0xf2' };
    history.tell({ kind: 'copy_terms', at: history.now, copy, settings: { ...history.settings, start: 'adopt' }, allocation: units('10000') });
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' }).wait(100);
    then(history);
    history.order('1', { copyId: 'c2', account: '0xf2', signer: 'agent-2', cause: 'repair', price: units(price) });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, 'waits' | 'settled' | 'told as active alone', readonly string[]]>([
    ['once he is seen, while its beginning waits for that', 'waits', []],
    ['and not once that is settled', 'settled', ['entry_too_old']],
    ['and not where nothing of it waits', 'told as active alone', ['entry_too_old']],
  ])('a copy that adopts takes on what the leader holds much later %s', (_what, beginning, found) => {
    const history = new History().leader('10').wait(60_000).mark('100');
    const copy = { ...COPY, copyId: 'c2', account: '0xf2' };
    history.tell({ kind: 'copy_terms', at: history.now, copy, settings: { ...history.settings, start: 'adopt' }, allocation: units('10000') });
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' });
    if (beginning !== 'told as active alone') history.tell({ kind: 'rebased', at: history.now, copyId: 'c2', asked: true });
    if (beginning === 'settled') history.tell({ kind: 'rebase_settled', at: history.now, copyId: 'c2' });
    history.wait(180_000).mark('100').order('1', { copyId: 'c2', account: '0xf2', signer: 'agent-2', cause: 'repair' });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, string, readonly string[]]>([
    ['that was told while it began', 1_000, '2', []],
    ['and no more than that asks for', 1_000, '2.5', ['beyond_target']],
    ['but not by one that was told later', 6_000, '2', ['beyond_target']],
  ])('a copy that adopts goes by an equity of the leader %s', (_what, afterMs, size, found) => {
    const history = new History().leader('10').wait(60_000).mark('100');
    const copy = { ...COPY, copyId: 'c2', account: '0xf2' };
    const mode = { kind: 'proportional', multiplier: rate('1'), compounding: 'reinvest' } as const;
    history.tell({ kind: 'copy_terms', at: history.now, copy, settings: { ...history.settings, mode, start: 'adopt' }, allocation: units('10000') });
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' }).wait(afterMs).mark('100');
    history.tell({
      kind: 'leader_state_delivered',
      at: history.now,
      process: 'p1',
      leader: COPY.leader,
      equity: units('50000'),
      time: history.now,
      positions: null,
    });
    history.wait(100).order(size, { copyId: 'c2', account: '0xf2', signer: 'agent-2', cause: 'repair' });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number, readonly string[], readonly string[]]>([
    // what, how long after it became active, leader's positions before, found
    ['opens while it still takes his positions on is at the mark', 200, [], []],
    ['opens later is at his own price', 6_000, [], ['beyond_target']],
    ['turns to, from more, while it still takes his positions on is at the mark', 200, ['-200'], []],
    ['turns to later is at his own price', 6_000, ['-200'], ['beyond_target']],
  ])('a fixed amount of what the leader of a copy that adopts %s', (_what, afterMs, before, found) => {
    const history = new History().mark('90');
    for (const position of before) history.leader(position).wait(60_000).mark('90');
    const copy = { ...COPY, copyId: 'c2', account: '0xf2' };
    const mode = { kind: 'fixed_amount', amount: units('1000'), maxAdds: null } as const;
    history.tell({ kind: 'copy_terms', at: history.now, copy, settings: { ...history.settings, mode, start: 'adopt' }, allocation: units('10000') });
    history.tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' }).wait(afterMs).mark('90').leader('100', '100').wait(100);
    history.order('11', { copyId: 'c2', account: '0xf2', signer: 'agent-2', cause: 'repair', price: units('90') });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['a reading told of more than fills did', '1', []],
    ['and no more than the reading told of', '1.1', ['beyond_target']],
  ])('a copy that is re-based takes on what the leader has: %s', (_what, more, found) => {
    const history = new History().follow('10').wait(60_000);
    const positions = [{ coin: COIN, size: units('20') }];
    history.tell({ kind: 'leader_state_delivered', at: history.now, process: 'p1', leader: COPY.leader, equity: null, time: history.now, positions });
    history.wait(1_000).mark('100').tell({ kind: 'rebased', at: history.now, copyId: COPY.copyId }).wait(100);
    history.order(more, { cause: 'repair' });
    expect(history.found()).toEqual(found);
  });

  it.each<[string, number | null, readonly string[]]>([
    ['does that behind its beginning', 500, []],
    ['begins at the next open where nobody asked', null, ['entry_without_cause']],
  ])('a copy whose follower asked for a re-basis before it was active %s', (_what, afterMs, found) => {
    const history = new History().follow('10').wait(1_000).mark('100');
    const copy = { ...COPY, copyId: 'c2', account: '0xf2' };
    history.tell({ kind: 'copy_terms', at: history.now, copy, settings: history.settings, allocation: units('10000') });
    if (afterMs !== null) history.wait(afterMs).tell({ kind: 'rebased', at: history.now, copyId: 'c2' });
    history.wait(500).tell({ kind: 'copy_state', at: history.now, copyId: 'c2', state: 'active' }).wait(3_000).mark('100');
    history.order('1', { copyId: 'c2', account: '0xf2', signer: 'agent-2', cause: 'repair' });
    expect(history.found()).toEqual(found);
  });
});

describe('a copy of at most two fixed amounts (product §2.2)', () => {
  it.each<[string, readonly boolean[], readonly string[]]>([
    ['takes two', [true, true, false], []],
    ['takes no third', [true, true, true], ['beyond_target']],
    ['takes the third where the first was refused', [false, true, true], []],
  ])('%s', (_what, enters, found) => {
    const history = new History({ mode: { kind: 'fixed_amount', amount: units('100'), maxAdds: 2 } });
    for (const [index, position] of ['7', '9', '12'].entries()) {
      history.wait(1_000).mark('100').leader(position);
      if (enters[index] === true) history.fill(history.order('1'), '1', '100');
    }
    expect(history.found()).toEqual(found);
  });
});

describe('a copy of fixed amounts whose leader fills two orders in one block', () => {
  it.each<[string, string, readonly string[]]>([
    ['takes both at the one price of his move', '2.04', []],
    ['and no more', '2.06', ['beyond_target']],
  ])('%s', (_what, size, found) => {
    const history = new History({ mode: { kind: 'fixed_amount', amount: units('100'), maxAdds: null } }).wait(1_000).mark('98');
    // The larger one is cheaper: the average is nearer to its price, and each amount buys more at it than at its own order's.
    const fill = { coin: COIN, buy: true, time: history.now - 50 };
    const fills = [
      { ...fill, tradeId: 'a', orderId: 'a', size: units('90'), price: units('98'), startPosition: 0n },
      { ...fill, tradeId: 'b', orderId: 'b', size: units('10'), price: units('100'), startPosition: units('90') },
    ];
    history.tell({ kind: 'leader_fills_delivered', at: history.now, process: 'p1', leader: COPY.leader, fills });
    history.order(size, { price: units('98.5') });
    expect(history.found()).toEqual(found);
  });
});

describe('a copy of fixed amounts whose leader left unseen', () => {
  it.each<[string, readonly string[], number, readonly string[]]>([
    ['has all its adds of the new episode', ['0', '5'], 2, []],
    ['and no more', ['0', '5'], 3, ['beyond_target']],
    ['has those it used used, where he was in all the time', ['4', '5'], 1, ['beyond_target']],
  ])('%s', (_what, read, adds, found) => {
    const history = new History({ mode: { kind: 'fixed_amount', amount: units('100'), maxAdds: 2 } });
    for (const position of ['7', '9']) {
      history.wait(1_000).mark('100').leader(position);
      history.fill(history.order('1'), '1', '100');
    }
    for (const position of read) history.wait(1_000).unseen(position);
    for (const position of ['8', '11', '14'].slice(0, adds)) {
      history.wait(1_000).mark('100').leader(position);
      history.fill(history.order('1'), '1', '100');
    }
    expect(history.found()).toEqual(found);
  });
});

describe('a copy of fixed amounts whose leader turned unseen', () => {
  it.each<[string, number, readonly string[]]>([
    ['has all its adds of the new episode', 2, []],
    ['and no more', 3, ['beyond_target']],
  ])('%s', (_what, adds, found) => {
    const history = new History({ mode: { kind: 'fixed_amount', amount: units('100'), maxAdds: 2 } });
    for (const position of ['7', '9']) {
      history.wait(1_000).mark('100').leader(position);
      history.fill(history.order('1'), '1', '100');
    }
    history.wait(1_000).leader('-5', '100', 'unseen', false);
    for (const [index, position] of ['-8', '-11', '-14'].slice(0, adds).entries()) {
      history.wait(1_000).mark('100').leader(position);
      if (index === 0) history.fill(history.exit('-2'), '2', '100');
      history.fill(history.order('-1'), '1', '100');
    }
    expect(history.found()).toEqual(found);
  });
});

describe('a copy of fixed amounts that holds what it entered before its leader turned unseen, and has turned back', () => {
  const mode = { kind: 'fixed_amount', amount: units('100'), maxAdds: null } as const;

  it.each<[string, Partial<SettingsSeen>, CopyStateSeen, string, readonly string[]]>([
    ['adds one more where it closes by itself', { follow: 'increases_only' }, 'active', '1', []],
    ['and no more', { follow: 'increases_only' }, 'active', '1.02', ['beyond_target']],
    ['adds one more where nothing might be entered as he was told on the other side', { follow: 'increases_only' }, 'paused', '1', []],
    ['adds one more against an inverse one’s leader', { follow: 'increases_only', direction: 'inverse' }, 'active', '-1', []],
    ['has all it may where it follows his exits', {}, 'active', '1', ['beyond_target']],
  ])('%s', (_what, settings, meanwhile, size, found) => {
    const history = new History({ mode, ...settings }).wait(1_000).mark('100').leader('7');
    const entry = settings.direction === 'inverse' ? '-1' : '1';
    history.fill(history.order(entry), '1', '100');
    history.wait(20_000).state(meanwhile).wait(20_000).leader('-5', '100', 'unseen', false);
    history.wait(1_000).mark('100').leader('-8').wait(1_000).state('active').wait(20_000).mark('100');
    history.leader('7').order(size);
    expect(history.found()).toEqual(found);
  });
});

describe('a copy of fixed amounts that had another mode in this episode', () => {
  it.each<[string, string, readonly string[]]>([
    ['has both adds left', '1', []],
    ['and no third', '2', ['beyond_target']],
  ])('%s', (_what, third, found) => {
    const history = new History().follow('10').wait(20_000);
    history.terms({ mode: { kind: 'fixed_amount', amount: units('100'), maxAdds: 2 } }).wait(20_000);
    for (const [index, position] of ['12', '14', '16'].entries()) {
      history.wait(1_000).mark('100').leader(position);
      if (index === 0) history.fill(history.order('1'), '1', '100');
      if (index === 1) history.fill(history.order(third), third, '100');
    }
    expect(history.found()).toEqual(found);
  });
});
