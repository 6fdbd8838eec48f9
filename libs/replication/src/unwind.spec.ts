import { present } from '@lockstep/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STATUS } from './copy-columns';
import { MICRO } from './instrument-columns';
import { repairPlan } from './repair';
import { targetLots } from './target';
import { at, entryOf, instrumentOf, NOW, optionsOf, priceOf, Stage, settingsOf } from './testing/book-builder';
import {
  leastSliceLots,
  nextSlice,
  planSlices,
  reduceTarget,
  SLICE_EVERY_LEAST_MS,
  SLICES_MAX,
  type SlicePlan,
  scaleTarget,
  type UnwindView,
} from './unwind';

const HOUR = 3_600_000;
const view = (part: Partial<UnwindView>): UnwindView => ({ now: 0, deadline: HOUR, lots: 100, leastLots: 10, ...part });

/** Slices until the deadline with a look every `everyMs`; what is left is what the deadline closes. */
function played(start: UnwindView, everyMs: number, at: (now: number) => { readonly lots?: number; readonly forget?: boolean } = () => ({})) {
  const slices: { readonly at: number; readonly lots: number }[] = [];
  let plan: SlicePlan | null = null;
  let { lots } = start;
  for (let now = start.now; now < start.deadline; now += everyMs) {
    const change = at(now);
    if (change.forget === true) plan = null;
    lots = Math.min(lots, change.lots ?? lots);
    const step = nextSlice(plan, { ...start, now, lots });
    plan = step.plan;
    lots -= step.close;
    if (step.close > 0) slices.push({ at: now, lots: step.close });
  }
  return { slices, left: lots };
}

describe('slices of an unwinding', () => {
  it.each<[string, Partial<UnwindView>, number, number]>([
    ['as many as are worth twice the minimum', { lots: 100, leastLots: 10 }, 10, HOUR / 10],
    ['fewer where it holds little', { lots: 35, leastLots: 10 }, 3, HOUR / 3],
    ['the deadline alone where it holds less than one', { lots: 9, leastLots: 10 }, 1, HOUR],
    ['as many as the time allows', { deadline: 3 * SLICE_EVERY_LEAST_MS }, 3, SLICE_EVERY_LEAST_MS],
    ['at most the named number', { lots: 1_000_000, leastLots: 1 }, SLICES_MAX, HOUR / SLICES_MAX],
    ['the deadline alone once it passed', { now: HOUR + 1 }, 1, 0],
  ])('%s', (_what, part, left, everyMs) => {
    const asked = view(part);
    expect(planSlices(asked)).toEqual({ left, everyMs: Math.floor(everyMs), nextAt: asked.now + Math.floor(everyMs) });
  });

  it('are equal, spread evenly, and leave one for the deadline', () => {
    expect(played(view({ lots: 40 }), 60_000)).toEqual({
      slices: [
        { at: HOUR / 4, lots: 10 },
        { at: HOUR / 2, lots: 10 },
        { at: (3 * HOUR) / 4, lots: 10 },
      ],
      left: 10,
    });
  });

  it('are planned anew where the leader reduced, never too small', () => {
    const { slices, left } = played(view({ lots: 40 }), 60_000, (now) => (now >= HOUR / 3 ? { lots: 21 } : {}));
    expect(slices.map(({ lots }) => lots)).toEqual([10, 11]);
    expect(left).toBe(10);
  });

  it('that were missed are not made up for at once', () => {
    const first = nextSlice(null, view({})).plan;
    const late = nextSlice(first, view({ now: HOUR / 2 }));
    expect(late).toEqual({ plan: { left: 10, everyMs: HOUR / 20, nextAt: HOUR / 2 + HOUR / 20 }, close: 0 });
  });

  it.each([60_000, 120_000, 300_000, 900_000])('are never hurried by restarts (every %d ms)', (every) => {
    const { slices } = played(view({}), 30_000, (now) => ({ forget: now % every === 0 }));
    let closed = 0;
    for (const slice of slices) {
      closed += slice.lots;
      expect(closed).toBeLessThanOrEqual((100 * slice.at) / HOUR);
    }
  });

  it('keep to the minimum, to what is held and to the time, whatever happens', () => {
    fc.assert(
      fc.property(
        fc.record({
          lots: fc.integer({ min: 1, max: 100_000 }),
          leastLots: fc.integer({ min: 1, max: 500 }),
          deadline: fc.integer({ min: 1_000, max: HOUR }),
          everyMs: fc.integer({ min: 500, max: 20_000 }),
          reductions: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
          restarts: fc.array(fc.integer({ min: 0, max: HOUR }), { maxLength: 3 }),
        }),
        ({ lots, leastLots, deadline, everyMs, reductions, restarts }) => {
          const forgets = new Set(restarts.map((moment) => Math.floor(moment / everyMs)));
          let held = lots;
          let sum = 0;
          let last = 0;
          let plan: SlicePlan | null = null;
          for (let now = 0; now < deadline; now += everyMs) {
            if (forgets.has(Math.floor(now / everyMs))) plan = null;
            const share = reductions[Math.floor((now / deadline) * 8)];
            if (share !== undefined && now % 4 === 0) held = Math.floor(held * share);
            const step = nextSlice(plan, { now, deadline, lots: held, leastLots });
            plan = step.plan;
            if (step.close === 0) continue;
            expect(step.close).toBeGreaterThanOrEqual(leastLots);
            // Something is left for the deadline, and it is worth an order too.
            expect(held - step.close).toBeGreaterThanOrEqual(Math.min(leastLots, held));
            if (last > 0) expect(now - last).toBeGreaterThanOrEqual(SLICE_EVERY_LEAST_MS - everyMs);
            last = now;
            held -= step.close;
            sum += step.close;
          }
          expect(sum).toBeLessThanOrEqual(lots);
        },
      ),
    );
  });
});

describe('an unwinding that begins while a part of the target is owed, in a window longer than it lasts', () => {
  /** What is held as it begins and behind each quarter of the hour, of a target of 80, in slices of 10 at least. `onItsWay`: what the order for it does a minute later. */
  function held(held: number, onItsWay: 'fills' | 'fills in part' | 'nothing'): readonly number[] {
    const stage = new Stage(instrumentOf('BTC'), '2');
    const { book, sheet } = stage;
    const row = stage.add(entryOf(1, settingsOf('1', { catchUpMs: 2 * HOUR })));
    const opened = stage.plan('80');
    if (onItsWay === 'nothing') stage.fillOrder(opened, 0, held);
    book.setStatus(row, STATUS.windingDown, true);
    let plan: SlicePlan | null = null;
    const seen: number[] = [];
    for (let minute = 0; minute < 60; minute += 1) {
      const now = NOW + minute * 60_000;
      sheet.markAt = now;
      if (minute === 1 && onItsWay !== 'nothing') stage.fillOrder(opened, 0, onItsWay === 'fills' ? 80 : held);
      const step: ReturnType<typeof nextSlice> = nextSlice(plan, {
        now,
        deadline: NOW + HOUR,
        lots: targetLots(at(sheet.rows.target, row)),
        leastLots: present(leastSliceLots(sheet), 'a mark'),
      });
      plan = step.plan;
      if (step.close > 0) reduceTarget(sheet, row, step.close);
      stage.fill(repairPlan(book, sheet, 1_000 + minute, optionsOf(1_000 + minute, { now, lastNonce: stage.lastNonce })).plan);
      if (minute === 0 || minute % 15 === 3) seen.push(at(sheet.rows.position, row));
    }
    return seen;
  }

  it('closes in equal slices what is held, and waits for none of what cannot be entered any more', () => {
    expect(held(40, 'nothing')).toEqual([40, 40, 30, 20, 10]);
  });

  it('and what an order that was on its way fills, be it a part', () => {
    expect(held(40, 'fills')).toEqual([0, 80, 60, 40, 20]);
    expect(held(40, 'fills in part')).toEqual([0, 40, 30, 20, 10]);
  });
});

describe('a slice of a target', () => {
  it.each<[string, number, number, number]>([
    ['takes lots off a long', 10, 4, 6],
    ['and off a short', -10, 4, -6],
    ['closes it where it is as large', 10, 10, 0],
    ['and where it is larger', -3, 4, 0],
  ])('%s', (_what, before, lots, after) => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settingsOf('1')));
    stage.sheet.leaderLots = before;
    stage.sheet.rows.target[row] = before * MICRO;
    reduceTarget(stage.sheet, row, lots);
    expect(at(stage.sheet.rows.target, row)).toBe(after * MICRO);
    expect(at(stage.sheet.rows.rho, row)).toBe((Math.abs(after) / Math.abs(before)) * 1e12);
  });

  it.each<[string, number, number, number, number]>([
    ['by the share its equity loses', 12, 1_000, 750, 9],
    ['of a short too', -12, 1_000, 750, -9],
    ['to nothing where none is left', 12, 1_000, 0, 0],
    ['to nothing where losses are larger than what is left', 12, 1_000, -5, 0],
    ['to nothing where there was none', 12, 0, 0, 0],
    ['never up', 12, 1_000, 2_000, 12],
  ])('of an allocation goes down %s', (_what, target, before, after, expected) => {
    const stage = new Stage();
    const row = stage.add(entryOf(1, settingsOf('1')));
    stage.sheet.leaderLots = 12;
    stage.sheet.rows.target[row] = target * MICRO;
    scaleTarget(stage.sheet, row, { before, after });
    expect(at(stage.sheet.rows.target, row)).toBe(expected * MICRO);
  });

  it('is worth twice the minimum at least, at the mark; unknown without one', () => {
    expect(leastSliceLots({ mark: Number(priceOf('100')), lotsPerUnit: 100 })).toBe(20);
    expect(leastSliceLots({ mark: Number(priceOf('70000')), lotsPerUnit: 100_000 })).toBe(29);
    expect(leastSliceLots({ mark: 0, lotsPerUnit: 100 })).toBeNull();
  });
});
