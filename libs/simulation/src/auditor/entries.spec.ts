import { describe, expect, it } from 'vitest';
import type { CopyStateSeen } from './terms';
import { COIN, COPY, History, units } from './testing/history';

describe('new risk has a cause (product §2.4)', () => {
  it.each<[string, (history: History) => void, readonly string[]]>([
    ['follows an increase', (history) => void history.leader('10').order('1'), []],
    ['is one lot more than the target', (history) => void history.leader('10').order('1.01'), []],
    ['is two lots more than the target', (history) => void history.leader('10').order('1.02'), ['beyond_target']],
    ['has the wrong sign', (history) => void history.leader('10').order('-1'), ['wrong_side']],
    ['comes without anything', (history) => void history.order('1'), ['entry_without_cause']],
    ['comes after the leader closed', (history) => void history.leader('10').wait(50).leader('0').wait(50).order('1'), ['entry_without_cause']],
    ['was decided just before the leader closed', (history) => raced(history), []],
    ['was decided before the leader closed and left long after', (history) => raced(history, 1_500), ['beyond_target']],
    ['repairs what did not fill', (history) => repair(history, 5_000), []],
    ['repairs after the window', (history) => repair(history, 14_000), ['entry_too_old']],
    ['repairs more than did not fill', (history) => repair(history, 5_000, '0.62'), ['beyond_target']],
    ['follows a reduction', (history) => void history.follow('10').leader('5').order('0.1'), ['beyond_target']],
    ['is older than it may be', (history) => void history.leader('10').wait(2_600).order('1'), ['entry_too_old']],
    ['is as old as it may be', (history) => void history.leader('10').wait(1_900).order('1'), []],
    ['makes up for what was given up', (history) => givenUp(history, '2'), ['beyond_target']],
    ['follows the next increase after something was given up', (history) => givenUp(history, '1'), []],
    ['enters again after the follower closed', (history) => reentry(history, true), ['entry_without_cause']],
    ['crosses the follower’s close on its way', (history) => reentry(history, false), []],
    ['makes up for what a kill switch kept back', (history) => killed(history, 30_000), ['entry_without_cause', 'entry_too_old']],
    ['comes late for what a short halt kept back', (history) => killed(history, 500), []],
  ])('an entry that %s', (_what, act, found) => {
    const history = new History();
    act(history);
    expect(history.found()).toEqual(found);
  });

  function raced(history: History, later = 5) {
    history.leader('10');
    const decidedAt = history.now;
    history.wait(10).leader('0').wait(later);
    history.order('1', { decidedAt, sentAt: history.now, expiresAfter: decidedAt + 1_900 });
  }
  function repair(history: History, later: number, size = '0.6') {
    history.leader('10');
    history.fill(history.order('1'), '0.4');
    history.wait(later).mark('100').order(size, { cause: 'repair' });
  }
  function givenUp(history: History, size: string) {
    history.leader('10').wait(60_000).mark('100').leader('20');
    history.order(size);
  }
  function reentry(history: History, told: boolean) {
    history.follow('10').wait(1_000).trade(null, false, '1', '100', told);
    history
      .wait(told ? 40_000 : 100)
      .mark('100')
      .leader('20')
      .order('1');
  }
  function killed(history: History, later: number) {
    const thing = { kind: 'platform' } as const;
    history.tell({ kind: 'halt', at: history.now, thing, cause: 'kill_switch' }).wait(200).leader('10').wait(later);
    history.tell({ kind: 'halt_lifted', at: history.now, thing, cause: 'kill_switch' }).mark('100');
    history.order('1', { cause: 'repair' });
  }

  it.each<[string, (history: History) => unknown, readonly string[]]>([
    ['long after the trade was told', () => undefined, ['entry_without_cause']],
    ['after its leader was flat', (history) => history.leader('0').wait(100).leader('20'), []],
    ['after its leader was read flat, and where he was', (history) => history.unseen('0').unseen('15'), []],
    ['where its leader was read smaller, and where he was', (history) => history.unseen('5').unseen('15'), ['entry_without_cause']],
    ['because the follower asked for it', (history) => history.tell({ kind: 'rebased', at: history.now, copyId: COPY.copyId }), []],
    ['after the follower traded on', (history) => history.trade(null, true, '3').wait(100), []],
  ])('what a follower closed whole is entered again where an engine did so at once: %s', (_when, happens, found) => {
    const history = new History().follow('10').wait(1_000).trade(null, false, '1').wait(100).leader('15');
    // For some seconds it need not have compared.
    history.fill(history.order('0.5'), '0.5').wait(40_000).mark('100');
    expect(history.found()).toEqual([]);
    happens(history);
    history.leader('25').order('1');
    expect(history.found()).toEqual(found);
  });

  it('whose what is in an account with something of the follower’s own is not judged', () => {
    const history = new History().follow('10').wait(100).trade(null, true, '5').wait(100).trade(null, false, '5').wait(100);
    history.leader('20').order('1');
    history.wait(60_000).mark('100').leader('30').order('3');
    expect(history.found()).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    ['still stands there', '12', ['entry_without_cause']],
    ['turned before it was told ends nothing of the new one', '-10', []],
  ])('what the follower closed of an episode whose leader %s', (_what, position, found) => {
    const history = new History().follow('10').wait(1_000).trade(null, false, '1', '100', false);
    const closed = history.lastTrade();
    history.leader(position).tell({
      kind: 'account_fill_delivered',
      at: history.now,
      process: 'p1',
      account: COPY.account,
      tradeId: closed,
      coin: COIN,
    });
    history
      .wait(40_000)
      .mark('100')
      .leader(position.startsWith('-') ? '-20' : '20');
    history.order(position.startsWith('-') ? '-1' : '1');
    expect(history.found()).toEqual(found);
  });

  it('what was entered and closed by somebody else before either was told is not known as flat', () => {
    const history = new History().leader('10');
    const entry = history.order('1');
    history.trade(entry, true, '1', '100', false).end(entry, 'done').answer(entry, 'filled').wait(40_000).mark('100');
    const fill = (tradeId: string) => ({
      kind: 'account_fill_delivered' as const,
      at: history.now,
      process: 'p1',
      account: COPY.account,
      tradeId,
      coin: COIN,
    });
    const entered = history.lastTrade();
    history.trade(null, false, '1', '100', false);
    const closed = history.lastTrade();
    const refused = history.leader('0').exit('-1');
    history.end(refused, 'rejected').answer(refused, 'rejected').tell(fill(entered)).tell(fill(closed)).wait(100).exit('-1');
    expect(history.found()).toEqual([]);
  });

  it('a copy that is netted to flat by the follower’s own position is not judged in that coin any more', () => {
    const history = new History().trade(null, false, '1').wait(100);
    const copies = (leader: string, size: string, part = {}) => {
      history.leader(leader);
      return history.fill(history.order(size, part), size.replace('-', '')).wait(100);
    };
    copies('10', '1');
    copies('20', '1').wait(60_000).mark('100');
    // The engine still holds the two against one of the follower's own.
    history.calm(history.snapshot({ target: units('2'), position: units('2') }));
    expect(history.found()).toEqual([]);
    // The account may come to flat in many ways from here on: none of them tells that the copy is.
    copies('0', '-2', { reduceOnly: true }).wait(40_000).mark('100');
    copies('10', '1').wait(60_000).mark('100');
    history.calm(history.snapshot({ target: units('1'), position: units('2') }));
    expect(history.found()).toEqual([]);
  });

  it('fills told twice, and those of a snapshot, change nothing', () => {
    const history = new History();
    const fills = [
      { tradeId: 'T', coin: COIN, buy: true, size: units('10'), price: units('100'), startPosition: 0n, orderId: 'o', time: history.now },
    ];
    for (let times = 0; times < 3; times += 1) {
      history.tell({ kind: 'leader_fills_delivered', at: history.now, process: 'p1', leader: COPY.leader, fills });
    }
    history.order('1.02');
    expect(history.found()).toEqual(['beyond_target']);
  });

  it.each<[string, boolean, readonly string[]]>([
    ['are followed then, at their own prices', true, []],
    ['are none, where nothing was missing', false, ['entry_too_old']],
  ])('increments that are told behind a newer move as the engine sees the leader again %s', (_what, isUnseen, found) => {
    const history = new History().follow('10').wait(20_000);
    if (isUnseen) history.tell({ kind: 'disconnected', at: history.now, process: 'p1', addresses: [COPY.leader] });
    const missed = { tradeId: 'T', coin: COIN, buy: true, size: units('20'), price: units('110'), startPosition: units('10'), orderId: 'o' };
    const fills = [{ ...missed, time: history.now }];
    history.leader('30', '110', 'o', false).wait(3_000).leader('25', '110').wait(4_000).mark('110');
    history.tell({ kind: 'leader_fills_delivered', at: history.now, process: 'p1', leader: COPY.leader, fills });
    if (isUnseen) history.tell({ kind: 'synced', at: history.now, process: 'p1', address: COPY.leader });
    history.order('1.5', { cause: 'repair', price: units('110.5') });
    expect(history.found()).toEqual(found);
  });

  it('one block of many fills is one move', () => {
    const history = new History();
    const fill = { coin: COIN, buy: true, size: units('5'), price: units('100'), orderId: 'o', time: history.now };
    const fills = [0, 1, 2, 3].map((index) => ({ ...fill, tradeId: `T${index}`, startPosition: units(`${index * 5}`) }));
    history.tell({ kind: 'leader_fills_delivered', at: history.now, process: 'p1', leader: COPY.leader, fills });
    history.order('2');
    expect(history.found()).toEqual([]);
  });
});

describe('a copy that is to be closed (product §2.11)', () => {
  it.each<[string, number, CopyStateSeen, readonly string[]]>([
    ['goes on', 60_000, 'active', ['stop_not_flat']],
    ['goes on, which nobody may have met yet', 20_000, 'active', []],
    ['is being closed', 60_000, 'stopping', []],
    ['never began', 60_000, 'preparing', []],
  ])('that %s', (_what, waited, state, found) => {
    const history = new History();
    history.tell({ kind: 'halt', at: history.now, thing: { kind: 'copy', copyId: COPY.copyId }, cause: 'stop' });
    history.wait(waited).mark('100');
    history.calm(history.snapshot({}, state));
    expect(history.found()).toEqual(found);
  });
});
