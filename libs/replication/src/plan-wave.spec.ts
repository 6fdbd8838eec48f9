import { price } from '@lockstep/kernel';
import { type CopySettings, defaultCopySettings } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { applyFill } from './apply';
import { leaderEquityColumn } from './book';
import { STATUS } from './copy-columns';
import { endWindowsBefore } from './end-windows';
import { EPISODE, MICRO } from './instrument-columns';
import type { Move } from './move';
import { type ReasonCode, reasonAt, reasonNumber } from './reasons';
import { needsRepair, repairPlan } from './repair';
import { kappaOf } from './target';
import {
  at,
  breakerOf,
  dollars,
  entryOf,
  instrumentOf,
  NOW,
  optionsOf,
  priceOf,
  priceUnits,
  rateOf,
  Stage,
  settingsOf,
  sizeOf,
} from './testing/book-builder';
import type { WaveOptions } from './wave-options';
import type { WavePlan } from './wave-plan';

const reasonOf = (plan: { readonly decisions: { readonly reason: Uint8Array } }, index = 0): ReasonCode | null =>
  reasonAt(at(plan.decisions.reason, index));

describe('ratio-locked target (product §2.1)', () => {
  it('holds D = κL throughout when κ is constant', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('0.5')));
    for (const leader of ['100', '150', '40', '200', '0', '-60', '-80', '30']) {
      stage.follow(leader);
      expect(at(stage.sheet.rows.target, 0)).toBe(0.5 * Number(leader) * MICRO);
      expect(at(stage.sheet.rows.position, 0)).toBe(0.5 * Number(leader));
    }
  });

  it('leader deposits (κ halves) then doubles: 1.0 → 1.0', () => {
    const stage = new Stage(instrumentOf('BTC', 1));
    stage.add(entryOf(1, settingsOf('0.01')));
    stage.follow('100');
    expect(at(stage.sheet.rows.target, 0)).toBe(10 * MICRO);
    stage.book.setSettings(0, settingsOf('0.005'), 2);
    stage.follow('200');
    expect(at(stage.sheet.rows.target, 0)).toBe(10 * MICRO);
  });

  it('leader withdraws half (κ doubles) and adds 10 %: 1.0 → 1.2', () => {
    const stage = new Stage(instrumentOf('BTC', 1));
    stage.add(entryOf(1, settingsOf('0.01')));
    stage.follow('100');
    stage.book.setSettings(0, settingsOf('0.02'), 2);
    stage.follow('110');
    expect(at(stage.sheet.rows.target, 0)).toBe(12 * MICRO);
  });

  it('cap 30 with κL: 100, halve, re-add, cap loosened to 60, +10, halve ⇒ 30, 15, 30, 30, 40, 20', () => {
    const capped = (cap: string) => settingsOf('1', { caps: { ...settingsOf('1').caps, maxPositionSize: sizeOf(cap) } });
    const stage = new Stage();
    stage.add(entryOf(1, capped('30')));
    const seen: number[] = [];
    const note = (): void => {
      seen.push(at(stage.sheet.rows.target, 0) / MICRO);
    };
    stage.follow('100');
    note();
    stage.follow('50');
    note();
    stage.follow('100');
    note();
    stage.book.setSettings(0, capped('60'), 2);
    stage.follow('100');
    note();
    stage.follow('110');
    note();
    stage.follow('55');
    note();
    expect(seen).toEqual([30, 15, 30, 30, 40, 20]);
    expect(at(stage.sheet.rows.position, 0)).toBe(20);
  });

  it('residual-aware sizing: 40 × +0.25, then 90 × −0.08 at κ 0.0113 ends at 0.032 (facts §3.1)', () => {
    const stage = new Stage(instrumentOf('BTC', 3), '60000');
    stage.add(entryOf(1, settingsOf('0.0113')));
    let hundredths = 0;
    for (let fill = 0; fill < 40; fill += 1) {
      hundredths += 25;
      stage.follow((hundredths / 100).toFixed(2));
    }
    for (let fill = 0; fill < 90; fill += 1) {
      hundredths -= 8;
      stage.follow((hundredths / 100).toFixed(2));
    }
    expect(at(stage.sheet.rows.position, 0)).toBe(32);
    expect(Math.abs(at(stage.sheet.rows.target, 0) - 31_640_000)).toBeLessThan(200);
  });

  it('a flip is a reduce-only exit and then an entry on the other side', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    const plan = stage.plan('-4');
    expect(plan.orders.count).toBe(2);
    expect([at(plan.orders.exit, 0), at(plan.orders.reduceOnly, 0), at(plan.orders.buy, 0), at(plan.orders.lots, 0)]).toEqual([1, 1, 0, 10]);
    expect([at(plan.orders.exit, 1), at(plan.orders.reduceOnly, 1), at(plan.orders.buy, 1), at(plan.orders.lots, 1)]).toEqual([0, 0, 0, 4]);
    stage.fill(plan);
    expect(at(stage.sheet.rows.position, 0)).toBe(-4);
  });

  it('ρ is rounded down and never trades by itself', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('0.333333333333')));
    stage.follow('300');
    expect(at(stage.sheet.rows.rho, 0)).toBe(333_333_330_000);
    stage.book.setSettings(0, settingsOf('5'), 2);
    expect(stage.plan('300').orders.count).toBe(0);
  });
});

describe('checks in order, cutting increases only', () => {
  const cases: readonly (readonly [ReasonCode, (stage: Stage) => void])[] = [
    ['kill_switch', (stage) => stage.book.setStatus(0, STATUS.killSwitch | STATUS.paused, true)],
    ['breaker', (stage) => stage.book.setStatus(0, STATUS.breaker | STATUS.paused, true)],
    ['paused', (stage) => stage.book.setStatus(0, STATUS.paused, true)],
    ['suspended', (stage) => stage.book.setStatus(0, STATUS.suspended, true)],
    ['suspended', (stage) => stage.book.setStatus(0, STATUS.leaderPaused, true)],
    ['entitlement', (stage) => stage.book.setRights(0, { entitledUntil: NOW, consentDueAt: NOW + 1 }, NOW)],
    ['consent', (stage) => stage.book.setRights(0, { entitledUntil: NOW + 1, consentDueAt: NOW }, NOW)],
    ['policy', (stage) => stage.book.setStatus(0, STATUS.policyBlocked, true)],
    ['not_active', (stage) => stage.book.setStatus(0, STATUS.active, false)],
    ['instrument_filter', (stage) => stage.book.setSettings(0, settingsOf('1', { instruments: { kind: 'except', coins: ['BTC'] } }), 2)],
    ['user_closed', (stage) => stage.sheet.rows.episode.fill(EPISODE.userClosed)],
    ['awaiting_open', (stage) => stage.sheet.rows.episode.fill(EPISODE.awaitingOpen)],
    ['builder_unapproved', (stage) => stage.book.setMarkup(0, { builder: 0, fee: 30, flow: 'all', approved: false, required: true })],
  ];
  it.each(cases)('%s gives the increment up and still follows the exit', (code, act) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    act(stage);
    const denied = stage.plan('20');
    expect(reasonOf(denied)).toBe(code);
    expect(denied.orders.count).toBe(0);
    expect(at(stage.sheet.rows.target, 0)).toBe(10 * MICRO);
    expect(at(stage.sheet.rows.forfeited, 0)).toBe(10 * MICRO);
    const exit = stage.plan('10');
    expect([exit.orders.count, at(exit.orders.lots, 0), at(exit.orders.exit, 0)]).toEqual([1, 5, 1]);
  });

  it('an agent that has ended takes no entry, its exits are tried all the same; without any agent the missing exit carries the reason', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    stage.book.setSigner(0, 1, NOW - 1);
    expect(reasonOf(stage.plan('20'))).toBe('agent_invalid');
    const tried = stage.plan('10');
    expect([tried.orders.count, at(tried.orders.exit, 0), at(tried.orders.expiresAfter, 0)]).toEqual([1, 1, 0]);
    stage.book.setSigner(0, -1, 0);
    const exit = stage.plan('0');
    expect([exit.orders.count, reasonOf(exit)]).toEqual([0, 'agent_invalid']);
  });

  it('stale moves and stale marks hold entries back, never exits', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    const late = stage.plan('20', {}, { firstFillAt: NOW - 2_001 });
    expect([reasonOf(late), late.orders.count]).toEqual(['stale_move', 0]);
    const blind = stage.plan('30', { now: NOW + 5_001 }, { firstFillAt: NOW + 5_000 });
    expect([reasonOf(blind), blind.orders.count]).toEqual(['stale_mark', 0]);
    const exit = stage.plan('0', { now: NOW + 3_600_000 }, { firstFillAt: NOW });
    expect([exit.orders.count, at(exit.orders.lots, 0), at(exit.orders.expiresAfter, 0)]).toEqual([1, 10, 0]);
  });

  it('a mark exactly 5 s old still counts, a move exactly max_age old too', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    expect(stage.plan('10', { now: NOW + 5_000 }, { firstFillAt: NOW + 3_000 }).orders.count).toBe(1);
  });

  it('an account not known well enough holds entries back, never exits; once it is, a repair inside the window catches up', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    stage.book.setStatus(0, STATUS.staleTruth, true);
    const blind = stage.plan('20');
    expect([reasonOf(blind), blind.orders.count, at(stage.sheet.rows.target, 0)]).toEqual(['stale_truth', 0, 20 * MICRO]);
    const repair = () => repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { lastNonce: stage.lastNonce })).plan;
    expect(repair().orders.count).toBe(0);
    stage.book.setStatus(0, STATUS.staleTruth, false);
    expect(at(repair().orders.lots, 0)).toBe(10);
    stage.book.setStatus(0, STATUS.staleTruth, true);
    stage.sheet.rows.pendingBuy[0] = 0;
    expect(at(stage.plan('0').orders.lots, 0)).toBe(10);
  });

  it.each<[string, (stage: Stage) => void]>([
    ['the filter excludes the coin', (stage) => void stage.sheet.rows.allowed.fill(0)],
    ['the copy waits for an open', (stage) => void stage.sheet.rows.episode.fill(EPISODE.awaitingOpen)],
  ])('behind what a repair may overcome, an increase is given up where %s: it is not entered once that is over', (_what, exclude) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    stage.book.setStatus(0, STATUS.staleTruth, true);
    const { allowed, episode } = stage.sheet.rows;
    const stood = [at(allowed, 0), at(episode, 0)] as const;
    exclude(stage);
    const blind = stage.plan('20');
    expect([reasonOf(blind), at(stage.sheet.rows.target, 0), at(stage.sheet.rows.forfeited, 0)]).toEqual(['stale_truth', 10 * MICRO, 10 * MICRO]);
    stage.book.setStatus(0, STATUS.staleTruth, false);
    [allowed[0], episode[0]] = stood;
    expect(repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { lastNonce: stage.lastNonce })).plan.orders.count).toBe(0);
  });

  describe('of two checks that fail, the reason told is the one that comes first in product §3', () => {
    interface Failure {
      readonly status?: number;
      readonly episode?: number;
      readonly options?: Partial<WaveOptions>;
      readonly move?: Partial<Move>;
      readonly act?: (stage: Stage) => void;
    }
    /** Every check in its order, each with what makes it fail alone. */
    const failing: readonly (readonly [ReasonCode, Failure])[] = [
      ['kill_switch', { status: STATUS.killSwitch }],
      ['breaker', { status: STATUS.breaker }],
      ['paused', { status: STATUS.paused }],
      ['closing', { status: STATUS.closing }],
      ['suspended', { status: STATUS.suspended }],
      ['entitlement', { act: (stage) => stage.book.copies.entitledUntil.fill(NOW) }],
      ['consent', { act: (stage) => stage.book.copies.consentDueAt.fill(NOW) }],
      ['not_active', { act: (stage) => stage.book.setStatus(0, STATUS.active, false) }],
      ['agent_invalid', { act: (stage) => stage.book.setSigner(0, 1, NOW - 1) }],
      ['resync_no_entry', { move: { source: 'resync' } }],
      ['stale_truth', { status: STATUS.staleTruth }],
      ['stale_truth', { status: STATUS.leaderUnseen }],
      ['stale_move', { move: { firstFillAt: NOW - 2_001 } }],
      ['stale_mark', { act: (stage) => Object.assign(stage.sheet, { markAt: NOW - 5_001 }) }],
      ['policy', { status: STATUS.policyBlocked }],
      ['builder_unapproved', { act: (stage) => stage.book.setMarkup(0, { builder: 0, fee: 30, flow: 'all', approved: false, required: true }) }],
      ['instrument_filter', { act: (stage) => stage.sheet.rows.allowed.fill(0) }],
      ['no_collateral', { act: (stage) => stage.sheet.rows.barred.fill(reasonNumber('no_collateral')) }],
      ['user_closed', { episode: EPISODE.userClosed }],
      ['awaiting_open', { episode: EPISODE.awaitingOpen }],
      ['equity_exhausted', { act: (stage) => stage.book.copies.realEquity.fill(0) }],
      ['leader_equity', { options: { leaderEquity: null } }],
    ];
    const pairs = failing.flatMap((first, place) => failing.slice(place + 1).map((second) => [first[0], second[0], first[1], second[1]] as const));
    it.each(pairs)('%s before %s', (code, _second, ...failures) => {
      const stage = new Stage();
      const mode = { kind: 'proportional', multiplier: rateOf('1'), compounding: 'reinvest' } as const;
      stage.add(entryOf(1, settingsOf('1', { mode })));
      stage.follow('10');
      for (const { status = 0, episode = 0, act } of failures) {
        stage.book.setStatus(0, status, true);
        stage.sheet.rows.episode[0] = at(stage.sheet.rows.episode, 0) | episode;
        act?.(stage);
      }
      const [first, second] = failures;
      const plan = stage.plan('20', { ...first.options, ...second.options }, { ...first.move, ...second.move });
      expect([reasonOf(plan), plan.orders.count]).toEqual([code, 0]);
    });
  });

  it('a resync follows reductions and gives increases up', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    const up = stage.plan('20', {}, { source: 'resync', incrementPrice: null });
    expect([reasonOf(up), up.orders.count]).toEqual(['resync_no_entry', 0]);
    expect(stage.plan('10', {}, { source: 'resync', incrementPrice: null }).orders.count).toBe(1);
  });

  it('proportional: κ = m·U ÷ E, and no ratio without leader equity', () => {
    const stage = new Stage();
    const settings = settingsOf('1', { mode: { kind: 'proportional', multiplier: rateOf('2'), compounding: 'reinvest' } });
    stage.add(entryOf(1, settings, { allocation: dollars(1_000) }));
    const plan = stage.plan('100', { leaderEquity: dollars(50_000) });
    expect(at(plan.decisions.kappa, 0)).toBe(40_000_000_000);
    expect(at(plan.orders.lots, 0)).toBe(4);
    const none = new Stage();
    none.add(entryOf(1, settings));
    expect(reasonOf(none.plan('100', { leaderEquity: null }))).toBe('leader_equity');
  });

  describe('proportional with fixed_nominal: the fixed allocation over the equity the leader had at the copy’s first increase', () => {
    const nominal = settingsOf('1', { mode: { kind: 'proportional', multiplier: rateOf('2'), compounding: 'fixed_nominal' } });
    const kappaAt = (stage: Stage, leader: string, equity: number): number =>
      at(stage.follow(leader, { leaderEquity: dollars(equity) }).decisions.kappa, 0);

    it('a leader who wins or loses changes no ratio', () => {
      const stage = new Stage();
      stage.add(entryOf(1, nominal, { allocation: dollars(1_000) }));
      expect(kappaAt(stage, '100', 50_000)).toBe(40_000_000_000);
      expect(kappaAt(stage, '150', 80_000)).toBe(40_000_000_000);
      expect(kappaAt(stage, '200', 20_000)).toBe(40_000_000_000);
      expect(at(stage.sheet.rows.position, 0)).toBe(8);
    });

    it('nor does a copy that wins or loses, and a changed allocation does', () => {
      const stage = new Stage();
      stage.add(entryOf(1, nominal, { allocation: dollars(1_000) }));
      kappaAt(stage, '100', 50_000);
      stage.book.copies.netPnl[0] = -Number(dollars(300));
      expect(kappaAt(stage, '150', 50_000)).toBe(40_000_000_000);
      stage.book.changeAllocation(0, dollars(2_000));
      expect(kappaAt(stage, '200', 50_000)).toBe(80_000_000_000);
    });

    it('the basis outlives a flat leader and a restart', () => {
      const stage = new Stage();
      stage.add(entryOf(1, nominal, { allocation: dollars(1_000), basisEquity: dollars(50_000) }));
      expect(kappaAt(stage, '100', 10_000)).toBe(40_000_000_000);
      stage.follow('0');
      expect(kappaAt(stage, '100', 90_000)).toBe(40_000_000_000);
    });

    it('it is not taken from an equity that is unknown', () => {
      const stage = new Stage();
      stage.add(entryOf(1, nominal, { allocation: dollars(1_000) }));
      expect(reasonOf(stage.plan('100', { leaderEquity: null }))).toBe('leader_equity');
      expect(kappaAt(stage, '200', 50_000)).toBe(40_000_000_000);
    });

    it('before that increase, what stands for the leader’s orders goes by the equity of now, which binds nothing', () => {
      const stage = new Stage();
      stage.add(entryOf(1, nominal, { allocation: dollars(1_000) }));
      const ratioBy = (equity: number): number => kappaOf(stage.book.copies, 0, leaderEquityColumn(dollars(equity)), 0);
      expect(ratioBy(50_000)).toBe(40_000_000_000);
      expect(ratioBy(100_000)).toBe(20_000_000_000);
      expect(ratioBy(0)).toBe(-1);
      kappaAt(stage, '100', 80_000);
      expect(ratioBy(50_000)).toBe(25_000_000_000);
    });
  });

  const halved = dollars(500);
  const share = { ...settingsOf('1').caps, maxPositionShare: rateOf('1') };
  it.each<[string, CopySettings, number, ReasonCode]>([
    ['the ratio', settingsOf('1', { mode: { kind: 'proportional', multiplier: rateOf('2'), compounding: 'reinvest' } }), 2, 'planned'],
    ['the share of equity', settingsOf('1', { caps: share }), 4, 'planned_capped'],
    ['the allocation', settingsOf('1', { venueLeverage: 1 }), 4, 'planned_capped'],
  ])('a follower who withdraws half of the account halves %s; the rest of the copy’s money is no loss', (_what, settings, lots, reason) => {
    const stage = new Stage();
    stage.add(entryOf(1, { ...settings, breaker: breakerOf({ fromStart: rateOf('0.01') }) }, { allocation: dollars(1_000), realEquity: halved }));
    const plan = stage.plan('100', { leaderEquity: dollars(50_000) });
    expect([at(plan.orders.lots, 0), reasonOf(plan)]).toEqual([lots, reason]);
    expect(stage.judge()).toEqual([]);
  });

  it('an account with nothing left takes no entry', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1'), { realEquity: dollars(0) }));
    expect(reasonOf(stage.plan('10'))).toBe('equity_exhausted');
  });
});

describe('price bounds (product §2.7)', () => {
  it('once a reduction is covered by what is held, what is closed below it is owed at no older price', () => {
    const stage = new Stage(instrumentOf('BTC', 0), '100');
    stage.add(entryOf(1, settingsOf('1', { maxAgeMs: 60_000 })));
    stage.fillOrder(stage.plan('100', {}, { incrementPrice: priceOf('110') }), 0, 60);
    expect(at(stage.sheet.rows.owedPrice, 0)).toBe(priceUnits('110'));
    stage.plan('50');
    expect(at(stage.sheet.rows.owedPrice, 0)).toBe(0);
    // As a remnant is closed that may not stay, or the follower closes by hand: the target stays.
    applyFill(stage.book, stage.sheet, 0, { buy: false, lots: 60, price: priceUnits('100'), fee: 0 }, null);
    const plan = stage.plan('100', {}, { incrementPrice: priceOf('100') });
    expect(at(plan.orders.reference, 0)).toBe(priceUnits('100'));
  });

  it.each<[string, string, string, readonly (string | number)[]]>([
    ['whole, dearer: what is owed from before keeps its price and its window', '10', '110', ['100', NOW + 20_000, 10, '100']],
    ['whole, cheaper: the same, and its entry is bounded by both', '10', '90', ['100', NOW + 20_000, 10, '95']],
    ['in part: what is left of it is weighed', '15', '110', ['103.33333333', NOW + 25_000, 15, '103.33333333']],
    ['in part, cheaper: its caps were judged at the stricter price', '15', '90', ['96.66666667', NOW + 25_000, 15, '95']],
    ['by nothing: all of it is weighed', '20', '110', ['105', NOW + 25_000, 20, '105']],
  ])('of an increment that caps cut only what they leave is owed: %s', (_what, cap, incrementPrice, [owed, until, lots, reference]) => {
    const stage = new Stage(instrumentOf('BTC', 0), '100');
    const caps = { ...settingsOf('1').caps, maxPositionSize: sizeOf(cap) };
    stage.add(entryOf(1, settingsOf('1', { caps, catchUpMs: 20_000 })));
    stage.fillOrder(stage.plan('10', {}, { firstFillAt: NOW, lastFillAt: NOW, incrementPrice: priceOf('100') }), 0, 0);
    const [now, firstFillAt] = [NOW + 5_000, NOW + 5_000];
    stage.sheet.markAt = now;
    const plan = stage.plan('20', { now }, { firstFillAt, lastFillAt: firstFillAt, incrementPrice: priceOf(incrementPrice) });
    expect([at(stage.sheet.rows.owedPrice, 0), at(stage.sheet.rows.owedUntil, 0)]).toEqual([priceUnits(String(owed)), until]);
    expect([at(plan.orders.lots, 0), at(plan.orders.reference, 0)]).toEqual([lots, priceUnits(String(reference))]);
  });

  it.each<[string, string, number | null, ReasonCode, readonly string[]]>([
    ['is bounded by what is owed', '100', null, 'planned_capped', ['100']],
    ['above the mark waits: its caps were judged at less', '99', null, 'cap_position_size', []],
    ['that the book has left waits instead of chasing', '100', 99, 'price_bound', []],
  ])('a sale of what is from before, where caps cut a cheaper increment whole, %s', (_what, mark, bid, reason, references) => {
    const stage = new Stage(instrumentOf('BTC', 0), '100');
    const caps = { ...settingsOf('1').caps, maxPositionSize: sizeOf('10') };
    stage.add(entryOf(1, settingsOf('1', { caps, catchUpMs: 20_000 })));
    stage.fillOrder(stage.plan('-10', {}, { incrementPrice: priceOf('100') }), 0, 0);
    stage.sheet.mark = priceUnits(mark);
    if (bid !== null) stage.book.setBook('BTC', priceOf(String(bid)), priceOf('100'), NOW);
    const plan = stage.plan('-20', {}, { incrementPrice: priceOf('90') });
    expect([reasonOf(plan), ...plan.orders.reference]).toEqual([reason, ...references.map(priceUnits)]);
  });

  it('a leader who adds on while a cap cuts all of it keeps nothing owed behind its window', () => {
    const stage = new Stage(instrumentOf('BTC', 0), '100');
    const caps = { ...settingsOf('1').caps, maxPositionSize: sizeOf('10') };
    stage.add(entryOf(1, settingsOf('1', { caps, catchUpMs: 20_000 })));
    stage.fillOrder(stage.plan('10', {}, { incrementPrice: priceOf('100') }), 0, 0);
    for (const [after, leader] of [
      [9_000, '20'],
      [18_000, '30'],
      [27_000, '40'],
    ] as const) {
      const now = NOW + after;
      stage.sheet.markAt = now;
      endWindowsBefore(stage.book, stage.sheet, now);
      stage.fillOrder(stage.plan(leader, { now }, { firstFillAt: now, lastFillAt: now, incrementPrice: priceOf('90') }), 0, 0);
    }
    // The newest increase finds nothing of the first: what it enters is its own, at its own price.
    expect([at(stage.sheet.rows.target, 0), at(stage.sheet.rows.owedPrice, 0)]).toEqual([10 * MICRO, priceUnits('90')]);
    expect(at(stage.sheet.rows.owedUntil, 0)).toBe(NOW + 47_000);
  });

  it('entries stand on the strict side of the bound, IOC, with the expiry of max_age', () => {
    const stage = new Stage(instrumentOf('BTC', 0), '12345.6');
    stage.add(entryOf(1, settingsOf('1')));
    const plan = stage.plan('10');
    expect(at(plan.orders.price, 0)).toBe(priceUnits('12407'));
    expect(at(plan.orders.reference, 0)).toBe(priceUnits('12345.6'));
    expect(at(plan.orders.expiresAfter, 0)).toBe(NOW - 100 + 2_000);
    const short = new Stage(instrumentOf('BTC', 0), '12345.6');
    short.add(entryOf(1, settingsOf('1')));
    expect(at(short.plan('-10').orders.price, 0)).toBe(priceUnits('12284'));
  });

  it('an entry whose bound the book has left waits instead of chasing', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.book.setBook('BTC', priceOf('101'), priceOf('102'), NOW);
    const plan = stage.plan('10');
    expect([reasonOf(plan), plan.orders.count]).toEqual(['price_bound', 0]);
  });

  it.each([
    ['a buy meets nobody', '10', '99', '0'],
    ['a sale meets nobody', '-10', '0', '101'],
    ['the book is too old', '10', '101', '102', NOW - 5_001],
    ['the book is older than the leader’s fill, which may have moved it', '10', '101', '102', NOW - 101],
  ] as const)('an entry is not held back where %s', (_what, leader, bid, ask, bookAt = NOW) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.book.setBook('BTC', price(sizeOf(bid)), price(sizeOf(ask)), bookAt);
    expect(stage.plan(leader).orders.count).toBe(1);
  });

  it.each<[string, string, string, string, number, string]>([
    ['a sale from the best bid', '10', '80', '81', NOW, '80'],
    ['a purchase from the best ask', '-10', '119', '120', NOW, '120'],
    ['at the oldest book that counts', '10', '80', '81', NOW - 5_000, '80'],
    ['from the mark, when the book is older', '10', '80', '81', NOW - 5_001, '100'],
    ['from the mark, when nobody bids', '10', '0', '81', NOW, '100'],
    ['from the mark, when nobody asks', '-10', '80', '0', NOW, '100'],
  ])('exits are bounded from the book: %s', (_what, leader, bid, ask, bookAt, reference) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow(leader);
    stage.book.setBook('BTC', price(sizeOf(bid)), price(sizeOf(ask)), bookAt);
    const { orders } = stage.plan('0');
    const wide = leader === '10' ? 0.98 : 1.02;
    expect([at(orders.reference, 0), at(orders.price, 0)]).toEqual([priceUnits(reference), Math.round(priceUnits(reference) * wide)]);
    // Widened after a failure, still from the book.
    stage.fillOrder({ ...stage.plan('0'), orders }, 0, 0);
    const again = repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { lastNonce: stage.lastNonce })).plan.orders;
    expect([at(again.reference, 0), at(again.exit, 0)]).toEqual([priceUnits(reference), 1]);
  });
});

describe('minimum and dust (product §2.5)', () => {
  it('an increase below the minimum waits and rides with the next', () => {
    const stage = new Stage(instrumentOf('X', 2), '100');
    stage.add(entryOf(1, settingsOf('0.01')));
    expect(reasonOf(stage.plan('5'))).toBe('below_minimum');
    const next = stage.plan('20');
    expect(at(next.orders.lots, 0)).toBe(20);
  });

  it('a reduction below the minimum waits while the position is worth more than two minimums', () => {
    const stage = new Stage(instrumentOf('X', 2), '100');
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('1');
    expect(reasonOf(stage.plan('0.95'))).toBe('below_minimum');
  });

  it('a small position is kept or closed whole, whichever is nearer to the target', () => {
    const keep = new Stage(instrumentOf('X', 2), '100');
    keep.add(entryOf(1, settingsOf('1')));
    keep.follow('0.15');
    expect(reasonOf(keep.plan('0.10'))).toBe('dust_kept');
    const close = new Stage(instrumentOf('X', 2), '100');
    close.add(entryOf(1, settingsOf('1')));
    close.follow('0.15');
    const plan = close.plan('0.06');
    expect([at(plan.orders.lots, 0), at(plan.orders.reduceOnly, 0), reasonOf(plan)]).toEqual([15, 1, 'dust_closed']);
  });

  it('a reduction that failed is widened only as far as the venue takes its value', () => {
    const stage = new Stage(instrumentOf('X', 2), '100');
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('1');
    stage.fillOrder(stage.plan('0.89'), 0, 0);
    const prices: number[] = [];
    for (let round = 1; round <= 5; round += 1) {
      const { orders } = repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { lastNonce: stage.lastNonce })).plan;
      expect([at(orders.lots, 0), at(orders.exit, 0)]).toEqual([11, 1]);
      prices.push(at(orders.price, 0));
      stage.fillOrder({ ...stage.plan('0.89'), orders }, 0, 0);
    }
    // 11 lots of 0.01 are worth 10.12 at 92 and 9.24 at 84.
    expect(prices).toEqual(['96', '92', '92', '92', '92'].map(priceUnits));
  });

  it.each([
    ['worth the minimum at the mark, not at its bound: it leaves at the minimum', '91', { count: 1, lots: 11, price: '90.91', reason: 'planned' }],
    ['worth less than the minimum at the mark', '90.9', { count: 0, lots: 0, price: '0', reason: 'dust_pending' }],
  ])('a remnant beside other copies, %s', (_what, mark, expected) => {
    const stage = new Stage(instrumentOf('X', 2), mark);
    stage.add(entryOf(1, settingsOf('1', { slippage: { ...defaultCopySettings().slippage, exitBound: rateOf('0.03') } })));
    stage.follow('1');
    stage.sheet.rows.position[0] = 11;
    stage.sheet.rows.beside[0] = 40;
    const { orders, decisions } = stage.plan('0');
    const [lots, price] = [orders.lots, orders.price].map((column) => (orders.count === 0 ? 0 : at(column, 0)));
    expect({ count: orders.count, lots, price, reason: reasonOf({ decisions }) }).toEqual({ ...expected, price: priceUnits(expected.price) });
  });

  it('leader flat: a full close of the net is exempt; what cannot close alone is dust_pending', () => {
    const stage = new Stage(instrumentOf('X', 2), '100');
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('1');
    stage.sheet.rows.position[0] = 3;
    expect(at(stage.plan('0').orders.lots, 0)).toBe(3);
    const dust = new Stage(instrumentOf('X', 2), '100');
    dust.add(entryOf(1, settingsOf('1')));
    dust.follow('1');
    dust.sheet.rows.position[0] = 3;
    dust.sheet.rows.beside[0] = 4;
    const plan = dust.plan('0');
    expect([plan.orders.count, reasonOf(plan)]).toEqual([0, 'dust_pending']);
    expect(at(dust.sheet.rows.episode, 0) & EPISODE.dustPending).toBe(EPISODE.dustPending);
  });

  describe('a reduction from 100 lots of a dollar each, of which the account holds more', () => {
    it.each<[string, string, string, number, string]>([
      ['of less than the minimum waits', '1', '0.95', 0, 'below_minimum'],
      ['of the minimum is sent', '1', '0.88', 12, 'planned'],
      ['of less, to what is worth less than two, is judged by the position: it waits', '0.25', '0.19', 0, 'below_minimum'],
      ['of a position below two minimums is kept where that is nearer', '0.19', '0.10', 0, 'dust_kept'],
      ['and closed whole where flat is nearer', '0.18', '0.08', 18, 'dust_closed'],
      ['and where both are as near', '0.18', '0.09', 18, 'dust_closed'],
      ['of it all is sent whole', '0.19', '0', 19, 'planned'],
    ])('%s', (_what, from, to, lots, why) => {
      const stage = new Stage(instrumentOf('X', 2), '100');
      stage.add(entryOf(1, settingsOf('1')));
      stage.follow(from);
      stage.sheet.rows.beside[0] = 50;
      const plan = stage.plan(to);
      expect([plan.orders.count === 0 ? 0 : at(plan.orders.lots, 0), reasonOf(plan)]).toEqual([lots, why]);
    });
  });

  describe('a remnant that cannot close alone', () => {
    /** A copy of 3 lots left of a leader who is flat, beside an own position of the follower's. */
    const remnant = (beside: number, ratio = '1') => {
      const stage = new Stage(instrumentOf('X', 2), '100');
      stage.add(entryOf(1, settingsOf(ratio)));
      stage.follow('1');
      stage.sheet.rows.position[0] = 3;
      stage.sheet.rows.beside[0] = beside;
      expect(reasonOf(stage.plan('0'))).toBe('dust_pending');
      return stage;
    };
    const sent = ({ orders }: WavePlan) =>
      Array.from({ length: orders.count }, (_, index) => (orders.buy[index] === 1 ? 1 : -1) * at(orders.lots, index));
    const sum = (lots: readonly number[]) => lots.reduce((total, one) => total + one, 0);

    it.each([
      ['opens on the same side: less is bought', '1', 97],
      ['opens on the other side: more is sold', '-1', -103],
    ])('rides with the next order when the leader %s', (_what, leader, lots) => {
      const stage = remnant(4);
      const plan = stage.plan(leader);
      expect([sum(sent(plan)), reasonOf(plan)]).toEqual([lots, 'planned']);
      stage.fill(plan);
      expect(at(stage.sheet.rows.episode, 0) & EPISODE.dustPending).toBe(0);
      expect(at(stage.sheet.rows.position, 0)).toBe(Number(leader) * 100);
    });

    it.each<[string, number, ...(readonly [number, number, number])[]]>([
      ['worth more than the minimum leaves by an order of its own, at the price at which it is worth it', 11, [1, -11, 90.91], [0, -100, 99.5]],
      ['worth less rides', 10, [0, -110, 99.5]],
    ])('of a copy whose exits are bounded widely, what is %s', (_what, held, ...orders) => {
      const stage = remnant(200);
      stage.book.setSettings(0, settingsOf('1', { slippage: { ...settingsOf('1').slippage, exitBound: rateOf('0.3') } }), 2);
      stage.sheet.rows.position[0] = held;
      const plan = stage.plan('-1');
      expect(sent(plan).map((lots, order) => [at(plan.orders.exit, order), lots, at(plan.orders.price, order) / 1e8])).toEqual(orders);
    });

    it('that is worth more together than the parts the account’s other orders split it into holds the entry up until it can leave', () => {
      const stage = remnant(10);
      const { rows } = stage.sheet;
      rows.position[0] = 16;
      rows.beside[0] = 0;
      rows.othersSell[0] = 8;
      const plan = stage.plan('-1');
      expect([sent(plan), reasonOf(plan)]).toEqual([[], 'below_minimum']);
      rows.othersSell[0] = 0;
      const { plan: later } = repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { lastNonce: stage.lastNonce }));
      expect([at(later.orders.exit, 0), at(later.orders.reduceOnly, 0), ...sent(later)]).toEqual([1, 1, -16, -100]);
    });

    it('stays where what it would ride with is too small as well', () => {
      const stage = remnant(40);
      const plan = stage.plan('-0.05');
      expect([plan.orders.count, reasonOf(plan)]).toEqual([0, 'below_minimum']);
    });

    it.each<[string, number, string, readonly number[], string]>([
      ['less than half of it: it stays, and is not said to be closed', 3, '-0.01', [], 'below_minimum'],
      ['less than a lot: it stays, and is not said to be kept', 1, '-0.01', [], 'below_minimum'],
      ['enough together with it: it rides', 10, '-0.08', [-14], 'planned'],
    ])('where the leader opens a little on the other side, %s', (_what, held, leader, lots, why) => {
      const stage = remnant(40, '0.6');
      stage.sheet.rows.position[0] = held;
      const plan = stage.plan(leader);
      expect([sent(plan), reasonOf(plan)]).toEqual([lots, why]);
    });

    it('is not sold through flat by an entry that may not be made', () => {
      const stage = remnant(40);
      stage.book.setStatus(0, STATUS.paused, true);
      expect(stage.plan('-1').orders.count).toBe(0);
    });

    it('makes no position larger than a cap allows', () => {
      const stage = new Stage(instrumentOf('X', 2), '100');
      stage.add(entryOf(1, settingsOf('1', { caps: { ...settingsOf('1').caps, maxPositionSize: sizeOf('0.5') } })));
      stage.follow('0.4');
      stage.sheet.rows.position[0] = 3;
      stage.sheet.rows.beside[0] = 80;
      stage.plan('0');
      stage.fill(stage.plan('-1'));
      expect(at(stage.sheet.rows.position, 0)).toBe(-50);
    });
  });

  it('an exit beyond the net of the account is split, reduce-only first', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    stage.sheet.rows.beside[0] = -4;
    const plan = stage.plan('0');
    expect(plan.orders.count).toBe(2);
    expect([at(plan.orders.lots, 0), at(plan.orders.reduceOnly, 0)]).toEqual([6, 1]);
    expect([at(plan.orders.lots, 1), at(plan.orders.reduceOnly, 1)]).toEqual([4, 0]);
  });
});

describe('names, nonces and markup', () => {
  it('nonces rise per signer above the last one and above the clock', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.lastNonce[1] = NOW + 5;
    stage.follow('10');
    expect(stage.lastNonce[1]).toBe(NOW + 6);
    const flip = stage.plan('-10');
    expect([at(flip.orders.nonce, 0), at(flip.orders.nonce, 1)]).toEqual([NOW + 7, NOW + 8]);
  });

  it('an exit is sent without markup when the schedule charges increases only', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1'), { markup: { builder: 0, fee: 30, flow: 'increases_only', approved: true, required: true } }));
    const entry = stage.follow('10');
    expect([at(entry.orders.builder, 0), at(entry.orders.builderFee, 0)]).toEqual([0, 30]);
    const exit = stage.plan('0');
    expect([at(exit.orders.builder, 0), at(exit.orders.builderFee, 0)]).toEqual([-1, 0]);
  });

  it.each([
    ['reduces', '5', 5],
    ['closes', '0', 0],
    ['turns', '-5', 0],
  ] as const)('a copy of increases only that winds down follows a leader who %s', (_how, leader, position) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1', { follow: 'increases_only' })));
    stage.follow('10');
    stage.book.setStatus(0, STATUS.windingDown, true);
    stage.follow(leader);
    expect(at(stage.sheet.rows.position, 0)).toBe(position);
  });

  it.each([
    ['nothing', 0, '5', 5],
    ['less than the leader keeps', 3, '5', 5],
    ['more than he keeps', 8, '5', 8],
    ['more than he keeps, in two steps', 8, '7', 8],
    ['all of it', 10, '5', 10],
  ] as const)('a copy of increases only that holds %s keeps that, and what is owed to it falls with the leader', (_what, held, leader, target) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1', { follow: 'increases_only', catchUpMs: 60_000 })));
    stage.plan('10');
    stage.sheet.rows.pendingBuy[0] = 0;
    stage.sheet.rows.position[0] = held;
    stage.plan(leader);
    expect(at(stage.sheet.rows.target, 0) / MICRO).toBe(target);
  });

  it.each([
    ['nothing', 0],
    ['a part', 3],
    ['all', 10],
  ] as const)('a copy of increases only that holds %s as its leader turns, unfollowed, is owed no more of that once he is back', (_what, held) => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1', { follow: 'increases_only', catchUpMs: 60_000 })));
    stage.plan('10');
    stage.sheet.rows.pendingBuy[0] = 0;
    stage.sheet.rows.position[0] = held;
    stage.book.setStatus(0, STATUS.paused, true);
    stage.plan('-5');
    expect(at(stage.sheet.rows.target, 0) / MICRO).toBe(held);
    stage.book.setStatus(0, STATUS.paused, false);
    stage.follow('2');
    expect(at(stage.sheet.rows.position, 0)).toBe(Math.max(held, 2));
  });

  it.each(['20', '5', '0', '-5'])(
    'nothing is planned nor repaired for a copy that is handed over while its leader moves to %s; others are served',
    (leader) => {
      const stage = new Stage();
      stage.add(entryOf(1, settingsOf('1')));
      stage.add(entryOf(2, settingsOf('1')));
      stage.follow('10');
      stage.book.setStatus(0, STATUS.handingOver, true);
      const plan = stage.plan(leader);
      expect([...plan.decisions.copyNo]).toEqual([2]);
      expect([...plan.orders.copyNo].every((copyNo) => copyNo === 2)).toBe(true);
      stage.fill(plan);
      expect([at(stage.sheet.rows.position, 0), at(stage.sheet.rows.position, 1)]).toEqual([10, Number(leader)]);
      // A gap is no reason to trade either, and an increment that is owed is not told as given up.
      stage.sheet.rows.target[0] = 0;
      stage.sheet.rows.owedUntil[0] = NOW - 1;
      expect(needsRepair(stage.book, stage.sheet)).toBe(false);
      const repair = repairPlan(stage.book, stage.sheet, 99, optionsOf(99, { lastNonce: stage.lastNonce }));
      expect([repair.plan.orders.count, repair.forfeits]).toEqual([0, []]);
    },
  );

  it('entries that would leave after their expiry are denied as rate_budget, exits are not', () => {
    const stage = new Stage();
    for (let copy = 1; copy <= 6; copy += 1) stage.add(entryOf(copy, settingsOf('1')));
    const plan = stage.plan('10', { departures: departuresOf([NOW, NOW, NOW + 1_000, NOW + 3_000]) });
    expect(plan.orders.count).toBe(3);
    expect([...plan.decisions.reason].filter((reason) => reasonAt(reason) === 'rate_budget').length).toBe(3);
    stage.fill(plan);
    const never = departuresOf([]);
    expect(stage.plan('0', { departures: never }).orders.count).toBe(3);
    expect(never.exits).toBe(3);
  });
});

/** Entries leave at these times, then never. */
function departuresOf(times: readonly number[]) {
  let [taken, exits] = [0, 0];
  return {
    get exits() {
      return exits;
    },
    exit: () => {
      exits += 1;
    },
    nextEntry: () => times[taken] ?? Number.POSITIVE_INFINITY,
    takeEntry: () => {
      taken += 1;
    },
  };
}
