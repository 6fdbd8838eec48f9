import { unwrap } from '@lockstep/kernel';
import type { CopySettings, StateAction } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFill } from './apply';
import { FOLLOW, MODE, STATUS } from './copy-columns';
import { endWindowsBefore } from './end-windows';
import { ALLOWED, EPISODE, MICRO } from './instrument-columns';
import { encodeJournal, wholeSlice } from './journal';
import { decodeJournal } from './journal-decode';
import { intentAfter, type RowIntent } from './journaled-intent';
import { noteMirrorFill } from './mirror-columns';
import { forfeitCrossed, takeApproved } from './proposals';
import { repairPlan } from './repair';
import { evaluateStateLimits, limitChanges, reduceToLimits } from './state-limits';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, priceUnits, rateOf, Stage, settingsOf, sizeOf } from './testing/book-builder';
import type { WavePlan } from './wave-plan';

const STAMP = { instance: 7, m0: 1, m1: 2, m2: 3, forecastEnd: 0 };
const CATCH_UP_MS = 30_000;

/** The row as its columns hold it now. */
const read = (stage: Stage, row: number): RowIntent => ({
  targetMicro: at(stage.sheet.rows.target, row),
  rho: at(stage.sheet.rows.rho, row),
  forfeitedMicro: at(stage.sheet.rows.forfeited, row),
  forfeitReason: at(stage.sheet.rows.forfeitReason, row),
  adds: at(stage.sheet.rows.adds, row),
  episodeBits: at(stage.sheet.rows.episode, row),
  owedPrice: at(stage.sheet.rows.owedPrice, row),
  owedUntilMs: at(stage.sheet.rows.owedUntil, row),
  lastWave: at(stage.sheet.rows.wave, row),
  attempt: at(stage.sheet.rows.attempt, row),
  aheadBuy: at(stage.sheet.rows.aheadBuy, row),
  aheadSell: at(stage.sheet.rows.aheadSell, row),
});

/** What a restart would make of every row, from the packed bytes. */
function found(stage: Stage, plan: WavePlan, before: readonly RowIntent[], incrementPrice: number, newOrders = 1): RowIntent[] {
  const row = unwrap(decodeJournal(encodeJournal(plan, wholeSlice(plan), STAMP)), 'the journal row');
  const { copies } = stage.book;
  return before.map((intent, index) =>
    intentAfter(intent, row, index, {
      incrementPrice,
      catchUpMs: CATCH_UP_MS,
      closing: false,
      windingDown: (at(copies.status, index) & STATUS.windingDown) !== 0,
      beganAt: at(copies.beganAt, index),
      direction: at(copies.direction, index),
      keeps: at(copies.follow, index) === FOLLOW.increasesOnly,
      byAmount:
        at(copies.mode, index) === MODE.fixedAmount
          ? { amount: at(copies.modeRate, index), maxAdds: at(copies.maxAdds, index), newOrders, lotsPerUnit: stage.sheet.lotsPerUnit }
          : null,
    }),
  );
}

/** Bits that only the venue's answers set are found again by the next repair. */
const comparable = (intent: RowIntent): RowIntent => ({ ...intent, episodeBits: intent.episodeBits & (EPISODE.awaitingOpen | EPISODE.userClosed) });

/** Copies in different states, the last of which comes to wind down, and one of each way to follow that is not the usual one. */
const STATUSES = [STATUS.active, STATUS.active | STATUS.paused, STATUS.active | STATUS.staleTruth, 0, STATUS.active];
const WAYS: readonly Partial<CopySettings>[] = [
  { mode: { kind: 'fixed_amount', amount: dollars(137), maxAdds: 3 } },
  { mode: { kind: 'fixed_amount', amount: dollars(90), maxAdds: null }, direction: 'inverse' },
  { follow: 'increases_only' },
  { follow: 'decreases_only' },
  { direction: 'inverse' },
  { caps: { ...settingsOf('0.1').caps, maxPositionSize: sizeOf('1.2') } },
  { caps: { ...settingsOf('0.1').caps, maxPositionNotional: dollars(150) }, direction: 'inverse' },
  { approveWithinMs: 30_000 },
  { approveWithinMs: 4_000, mode: { kind: 'fixed_amount', amount: dollars(137), maxAdds: 3 } },
  { mode: { kind: 'risk_normalised', multiplier: rateOf('7'), targetVolatility: rateOf('0.5'), scaleLeast: rateOf('0.5'), scaleMost: rateOf('2') } },
];
const ROWS = [...STATUSES, ...WAYS].map((_, row) => row);
const WINDS_DOWN = STATUSES.length - 1;

function stageOf(statuses: readonly number[], ways: readonly Partial<CopySettings>[] = []): Stage {
  const stage = new Stage(instrumentOf('BTC', 1));
  [...statuses, ...ways.map(() => STATUS.active)].forEach((status, index) => {
    const settings = settingsOf(`0.${(index % 9) + 1}37`, {
      policy: 'orders',
      catchUpMs: CATCH_UP_MS,
      maxAgeMs: 2_000,
      ...ways[index - statuses.length],
    });
    stage.add(entryOf(index + 1, settings, { status, allocation: dollars(50_000), realEquity: dollars(50_000) }));
  });
  return stage;
}

function mirrorFills({ book, sheet }: Stage, row: number, buy: boolean, lots: number): void {
  applyFill(book, sheet, row, { buy, lots, price: 100 * 100_000_000, fee: 0 }, null);
  noteMirrorFill(book, sheet, row, buy, lots);
}

const move = fc.record({
  leader: fc.integer({ min: -40, max: 40 }),
  ageMs: fc.constantFrom(100, 1_000, 5_000, 60_000),
  filled: fc.integer({ min: 0, max: 4 }),
  repairAfterMs: fc.constantFrom(0, 1_000, 40_000),
  newOrders: fc.integer({ min: 0, max: 2 }),
  incrementPrice: fc.constantFrom('100', '99.7', '100.3'),
  /** Time in which nothing looks at what is owed. */
  blindMs: fc.constantFrom(0, 0, 40_000),
  /** Lots that mirrors fill first, on the side to which the leader goes. */
  mirrored: fc.constantFrom(0, 0, 3),
  volatility: fc.constantFrom(null, rateOf('0.1'), rateOf('0.8')),
  /** Rows whose filter excludes the coin, by remainder. */
  excluded: fc.constantFrom(null, 0, 1, 2),
  windsDownBefore: fc.constantFrom(null, null, 'the move', 'the repair'),
});

describe('what a restart finds in the journal is what planning wrote', { timeout: 60_000 }, () => {
  it('over random leader paths, refusals, stale moves, partial fills and repairs', () => {
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 10 }), (moves) => {
        const stage = stageOf(STATUSES, WAYS);
        stage.sheet.rows.episode[2] = EPISODE.awaitingOpen;
        // This one began a while later: the first opens are not its own.
        stage.book.copies.beganAt[0] = NOW + 3_000;
        let now = NOW;
        let repairWave = 1_000;
        for (const {
          leader,
          ageMs,
          filled,
          repairAfterMs,
          newOrders,
          incrementPrice,
          volatility,
          mirrored,
          excluded,
          blindMs,
          windsDownBefore,
        } of moves) {
          if (windsDownBefore === 'the move') stage.book.setStatus(WINDS_DOWN, STATUS.windingDown, true);
          for (const row of ROWS) stage.sheet.rows.allowed[row] = row % 3 === excluded ? ALLOWED.no : ALLOWED.yes;
          now += 1_000 + blindMs;
          if (mirrored > 0) for (const row of STATUSES.keys()) mirrorFills(stage, row, leader * 10 > stage.sheet.leaderLots, mirrored);
          stage.sheet.markAt = now;
          let before = ROWS.map((row) => read(stage, row));
          const firstFillAt = now - ageMs;
          // What its window ended for is given up before: why is told by its event, the journal tells that it was.
          const ended = new Set(endWindowsBefore(stage.book, stage.sheet, now).map(({ row }) => row));
          const fills = { firstFillAt, lastFillAt: firstFillAt, newOrders, incrementPrice: priceOf(incrementPrice) };
          const plan = stage.plan(String(leader), { now, leaderVolatility: volatility }, fills);
          const price = priceUnits(incrementPrice);
          const known = (intent: RowIntent, row: number): RowIntent => ({ ...comparable(intent), ...(ended.has(row) && { forfeitReason: 0 }) });
          expect(found(stage, plan, before, price, newOrders).map(known)).toEqual(ROWS.map((row) => known(read(stage, row), row)));
          for (let order = 0; order < plan.orders.count; order += 1)
            stage.fillOrder(plan, order, Math.floor((at(plan.orders.lots, order) * filled) / 4));
          if (repairAfterMs === 0) continue;
          if (windsDownBefore === 'the repair') stage.book.setStatus(WINDS_DOWN, STATUS.windingDown, true);
          now += repairAfterMs;
          stage.sheet.markAt = now;
          before = ROWS.map((row) => read(stage, row));
          repairWave += 1;
          const repair = repairPlan(stage.book, stage.sheet, repairWave, optionsOf(repairWave, { now, lastNonce: stage.lastNonce }));
          const blind = (intent: RowIntent): RowIntent => ({ ...comparable(intent), forfeitReason: 0 });
          expect(found(stage, repair.plan, before, 0).map(blind)).toEqual(ROWS.map((row) => blind(read(stage, row))));
          for (let order = 0; order < repair.plan.orders.count; order += 1) stage.fillOrder(repair.plan, order, at(repair.plan.orders.lots, order));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('an episode begun in the crashed wave is begun after the restart: a copy that waited for an open does not wait again', () => {
    const stage = stageOf([STATUS.active]);
    stage.sheet.rows.episode[0] = EPISODE.awaitingOpen;
    const before = read(stage, 0);
    const plan = stage.plan('10');
    expect(found(stage, plan, [before], 100 * 100_000_000)[0]?.episodeBits).toBe(0);
  });

  it('what was given up beside a move that left the leader where he was is given up after the restart', () => {
    const stage = new Stage(instrumentOf('BTC', 1));
    const money = { allocation: dollars(50_000), realEquity: dollars(50_000) };
    stage.add(entryOf(1, settingsOf('0.1', { policy: 'orders', approveWithinMs: 60_000, catchUpMs: CATCH_UP_MS }), money));
    stage.plan('10');
    takeApproved(stage.book, stage.sheet, 0, { buy: true, micro: 10 * MICRO, price: priceUnits('100') }, { now: NOW, until: NOW + CATCH_UP_MS });
    applyFill(stage.book, stage.sheet, 0, { buy: true, lots: 10, price: 100 * 100_000_000, fee: 0 }, null);
    const before = read(stage, 0);
    applyFill(stage.book, stage.sheet, 0, { buy: false, lots: 4, price: 100 * 100_000_000, fee: 0 }, null);
    const crossed = { leaderAfter: stage.sheet.leaderLots, crossed: 5 * MICRO, aheadBuy: 0, aheadSell: 4 * MICRO, closing: 0 };
    expect(forfeitCrossed(stage.book, stage.sheet, 0, crossed)).toMatchObject({ amount: 4 * MICRO, reason: 'approval_needed' });
    const [after] = found(stage, stage.plan('10'), [before], 0);
    expect(after?.targetMicro).toBe(6 * MICRO);
    expect([after?.forfeitedMicro, after?.rho]).toEqual([read(stage, 0).forfeitedMicro, read(stage, 0).rho]);
  });

  it.each<[string, StateAction]>([
    ['closed, which waits for the next open', 'close'],
    ['trimmed', 'trim'],
  ])('a limit on what is held that a process %s in memory, by the row of its exit, of a reduction or of an increase', (_what, action) => {
    const stateLimits = { ...settingsOf('0.1').stateLimits, position_notional: action };
    for (const leader of [null, '9', '11']) {
      const stage = new Stage(instrumentOf('BTC', 1));
      const caps = { ...settingsOf('0.1').caps, maxPositionNotional: dollars(100) };
      stage.add(
        entryOf(1, settingsOf('0.1', { caps, stateLimits, catchUpMs: CATCH_UP_MS }), { allocation: dollars(50_000), realEquity: dollars(50_000) }),
      );
      const opened = stage.plan('10');
      stage.fillOrder(opened, 0, at(opened.orders.lots, 0));
      const before = read(stage, 0);
      stage.sheet.mark = 150 * 100_000_000;
      evaluateStateLimits(stage.book, { isNewMark: true }, limitChanges(1));
      expect(reduceToLimits(stage.book, 0)).toHaveLength(1);
      const plan =
        leader === null
          ? repairPlan(stage.book, stage.sheet, 50, optionsOf(50, { lastNonce: stage.lastNonce })).plan
          : stage.plan(leader, {}, { firstFillAt: NOW, lastFillAt: NOW });
      expect(plan.orders.count).toBe(1);
      const known = (intent: RowIntent): RowIntent => ({ ...comparable(intent), forfeitReason: 0 });
      const [after] = found(stage, plan, [before], 100 * 100_000_000);
      expect(after === undefined ? null : known(after)).toEqual(known(read(stage, 0)));
      expect((after?.episodeBits ?? 0) & EPISODE.awaitingOpen).toBe(action === 'close' ? EPISODE.awaitingOpen : 0);
    }
  });

  it('a repair of other rows leaves the name of a row’s last orders alone', () => {
    const stage = stageOf([STATUS.active, STATUS.active]);
    const plan = stage.plan('10');
    stage.fillOrder(plan, 0, 0);
    stage.fillOrder(plan, 1, at(plan.orders.lots, 1));
    stage.sheet.rows.attempt[0] = 3;
    stage.sheet.rows.attempt[1] = 3;
    const before = [0, 1].map((row) => read(stage, row));
    const repair = repairPlan(stage.book, stage.sheet, 50, optionsOf(50, { lastNonce: stage.lastNonce }));
    expect(repair.plan.orders.count).toBe(1);
    const idle = at(plan.orders.row, 1);
    expect(found(stage, repair.plan, before, 0)[idle]).toEqual(before[idle]);
  });
});
