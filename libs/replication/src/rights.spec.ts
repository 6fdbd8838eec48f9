import { NO_END } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CopyRights } from './book';
import { standingRefusal } from './checks';
import { STATUS } from './copy-columns';
import { orderFacts } from './order-facts';
import { CLEAR, reasonAt } from './reasons';
import { rightsRefusal } from './rights';
import { at, entryOf, NOW, Stage, settingsOf } from './testing/book-builder';

function withRights(rights: Partial<CopyRights>): Stage {
  const stage = new Stage();
  stage.add(entryOf(1, settingsOf('1'), { rights: { entitledUntil: NO_END, consentDueAt: NO_END, ...rights } }));
  return stage;
}
const refusalAt = ({ book }: Stage, now: number) => {
  const refusal = rightsRefusal(book.copies, 0, now);
  return refusal === CLEAR ? null : reasonAt(refusal);
};

describe('rights that end by time', () => {
  it.each([
    ['entitledUntil', 'entitlement'],
    ['consentDueAt', 'consent'],
  ] as const)('%s lets risk be taken before its moment and not at it', (right, reason) => {
    const stage = withRights({ [right]: NOW });
    expect([NOW - 1, NOW, NOW + 1].map((now) => refusalAt(stage, now))).toEqual([null, reason, reason]);
    expect([NOW - 1, NOW].map((now) => stage.book.takesRisk(0, now))).toEqual([true, false]);
  });

  it('of the two the entitlement is named first', () => {
    expect(refusalAt(withRights({ entitledUntil: NOW, consentDueAt: NOW }), NOW)).toBe('entitlement');
  });

  it('a wave planned before the end and looked at behind it is approved of no entry, and of every exit', () => {
    for (const right of ['entitledUntil', 'consentDueAt'] as const) {
      const stage = withRights({ [right]: NOW + 1 });
      const entries = stage.plan('10');
      expect(entries.orders.count).toBe(1);
      for (const [now, may] of [
        [NOW, 1],
        [NOW + 1, 0],
      ] as const)
        expect(orderFacts(stage.book, entries, now, 5_000)?.mayRisk[0]).toBe(may);
      stage.fill(entries);
      const exits = stage.plan('4', { now: NOW + 1 });
      expect([exits.orders.count, at(exits.orders.exit, 0), at(exits.orders.lots, 0)]).toEqual([1, 1, 6]);
    }
  });

  it('gives increases up meanwhile: granted again it follows from the next one, and nothing is made up for', () => {
    const stage = withRights({});
    stage.follow('10');
    stage.book.setRights(0, { entitledUntil: 0, consentDueAt: NO_END }, NOW);
    const refused = stage.follow('20');
    expect([reasonAt(at(refused.decisions.reason, 0)), refused.orders.count]).toEqual(['entitlement', 0]);
    stage.book.setRights(0, { entitledUntil: NO_END, consentDueAt: NO_END }, NOW);
    expect(at(stage.follow('30').orders.lots, 0)).toBe(10);
    expect(at(stage.follow('15').orders.lots, 0)).toBe(10);
  });

  it('counts as a halt where one had ended and goes on, and not where none had', () => {
    const stage = withRights({ entitledUntil: NOW });
    const set = (entitledUntil: number, now: number) => {
      stage.book.setRights(0, { entitledUntil, consentDueAt: NO_END }, now);
      return stage.book.copies.halts[0];
    };
    expect([set(NOW + 5, NOW - 1), set(NOW + 9, NOW + 5), set(NOW + 20, NOW + 8), set(0, NOW + 8), set(NO_END, NOW + 9)]).toEqual([0, 1, 1, 1, 2]);
  });

  it('are the only thing that differs: whatever else stands, risk is refused at a moment exactly when a right is missing or it is refused with all rights', () => {
    const moment = fc.integer({ min: NOW - 3, max: NOW + 3 });
    const bits = fc.constantFrom(0, STATUS.paused, STATUS.suspended, STATUS.staleTruth, STATUS.policyBlocked);
    fc.assert(
      fc.property(moment, moment, bits, fc.boolean(), moment, (entitledUntil, consentDueAt, status, active, now) => {
        const refusal = (rights: Partial<CopyRights>) => {
          const stage = withRights(rights);
          stage.book.setStatus(0, status, true);
          if (!active) stage.book.setStatus(0, STATUS.active, false);
          return standingRefusal(stage.book.copies, 0, now) !== CLEAR;
        };
        const isMissing = entitledUntil <= now || consentDueAt <= now;
        expect(refusal({ entitledUntil, consentDueAt })).toBe(isMissing || refusal({}));
      }),
    );
  });
});
