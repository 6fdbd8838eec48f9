import { describe, expect, it } from 'vitest';
import type { LossLimitsSeen, SettingsSeen } from './terms';
import { COPY, History, rate, T0, units } from './testing/history';

const losses = (changed: Partial<LossLimitsSeen>): Partial<SettingsSeen> => ({
  venueLeverage: 50,
  losses: { fromStart: null, trailing: null, daily: null, lossMoney: null, haltNewAt: null, closeAfterMarks: 1, ...changed },
});

/** A copy of 10,000 that holds 50 at 100: a mark one lower is 50 lost, 0.5 %. */
const holding = (settings: Partial<SettingsSeen>) => new History(settings).wait(10_000).mark('100').follow('500');
/** An entry of the copy at the leader's next increase. */
const enter = (history: History, price: string) => {
  history.leader('510', price);
  return history.order('1', { price: units((Number(price) * 1.004).toFixed(2)) });
};

const moveOut = (history: History, limits: Partial<SettingsSeen>): History => history.terms(limits, '2000');
const enableAgain = (history: History): History => history.state('breaker_closed').state('active', true);

describe('limits of loss (product §3, 2)', () => {
  it.each<[string, Partial<LossLimitsSeen>, readonly string[], readonly string[]]>([
    // what, limits, marks a second apart, found when the copy enters after them
    ['no limit', {}, ['10'], []],
    ['a loss short of its limit', { fromStart: rate('0.2') }, ['61'], []],
    ['a loss at its limit may be seen a little smaller', { fromStart: rate('0.2') }, ['60'], []],
    ['a loss beyond its limit', { fromStart: rate('0.2') }, ['59'], ['order_after_breach']],
    ['a loss that was there and went: the copy stays closed', { fromStart: rate('0.2') }, ['59', '100'], ['order_after_breach']],
    ['a wick with two marks asked for', { fromStart: rate('0.2'), closeAfterMarks: 2 }, ['59', '100'], []],
    ['a wick with two marks asked for, while it lasts', { fromStart: rate('0.2'), closeAfterMarks: 2 }, ['59'], ['order_after_breach']],
    ['the same mark told twice is no second one', { fromStart: rate('0.2'), closeAfterMarks: 2 }, ['59', '59', '100'], []],
    ['two marks in a row', { fromStart: rate('0.2'), closeAfterMarks: 2 }, ['59', '58', '100'], ['order_after_breach']],
    ['a trailing loss from the highest value', { trailing: rate('0.2') }, ['150', '96'], ['order_after_breach']],
    ['a trailing loss short of its limit', { trailing: rate('0.2') }, ['150', '102'], []],
    ['a loss in money', { lossMoney: units('1000') }, ['79'], ['order_after_breach']],
    ['a loss in money short of its limit', { lossMoney: units('1000') }, ['81'], []],
    ['a step of the ladder that halts', { fromStart: rate('0.4'), haltNewAt: rate('0.5') }, ['59'], ['order_after_breach']],
    ['a step of the ladder that was left again', { fromStart: rate('0.4'), haltNewAt: rate('0.5') }, ['59', '90'], []],
    ['a day’s loss', { daily: rate('0.2') }, ['59'], ['order_after_breach']],
  ])('%s', (_what, limits, marks, found) => {
    const history = holding(losses(limits));
    let last = '100';
    for (const mark of marks) {
      history.wait(1_000).mark(mark);
      last = mark;
    }
    history.wait(100);
    enter(history, last);
    expect(history.found()).toEqual(found);
  });

  it('is not shown by the last fill when the mark shows nothing, and the other way round', () => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.wait(1_000).leader('509', '59').leader('508', '59').mark('99').wait(100);
    enter(history, '99');
    expect(history.found()).toEqual([]);
  });

  it.each<[string, string, readonly string[]]>([
    ['above it', '90', []],
    ['at the loss', '59', ['order_after_breach']],
  ])('of a step of the ladder end where all is closed %s, and no mark tells it', (_what, price, found) => {
    const history = holding(losses({ fromStart: rate('0.4'), haltNewAt: rate('0.5') }));
    history.wait(1_000).mark('59').wait(1_000).leader('0', price);
    history.fill(history.exit('-50', { price: units('58') }), '50', price).wait(1_000);
    history.leader('10', price);
    history.order('1', { price: units((Number(price) * 1.004).toFixed(2)) });
    expect(history.found().filter((kind) => kind === 'order_after_breach')).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['may have ended the halt of a step of the ladder', '0.5', []],
    ['opens nothing that a loss closed', '1', ['order_after_breach']],
  ])('what the follower did by hand, whose part in the losses is not known, %s', (_what, haltNewAt, found) => {
    const history = holding(losses({ fromStart: rate('0.4'), haltNewAt: rate(haltNewAt) }));
    history
      .wait(1_000)
      .mark(haltNewAt === '1' ? '19' : '59')
      .wait(1_000);
    history.trade(null, false, '20', '90').wait(1_000).mark('90').mark('90', 'Y').wait(100);
    // Nothing is judged in the coin of such a trade.
    history.order('1', { coin: 'Y', price: units('90.1') });
    expect(history.found().filter((kind) => kind === 'order_after_breach')).toEqual(found);
  });

  it('lets what was journaled before the mark leave', () => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.wait(1_000).leader('510', '100');
    const decidedAt = history.now;
    history.wait(5).mark('59');
    history.order('1', { decidedAt, journaledAt: decidedAt + 1, sentAt: decidedAt + 6 });
    expect(history.found()).toEqual([]);
  });

  it('tells of an order journaled after the mark, though it was decided before', () => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.wait(1_000).leader('510', '100');
    const decidedAt = history.now;
    history.wait(5).mark('59');
    history.order('1', { decidedAt, journaledAt: decidedAt + 6, sentAt: decidedAt + 7 });
    expect(history.found()).toEqual(['order_after_breach']);
  });

  it('takes marks of one moment as one look', () => {
    const history = new History({ ...losses({ fromStart: rate('0.2') }), mode: { kind: 'fixed_ratio', ratio: rate('0.1') } });
    history.wait(10_000).mark('100').mark('100', 'Y').follow('500');
    const fills = [
      { tradeId: 'Ly', coin: 'Y', buy: false, size: units('500'), price: units('100'), startPosition: 0n, orderId: 'oy', time: history.now },
    ];
    history.tell({ kind: 'leader_fills_delivered', at: history.now, process: 'p1', leader: COPY.leader, fills });
    const order = history.order('-50', { coin: 'Y' });
    const fill = { account: COPY.account, coin: 'Y', tradeId: 'ty' };
    history.tell({
      ...fill,
      kind: 'world_fill',
      at: history.now,
      cloid: order,
      buy: false,
      size: units('50'),
      price: units('100'),
      fee: 0n,
      closedPnl: 0n,
      liquidation: false,
    });
    history.tell({ ...fill, kind: 'account_fill_delivered', at: history.now, process: 'p1' });
    // One coin falls, the other with it: long and short make nothing of it, whichever mark is told first.
    history.wait(1_000).mark('50').mark('50', 'Y').wait(100);
    enter(history, '50');
    expect(history.found()).toEqual([]);
  });

  it('does not hold a loss against it that only charges on their way would show', () => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.charge('-500', null);
    history.wait(1_000).mark('65').wait(100);
    enter(history, '65');
    expect(history.found()).toEqual([]);
  });

  it.each<[string, number, readonly string[]]>([
    ['counts charges that were told', 3_000, ['order_after_breach']],
    ['but for those that may not be booked yet', 2_900, []],
  ])('%s', (_what, ago, found) => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.charge('-500');
    history.wait(ago).mark('65').wait(100);
    enter(history, '65');
    expect(history.found()).toEqual(found);
  });

  it('does not take a charge that is told too young for known, until a later reading', () => {
    const young = holding(losses({ trailing: rate('0.2') }));
    young.charge('2000', 600).wait(1_000).mark('100').wait(1_000).mark('45').wait(100);
    enter(young, '45');
    expect(young.found()).toEqual([]);
    const later = holding(losses({ trailing: rate('0.2') }));
    later.charge('2000', 600).wait(20_000).charge('0', 600).wait(4_000).mark('100').wait(1_000).mark('45').wait(100);
    enter(later, '45');
    expect(later.found()).toEqual(['order_after_breach']);
  });

  it.each<[string, boolean, readonly string[]]>([
    ['an exit whose answer an engine has, and an entry whose answer it has not', false, []],
    ['both told', true, ['order_after_breach']],
  ])('allows for any of the fills on their way: %s', (_what, told, found) => {
    const history = holding(losses({ fromStart: rate('0.1') }));
    history.wait(1_000).mark('120').wait(100);
    history.trade(history.exit('-50', { price: units('119') }), false, '50', '120', told);
    history.trade(history.order('50', { price: units('121') }), true, '50', '130', told);
    history.wait(20_000).mark('70').wait(100);
    enter(history, '70');
    expect(history.found().filter((kind) => kind === 'order_after_breach')).toEqual(found);
  });

  it.each<[string, (history: History, limits: Partial<SettingsSeen>) => History, boolean, string, readonly string[]]>([
    ['money moved, what only an engine that knew both has lost', moveOut, false, '101', []],
    ['money moved, what any engine has lost', moveOut, false, '95', ['order_after_breach']],
    ['money moved, both told before', moveOut, true, '101', ['order_after_breach']],
    ['references began anew, what only an engine that knew both has lost', enableAgain, false, '75', []],
    ['references began anew, what any engine has lost', enableAgain, false, '60', ['order_after_breach']],
    ['references began anew, both told before', enableAgain, true, '75', ['order_after_breach']],
  ])('allows for any of the fills on their way as %s', (_what, begin, told, price, found) => {
    const limits = losses({ fromStart: rate('0.2') });
    const history = holding(limits);
    history.wait(1_000).mark('120').wait(100);
    // Sold above the mark, which an answer that comes late does not tell, and bought above it, which one in time does.
    const fills = [
      [history.exit('-50', { price: units('119') }), false],
      [history.order('50', { price: units('131') }), true],
    ] as const;
    const trades = fills.map(([cloid, buy]) => history.trade(cloid, buy, '50', '130', told).lastTrade());
    begin(history, limits).wait(1_000);
    for (const trade of told ? [] : trades) history.toldOf(trade);
    history.wait(1_000).mark(price).wait(100);
    enter(history, price);
    expect(history.found().filter((kind) => kind === 'order_after_breach')).toEqual(found);
  });

  it.each<[string, string, readonly string[]]>([
    ['as far as that may be', '84.24', []],
    ['and no further', '84', ['order_after_breach']],
  ])('allows for fees no answer told as money moved, %s', (_what, price, found) => {
    const limits = losses({ fromStart: rate('0.2') });
    const history = new History(limits).wait(10_000).mark('100').follow('10000').wait(1_000).mark('100');
    const trade = history.trade(history.exit('-500', { price: units('99') }), false, '500', '100.05', false).lastTrade();
    history.terms(limits, '40000').wait(1_000).toldOf(trade).wait(1_000).mark(price).wait(100);
    history.leader('10010', price);
    history.order('1', { price: units((Number(price) * 1.004).toFixed(2)) });
    expect(history.found().filter((kind) => kind === 'order_after_breach')).toEqual(found);
  });

  it('takes money moved out for no loss', () => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.wait(1_000).terms(losses({ fromStart: rate('0.2') }), '7000');
    history.wait(1_000).mark('95').wait(100);
    enter(history, '95');
    expect(history.found()).toEqual([]);
  });

  it.each<[string, number, readonly string[]]>([
    ['as it was, where no mark came meanwhile', 0, []],
    ['worth nothing, where one did', 1, ['order_after_breach']],
  ])('finds a copy that was left with less than it had lost, as its money comes back, %s', (_what, marks, found) => {
    const limits = losses({ fromStart: rate('0.2') });
    const history = holding(limits).wait(1_000).mark('90').terms(limits, '100');
    for (let mark = 0; mark < marks; mark += 1) history.wait(1_000).mark('90');
    history.terms(limits, '10000').wait(1_000).mark('90').wait(100);
    enter(history, '90');
    expect(history.found()).toEqual(found);
  });

  it('begins anew when the follower re-enables', () => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.wait(1_000).mark('59').state('breaker_closed').wait(10);
    history.fill(history.exit('-50', { price: units('58') }), '50', '59');
    history.wait(5_000).leader('0', '59').state('active', true).wait(1_000).mark('59').leader('10', '59');
    history.order('1', { price: units('59.2') });
    expect(history.found()).toEqual([]);
  });

  it('asks for everything closed in the calm', () => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.wait(1_000).mark('59').wait(60_000).calm();
    expect(history.found()).toEqual(['breach_not_closed']);
  });

  it.each([
    ['closed by its breaker', 'breaker_closed', 60_000, []],
    ['being closed for good', 'stopping', 60_000, []],
    ['going on', 'active', 60_000, ['breach_not_closed']],
    ['paused', 'paused', 60_000, ['breach_not_closed']],
    ['going on, since a moment ago', 'active', 5_000, []],
  ] as const)('asks in the calm that the copy itself is closed, though it holds nothing: %s', (_what, copyState, wait, found) => {
    const history = holding(losses({ fromStart: rate('0.2') }));
    history.wait(1_000).mark('59');
    history.fill(history.exit('-50', { price: units('58') }), '50', '59');
    if (copyState !== 'active') history.state(copyState);
    history.leader('0', '59').wait(wait).calm(history.snapshot({}, copyState));
    expect(history.found().filter((kind) => kind.startsWith('breach'))).toEqual(found);
  });

  it.each([
    ['stays closed', 'breaker_closed', 1, 0, []],
    ['ends', 'stopping', 1, 0, []],
    ['goes on', 'active', 1, 0, ['breach_not_closed']],
    ['goes on once its follower enabled it again', 'active', 1, 1, []],
    ['goes on though only one of its breakers was taken back', 'active', 2, 1, ['breach_not_closed']],
  ] as const)('of a copy that was told as closed by its breaker, whatever the loss was: %s', (_what, copyState, times, enabled, found) => {
    const history = new History(losses({ fromStart: rate('0.2') })).wait(10_000);
    for (let nth = 0; nth < enabled; nth += 1) history.state('breaker_closed').state('active', true);
    history.state(copyState).wait(60_000);
    history.calm({ ...history.snapshot({}, copyState), breakersTold: Array.from({ length: times }, () => COPY.copyId) });
    expect(history.found()).toEqual(found);
  });

  it('forgets what a death may have taken with it', () => {
    const history = holding(losses({ trailing: rate('0.2') }));
    history.wait(1_000).mark('200').wait(500).die().start('p2');
    history.tell({ kind: 'synced', at: history.now, process: 'p2', address: COPY.leader });
    history.wait(6_000).mark('130').wait(100);
    enter(history, '130');
    expect(history.found()).toEqual([]);
  });

  it('counts a day from the last value before it where nothing was seen at its beginning', () => {
    const history = holding(losses({ daily: rate('0.2') }));
    const day = 86_400_000;
    history.wait(1_000).mark('70');
    history
      .wait(day - (history.now % day) + 1_000)
      .mark('69')
      .wait(1_000)
      .mark('60')
      .wait(100);
    enter(history, '60');
    expect(history.found()).toEqual([]);
    expect(history.now).toBeGreaterThan(T0);
  });
});

describe('marks and truth (product §3, 3)', () => {
  it.each<[string, (history: History) => void, readonly string[]]>([
    ['a mark of 5 s', (history) => history.wait(5_000), []],
    ['a mark of 5 s by whole milliseconds', (history) => history.wait(5_000.5), []],
    ['a mark older than 5 s', (history) => history.wait(5_001), ['stale_mark']],
    ['a mark of another coin', (history) => history.wait(5_001).mark('100', 'Y'), ['stale_mark']],
    ['no mark in a new process', (history) => history.die().start('p2'), ['stale_mark']],
    [
      'a leader nobody sees',
      (history) => history.tell({ kind: 'disconnected', at: history.now, process: 'p1', addresses: [COPY.leader] }).wait(200),
      ['truth_disconnected'],
    ],
    [
      'an account nobody sees',
      (history) => history.tell({ kind: 'disconnected', at: history.now, process: 'p1', addresses: null }).wait(200),
      ['truth_disconnected'],
    ],
    [
      'a loss of sight that raced with the order',
      (history) => history.tell({ kind: 'disconnected', at: history.now, process: 'p1', addresses: null }),
      [],
    ],
    [
      'addresses seen again',
      (history) => {
        history.tell({ kind: 'disconnected', at: history.now, process: 'p1', addresses: null }).wait(200);
        for (const address of [COPY.leader, COPY.account]) history.tell({ kind: 'synced', at: history.now, process: 'p1', address });
      },
      [],
    ],
  ])('an entry on %s', (_what, before, found) => {
    const history = new History();
    before(history);
    history.leader('10');
    history.order('1');
    expect(history.found()).toEqual(found);
  });

  it('an exit waits for neither', () => {
    const history = new History().follow('10');
    history.wait(30_000).tell({ kind: 'disconnected', at: history.now, process: 'p1', addresses: null });
    history.wait(1_000).exit('-1');
    expect(history.found()).toEqual([]);
  });
});

describe('wishes that end new risk (product §3)', () => {
  const COPY_THING = { kind: 'copy', copyId: COPY.copyId } as const;

  it.each<[string, (history: History) => void, number, readonly string[]]>([
    ['a pause 100 ms ago', (history) => history.tell({ kind: 'halt', at: history.now, thing: COPY_THING, cause: 'pause' }), 98, []],
    ['a pause 101 ms ago', (history) => history.tell({ kind: 'halt', at: history.now, thing: COPY_THING, cause: 'pause' }), 99, ['halt_ignored']],
    [
      'a kill switch of its leader',
      (history) => history.tell({ kind: 'halt', at: history.now, thing: { kind: 'leader', leaderId: COPY.leaderId }, cause: 'kill_switch' }),
      200,
      ['halt_ignored'],
    ],
    [
      'a kill switch of its tenant',
      (history) => history.tell({ kind: 'halt', at: history.now, thing: { kind: 'tenant', scope: COPY.scope }, cause: 'kill_switch' }),
      200,
      ['halt_ignored'],
    ],
    [
      'a kill switch of everything',
      (history) => history.tell({ kind: 'halt', at: history.now, thing: { kind: 'platform' }, cause: 'kill_switch' }),
      200,
      ['halt_ignored'],
    ],
    [
      'a kill switch of another tenant',
      (history) => history.tell({ kind: 'halt', at: history.now, thing: { kind: 'tenant', scope: 'brand-b' }, cause: 'kill_switch' }),
      200,
      [],
    ],
    [
      'a kill switch that was released',
      (history) => {
        history.tell({ kind: 'halt', at: history.now, thing: { kind: 'platform' }, cause: 'kill_switch' }).wait(200);
        history.tell({ kind: 'halt_lifted', at: history.now, thing: { kind: 'platform' }, cause: 'kill_switch' });
      },
      10,
      [],
    ],
    ['a state that takes no new risk', (history) => history.state('winding_down'), 200, ['halt_ignored']],
  ])('an entry after %s', (_what, halt, later, found) => {
    const history = new History().leader('10');
    halt(history);
    history.wait(later).order('1');
    expect(history.found()).toEqual(found);
  });

  it('a kill switch outlives the process', () => {
    const history = new History().tell({ kind: 'halt', at: T0, thing: COPY_THING, cause: 'kill_switch' });
    history.die().wait(1_000).start('p2').wait(6_000).mark('100').leader('10').order('1');
    expect(history.found()).toContain('halt_ignored');
  });

  it('an exit leaves all the same', () => {
    const history = new History().follow('10').tell({ kind: 'halt', at: T0, thing: COPY_THING, cause: 'kill_switch' });
    history.wait(1_000).leader('5').exit('-0.5');
    expect(history.found()).toEqual([]);
  });

  it('a stop that does not end flat is told in the calm', () => {
    const history = new History().follow('10').state('stopping').wait(60_000);
    history.calm(history.snapshot({}, 'stopping'));
    expect(history.found()).toEqual(['stop_not_flat']);
  });
});
