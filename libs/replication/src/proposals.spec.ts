import { unwrap } from '@lockstep/kernel';
import type { CopySettings } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { releasePending } from './apply';
import { STATUS } from './copy-columns';
import { endWindowsBefore } from './end-windows';
import { EPISODE, MICRO } from './instrument-columns';
import { encodeJournal, wholeSlice } from './journal';
import { decodeJournal } from './journal-decode';
import { mirrorEntries } from './mirror-room';
import { type Asked, askedAfter, noteUnfilled, takeApproved } from './proposals';
import { reasonAt, reasonNumber } from './reasons';
import { repairPlan } from './repair';
import { takeOn } from './take-on';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceUnits, Stage, settingsOf } from './testing/book-builder';
import type { WavePlan } from './wave-plan';

const WITHIN_MS = 60_000;
const ROW = 0;

/** A copy at a tenth whose increases wait, and one beside it whose do not. */
function asking(settings: Partial<CopySettings> = {}): Stage {
  const stage = new Stage(instrumentOf('BTC', 2));
  const terms = { catchUpMs: 30_000, maxAgeMs: 2_000, ...settings };
  const money = { allocation: dollars(500_000), realEquity: dollars(500_000) };
  stage.add(entryOf(1, settingsOf('0.1', { approveWithinMs: WITHIN_MS, ...terms }), money));
  stage.add(entryOf(2, settingsOf('0.1', terms), money));
  return stage;
}

const terms = (price = 100) => ({
  incrementPrice: priceUnits(String(price)),
  catchUpMs: 30_000,
  approveWithinMs: WITHIN_MS,
  beganAt: 0,
  closing: false,
  windingDown: false,
  direction: 1,
  keeps: false,
  byAmount: null,
  adds: 0,
});
const journaled = (plan: WavePlan) =>
  unwrap(decodeJournal(encodeJournal(plan, wholeSlice(plan), { instance: 7, m0: 1, m1: 2, m2: 3, forecastEnd: 0 })), 'the journal row');
const lead = (stage: Stage, to: number, now: number, ageMs = 100) => {
  stage.sheet.markAt = now;
  return stage.plan(String(to), { now }, { firstFillAt: now - ageMs, lastFillAt: now - ageMs });
};
const repairAll = (stage: Stage, now: number) => {
  stage.sheet.markAt = now;
  return repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { now, lastNonce: stage.lastNonce }));
};
const repair = (stage: Stage, now: number) => repairAll(stage, now).plan;

const step = fc.record({
  leader: fc.integer({ min: -40, max: 40 }),
  ageMs: fc.constantFrom(100, 5_000, 70_000),
  approve: fc.constantFrom(0, 0, 0.5, 1),
});

describe('what a follower is asked about', () => {
  it('over random leader paths: nothing is entered unasked, what is asked and held together never exceeds what would be copied, and a restart finds the same', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const stage = asking();
        let asked: Asked | null = null;
        let now = NOW;
        for (const { leader, ageMs, approve } of steps) {
          now += 5_000;
          const before = at(stage.sheet.rows.target, ROW);
          const held = Math.abs(at(stage.sheet.rows.position, ROW));
          const plan = lead(stage, leader, now, ageMs);
          const after = at(stage.sheet.rows.target, ROW);
          const again = askedAfter(asked, journaled(plan), ROW, terms());
          asked = askedAfter(asked, plan, ROW, terms());
          expect(again).toEqual(asked);
          expect(before * after >= 0 && Math.abs(after) <= Math.abs(before)).toBe(true);
          expect(at(plan.decisions.entryLots, ROW)).toBe(0);
          const side = Math.sign(stage.sheet.leaderLots);
          if (asked !== null) expect(asked.buy).toBe(side > 0);
          const most = Math.abs(stage.sheet.leaderLots) * (MICRO / 10);
          expect((asked?.micro ?? 0) + Math.abs(after)).toBeLessThanOrEqual(most + 1);
          // Everything fills at once: what it adds was approved.
          for (let order = 0; order < plan.orders.count; order += 1) stage.fillOrder(plan, order, at(plan.orders.lots, order));
          if (approve > 0 && asked !== null && now < asked.endsAt) {
            const micro = Math.floor(asked.micro * approve);
            if (micro > 0) takeApproved(stage.book, stage.sheet, ROW, { ...asked, micro }, { now, until: asked.endsAt });
            asked = micro === asked.micro ? null : { ...asked, micro: asked.micro - micro };
          }
          const late = repair(stage, now);
          for (let order = 0; order < late.orders.count; order += 1) stage.fillOrder(late, order, at(late.orders.lots, order));
          // What a reduction left as too small to close may lie above the target.
          const reach = Math.max(held, Math.abs(at(stage.sheet.rows.target, ROW)) / MICRO);
          expect(Math.abs(at(stage.sheet.rows.position, ROW))).toBeLessThanOrEqual(reach);
        }
      }),
    );
  });

  it('comes with what a copy that closes by itself keeps to no more than the ratio makes of the leader’s position', () => {
    const stage = asking({ follow: 'increases_only' });
    const keeps = { ...terms(), keeps: true };
    lead(stage, 10, NOW);
    takeApproved(stage.book, stage.sheet, ROW, { buy: true, micro: 60 * MICRO, price: priceUnits('100') }, { now: NOW, until: NOW + 30_000 });
    stage.sheet.rows.position[ROW] = 60;
    const left: Asked = { buy: true, micro: 40 * MICRO, price: priceUnits('100'), endsAt: NOW + WITHIN_MS };
    const halved = askedAfter(left, lead(stage, 5, NOW + 1_000), ROW, keeps);
    expect([halved?.micro, at(stage.sheet.rows.target, ROW)]).toEqual([20 * MICRO, 60 * MICRO]);
    expect(askedAfter(halved, lead(stage, 10, NOW + 2_000), ROW, keeps)?.micro).toBe(40 * MICRO);
  });

  it('enters from flat on the leader’s side, whatever a copy that closes by itself keeps against him', () => {
    const stage = asking({ follow: 'increases_only' });
    lead(stage, 10, NOW);
    takeApproved(stage.book, stage.sheet, ROW, { buy: true, micro: 100 * MICRO, price: priceUnits('100') }, { now: NOW, until: NOW + 30_000 });
    stage.fill(repair(stage, NOW));
    expect(at(stage.sheet.rows.position, ROW)).toBe(100);
    const asked = askedAfter(null, journaled(lead(stage, -20, NOW + 1_000)), ROW, { ...terms(), keeps: true });
    expect([asked?.buy, (asked?.micro ?? 0) / MICRO, at(stage.sheet.rows.target, ROW) / MICRO]).toEqual([false, 200, 100]);
    takeApproved(stage.book, stage.sheet, ROW, { buy: false, micro: 200 * MICRO, price: priceUnits('100') }, { now: NOW, until: NOW + 31_000 });
    expect(at(stage.sheet.rows.target, ROW) / MICRO).toBe(-200);
    const { orders } = repair(stage, NOW + 1_000);
    expect(Array.from({ length: orders.count }, (_, order) => [orders.buy[order], orders.exit[order], orders.lots[order]])).toEqual([
      [0, 1, 100],
      [0, 0, 200],
    ]);
  });

  it('weighs its price by size and ends with the newest increase', () => {
    const stage = asking();
    const first = askedAfter(null, lead(stage, 10, NOW), ROW, terms(100));
    expect(first).toEqual({ buy: true, micro: 100 * MICRO, price: priceUnits('100'), endsAt: NOW - 100 + WITHIN_MS });
    const second = askedAfter(first, lead(stage, 40, NOW + 1_000), ROW, terms(104));
    expect(second).toEqual({ buy: true, micro: 400 * MICRO, price: priceUnits('103'), endsAt: NOW + 900 + WITHIN_MS });
  });

  it('is over at its end, told so or not: an increase that comes later is asked about alone, and nothing of the old one is left for a reduction', () => {
    const stage = asking();
    const first = askedAfter(null, lead(stage, 10, NOW), ROW, terms(100));
    const end = first?.endsAt ?? 0;
    const added = lead(stage, 20, end - 1);
    const later = lead(stage, 30, end, 1_000);
    expect(askedAfter(first, added, ROW, terms(110))?.micro).toBe(200 * MICRO);
    const alone = { buy: true, micro: 100 * MICRO, price: priceUnits('104'), endsAt: end - 1_000 + WITHIN_MS };
    expect(askedAfter(first, later, ROW, terms(104))).toEqual(alone);
    expect(askedAfter(first, journaled(later), ROW, terms(104))).toEqual(alone);
    expect(askedAfter(first, lead(stage, 15, end + 100), ROW, terms())).toBe(null);
  });

  it.each([
    ['a pause', STATUS.active | STATUS.paused, 'paused'],
    ['a kill switch', STATUS.active | STATUS.killSwitch, 'kill_switch'],
    ['a loss limit', STATUS.active | STATUS.breaker, 'breaker'],
  ] as const)('is nothing where %s stands against the increase', (_what, status, why) => {
    const stage = asking();
    stage.book.copies.status[ROW] = status;
    const plan = lead(stage, 10, NOW);
    expect(reasonAt(at(plan.decisions.reason, ROW))).toBe(why);
    expect(askedAfter(null, plan, ROW, terms())).toBe(null);
  });

  it('does not mind that the truth is not known just now, which is looked at when the approval comes', () => {
    const stage = asking();
    stage.book.copies.status[ROW] = STATUS.active | STATUS.staleTruth;
    const plan = lead(stage, 10, NOW);
    expect(reasonAt(at(plan.decisions.reason, ROW))).toBe('approval_needed');
    takeApproved(stage.book, stage.sheet, ROW, { buy: true, micro: 100 * MICRO, price: priceUnits('100') }, { now: NOW, until: NOW + 30_000 });
    expect(at(repair(stage, NOW + 1_000).decisions.entryLots, ROW)).toBe(0);
    stage.book.copies.status[ROW] = STATUS.active;
    expect(at(repair(stage, NOW + 2_000).decisions.entryLots, ROW)).toBe(100);
  });
});

describe('an approval', () => {
  it('gives up what was owed unasked, and goes on with what was approved before', () => {
    const stage = asking({ approveWithinMs: null });
    lead(stage, 10, NOW, 2_500);
    stage.book.copies.approveWithinMs[ROW] = WITHIN_MS;
    expect(at(stage.sheet.rows.target, ROW)).toBe(100 * MICRO);
    takeApproved(stage.book, stage.sheet, ROW, { buy: true, micro: 30 * MICRO, price: priceUnits('101') }, { now: NOW, until: NOW + 30_000 });
    expect([at(stage.sheet.rows.target, ROW), at(stage.sheet.rows.owedPrice, ROW)]).toEqual([30 * MICRO, priceUnits('101')]);
    takeApproved(stage.book, stage.sheet, ROW, { buy: true, micro: 30 * MICRO, price: priceUnits('103') }, { now: NOW, until: NOW + 20_000 });
    expect([at(stage.sheet.rows.target, ROW), at(stage.sheet.rows.owedPrice, ROW)]).toEqual([60 * MICRO, priceUnits('102')]);
    expect(at(stage.sheet.rows.owedUntil, ROW)).toBe(NOW + 30_000);
  });

  it('is no new window for what an approval before it may not enter any more, which is given up with its reason', () => {
    const stage = asking();
    lead(stage, 10, NOW);
    const take = (now: number, price: string) => {
      const approved = { buy: true, micro: 30 * MICRO, price: priceUnits(price) };
      return takeApproved(stage.book, stage.sheet, ROW, approved, { now, until: now + 10_000 });
    };
    expect(take(NOW, '100')).toBe(null);
    stage.sheet.rows.lastReason[ROW] = reasonNumber('out_of_band');
    expect(take(NOW + 10_000, '104')).toEqual({ row: ROW, copyNo: 1, amount: 30 * MICRO, reason: 'out_of_band' });
    expect([at(stage.sheet.rows.target, ROW), at(stage.sheet.rows.owedPrice, ROW)]).toEqual([30 * MICRO, priceUnits('104')]);
  });

  it('does not bring back what an order of one before it leaves unfilled once that one is over, as of an order whose outcome was unknown', () => {
    const stage = asking();
    lead(stage, 10, NOW);
    const take = (now: number, micro: number) => {
      const approved = { buy: true, micro: micro * MICRO, price: priceUnits('100') };
      return takeApproved(stage.book, stage.sheet, ROW, approved, { now, until: now + 10_000 });
    };
    const free = (lots: number, filled: number, decidedAt: number): void => {
      releasePending(stage.sheet, ROW, { buy: true, exit: false }, lots - filled);
      noteUnfilled(stage.book, stage.sheet, ROW, lots - filled, decidedAt);
    };
    take(NOW, 30);
    expect(at(repair(stage, NOW + 1).decisions.entryLots, ROW)).toBe(30);
    expect(take(NOW + 10_000, 20)).toBe(null);
    expect(at(repair(stage, NOW + 10_001).decisions.entryLots, ROW)).toBe(20);
    // The newer one is entered anew, the older one is given up.
    free(20, 0, NOW + 10_001);
    free(30, 10, NOW + 1);
    const { plan, forfeits } = repairAll(stage, NOW + 12_000);
    expect(forfeits.map(({ amount }) => amount)).toEqual([20 * MICRO]);
    expect([at(plan.decisions.entryLots, ROW), at(stage.sheet.rows.target, ROW)]).toEqual([20, 30 * MICRO]);
    // So is what is told before the leader's next move is planned.
    free(20, 0, NOW + 12_000);
    take(NOW + 23_000, 5);
    stage.sheet.rows.pendingBuy[ROW] = 15;
    free(5, 0, NOW + 12_000);
    expect(endWindowsBefore(stage.book, stage.sheet, NOW + 23_001).map(({ amount }) => amount)).toEqual([5 * MICRO]);
  });

  it('is used up by what it entered: what was closed of that since, as a remnant, is not entered again by the next one', () => {
    const stage = asking();
    lead(stage, 10, NOW);
    takeApproved(stage.book, stage.sheet, ROW, { buy: true, micro: 30 * MICRO, price: priceUnits('100') }, { now: NOW, until: NOW + 30_000 });
    // Filled whole, and closed whole where its target keeps a part.
    stage.sheet.rows.owedPrice[ROW] = 0;
    takeApproved(stage.book, stage.sheet, ROW, { buy: true, micro: 20 * MICRO, price: priceUnits('100') }, { now: NOW, until: NOW + 30_000 });
    expect(at(stage.sheet.rows.target, ROW)).toBe(20 * MICRO);
  });

  it('is over with what a copy without approvals owes', () => {
    const stage = asking();
    lead(stage, 10, NOW);
    takeApproved(stage.book, stage.sheet, ROW, { buy: true, micro: 100 * MICRO, price: priceUnits('100') }, { now: NOW, until: NOW + 30_000 });
    expect(at(stage.sheet.rows.episode, ROW) & EPISODE.approved).toBe(EPISODE.approved);
    stage.book.copies.approveWithinMs[ROW] = 0;
    lead(stage, 20, NOW + 1_000, 2_500);
    expect(at(stage.sheet.rows.episode, ROW) & EPISODE.approved).toBe(0);
    stage.book.copies.approveWithinMs[ROW] = WITHIN_MS;
    expect(at(repair(stage, NOW + 2_000).decisions.entryLots, ROW)).toBe(0);
  });

  it('is asked for by a re-basis too, which closes what stands on the other side', () => {
    const stage = asking();
    lead(stage, 10, NOW);
    stage.sheet.rows.target[ROW] = -5 * MICRO;
    const taken = takeOn(stage.book, stage.sheet, ROW, { ...optionsOf(1, { now: NOW }), band: null });
    expect(taken).toEqual({
      before: -5 * MICRO,
      after: 0,
      reason: 'approval_needed',
      asked: { buy: true, micro: 100 * MICRO, price: priceUnits('100') },
    });
  });

  it('lets no mirror enter, approved or not', () => {
    const stage = asking({ policy: 'orders' });
    const look = { now: NOW, markMaxAgeMs: 5_000 };
    stage.sheet.markAt = NOW;
    expect(mirrorEntries(stage.book, stage.sheet, 1, look)).not.toBe('no');
    stage.sheet.rows.episode[ROW] = EPISODE.approved;
    expect(mirrorEntries(stage.book, stage.sheet, ROW, look)).toBe('no');
  });
});
