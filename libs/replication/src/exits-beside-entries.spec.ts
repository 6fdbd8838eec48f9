import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFill, releasePending, reservePending } from './apply';
import { MICRO } from './instrument-columns';
import { reasonAt } from './reasons';
import { needsRepair, repairPlan } from './repair';
import { at, entryOf, instrumentOf, NOW, optionsOf, priceOf, priceUnits, Stage, settingsOf } from './testing/book-builder';
import type { WavePlan } from './wave-plan';

const repairAt = (stage: Stage, now = NOW + 1_000) =>
  repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { now, lastNonce: stage.lastNonce })).plan;

/** Orders as [exit or entry, signed lots, reduce-only]. */
const ordersOf = ({ orders }: WavePlan) =>
  Array.from({ length: orders.count }, (_, order) => [
    at(orders.exit, order) === 1 ? 'exit' : 'entry',
    at(orders.lots, order) * (at(orders.buy, order) === 1 ? 1 : -1),
    at(orders.reduceOnly, order) === 1,
  ]);

/** What a copy holds and what of it is in flight, in lots. */
interface Standing {
  readonly position: number;
  readonly target: number;
  readonly exits?: number;
  readonly entries?: number;
  /** The account's position beside the copy. */
  readonly beside?: number;
}

/** A copy that holds `position`, wants `target`, and has exits and entries in flight on the side that closes the position. */
function standing({ position, target, exits = 0, entries = 0, beside = 0 }: Standing): Stage {
  const stage = new Stage(instrumentOf('BTC'));
  stage.add(entryOf(1, settingsOf('1')));
  const { sheet } = stage;
  const buy = position < 0 || (position === 0 && target > 0);
  if (position !== 0) applyFill(stage.book, sheet, 0, { buy: position > 0, lots: Math.abs(position), price: priceUnits('100'), fee: 0 }, null);
  reservePending(sheet, 0, { buy, exit: true }, exits);
  reservePending(sheet, 0, { buy, exit: false }, entries);
  sheet.rows.target[0] = target * MICRO;
  sheet.rows.beside[0] = beside;
  sheet.rows.owedPrice[0] = priceUnits('100');
  sheet.rows.owedUntil[0] = NOW + 60_000;
  sheet.leaderLots = target;
  return stage;
}

describe('an exit beside an entry in flight', () => {
  it.each<[string, Standing, (string | number | boolean)[][], string]>([
    ['is not held behind it after the leader left', { position: -4, target: 0, entries: 4 }, [['exit', 4, true]], 'planned'],
    ['of a long is not either', { position: 4, target: 0, entries: 4 }, [['exit', -4, true]], 'planned'],
    [
      'is no part of the next entry',
      { position: -4, target: 10, entries: 4 },
      [
        ['exit', 4, true],
        ['entry', 6, false],
      ],
      'planned',
    ],
    ['leaves where the entry in flight reaches the target', { position: -4, target: 10, entries: 10 }, [['exit', 4, true]], 'planned'],
    ['leaves for what a smaller exit in flight does not close', { position: -4, target: 0, exits: 1, entries: 4 }, [['exit', 3, true]], 'planned'],
    ['is not sent twice', { position: -4, target: 0, exits: 4, entries: 4 }, [], 'pending_orders'],
    ['of a smaller target leaves for the difference', { position: -10, target: -6, entries: 4 }, [['exit', 4, true]], 'planned'],
    [
      'takes along an own position on the copy’s side no further than the copy',
      { position: -4, target: 0, entries: 4, beside: -9 },
      [['exit', 4, true]],
      'planned',
    ],
    ['waits where the account would not hold it back', { position: -4, target: 0, entries: 4, beside: 9 }, [], 'pending_orders'],
    ['takes what the account holds back', { position: -4, target: 0, entries: 4, beside: 1 }, [['exit', 3, true]], 'planned'],
    [
      'and the new side together reach the target',
      { position: -4, target: 10, entries: 3, beside: 9 },
      [
        ['exit', 4, false],
        ['entry', 7, false],
      ],
      'planned',
    ],
  ])('%s', (_what, standingOf, orders, reason) => {
    const plan = repairAt(standing(standingOf));
    expect([ordersOf(plan), reasonAt(at(plan.decisions.reason, 0))]).toEqual([orders, reason]);
  });

  it('is asked for by its gap alone', () => {
    const stage = standing({ position: -4, target: 0, entries: 4 });
    expect(needsRepair(stage.book, stage.sheet)).toBe(true);
    repairAt(stage);
    expect(needsRepair(stage.book, stage.sheet)).toBe(false);
  });

  it('stands reserved as one until it is answered', () => {
    const stage = standing({ position: -4, target: 0, entries: 4 });
    const plan = repairAt(stage);
    const { rows } = stage.sheet;
    const reserved = () => [at(rows.pendingBuy, 0), at(rows.pendingExitBuy, 0)];
    expect(reserved()).toEqual([8, 4]);
    stage.fillOrder(plan, 0, 3);
    expect([...reserved(), at(rows.position, 0)]).toEqual([4, 0, -1]);
  });
});

describe('an entry beside an exit of the old side in flight', () => {
  it.each<[string, Standing, (string | number | boolean)[][], string]>([
    ['waits for its answer', { position: -4, target: 10, exits: 4 }, [], 'pending_orders'],
    ['waits behind what else is to be closed', { position: -4, target: 10, exits: 3 }, [['exit', 1, true]], 'planned'],
    ['leaves where the old side is gone', { position: 0, target: 10, exits: 4 }, [['entry', 6, false]], 'planned'],
  ])('%s', (_what, standingOf, orders, reason) => {
    const plan = repairAt(standing(standingOf));
    expect([ordersOf(plan), reasonAt(at(plan.decisions.reason, 0))]).toEqual([orders, reason]);
  });

  it('is sent once the answer is there, inside its window', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('-10');
    const flip = stage.plan('10');
    stage.fillOrder(flip, 1, 0);
    expect(ordersOf(repairAt(stage, NOW + 500))).toEqual([]);
    stage.fillOrder(flip, 0, 10);
    expect(ordersOf(repairAt(stage, NOW + 1_000))).toEqual([['entry', 10, false]]);
  });
});

describe('an entry of the old side that fills behind the new side', () => {
  /** A copy of a leader who turned from 10 long to 10 short while its entry of 10 was in flight; the new side filled. */
  function turned(): { readonly stage: Stage; readonly before: WavePlan } {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1', { catchUpMs: 60_000 })));
    const before = stage.plan('10');
    const turn = stage.plan('-10', {}, { incrementPrice: priceOf('100.02') });
    stage.fillOrder(turn, 0, 10);
    return { stage, before };
  }

  it('is caught up at the price of the turn', () => {
    const { stage, before } = turned();
    stage.fillOrder(before, 0, 4);
    const plan = repairAt(stage);
    expect([ordersOf(plan), at(plan.orders.reference, 0)]).toEqual([[['entry', -4, false]], priceUnits('100.02')]);
  });

  it('is caught up where the leader reduced meanwhile', () => {
    const { stage, before } = turned();
    const reduced = stage.plan('-8');
    stage.fillOrder(reduced, 0, 2);
    stage.fillOrder(before, 0, 4);
    const plan = repairAt(stage);
    expect([ordersOf(plan), at(plan.orders.reference, 0)]).toEqual([[['entry', -4, false]], priceUnits('100.02')]);
  });

  it.each([
    ['never did', 0],
    ['did and was made good', 4],
  ])('owes nothing where it %s', (_what, lots) => {
    const { stage, before } = turned();
    stage.fillOrder(before, 0, lots);
    if (lots > 0) stage.fillOrder(repairAt(stage), 0, lots);
    expect([at(stage.sheet.rows.position, 0), at(stage.sheet.rows.owedPrice, 0)]).toEqual([-10, 0]);
  });
});

describe('a mirror that filled ahead of an entry that then fills nothing', () => {
  it('settles nothing that an entry of the old side may still undo', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    const { rows } = stage.sheet;
    rows.position[0] = -10;
    rows.target[0] = -10 * MICRO;
    rows.aheadSell[0] = 2 * MICRO;
    rows.owedPrice[0] = priceUnits('100');
    reservePending(stage.sheet, 0, { buy: true, exit: false }, 4);
    reservePending(stage.sheet, 0, { buy: false, exit: false }, 2);
    releasePending(stage.sheet, 0, { buy: false, exit: false }, 2);
    expect([at(rows.aheadSell, 0), at(rows.owedPrice, 0)]).toEqual([0, priceUnits('100')]);
    releasePending(stage.sheet, 0, { buy: true, exit: false }, 4);
    expect(at(rows.owedPrice, 0)).toBe(0);
  });
});

describe('what is given up and what is reached', () => {
  it.each([
    ['an entry in flight that exits stand before', -5, 4, 0, 4],
    ['the same with the exit in flight', -5, 4, 5, 4],
    ['exits that reach beyond what they close', -5, 0, 7, 2],
    ['what is held and on its way', 3, 4, 0, 7],
  ])('%s keeps what will be there', (_what, position, entries, exits, kept) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    const { rows } = stage.sheet;
    rows.position[0] = position;
    rows.target[0] = 50 * MICRO;
    reservePending(stage.sheet, 0, { buy: true, exit: false }, entries);
    reservePending(stage.sheet, 0, { buy: true, exit: true }, exits);
    stage.sheet.leaderLots = 50;
    repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { now: NOW + 60_000 }));
    expect(at(rows.target, 0)).toBe(kept * MICRO);
  });
});

const step = fc.record({
  leader: fc.integer({ min: -60, max: 60 }),
  /** What becomes of each order: filled lots in quarters, or 5: its answer is lost. */
  ends: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 4, maxLength: 4 }),
  /** What a lost answer turns out to have been, in quarters; 5: still lost. */
  learnt: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 4, maxLength: 4 }),
  repairs: fc.integer({ min: 0, max: 2 }),
});

interface Lost {
  readonly plan: WavePlan;
  readonly order: number;
}

/** Product §2.6, §2.7 for a copy alone on its account, from the columns as they stood before the plan. */
function checkPlan(stage: Stage, before: { readonly position: number; readonly exits: number; readonly entries: number }, plan: WavePlan): void {
  const { position } = before;
  const target = at(stage.sheet.rows.target, 0) / MICRO;
  const orders = ordersOf(plan);
  const lotsOf = (kind: string): number => orders.reduce((sum, [of, lots]) => sum + (of === kind ? Math.abs(Number(lots)) : 0), 0);
  const kept = position < 0 ? Math.max(0, -target) : Math.max(0, target);
  const owed = Math.floor(Math.abs(position) - before.exits - kept);
  expect(lotsOf('exit')).toBe(Math.max(0, owed));
  for (const [kind, lots, reduceOnly] of orders) {
    const closes = Number(lots) * position < 0;
    if (kind === 'exit') expect([closes, reduceOnly]).toEqual([true, true]);
    else if (closes) expect([before.exits, lotsOf('exit')]).toEqual([0, Math.abs(position)]);
  }
  if (lotsOf('entry') > 0) expect(lotsOf('entry') + before.entries).toBeLessThanOrEqual(Math.abs(target));
}

describe('over random paths with lost answers', { timeout: 60_000 }, () => {
  it('all that is to be closed leaves at once and reduce-only, and no entry takes off what an exit should', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 10 }), (steps) => {
        const stage = new Stage(instrumentOf('BTC'));
        stage.add(entryOf(1, settingsOf('1')));
        const { rows } = stage.sheet;
        let lost: Lost[] = [];
        const end = ({ plan, order }: Lost, quarters: number): boolean => {
          if (quarters > 4) return false;
          stage.fillOrder(plan, order, filledOf(stage, plan, order, quarters));
          return true;
        };
        for (const { leader, ends, learnt, repairs } of steps) {
          for (let round = 0; round <= repairs; round += 1) {
            const sideOf = (target: number) => (target * MICRO > at(rows.position, 0) * MICRO ? 'Buy' : 'Sell');
            const position = at(rows.position, 0);
            const closing = position < 0 ? 'Buy' : 'Sell';
            const exits = at(rows[`pendingExit${closing}`], 0);
            const plan = round === 0 ? stage.plan(String(leader)) : repairAt(stage, NOW + round);
            const side = sideOf(at(rows.target, 0) / MICRO);
            const sent = ordersOf(plan).reduce((sum, [kind, lots]) => sum + (kind === 'entry' ? Math.abs(Number(lots)) : 0), 0);
            const entries = at(rows[`pending${side}`], 0) - at(rows[`pendingExit${side}`], 0) - sent;
            checkPlan(stage, { position, exits, entries }, plan);
            for (let order = 0; order < plan.orders.count; order += 1) if (!end({ plan, order }, at(ends, order))) lost.push({ plan, order });
          }
          lost = lost.filter((one, index) => !end(one, learnt[index % learnt.length] ?? 5));
        }
      }),
      { numRuns: 400 },
    );
  });
});

/** Lots a venue would fill of an order: a reduce-only one at most what it closes. */
function filledOf(stage: Stage, { orders }: WavePlan, order: number, quarters: number): number {
  const lots = Math.floor((at(orders.lots, order) * quarters) / 4);
  const position = at(stage.sheet.rows.position, 0);
  const against = at(orders.buy, order) === 1 ? -position : position;
  return at(orders.reduceOnly, order) === 1 ? Math.min(lots, Math.max(0, against)) : lots;
}
