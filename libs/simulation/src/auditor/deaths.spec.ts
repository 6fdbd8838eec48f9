import { describe, expect, it } from 'vitest';
import { COIN, COPY, History, rate, units } from './testing/history';

/** Another process takes over, `down` ms after the first one died, and sees marks again. */
const takeOver = (history: History, down: number) => {
  history.die().wait(down).start('p2').wait(500).mark('100');
  return history.wait(100);
};

describe('over the death of a process', () => {
  it('an order nobody has an answer to is asked for, made void and repaired inside its window', () => {
    const history = new History().leader('10');
    const lost = history.orderOf(history.order('1'));
    takeOver(history, 3_000);
    history.tell({ kind: 'nonce_voided', at: history.now, signer: lost.signer, nonce: lost.nonce });
    history.order('1', { cause: 'repair' });
    expect(history.found()).toEqual([]);
  });

  it('an order nobody has an answer to, that rests at the venue, is not repeated', () => {
    const history = new History({ onBreach: 'rest' }).leader('10');
    history.end(history.order('1', { tif: 'gtc' }), 'resting');
    takeOver(history, 3_000);
    history.order('1', { cause: 'repair' });
    expect(history.found()).toEqual(['double_order']);
  });

  it('an order that was journaled and never left takes nothing from what may be ordered', () => {
    const history = new History().leader('10');
    const order = history.orderOf(history.order('0.1'));
    history.end(order.cloid, 'done').journal({ ...order, cloid: 'never', nonce: 77 });
    takeOver(history, 2_000);
    history.order('1', { cause: 'repair' });
    expect(history.found()).toEqual([]);
  });

  it('a counter of nonces that begins too low is told', () => {
    const history = new History().leader('10');
    history.end(history.order('0.1', { nonce: 5 }), 'done');
    takeOver(history, 2_000);
    history.order('0.1', { nonce: 5, cause: 'repair' });
    expect(history.found()).toEqual(['duplicate_nonce']);
  });

  it('a restart does not open anew what was given up', () => {
    const history = takeOver(new History().leader('10'), 30_000);
    history.order('1', { cause: 'repair' });
    expect(history.found()).toEqual(['entry_too_old']);
  });

  it('fills the dead process was never told are moves of the next one', () => {
    const history = new History();
    history.leader('10', '100', 'o', false);
    takeOver(history, 1_000);
    const fills = [
      { tradeId: 'late', coin: 'X', buy: true, size: units('10'), price: units('100'), startPosition: 0n, orderId: 'o', time: history.now - 1_600 },
    ];
    history.tell({ kind: 'leader_fills_delivered', at: history.now, process: 'p2', leader: COPY.leader, fills });
    history.order('1');
    expect(history.found()).toEqual([]);
  });

  /** The engine decided on every move up to now. */
  const decided = (history: History, time = history.now) =>
    history.tell({ kind: 'move_decided', at: history.now, coin: COIN, time, copyIds: [COPY.copyId] });

  it.each<[string, (history: History, tell: () => unknown) => unknown, readonly string[]]>([
    ['need not have heard of the one after it', () => undefined, []],
    ['was told of that too', (_history, tell) => tell(), ['beyond_target']],
    ['decided on that as well', (history) => decided(history), ['beyond_target']],
  ])('the next process that finds a move written down %s', (_what, happens, found) => {
    const history = new History().leader('10').wait(200);
    const written = history.now - 100;
    const sold = {
      tradeId: 'B',
      coin: COIN,
      buy: false,
      size: units('6'),
      price: units('100'),
      startPosition: units('10'),
      orderId: 'b',
      time: history.now,
    };
    const tell = () =>
      history.tell({ kind: 'leader_fills_delivered', at: history.now, process: history.process, leader: COPY.leader, fills: [sold] });
    tell();
    takeOver(history, 1_000);
    decided(history, written);
    happens(history, tell);
    history.wait(1).order('1');
    expect(history.found()).toEqual(found);
  });

  it.each<[string, boolean, readonly string[]]>([
    ['was with the process that died', false, []],
    ['was decided on', true, ['beyond_target']],
  ])('a reduction is counted from where the next process believes the leader, where an increase before it %s', (_what, isDecided, found) => {
    const history = new History({ mode: { kind: 'fixed_amount', amount: units('100'), maxAdds: null } });
    history.leader('10', '100', 'o1').fill(history.order('1'), '1');
    decided(history).wait(1_000).mark('100').leader('20', '100', 'o1');
    if (isDecided) decided(history);
    takeOver(history, 1_000).leader('9', '100', 'o2').fill(history.exit('-0.1'), '0.1');
    decided(history).wait(1_000).mark('100').leader('19', '100', 'o3').order('1');
    expect(history.found()).toEqual(found);
  });

  it.each<[string, string, boolean, readonly string[]]>([
    ['is followed as one change from where he was before it', '9', false, []],
    ['is followed no further than the leader', '9.9', false, ['target_too_high']],
    ['is known where it was decided', '9', true, ['target_too_high']],
  ])('a reduction that was told to the process that died, and more of the leader after it, %s', (_what, target, decided, found) => {
    const history = new History().follow('100').wait(20_000).mark('100');
    const decide = (): History => history.tell({ kind: 'move_decided', at: history.now, coin: COIN, time: history.now, copyIds: [COPY.copyId] });
    decide().leader('50');
    if (decided) decide();
    takeOver(history, 1_000).state('paused').wait(10_000).mark('100').leader('90');
    decide().wait(20_000).mark('100');
    history.calm(history.snapshot({ target: units(target), reasons: ['denied'] }, 'paused'));
    expect(history.found().filter((kind) => kind.startsWith('target'))).toEqual(found);
  });

  /** A leader has 10 and turns from them to another position, of which a process is told. Answers how another one may be told of it too. */
  function toldOf(after: string): { readonly history: History; readonly tell: () => History } {
    const history = decided(new History().leader('10')).wait(1_000);
    const fill = { tradeId: 'S', coin: COIN, buy: false, size: units('10') - units(after), price: units('100'), startPosition: units('10') };
    const fills = [{ ...fill, orderId: 's', time: history.now }];
    const tell = () => history.tell({ kind: 'leader_fills_delivered', at: history.now, process: history.process, leader: COPY.leader, fills });
    return { history: tell(), tell };
  }

  /** The next process reads where the leader is, and decides on that a second later. */
  function readAt(history: History, position: string): History {
    const read = history.unseen(position).now;
    return decided(history.wait(1_000).mark('100'), read).wait(50);
  }

  it.each<[string, string, string, string, readonly string[]]>([
    ['as one change from where he was before', '0', '6', '0.6', []],
    ['and no further', '0', '6', '0.63', ['beyond_target']],
    ['and never upwards', '0', '20', '1.1', ['beyond_target']],
    ['on the side he was on, though he had turned', '-10', '6', '0.6', []],
    ['to nothing where it says that he left', '-10', '0', '0.6', ['entry_without_cause']],
  ])('a reading is followed without the move that was with the process that died, %s', (_what, after, position, size, found) => {
    const { history } = toldOf(after);
    readAt(takeOver(history, 1_000), position).order(size, { cause: 'repair' });
    expect(history.found()).toEqual(found);
  });

  it.each(['the process that died had decided on', 'the next one was told of too'])('a reading is followed behind a move %s', (what) => {
    const { history, tell } = toldOf('0');
    if (what.includes('decided')) decided(history);
    takeOver(history, 1_000);
    if (what.includes('told')) tell();
    readAt(history, '6').order('0.6', { cause: 'repair' });
    expect(history.found()).toEqual(['entry_without_cause']);
  });

  it('a decision on fills is none on a reading of their moment that came before them', () => {
    const history = decided(new History().follow('10')).wait(1_000).leader('20', '100', 'o', false).read();
    const traded = { buy: true, size: units('10'), price: units('100'), startPosition: units('10') };
    const fill = { ...traded, tradeId: 'F', coin: COIN, orderId: 'o', time: history.now };
    history.wait(50).tell({ kind: 'leader_fills_delivered', at: history.now, process: 'p1', leader: COPY.leader, fills: [fill] });
    decided(history, fill.time).wait(20_000).mark('100');
    history.calm(history.snapshot());
    expect(history.found()).toEqual(['target_too_low']);
  });

  it.each<[string, string, string, readonly string[]]>([
    ['is back where he was before it', '10', '1', []],
    ['is where it says', '0', '1', ['target_too_high']],
    ['has less than before it', '6', '1', ['target_too_high']],
  ])('in the calm a target stands without the move that was with the process that died where the leader %s', (_what, position, target, found) => {
    const { history } = toldOf('0');
    takeOver(history, 1_000).unseen(position).wait(20_000).mark('100');
    history.calm(history.snapshot({ target: units(target), reasons: ['denied'] }));
    expect(history.found()).toEqual(found);
  });

  it.each<[string, (history: History) => unknown, readonly string[]]>([
    ['reads where he is', (history) => readAt(history, '4'), []],
    ['is told of what came after alone', (history) => decided(history.leader('5', '90')), []],
    ['was told of the rest', (history) => decided(history), ['price_bound']],
  ])('what was owed keeps its price beside moves that were with the process that died where the next one %s', (_what, happens, found) => {
    const { history } = toldOf('0');
    takeOver(history.leader('0', '100', 'o', false).wait(500).leader('4', '90'), 1_000);
    void happens(history);
    history.order('0.4', { cause: 'repair' });
    expect(history.found()).toEqual(found);
  });

  it('a breach that was written down outlives the process', () => {
    const losses = { fromStart: rate('0.2'), trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1 };
    const history = new History({ losses, venueLeverage: 50 }).follow('500').wait(1_000).mark('59').state('breaker_closed').wait(100);
    history.fill(history.exit('-50', { price: units('58') }), '50', '59');
    history.leader('0', '59');
    takeOver(history, 5_000).leader('10');
    history.order('1');
    expect(history.found()).toContain('order_after_breach');
    expect(history.found()).toContain('halt_ignored');
  });

  it('what a new process believes of positions is not judged in its first seconds', () => {
    const history = takeOver(new History().follow('10'), 1_000);
    history.exit('-1.5');
    expect(history.found()).toEqual([]);
    history.wait(6_000).exit('-1.5');
    expect(history.found()).toEqual(['exit_beyond_position']);
  });
});

describe('a signer that counts no more', () => {
  const gone = (history: History, signer: string) => history.tell({ kind: 'signer_gone', at: history.now, account: COPY.account, signer });
  const given = (history: History, signer: string) => history.tell({ kind: 'signer_given', at: history.now, account: COPY.account, signer });

  it('leaves an exit nobody has an answer to without effect: it is sent again by the next signer', () => {
    const history = given(new History().follow('10'), 'agent-1').leader('0');
    history.exit('-1');
    gone(given(history.wait(3_000), 'agent-2'), 'agent-1').exit('-1', { signer: 'agent-2' });
    expect(history.found()).toEqual([]);
  });

  it('excuses nothing where the engine took to another before: what is held is asked to be closed', () => {
    const history = given(new History().follow('10'), 'agent-2').leader('12');
    history
      .fill(history.order('0.2', { signer: 'agent-2' }), '0.2')
      .leader('0')
      .wait(60_000);
    gone(history, 'agent-1').calm(history.snapshot({ target: 0n }));
    expect(history.found()).toEqual(['exit_not_followed']);
  });

  it.each<[string, (history: History) => History]>([
    ['nobody else signs', (history) => history],
    ['the engine did not take to the next one', (history) => given(history, 'agent-2')],
  ])('excuses what is held where %s', (_what, next) => {
    const history = next(new History().follow('10')).leader('0').wait(60_000);
    gone(history, 'agent-1').calm(history.snapshot({ target: 0n }));
    expect(history.found()).toEqual([]);
  });

  it('excuses nothing any more once the next one signs', () => {
    const history = gone(new History().follow('10'), 'agent-1').leader('12');
    history
      .fill(history.order('0.2', { signer: 'agent-2' }), '0.2')
      .leader('0')
      .wait(60_000);
    history.calm(history.snapshot({ target: 0n }));
    expect(history.found()).toEqual(['exit_not_followed']);
  });
});

describe('a target by equities (product §2.2)', () => {
  const proportional = { kind: 'proportional', multiplier: rate('1'), compounding: 'reinvest' } as const;
  const equity = (history: History, value: string) =>
    history.tell({
      kind: 'leader_state_delivered',
      at: history.now,
      process: 'p1',
      leader: COPY.leader,
      equity: units(value),
      time: history.now,
      positions: null,
    });

  it.each<[string, string, readonly string[]]>([
    ['what equities say', '1', []],
    ['a hundredth more, because equities are never known at one moment', '1.01', []],
    ['clearly more', '1.1', ['beyond_target']],
  ])('an entry of %s', (_what, size, found) => {
    const history = new History({ mode: proportional }).leader('10');
    history.order(size);
    expect(history.found()).toEqual(found);
  });

  it('may be taken from either of two equities read about then', () => {
    const history = new History({ mode: proportional });
    equity(history, '50000').wait(3_000).mark('100').leader('10').order('2');
    expect(history.found()).toEqual([]);
  });

  it('follows the allocation where it is nominal, whatever the copy made', () => {
    const history = new History({ mode: { ...proportional, compounding: 'fixed_nominal' } }).leader('10');
    history.order('1.2');
    expect(history.found()).toEqual(['beyond_target']);
  });

  it.each([
    ['an entry left by it', 'none', ['beyond_target']],
    ['a process began since, which may have taken it anew', 'death', []],
    ['the database may have failed to keep it', 'trouble', []],
  ] as const)('goes by the equity its leader had first where it is nominal: %s', (_what, happens, found) => {
    const history = new History({ mode: { ...proportional, compounding: 'fixed_nominal' } }).leader('10');
    history.fill(history.order('1'), '1').wait(1_000);
    if (happens === 'trouble') history.tell({ kind: 'troubled', at: history.now });
    if (happens === 'death') history.die().start('p2');
    // The leader lost half of what he had: the ratio stays.
    const lost = { kind: 'leader_state_delivered', at: history.wait(30_000).now, process: history.process, leader: COPY.leader } as const;
    history
      .tell({ ...lost, equity: units('50000'), time: history.now, positions: null })
      .wait(20_000)
      .mark('100')
      .leader('20');
    history.order('1.5');
    expect(history.found()).toEqual(found);
  });

  it('is of what the account has where that is less than the copy is worth', () => {
    for (const [equity, found] of [
      ['10000', []],
      ['5000', ['beyond_target']],
    ] as const) {
      const history = new History({ mode: proportional });
      history.tell({ kind: 'account_state_delivered', at: history.now, process: 'p1', account: COPY.account, equity: units(equity) });
      history.wait(20_000).mark('100').leader('10');
      history.order('0.9');
      expect(history.found()).toEqual(found);
    }
  });
});
