import { describe, expect, it } from 'vitest';
import { applyOutcome } from './apply';
import { remnantsOf } from './closing';
import { STATUS } from './copy-columns';
import { detect, type LeaderFill } from './detect';
import { EPISODE, MICRO } from './instrument-columns';
import { repairPlan } from './repair';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, priceUnits, Stage, settingsOf, sizeOf } from './testing/book-builder';
import { ordersOf, reasonsOf } from './testing/told';
import type { WavePlan } from './wave-plan';

const repairAt = (stage: Stage, now = NOW + 500): WavePlan =>
  repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { now, lastNonce: stage.lastNonce })).plan;
const position = (stage: Stage): number => at(stage.sheet.rows.position, 0);
/** A copy that follows one to one. */
const following = (leader: string, settings = settingsOf('1'), instrument = instrumentOf('BTC')): Stage => {
  const stage = new Stage(instrument);
  stage.add(entryOf(1, settings));
  stage.follow(leader);
  return stage;
};
const fillAt = (start: string, side: 'buy' | 'sell', size: string): LeaderFill => ({
  coin: 'BTC',
  side,
  size: sizeOf(size),
  price: priceOf('100'),
  startPosition: sizeOf(start),
  time: NOW - 100,
  orderId: `${start} ${side}`,
  twapId: null,
});
const everyOrderIsNew = { note: () => true };

describe('what a leader has is no signal, what a leader does is', () => {
  it.each([
    ['larger than known', '10', '30', [], '35', ['buy 5']],
    ['in a position nobody saw opened', '0', '30', [], '35', ['buy 5']],
    ['turned to the other side', '10', '-30', ['sell 10 reduce-only'], '-35', ['sell 5']],
  ])('a snapshot that shows the leader %s enters nothing; the next trade is copied by its own size', (_what, known, seen, exits, traded, orders) => {
    const stage = following(known);
    const snapshot = stage.plan(seen, {}, { source: 'resync', incrementPrice: null });
    expect([ordersOf(snapshot), reasonsOf(snapshot)]).toEqual([exits, ['resync_no_entry']]);
    stage.fill(snapshot);
    expect(ordersOf(repairAt(stage))).toEqual([]);
    expect(ordersOf(stage.plan(traded))).toEqual(orders);
  });

  it('after a gap in the fills the copy exits with what is left and enters nothing, until fills continue what is known', () => {
    const stage = following('10');
    const add = detect(sizeOf('10'), [fillAt('14', 'buy', '1')], everyOrderIsNew);
    expect(add.gap).toMatchObject({ known: sizeOf('10'), found: sizeOf('14') });
    expect(ordersOf(stage.plan('15', {}, add.move))).toEqual([]);
    const next = detect(sizeOf('15'), [fillAt('15', 'buy', '3')], everyOrderIsNew);
    const followed = stage.plan('18', {}, next.move);
    expect([ordersOf(followed), next.gap]).toEqual([['buy 3'], null]);
    stage.fill(followed);
    const exit = detect(sizeOf('18'), [fillAt('10', 'sell', '4')], everyOrderIsNew);
    // 13 lots at 18 of the leader, a third of which is left.
    expect(ordersOf(stage.plan('6', {}, exit.move))).toEqual(['sell 8 reduce-only']);
  });

  it('a leader who closes and opens the very same position again is followed out and in again', () => {
    const stage = following('10');
    expect(ordersOf(stage.follow('0'))).toEqual(['sell 10 reduce-only']);
    expect(ordersOf(stage.follow('10'))).toEqual(['buy 10']);
    stage.sheet.rows.episode[0] = EPISODE.userClosed;
    stage.follow('0');
    expect(ordersOf(stage.follow('10'))).toEqual(['buy 10']);
  });

  it.each([
    ['that was in the position goes on in it', 10, 0, ['buy 5'], ['sell 15 reduce-only']],
    ['that waited for the next open still waits', 0, EPISODE.awaitingOpen, [], []],
    ['that had been refused the position so far takes what is added', 0, 0, ['buy 5'], ['sell 5 reduce-only']],
  ])('after a restart a copy %s, and every copy takes the next open', (_what, held, episode, added, closed) => {
    const stage = new Stage();
    stage.sheet.leaderLots = 10;
    const row = stage.add(entryOf(1, settingsOf('1')));
    const kept = { beside: sizeOf('0'), entryValue: dollars(held * 100), realised: dollars(0), forfeited: 0, adds: 0, episode };
    stage.book.restorePosition(row, stage.instrument, { ...kept, position: sizeOf(String(held)), target: held * MICRO });
    expect(ordersOf(repairAt(stage))).toEqual([]);
    expect([ordersOf(stage.follow('15')), ordersOf(stage.follow('0')), ordersOf(stage.follow('7'))]).toEqual([added, closed, ['buy 7']]);
  });

  it('a copy that begins while the leader is flat takes the position opened a moment later', () => {
    const stage = new Stage();
    stage.book.beginAtNextOpen(stage.add(entryOf(1, settingsOf('1'))));
    expect(ordersOf(stage.plan('10'))).toEqual(['buy 10']);
  });

  it('what the leader opened before the copy began is not its next open, however late it is planned', () => {
    const stage = new Stage();
    stage.book.beginAtNextOpen(stage.add(entryOf(1, settingsOf('1'))), NOW);
    expect(ordersOf(stage.plan('10', {}, { firstFillAt: NOW - 1 }))).toEqual([]);
    expect(ordersOf(stage.plan('20', {}, { firstFillAt: NOW + 1 }))).toEqual([]);
    stage.plan('0');
    expect(ordersOf(stage.plan('5', {}, { firstFillAt: NOW }))).toEqual(['buy 5']);
  });

  it('a time told in seconds is an old time: no entry follows it, the exit leaves without an expiry', () => {
    const stage = following('10');
    const seconds = { firstFillAt: NOW / 1_000, lastFillAt: NOW / 1_000 };
    const late = stage.plan('20', {}, seconds);
    expect([ordersOf(late), reasonsOf(late)]).toEqual([[], ['stale_move']]);
    const exit = stage.plan('0', {}, seconds);
    expect([ordersOf(exit), at(exit.orders.expiresAfter, 0)]).toEqual([['sell 10 reduce-only'], 0]);
  });
});

describe('a flip is two actions', () => {
  it.each([
    ['long to short', '10', '-10', ['sell 10 reduce-only', 'sell 4']],
    ['short to long', '-10', '10', ['buy 10 reduce-only', 'buy 4']],
  ])('%s: the cap on the new side takes nothing from the exit of the old', (_what, before, after, orders) => {
    const stage = following(before);
    stage.book.setSettings(0, settingsOf('1', { caps: { ...settingsOf('1').caps, maxPositionSize: sizeOf('4') } }), 2);
    const plan = stage.plan(after);
    expect([ordersOf(plan), reasonsOf(plan)]).toEqual([orders, ['planned_capped']]);
  });

  it('an exit that fills in part and an entry that fills whole end short of the new target, never beyond it', () => {
    const stage = following('10');
    const plan = stage.plan('-6');
    stage.fillOrder(plan, 0, 7);
    stage.fillOrder(plan, 1, 6);
    expect(position(stage)).toBe(-3);
    expect(ordersOf(repairAt(stage))).toEqual(['sell 3']);
  });
});

describe('where the leader is flat the copy ends flat', () => {
  const proof = (stage: Stage): void => {
    expect([position(stage), remnantsOf(stage.book, 0)]).toEqual([0, []]);
  };

  it('after reductions that did not divide evenly', () => {
    const stage = following('10', settingsOf('0.37'), instrumentOf('BTC', 1));
    expect(['7', '3.3', '0'].map((leader) => ordersOf(stage.follow(leader)))).toEqual([
      ['sell 11 reduce-only'],
      ['sell 13 reduce-only'],
      ['sell 13 reduce-only'],
    ]);
    proof(stage);
  });

  it('after an entry that filled in part', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.fillOrder(stage.plan('10'), 0, 4);
    expect(ordersOf(stage.follow('0'))).toEqual(['sell 4 reduce-only']);
    proof(stage);
  });

  it('when an entry lands only after the leader left', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    const entry = stage.plan('10');
    expect(ordersOf(stage.plan('0'))).toEqual([]);
    stage.fill(entry);
    const orphan = repairAt(stage);
    expect(ordersOf(orphan)).toEqual(['sell 10 reduce-only']);
    stage.fill(orphan);
    proof(stage);
  });

  it('when the exit filled in part', () => {
    const stage = following('10');
    stage.fillOrder(stage.plan('0'), 0, 3);
    const rest = repairAt(stage);
    expect(ordersOf(rest)).toEqual(['sell 7 reduce-only']);
    stage.fill(rest);
    proof(stage);
  });

  it('when what is left is worth less than the venue’s smallest order', () => {
    const stage = following('1', settingsOf('1'), instrumentOf('X', 2));
    stage.fillOrder(stage.plan('0'), 0, 95);
    const rest = repairAt(stage);
    expect(ordersOf(rest)).toEqual(['sell 5 reduce-only']);
    stage.fill(rest);
    proof(stage);
  });
});

describe('an exit is stopped by nothing that is meant for entries', () => {
  // The one thing that keeps exits is the follower's own wish to keep the positions (`plan-wave.spec.ts`), and it yields to every closing.
  it.each(Object.entries(STATUS).filter(([, bit]) => bit !== STATUS.handingOver))('not by the status %s', (_name, bit) => {
    const stage = following('10');
    stage.book.setStatus(0, bit, bit !== STATUS.active);
    expect(ordersOf(stage.plan('15'))).toEqual([]);
    expect(ordersOf(stage.plan('0'))).toEqual(['sell 10 reduce-only']);
  });

  it('not by all of them at once, an ended agent, an empty account and a leader of unknown equity', () => {
    const stage = following('10');
    for (const bit of Object.values(STATUS)) stage.book.setStatus(0, bit, bit !== STATUS.active);
    stage.book.setSigner(0, 1, NOW - 1);
    stage.book.copies.realEquity[0] = 0;
    expect(ordersOf(stage.plan('0', { leaderEquity: null }))).toEqual(['sell 10 reduce-only']);
  });

  it('not by a book and a mark that are minutes old: the leader’s own price bounds it', () => {
    const stage = following('10');
    stage.book.setBook('BTC', priceOf('60'), priceOf('61'), NOW);
    const now = NOW + 600_000;
    const plan = stage.plan('0', { now }, { firstFillAt: now, lastFillAt: now, lastPrice: priceOf('90') });
    expect([ordersOf(plan), at(plan.orders.price, 0)]).toEqual([['sell 10 reduce-only'], priceUnits('88.2')]);
  });

  it('not by an account whose money reads as zero; read again, the next increase is followed', () => {
    const stage = following('10');
    stage.book.copies.realEquity[0] = 0;
    const entry = stage.plan('20');
    expect([ordersOf(entry), reasonsOf(entry)]).toEqual([[], ['equity_exhausted']]);
    expect(ordersOf(stage.follow('10'))).toEqual(['sell 5 reduce-only']);
    stage.book.copies.realEquity[0] = Number(dollars(1_000_000));
    expect(ordersOf(stage.plan('12'))).toEqual(['buy 2']);
  });
});

describe('a move that comes while orders are on their way', () => {
  it('is not lost: each asks for the difference alone, and what went too far comes back', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    const first = stage.plan('10');
    const second = stage.plan('25');
    expect([ordersOf(first), ordersOf(second)]).toEqual([['buy 10'], ['buy 15']]);
    const third = stage.plan('5');
    expect([ordersOf(third), reasonsOf(third)]).toEqual([[], ['pending_orders']]);
    stage.fill(first);
    stage.fill(second);
    expect(ordersOf(repairAt(stage))).toEqual(['sell 20 reduce-only']);
  });

  it('after an order nobody answered for orders its own part and never the open one again', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    applyOutcome(stage.book, stage.plan('10'), 0, 'unknown', 0, 'passing');
    expect(ordersOf(repairAt(stage))).toEqual([]);
    expect(ordersOf(stage.plan('15'))).toEqual(['buy 5']);
  });
});

describe('reductions below the venue’s smallest order', () => {
  it('add up until one order carries them all', () => {
    const stage = following('1', settingsOf('1'), instrumentOf('X', 2));
    const plans = ['0.97', '0.94', '0.91', '0.88', '0.87'].map((leader) => stage.follow(leader));
    expect(plans.map((plan) => [ordersOf(plan), ...reasonsOf(plan)])).toEqual([
      [[], 'below_minimum'],
      [[], 'below_minimum'],
      [[], 'below_minimum'],
      [['sell 12 reduce-only'], 'planned'],
      [[], 'below_minimum'],
    ]);
  });
});
