import { describe, expect, it } from 'vitest';
import { reservePending } from './apply';
import { entersByLeg, MIRROR_EXIT_LEG, MIRROR_LEG, PROTECTIVE_LEG } from './client-order-id';
import { beginClosing } from './closing';
import { STATUS } from './copy-columns';
import { endWindows } from './end-windows';
import { EPISODE, MICRO } from './instrument-columns';
import { boundAhead, claimOf, crossAhead, crossedMicro, hangingAhead, NO_MIRRORS, noteMirrorFill, putMirrors, wantedOf } from './mirror-columns';
import { MIRROR_AGENT_MARGIN_MS, mirrorEntries, mirrorRoom } from './mirror-room';
import { needsRepair, repairPlan } from './repair';
import { at, entryOf, NOW, optionsOf, Stage, settingsOf, sizeOf } from './testing/book-builder';
import { reduceTarget } from './unwind';
import { MARK_MAX_AGE_MS } from './wave-options';

const RATE_ONE = 1_000_000_000_000;
const OPTIONS = { now: NOW, markMaxAgeMs: MARK_MAX_AGE_MS };

/** A copy of everything its leader does, who holds `leader` lots that it holds too. */
function stageOf(leader = 0): Stage {
  const stage = new Stage();
  stage.add(entryOf(1, settingsOf('1', { policy: 'orders', catchUpMs: 60_000 })));
  if (leader !== 0) stage.follow(String(leader));
  return stage;
}

/** A mirror fills: position first, then what is ahead. */
function mirrorFills(stage: Stage, buy: boolean, lots: number): void {
  stage.sheet.rows.position[0] = at(stage.sheet.rows.position, 0) + (buy ? lots : -lots);
  noteMirrorFill(stage.book, stage.sheet, 0, buy, lots);
}
const sold = (stage: Stage): void => mirrorFills(stage, false, 10);
/** The leader buys 10, and all that is sent for it fills. */
function bought(stage: Stage): void {
  stage.follow('10');
}
const ahead = (stage: Stage) => [at(stage.sheet.rows.aheadBuy, 0) / MICRO, at(stage.sheet.rows.aheadSell, 0) / MICRO];
const sent = (plan: ReturnType<Stage['plan']>) =>
  Array.from({ length: plan.orders.count }, (_, order) => `${plan.orders.buy[order] === 1 ? 'buy' : 'sell'} ${plan.orders.lots[order]}`).join(', ');
const repaired = (stage: Stage) => sent(repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { lastNonce: stage.lastNonce })).plan);

describe('what a mirror filled ahead', () => {
  it('is wanted until the leader’s fills bring the target there, and is not bought again', () => {
    const stage = stageOf();
    mirrorFills(stage, true, 10);
    expect([ahead(stage), needsRepair(stage.book, stage.sheet)]).toEqual([[10, 0], false]);
    expect(sent(stage.plan('4'))).toBe('');
    expect(ahead(stage)).toEqual([6, 0]);
    expect(sent(stage.plan('12'))).toBe('buy 2');
    expect(ahead(stage)).toEqual([0, 0]);
  });

  it.each<[string, (stage: Stage) => void]>([
    ['is closed by a stop or a breaker', (stage) => beginClosing(stage.book, 0)],
    ['met a loss limit', (stage) => stage.book.setStatus(0, STATUS.breaker, true)],
    ['mirrors no more', (stage) => stage.book.setSettings(0, settingsOf('1', { catchUpMs: 60_000 }), 2)],
    ['was closed by its follower', (stage) => stage.sheet.rows.episode.fill(EPISODE.userClosed)],
    ['waits for the next open', (stage) => stage.sheet.rows.episode.fill(EPISODE.awaitingOpen)],
  ])('of a copy that %s is not ahead, however late it is told: it is closed', (_what, end) => {
    const stage = stageOf();
    end(stage);
    mirrorFills(stage, true, 10);
    expect(ahead(stage)).toEqual([0, 0]);
    expect(repaired(stage)).toBe('sell 10');
  });

  it('of a take-profit is not bought back, and the leader’s reduction sends no second exit', () => {
    const stage = stageOf(10);
    mirrorFills(stage, false, 4);
    expect([ahead(stage), repaired(stage)]).toEqual([[0, 4], '']);
    expect(sent(stage.plan('6'))).toBe('');
    expect([ahead(stage), at(stage.sheet.rows.position, 0)]).toEqual([[0, 0], 6]);
  });

  it('is no advance where it only fills what was owed', () => {
    const stage = stageOf(10);
    stage.sheet.rows.position[0] = 7;
    mirrorFills(stage, true, 5);
    expect(ahead(stage)).toEqual([2, 0]);
  });

  it('on both sides is ahead no more once the leader’s orders filled on both sides at once', () => {
    const stage = stageOf();
    mirrorFills(stage, true, 10);
    mirrorFills(stage, false, 12);
    expect(ahead(stage)).toEqual([10, 12]);
    crossAhead(stage.sheet.rows, 0, crossedMicro(RATE_ONE, 10));
    expect(sent(stage.plan('-2'))).toBe('');
    expect(ahead(stage)).toEqual([0, 0]);
    // Another order of his stands for as much: nothing is ahead of it.
    expect([boundAhead(stage.sheet, 0, { buy: 10 * MICRO, sell: 0 }), repaired(stage)]).toEqual([false, '']);
  });

  it('is no advance where the leader’s order filled for it already, though its target did not move', () => {
    const stage = stageOf();
    stage.sheet.rows.position[0] = 10;
    noteMirrorFill(stage.book, stage.sheet, 0, true, 10, 10 * MICRO);
    expect(ahead(stage)).toEqual([0, 0]);
    stage.sheet.rows.position[0] = 20;
    noteMirrorFill(stage.book, stage.sheet, 0, true, 10, 4 * MICRO);
    expect(ahead(stage)).toEqual([6, 0]);
  });

  it('of an order that stands no more is closed', () => {
    const stage = stageOf();
    mirrorFills(stage, true, 10);
    expect(boundAhead(stage.sheet, 0, { buy: 3 * MICRO, sell: 0 })).toBe(true);
    expect(repaired(stage)).toBe('sell 7');
  });

  it('of a take-profit that stands no more is given up: the target falls to what is held', () => {
    const stage = stageOf(10);
    mirrorFills(stage, false, 4);
    boundAhead(stage.sheet, 0, { buy: 0, sell: 0 });
    expect([at(stage.sheet.rows.target, 0) / MICRO, repaired(stage)]).toEqual([6, '']);
    expect(sent(stage.plan('5'))).toBe('sell 3');
  });

  it('on both sides is taken off both before anything is lost: neither closed nor opened anything', () => {
    const stage = stageOf(-10);
    mirrorFills(stage, true, 10);
    mirrorFills(stage, false, 10);
    expect([ahead(stage), at(stage.sheet.rows.position, 0)]).toEqual([[10, 10], -10]);
    // Both orders filled and were told with one move; another buy of his stands.
    boundAhead(stage.sheet, 0, { buy: 4 * MICRO, sell: 0 });
    expect([at(stage.sheet.rows.target, 0) / MICRO, ahead(stage), repaired(stage)]).toEqual([-10, [0, 0], '']);
  });

  it.each<[string, readonly ((stage: Stage) => void)[]]>([
    ['the mirror sold first', [sold, bought]],
    ['the leader bought first', [bought, sold]],
  ])('comes to the same in whichever order it was told: %s, and what its sell order stood for is given up', (_order, fills) => {
    const stage = stageOf();
    for (const fill of fills) fill(stage);
    expect([at(stage.sheet.rows.position, 0), ahead(stage), repaired(stage)]).toEqual([0, [0, 10], '']);
    boundAhead(stage.sheet, 0, { buy: 0, sell: 0 });
    expect([at(stage.sheet.rows.target, 0), ahead(stage), repaired(stage)]).toEqual([0, [0, 0], '']);
  });

  it('is never entered for: a position that is short of it is as the target says', () => {
    const stage = stageOf();
    mirrorFills(stage, true, 10);
    stage.sheet.rows.position[0] = -3;
    stage.sheet.rows.owedPrice[0] = at(stage.sheet.rows.owedPrice, 0) || stage.sheet.mark;
    stage.sheet.rows.owedUntil[0] = NOW + 60_000;
    expect(repaired(stage)).toBe('buy 3');
  });

  it('counts as the leader’s fill although the copy was paused meanwhile: nothing is closed for that', () => {
    const stage = stageOf();
    mirrorFills(stage, true, 10);
    stage.book.setStatus(0, 8, true);
    expect(sent(stage.plan('10'))).toBe('');
    expect([at(stage.sheet.rows.target, 0) / MICRO, ahead(stage)]).toEqual([10, [0, 0]]);
  });

  it('stays with its order while the leader leaves another position, and goes with the copy’s own close', () => {
    const stage = stageOf(5);
    mirrorFills(stage, true, 10);
    expect(wantedOf(stage.sheet.rows, 0, at(stage.sheet.rows.target, 0)) / MICRO).toBe(15);
    stage.fill(stage.plan('0'));
    expect([at(stage.sheet.rows.position, 0), ahead(stage)]).toEqual([10, [10, 0]]);
    beginClosing(stage.book, 0);
    expect(repaired(stage)).toBe('sell 10');
  });
});

describe('what a mirror fills while another order of the copy is on its way', () => {
  /** Answers the orders of a plan: `lots` fill, the rest is gone. */
  function answer(stage: Stage, plan: ReturnType<Stage['plan']>, lots: number): void {
    stage.fillOrder(plan, 0, lots);
  }
  const state = (stage: Stage) => [at(stage.sheet.rows.target, 0) / MICRO, at(stage.sheet.rows.position, 0), ahead(stage)];

  it('is ahead of its own order, as what is missing is on its way: nothing is traded back once that fills', () => {
    const stage = stageOf();
    const plan = stage.plan('10');
    mirrorFills(stage, true, 10);
    expect([sent(plan), ahead(stage), needsRepair(stage.book, stage.sheet)]).toEqual(['buy 10', [10, 0], false]);
    answer(stage, plan, 10);
    expect([state(stage), repaired(stage)]).toEqual([[10, 20, [10, 0]], '']);
  });

  it.each([
    [0, [10, 10, [0, 0]]],
    [4, [10, 14, [4, 0]]],
  ])('filled what was missing where no more than %i lots of that fill: nothing is bought, given up or owed', (filled, expected) => {
    const stage = stageOf();
    const plan = stage.plan('10');
    mirrorFills(stage, true, 10);
    answer(stage, plan, filled);
    expect([state(stage), repaired(stage), needsRepair(stage.book, stage.sheet)]).toEqual([expected, '', false]);
    expect(endWindows(stage.book, stage.sheet, NOW + 600_000)).toEqual([]);
    expect([state(stage), at(stage.sheet.rows.owedPrice, 0)]).toEqual([expected, 0]);
  });

  it('is bought anew for the leader’s order it stood for, where that filled meanwhile', () => {
    const stage = stageOf();
    const plan = stage.plan('10');
    mirrorFills(stage, true, 10);
    expect([sent(stage.plan('20')), state(stage)]).toEqual(['', [20, 10, [0, 0]]]);
    answer(stage, plan, 0);
    expect(repaired(stage)).toBe('buy 10');
  });

  it('is ahead as far as it is more than is missing beside what mirrors have on their way', () => {
    const stage = stageOf();
    stage.plan('10');
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 30, standingBuy: 20 });
    stage.sheet.rows.target[0] = 20 * MICRO;
    mirrorFills(stage, true, 15);
    expect(ahead(stage)).toEqual([5, 0]);
  });

  it('of a take-profit is closed beside the leader’s own reduction, and waits with it where its order ends first', () => {
    const stage = stageOf(20);
    const plan = stage.plan('10');
    mirrorFills(stage, false, 5);
    expect([sent(plan), ahead(stage), repaired(stage)]).toEqual(['sell 10', [0, 5], '']);
    expect([boundAhead(stage.sheet, 0, { buy: 0, sell: 0 }), ahead(stage)]).toEqual([false, [0, 5]]);
    answer(stage, plan, 10);
    expect(state(stage)).toEqual([10, 5, [0, 5]]);
    boundAhead(stage.sheet, 0, { buy: 0, sell: 0 });
    expect([state(stage), repaired(stage)]).toEqual([[5, 5, [0, 0]], '']);
  });

  it('of a take-profit closed what the leader’s reduction was to close, where that fills nothing', () => {
    const stage = stageOf(20);
    const plan = stage.plan('10');
    mirrorFills(stage, false, 5);
    boundAhead(stage.sheet, 0, { buy: 0, sell: 0 });
    answer(stage, plan, 0);
    expect([state(stage), repaired(stage)]).toEqual([[10, 15, [0, 0]], 'sell 5']);
  });

  it('is no advance beside a close of everything, which closes no more than is left', () => {
    const stage = stageOf(20);
    stage.plan('0');
    mirrorFills(stage, false, 5);
    expect(ahead(stage)).toEqual([0, 0]);
  });

  it('is left out of a target that somebody else lowers: it may be no advance at all', () => {
    const stage = stageOf();
    const plan = stage.plan('10');
    mirrorFills(stage, true, 12);
    expect([ahead(stage), hangingAhead(stage.sheet.rows, 0, true) / MICRO]).toEqual([[12, 0], 10]);
    reduceTarget(stage.sheet, 0, 4);
    expect(at(stage.sheet.rows.target, 0) / MICRO).toBe(8);
    answer(stage, plan, 0);
    expect(repaired(stage)).toBe('sell 4');
  });
});

describe('mirrors that work', () => {
  it('count for limits in full and for a target not at all while their orders stand', () => {
    const stage = stageOf();
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 10, standingBuy: 10 });
    expect(at(stage.sheet.rows.pendingBuy, 0)).toBe(10);
    expect(sent(stage.plan('4'))).toBe('buy 4');
    expect(at(stage.sheet.rows.pendingBuy, 0)).toBe(14);
  });

  it('count as on their way for what the leader’s order filled', () => {
    const stage = stageOf();
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 10, standingBuy: 6 });
    expect(sent(stage.plan('4'))).toBe('');
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 6, standingBuy: 6 });
    expect(repaired(stage)).toBe('buy 4');
  });

  it('that exit hold a market exit only for what the leader’s order filled', () => {
    const stage = stageOf(10);
    putMirrors(stage.sheet, 0, NO_MIRRORS);
    expect(sent(stage.plan('7'))).toBe('sell 3');
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, exitSell: 2 });
    expect(sent(stage.plan('5'))).toBe('');
  });

  it('are written in the place of what they were, beside other reservations', () => {
    const stage = stageOf(10);
    const { rows } = stage.sheet;
    reservePending(stage.sheet, 0, { buy: true, exit: false }, 3);
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 10, standingBuy: 10, exitSell: 4 });
    expect([at(rows.pendingBuy, 0), at(rows.pendingSell, 0), at(rows.pendingExitSell, 0)]).toEqual([13, 4, 4]);
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 2, standingBuy: 1 });
    expect([at(rows.pendingBuy, 0), at(rows.pendingSell, 0), at(rows.pendingExitSell, 0)]).toEqual([5, 0, 0]);
  });

  it.each<[string, readonly [working: number, placed: number, basis: number, left: number], number]>([
    ['all of the order stands', [10, 10, 20, 20], 0],
    ['half of it filled', [10, 10, 20, 10], 5],
    ['half of it filled, and so did the mirror', [5, 10, 20, 10], 0],
    ['all of it filled', [10, 10, 20, 0], 10],
    ['nothing is left of the mirror', [0, 10, 20, 0], 0],
  ])('claim: %s', (_what, [working, placed, basis, left], expected) => {
    expect(claimOf({ working, placed, basis }, left)).toBe(expected);
  });
});

describe('legs of orders', () => {
  it.each([
    [0, false],
    [1, false],
    [2, true],
    [3, true],
    [PROTECTIVE_LEG, false],
    [MIRROR_LEG, true],
    [MIRROR_EXIT_LEG, false],
  ])('leg %i enters: %s', (leg, enters) => {
    expect(entersByLeg(leg)).toBe(enters);
  });
});

describe('what a mirror may add', () => {
  it('is what the caps leave beside everything that works', () => {
    const stage = new Stage();
    const settings = settingsOf('1', { policy: 'orders' });
    stage.add(entryOf(1, { ...settings, caps: { ...settings.caps, maxPositionSize: sizeOf('25') } }));
    stage.follow('10');
    const room = () => mirrorRoom(stage.book, stage.sheet, 0, true, 9_000_000_000, OPTIONS);
    expect(room()).toBe(15);
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 6, standingBuy: 6 });
    expect(room()).toBe(9);
    expect(mirrorRoom(stage.book, stage.sheet, 0, false, 11_000_000_000, OPTIONS)).toBe(25);
  });

  it('is not made larger by what is held against the mirror: an exit may close that first', () => {
    const stage = new Stage();
    const settings = settingsOf('1', { policy: 'orders' });
    stage.add(entryOf(1, { ...settings, caps: { ...settings.caps, maxPositionSize: sizeOf('25') } }));
    stage.follow('-10');
    const room = () => mirrorRoom(stage.book, stage.sheet, 0, true, 9_000_000_000, OPTIONS);
    putMirrors(stage.sheet, 0, { ...NO_MIRRORS, buy: 6, standingBuy: 6 });
    expect([at(stage.sheet.rows.position, 0), room()]).toEqual([-10, 19]);
    reservePending(stage.sheet, 0, { buy: true, exit: true }, 4);
    expect(room()).toBe(19);
  });

  it.each<[string, (stage: Stage) => void, string]>([
    ['active', () => undefined, 'yes'],
    ['paused', (stage) => stage.book.setStatus(0, 8, true), 'no'],
    ['broken', (stage) => stage.book.setStatus(0, 4, true), 'no'],
    ['being stopped by a switch', (stage) => stage.book.setStatus(0, 2, true), 'no'],
    ['without an agent', (stage) => stage.book.setSigner(0, -1, 0), 'no'],
    ['signed for by an agent that ends soon', (stage) => stage.book.setSigner(0, 1, NOW + MIRROR_AGENT_MARGIN_MS), 'no'],
    ['signed for by an agent that does not', (stage) => stage.book.setSigner(0, 1, NOW + MIRROR_AGENT_MARGIN_MS + 1), 'yes'],
    ['in an instrument it leaves out', (stage) => (stage.sheet.rows.allowed[0] = 0), 'no'],
    ['its account not known', (stage) => stage.book.setStatus(0, 128, true), 'keep'],
    ['its leader out of sight', (stage) => stage.book.setStatus(0, 2_048, true), 'keep'],
    ['with an old mark', (stage) => (stage.sheet.markAt = NOW - MARK_MAX_AGE_MS - 1), 'keep'],
  ])('while the copy is %s: %s', (_what, happens, expected) => {
    const stage = stageOf(10);
    happens(stage);
    expect(mirrorEntries(stage.book, stage.sheet, 0, OPTIONS)).toBe(expected);
  });
});
