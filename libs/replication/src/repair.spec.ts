import { describe, expect, it } from 'vitest';
import { applyFill, type RefusalKind, releasePending, reservePending } from './apply';
import { MAX_ATTEMPT } from './client-order-id';
import { beginClosing, remnantsOf } from './closing';
import { explainGaps } from './explain-gap';
import { EPISODE, MICRO } from './instrument-columns';
import { reasonAt } from './reasons';
import { reconcileNet } from './reconcile';
import { needsRepair, repairPlan } from './repair';
import { at, entryOf, instrumentOf, NOW, optionsOf, priceOf, priceUnits, Stage, settingsOf } from './testing/book-builder';
import type { WavePlan } from './wave-plan';

const repairAt = (stage: Stage, now: number, exitBand = optionsOf(1).exitBand) =>
  repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { now, exitBand, lastNonce: stage.lastNonce }));

const legsOf = ({ orders }: WavePlan) =>
  Array.from({ length: orders.count }, (_, order) => ({ lots: at(orders.lots, order), reduceOnly: at(orders.reduceOnly, order) }));

const tradedStage = (leader = '10'): Stage => {
  const stage = new Stage();
  stage.add(entryOf(1, settingsOf('1')));
  stage.follow(leader);
  return stage;
};

/** A copy that closes beside another, with a remnant that was found too small. */
const dustyStage = (): Stage => {
  const stage = tradedStage();
  beginClosing(stage.book, 0);
  stage.sheet.rows.episode[0] = EPISODE.dustPending;
  stage.sheet.rows.others[0] = 4;
  return stage;
};

describe('repair', () => {
  it('a failed entry is tried again inside its window as the next attempt of its wave', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    const plan = stage.plan('10');
    stage.fillOrder(plan, 0, 4);
    const { plan: again, forfeits } = repairAt(stage, NOW + 1_000);
    expect([again.orders.count, at(again.orders.lots, 0), at(again.orders.attempt, 0), at(again.orders.wave, 0)]).toEqual([1, 6, 1, plan.wave]);
    expect(at(again.orders.price, 0)).toBe(at(plan.orders.price, 0));
    expect(forfeits).toEqual([]);
  });

  it.each([
    ['shorter', 500, 0],
    ['longer', 60_000, 1],
  ])('a catch-up window that was made %s holds for what is owed already as the shorter of the two', (_way, catchUpMs, orders) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.fillOrder(stage.plan('10'), 0, 4);
    const { owedUntil } = stage.sheet.rows;
    const until = at(owedUntil, 0);
    stage.book.setSettings(0, settingsOf('1', { catchUpMs }), 2);
    expect(repairAt(stage, NOW + 1_000).plan.orders.count).toBe(orders);
    expect(at(owedUntil, 0)).toBe(orders === 1 ? until : 0);
  });

  it('an entry in flight or unknown is never sent a second time', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.plan('10');
    expect(repairAt(stage, NOW + 1_000).plan.orders.count).toBe(0);
    expect(needsRepair(stage.book, stage.sheet)).toBe(false);
  });

  it.each([['99.4'], ['100.6']])('outside the two-sided band (mark %s) it waits, then leaves ρ with that reason', (mark) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.fillOrder(stage.plan('10'), 0, 4);
    stage.book.setMark('BTC', priceOf(mark), NOW + 1_000);
    const waiting = repairAt(stage, NOW + 1_000);
    expect([waiting.plan.orders.count, reasonAt(at(waiting.plan.decisions.reason, 0))]).toEqual([0, 'out_of_band']);
    const ended = repairAt(stage, NOW + 20_000);
    expect(ended.forfeits).toEqual([{ row: 0, copyNo: 1, amount: 6 * MICRO, reason: 'out_of_band' }]);
    expect(at(stage.sheet.rows.target, 0)).toBe(4 * MICRO);
    expect(at(stage.sheet.rows.rho, 0)).toBe(400_000_000_000);
    expect(at(stage.follow('5').orders.lots, 0)).toBe(2);
  });

  it.each([
    ['the book has left it although the mark has not', '100', '100.6', true],
    ['the book is inside it although the mark is not', '100.6', '100.2', false],
  ])('the two-sided band is judged by the price a catch-up would pay: %s', (_what, mark, ask, waits) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.fillOrder(stage.plan('10'), 0, 4);
    stage.book.setMark('BTC', priceOf(mark), NOW + 1_000);
    stage.book.setBook('BTC', priceOf('99'), priceOf(ask), NOW + 1_000);
    expect(repairAt(stage, NOW + 1_000).plan.orders.count).toBe(waits ? 0 : 1);
  });

  it.each<[RefusalKind, number, string]>([
    ['no_match', 20, 'slippage'],
    ['passing', 20, 'venue_busy'],
    ['lasting', 3, 'rejected'],
  ])('an entry that the venue refuses again and again (%s) is sent %i times inside its window and leaves ρ as %s', (refusal, sent, reason) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.fillOrder(stage.plan('10'), 0, 0, refusal);
    let orders = 1;
    for (let round = 1; round < 20; round += 1) {
      stage.book.setMark('BTC', priceOf('100'), NOW + round * 500);
      const { plan } = repairAt(stage, NOW + round * 500);
      orders += plan.orders.count;
      if (plan.orders.count > 0) stage.fillOrder(plan, 0, 0, refusal);
    }
    expect(orders).toBe(sent);
    expect(repairAt(stage, NOW + 20_000).forfeits).toEqual([{ row: 0, copyNo: 1, amount: 10 * MICRO, reason }]);
  });

  it('an entry of which some fills between refusals is sent on: what was refused before counts no more', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.fillOrder(stage.plan('10'), 0, 1);
    const sent: number[] = [];
    for (let round = 1; round < 16; round += 1) {
      stage.book.setMark('BTC', priceOf('100'), NOW + round * 500);
      const { plan } = repairAt(stage, NOW + round * 500);
      sent.push(plan.orders.count);
      if (plan.orders.count > 0) stage.fillOrder(plan, 0, round % 3 === 0 && round < 9 ? 1 : 0, 'lasting');
    }
    // Two refusals, a part, two refusals, a part, and three refusals.
    expect(sent).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('an exit that the venue refuses is repeated whatever it says', () => {
    const stage = tradedStage();
    stage.fillOrder(stage.plan('0'), 0, 0, 'lasting');
    for (let round = 1; round < 10; round += 1) {
      const { plan } = repairAt(stage, NOW + round * 500);
      expect(plan.orders.count).toBe(1);
      stage.fillOrder(plan, 0, 0, 'lasting');
    }
  });

  it('a failed exit is repeated at once with a bound that doubles up to the band, then reported stuck and still repeated', () => {
    const stage = tradedStage();
    stage.fillOrder(stage.plan('0'), 0, 0);
    const limits: number[] = [];
    let stuckAt = -1;
    for (let round = 0; round < 5; round += 1) {
      const { plan, stuck } = repairAt(stage, NOW + round, 100_000_000_000);
      limits.push(at(plan.orders.price, 0));
      if (stuck.length > 0 && stuckAt < 0) stuckAt = round;
      stage.fillOrder(plan, 0, 0);
    }
    expect(limits).toEqual(['96', '92', '90', '90', '90'].map(priceUnits));
    expect(stuckAt).toBe(3);
    expect(at(stage.sheet.rows.episode, 0) & EPISODE.exitStuck).toBe(EPISODE.exitStuck);
    stage.fill(repairAt(stage, NOW + 9, 100_000_000_000).plan);
    expect(at(stage.sheet.rows.episode, 0) & EPISODE.exitStuck).toBe(0);
  });

  it('an exit that a halted venue refuses again and again is repeated at its first bound and reported stuck, until it fills', () => {
    const stage = tradedStage();
    const first = stage.plan('0');
    stage.fillOrder(first, 0, 0, 'passing');
    const attempts: number[] = [];
    let tried = 0;
    for (let second = 1; second <= 200; second += 1) {
      const { plan, stuck } = repairAt(stage, NOW + second * 1_000);
      if (plan.orders.count === 0) continue;
      tried += 1;
      expect(at(plan.orders.price, 0)).toBe(at(first.orders.price, 0));
      if (stuck.length > 0) attempts.push(tried);
      stage.fillOrder(plan, 0, 0, 'passing');
    }
    expect(attempts).toEqual([20, 40]);
    expect(at(stage.sheet.rows.episode, 0) & EPISODE.exitStuck).toBe(EPISODE.exitStuck);
    for (let second = 201; second <= 206; second += 1) stage.fill(repairAt(stage, NOW + second * 1_000).plan);
    expect(at(stage.sheet.rows.episode, 0) & EPISODE.exitStuck).toBe(0);
  });

  it.each<[string, number, number, number]>([
    ['its failures left of it no bound at which either is worth the minimum', 40, 20, 20],
    ['only the larger still is', 40, 12, 28],
  ])('an exit that the account’s other orders split in two is still taken where %s', (_what, held, others, larger) => {
    const stage = new Stage(instrumentOf('X', 2), '100');
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('0.4');
    const { rows } = stage.sheet;
    stage.fillOrder(stage.plan('0'), 0, 0);
    rows.othersSell[0] = others;
    rows.exitFailures[0] = 19;
    let sold = 0;
    for (let second = 1; second <= 5; second += 1) {
      const { plan } = repairAt(stage, NOW + second * 1_000);
      const lots = Array.from({ length: plan.orders.count }, (_, order) => at(plan.orders.lots, order));
      if (second === 1) expect(Math.max(...lots)).toBe(larger);
      for (const [order, size] of lots.entries()) expect(size * at(plan.orders.price, order)).toBeGreaterThanOrEqual(10 * 1e8 * 100);
      sold += lots.reduce((sum, one) => sum + one, 0);
      stage.fill(plan);
      if (sold > 0) rows.othersSell[0] = 0;
    }
    expect([sold, at(rows.position, 0)]).toEqual([held, 0]);
  });

  it('an exit that closes nothing of the account, whose other copies hold the other side, is not widened below the minimum either', () => {
    const stage = new Stage(instrumentOf('X', 2), '100');
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('0.2');
    const { rows } = stage.sheet;
    stage.fillOrder(stage.plan('0'), 0, 0);
    rows.others[0] = -20;
    rows.exitFailures[0] = 19;
    const { plan } = repairAt(stage, NOW + 1_000);
    expect([at(plan.orders.lots, 0), at(plan.orders.reduceOnly, 0)]).toEqual([20, 0]);
    expect(20 * at(plan.orders.price, 0)).toBeGreaterThanOrEqual(10 * 1e8 * 100);
  });

  it('an exit that crosses the flat of its account, whose other copies hold the other side, is not widened below the minimum in the order beside the close', () => {
    const stage = new Stage(instrumentOf('X', 2), '100');
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('0.36');
    const { rows } = stage.sheet;
    stage.fillOrder(stage.plan('0'), 0, 0);
    rows.others[0] = -30;
    rows.exitFailures[0] = 19;
    const { plan } = repairAt(stage, NOW + 1_000);
    expect(legsOf(plan)).toEqual([
      { lots: 6, reduceOnly: 1 },
      { lots: 30, reduceOnly: 0 },
    ]);
    expect(30 * at(plan.orders.price, 1)).toBeGreaterThanOrEqual(10 * 1e8 * 100);
  });

  it('an exit whose order beside the close of the account is too small at any price still leaves by the close', () => {
    const stage = new Stage(instrumentOf('X', 2), '100');
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('0.14');
    const { rows } = stage.sheet;
    stage.fillOrder(stage.plan('0'), 0, 0);
    rows.others[0] = -2;
    rows.exitFailures[0] = 19;
    expect(legsOf(repairAt(stage, NOW + 1_000).plan)).toEqual([{ lots: 12, reduceOnly: 1 }]);
  });

  it('a busy venue says nothing of the price: the next exit is not widened', () => {
    const stage = tradedStage();
    const first = stage.plan('0');
    stage.fillOrder(first, 0, 0, 'passing');
    const { plan } = repairAt(stage, NOW + 500);
    expect(at(plan.orders.price, 0)).toBe(at(first.orders.price, 0));
    stage.fillOrder(plan, 0, 0, 'no_match');
    expect(at(repairAt(stage, NOW + 1_000).plan.orders.price, 0)).toBeLessThan(at(first.orders.price, 0));
  });

  it.each<[RefusalKind, number, number]>([
    ['no_match', 200, 400],
    ['lasting', 200, 400],
    ['passing', 1_000, 1_500],
  ])(
    'an exit that fails for an hour (%s) is tried %i to %i times, not 7200, and at most half a minute after the venue opens again',
    (refusal, least, most) => {
      const stage = tradedStage();
      stage.fillOrder(stage.plan('0'), 0, 0, refusal);
      let sent = 0;
      let now = NOW;
      const turn = (): boolean => {
        now += 500;
        stage.book.setMark('BTC', priceOf('100'), now);
        const { plan } = repairAt(stage, now);
        if (plan.orders.count === 0) return false;
        sent += 1;
        if (now > NOW + 3_600_000) stage.fill(plan);
        else stage.fillOrder(plan, 0, 0, refusal);
        return true;
      };
      while (now < NOW + 3_600_000) turn();
      expect(sent).toBeGreaterThan(least);
      expect(sent).toBeLessThan(most);
      const opened = now;
      while (!turn()) expect(now - opened).toBeLessThan(31_000);
      expect(at(stage.sheet.rows.position, 0)).toBe(0);
    },
  );

  it.each([[0], [7], [29]])('an exit whose agent is gone is tried whenever its account has a key, second %i of thirty', (second) => {
    const stage = tradedStage();
    stage.fillOrder(stage.plan('0'), 0, 0, 'lasting');
    stage.sheet.rows.exitFailures[0] = 100;
    let sent = 0;
    for (let now = NOW; now < NOW + 120_000; now += 500) {
      stage.book.setSigner(0, Math.floor(now / 1_000) % 30 === second ? 1 : -1, 0);
      const { plan } = repairAt(stage, now);
      sent += plan.orders.count;
      if (plan.orders.count > 0) stage.fillOrder(plan, 0, 0, 'lasting');
    }
    expect(sent).toBe(8);
  });

  it('attempts are numbered anew, under a wave of their own, before a client order id could be used twice', () => {
    const stage = tradedStage();
    const { wave } = stage.plan('0');
    releasePending(stage.sheet, 0, { buy: false, exit: true }, 10);
    stage.sheet.rows.attempt[0] = MAX_ATTEMPT;
    const { plan } = repairAt(stage, NOW + 500);
    expect([at(plan.orders.wave, 0), at(plan.orders.attempt, 0)]).toEqual([900, 0]);
    expect(wave).not.toBe(900);
  });

  it('a stale mark never holds an exit back', () => {
    const stage = tradedStage();
    stage.fillOrder(stage.plan('0'), 0, 0);
    expect(repairAt(stage, NOW + 86_000_000).plan.orders.count).toBe(1);
  });

  it('closing makes every target zero; the flatness proof is an empty list', () => {
    const stage = tradedStage();
    beginClosing(stage.book, 0);
    expect(remnantsOf(stage.book, 0)).toEqual([{ coin: 'BTC', lots: 10, dust: false }]);
    stage.fill(repairAt(stage, NOW).plan);
    expect(remnantsOf(stage.book, 0)).toEqual([]);
    expect(stage.plan('20').orders.count).toBe(0);
  });

  it('what was too small to close alone is none of it once more was bought', () => {
    const stage = tradedStage();
    const { rows } = stage.sheet;
    rows.episode[0] = EPISODE.dustPending;
    expect(remnantsOf(stage.book, 0)).toEqual([{ coin: 'BTC', lots: 10, dust: false }]);
    applyFill(stage.book, stage.sheet, 0, { buy: true, lots: 10, price: priceUnits('100'), fee: 0 }, null);
    beginClosing(stage.book, 0);
    expect(remnantsOf(stage.book, 0)).toEqual([{ coin: 'BTC', lots: 20, dust: false }]);
  });

  it('a remnant that became the whole net of its account is no dust any more: it closes alone', () => {
    const stage = dustyStage();
    stage.sheet.mark = priceUnits('1');
    expect(remnantsOf(stage.book, 0)).toEqual([{ coin: 'BTC', lots: 10, dust: true }]);
    stage.sheet.rows.others[0] = 0;
    expect(remnantsOf(stage.book, 0)).toEqual([{ coin: 'BTC', lots: 10, dust: false }]);
  });

  it('a remnant that was too small beside an exit on its way is none once that exit filled nothing', () => {
    const stage = dustyStage();
    stage.sheet.mark = priceUnits('1');
    const exit = { buy: false, exit: true };
    reservePending(stage.sheet, 0, exit, 7);
    releasePending(stage.sheet, 0, exit, 7);
    expect(remnantsOf(stage.book, 0)).toEqual([{ coin: 'BTC', lots: 10, dust: false }]);
  });

  it('what is worth an order is no dust, whatever was found of it before', () => {
    const stage = dustyStage();
    expect(remnantsOf(stage.book, 0)).toEqual([{ coin: 'BTC', lots: 10, dust: false }]);
  });

  it('an exit that is sent is no dust any more, however little of it fills', () => {
    const stage = tradedStage('1000');
    beginClosing(stage.book, 0);
    stage.sheet.rows.episode[0] = EPISODE.dustPending;
    stage.fillOrder(repairAt(stage, NOW).plan, 0, 1);
    expect(remnantsOf(stage.book, 0)).toEqual([{ coin: 'BTC', lots: 999, dust: false }]);
  });

  it('after repair has run dry every gap has a reason', () => {
    const stage = new Stage();
    for (let copy = 1; copy <= 3; copy += 1) stage.add(entryOf(copy, settingsOf('1')));
    const plan = stage.plan('10');
    stage.fillOrder(plan, 0, 10);
    stage.fillOrder(plan, 1, 0);
    expect(
      explainGaps(stage.book, stage.sheet, NOW)
        .map((gap) => gap.reason)
        .sort(),
    ).toEqual(['no_fill_yet', 'slippage']);
    stage.sheet.rows.lastReason.fill(0);
    stage.sheet.rows.pendingBuy.fill(0);
    expect(explainGaps(stage.book, stage.sheet, NOW).map((gap) => gap.reason)).toEqual([null, null]);
  });
});

describe('fills are the truth of positions', () => {
  it('average entry and realised PnL through add, reduce and flip, exact to the unit', () => {
    const stage = new Stage(instrumentOf('X', 2));
    stage.add(entryOf(1, settingsOf('1')));
    const fill = (buy: boolean, lots: number, text: string, fee = 0) =>
      applyFill(stage.book, stage.sheet, 0, { buy, lots, price: priceUnits(text), fee }, null);
    fill(true, 100, '10');
    fill(true, 100, '20');
    expect(at(stage.sheet.rows.entryValue, 0)).toBe(3_000_000_000);
    expect(fill(false, 50, '18', 1_000_000)).toEqual({ realised: 150_000_000, position: 150 });
    expect(at(stage.book.copies.netPnl, 0)).toBe(149_000_000);
    expect(fill(false, 250, '15')).toEqual({ realised: 0, position: -100 });
    expect(at(stage.sheet.rows.entryValue, 0)).toBe(1_500_000_000);
    expect(fill(true, 100, '12')).toEqual({ realised: 300_000_000, position: 0 });
    expect(at(stage.sheet.rows.entryValue, 0)).toBe(0);
  });
});

describe('reconciliation with the venue net', () => {
  const truth = (netLots: number, traded: number | null = null) => ({
    venueAccount: 1,
    netLots,
    foreignTrades: traded === null ? null : { lots: traded, price: priceUnits('110') },
    unresolved: false,
  });

  it('agreement is silence', () => {
    const stage = tradedStage();
    expect(reconcileNet(stage.book, stage.sheet, truth(10))).toEqual([]);
  });

  it('the follower closed part: the copy shrinks, realises it and is not re-entered until the leader is flat', () => {
    const stage = tradedStage();
    expect(reconcileNet(stage.book, stage.sheet, truth(4, -6))).toEqual([
      {
        kind: 'user_closed',
        copyNo: 1,
        row: 0,
        coin: 'BTC',
        lotsBefore: 10,
        lotsAfter: 4,
        price: priceUnits('110'),
        parts: [{ lots: 6, at: null }],
      },
    ]);
    expect(at(stage.book.copies.netPnl, 0)).toBe(6_000_000_000);
    expect(reasonAt(at(stage.plan('20').decisions.reason, 0))).toBe('user_closed');
    expect(at(stage.follow('10').orders.lots, 0)).toBe(2);
    stage.follow('0');
    expect(stage.plan('10').orders.count).toBe(1);
  });

  it.each<[string, number | null, string, number]>([
    ['trades that are the whole difference', -6, '105', 6_000_000_000],
    ['trades that are only part of it', -5, '105', 3_000_000_000],
    ['no trade at hand', null, '105', 3_000_000_000],
  ])('%s decide the price the close is counted at, else the mark does', (_what, traded, mark, realised) => {
    const stage = tradedStage();
    stage.book.setMark('BTC', priceOf(mark), NOW);
    reconcileNet(stage.book, stage.sheet, truth(4, traded));
    expect([at(stage.book.copies.netPnl, 0), at(stage.sheet.rows.realised, 0)]).toEqual([realised, realised]);
  });

  it('a close of which no price is known changes nothing until one is', () => {
    const stage = tradedStage();
    stage.sheet.mark = 0;
    expect(reconcileNet(stage.book, stage.sheet, truth(4))).toEqual([{ kind: 'wait_for_price', venueAccount: 1, coin: 'BTC' }]);
    expect([at(stage.sheet.rows.position, 0), at(stage.sheet.rows.beside, 0), at(stage.book.copies.netPnl, 0)]).toEqual([10, 0, 0]);
    stage.sheet.mark = priceUnits('90');
    expect(reconcileNet(stage.book, stage.sheet, truth(4)).map(({ kind }) => kind)).toEqual(['user_closed']);
    expect(at(stage.book.copies.netPnl, 0)).toBe(-6_000_000_000);
  });

  it('own positions need no price', () => {
    const stage = tradedStage();
    stage.sheet.mark = 0;
    expect(reconcileNet(stage.book, stage.sheet, truth(15)).map(({ kind }) => kind)).toEqual(['own_position']);
  });

  it('more than the copied net is the follower’s own position, left alone', () => {
    const stage = tradedStage();
    expect(reconcileNet(stage.book, stage.sheet, truth(-3)).map((effect) => effect.kind)).toEqual(['user_closed', 'own_position']);
    expect([at(stage.sheet.rows.position, 0), at(stage.sheet.rows.beside, 0)]).toEqual([0, -3]);
    expect(reconcileNet(stage.book, stage.sheet, truth(-3))).toEqual([]);
  });

  it('trades on the copy’s side are the follower’s own', () => {
    const stage = tradedStage();
    expect(reconcileNet(stage.book, stage.sheet, truth(15))).toEqual([
      { kind: 'own_position', venueAccount: 1, coin: 'BTC', lotsBefore: 0, lotsAfter: 5 },
    ]);
    expect(at(stage.sheet.rows.position, 0)).toBe(10);
  });

  /** The follower's trades, each with what copy 1 held before it. */
  const lateTruth = (netLots: number, ...each: readonly (readonly [lots: number, held: number])[]) => ({
    ...truth(netLots),
    foreignTrades: {
      lots: each.reduce((sum, [lots]) => sum + lots, 0),
      price: priceUnits('110'),
      each: each.map(([lots, held], index) => ({ lots, held: new Map([[1, held]]), at: NOW + index })),
    },
  });

  it('what closed the copy before its leader turned is no position of the follower’s, however late it is compared', () => {
    const stage = tradedStage();
    // The follower sold all 10; the exit of the flip was refused, the entry of 8 filled: the account is short 8, the record says long 2.
    const flip = stage.plan('-8');
    stage.fillOrder(flip, 0, 0);
    stage.fillOrder(flip, 1, 8);
    expect(at(stage.sheet.rows.position, 0)).toBe(2);
    expect(reconcileNet(stage.book, stage.sheet, lateTruth(-8, [-10, 10]))).toEqual([
      {
        kind: 'user_closed',
        copyNo: 1,
        row: 0,
        coin: 'BTC',
        lotsBefore: 2,
        lotsAfter: -8,
        price: priceUnits('110'),
        parts: [{ lots: 10, at: NOW }],
      },
    ]);
    expect([at(stage.sheet.rows.target, 0), at(stage.sheet.rows.beside, 0)]).toEqual([-8 * MICRO, 0]);
    expect(repairAt(stage, NOW + 1_000).plan.orders.count).toBe(0);
    expect(at(stage.follow('-12').orders.lots, 0)).toBe(4);
  });

  it('what was entered twice behind such a close is given back at once', () => {
    const stage = tradedStage();
    stage.follow('-8');
    stage.sheet.rows.position[0] = -6;
    expect(reconcileNet(stage.book, stage.sheet, lateTruth(-16, [-10, 10])).map(({ kind }) => kind)).toEqual(['user_closed']);
    const { orders } = repairAt(stage, NOW + 1_000).plan;
    expect([at(orders.buy, 0), at(orders.lots, 0), at(orders.exit, 0), at(orders.reduceOnly, 0)]).toEqual([1, 8, 1, 1]);
  });

  it('a close while the copy waits for the exit of a flip leaves its new target on the side of its leader', () => {
    const stage = tradedStage();
    stage.plan('-8');
    stage.sheet.rows.pendingSell[0] = 0;
    stage.sheet.rows.pendingExitSell[0] = 0;
    reconcileNet(stage.book, stage.sheet, truth(4, -6));
    expect([at(stage.sheet.rows.position, 0), at(stage.sheet.rows.target, 0)]).toEqual([4, -8 * MICRO]);
  });

  it('trades one after another take no more than the copy held at each', () => {
    const stage = tradedStage();
    // 6 of 10 were sold, then 7 with 4 left: 3 of those are the follower's own.
    expect(reconcileNet(stage.book, stage.sheet, lateTruth(-3, [-6, 10], [-7, 10]))).toMatchObject([
      {
        kind: 'user_closed',
        parts: [
          { lots: 6, at: NOW },
          { lots: 4, at: NOW + 1 },
        ],
      },
      { kind: 'own_position' },
    ]);
    expect([at(stage.sheet.rows.position, 0), at(stage.sheet.rows.beside, 0)]).toEqual([0, -3]);
  });

  it('a trade before the copy held anything is the follower’s own, though the copy holds the other side now', () => {
    const stage = tradedStage();
    expect(reconcileNet(stage.book, stage.sheet, lateTruth(7, [-3, 0])).map(({ kind }) => kind)).toEqual(['own_position']);
    expect([at(stage.sheet.rows.position, 0), at(stage.sheet.rows.beside, 0)]).toEqual([10, -3]);
  });

  it('nothing is concluded while an order of ours is unresolved', () => {
    const stage = tradedStage();
    expect(reconcileNet(stage.book, stage.sheet, { ...truth(4), unresolved: true })).toEqual([{ kind: 'wait_for_unknowns', venueAccount: 1 }]);
    expect(at(stage.sheet.rows.position, 0)).toBe(10);
  });
});
