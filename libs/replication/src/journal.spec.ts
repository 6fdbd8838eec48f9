import { size, unwrap } from '@lockstep/kernel';
import { LOSS_LIMITS } from '@lockstep/risk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginClosing } from './closing';
import { STATUS } from './copy-columns';
import { encodeJournal, splitByScope, wholeSlice } from './journal';
import { decodeJournal } from './journal-decode';
import { receiptOf } from './receipt';
import { at, entryOf, NOW, Stage, settingsOf } from './testing/book-builder';

const stamp = { instance: 7, m0: NOW - 100, m1: NOW - 40.25, m2: NOW - 39.5, forecastEnd: NOW + 61_000 };
const capped = (lots: bigint) => settingsOf('1', { caps: { ...settingsOf('1').caps, maxPositionSize: size(lots * 100_000_000n) } });

describe('journal row', { timeout: 60_000 }, () => {
  it('gives back every decision and order of each scope, and nothing of another', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ scope: fc.integer({ min: 0, max: 3 }), cap: fc.bigInt({ min: 0n, max: 60n }) }), { minLength: 1, maxLength: 30 }),
        (copies) => {
          const stage = new Stage();
          for (const [index, { scope, cap }] of copies.entries()) stage.add(entryOf(index + 1, capped(cap), { scope }));
          stage.follow('20');
          const plan = stage.plan('-50');
          const slices = splitByScope(plan);
          expect(slices.reduce((sum, slice) => sum + slice.orders.length, 0)).toBe(plan.orders.count);
          expect(slices.reduce((sum, slice) => sum + slice.decisions.length, 0)).toBe(plan.decisions.count);
          for (const slice of slices) {
            const row = unwrap(decodeJournal(encodeJournal(plan, slice, stamp)), 'journal');
            expect(row).toMatchObject({ wave: plan.wave, coin: 'BTC', ...stamp, leaderBefore: 20, leaderAfter: -50, mark: plan.mark });
            slice.decisions.forEach((index, place) => {
              expect(plan.decisions.scope[index]).toBe(slice.scope);
              for (const name of [
                'copyNo',
                'reason',
                'targetBefore',
                'targetAfter',
                'position',
                'kappa',
                'exitLots',
                'entryLots',
                'cutMask',
              ] as const)
                expect(row.decisions[name][place]).toBe(plan.decisions[name][index]);
              if (plan.decisions.cutMask[index] !== 0)
                expect(row.decisions.cuts[at(row.decisions.cutFirst, place)]).toBe(plan.decisions.cuts[at(plan.decisions.cutFirst, index)]);
            });
            slice.orders.forEach((order, place) => {
              for (const name of [
                'signer',
                'buy',
                'price',
                'lots',
                'nonce',
                'expiresAfter',
                'leg',
                'attempt',
                'exit',
                'wave',
                'reference',
                'copyNo',
              ] as const)
                expect(row.orders[name][place]).toBe(plan.orders[name][order]);
              expect(row.orders.clientOrderId.slice(place * 16, place * 16 + 16)).toEqual(
                plan.orders.clientOrderId.slice(order * 16, order * 16 + 16),
              );
            });
            expect(slice.maxNonce).toBe(Math.max(0, ...Array.from(slice.orders, (order) => at(plan.orders.nonce, order))));
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('a receipt tells inputs, cuts, orders and stages; a copy outside the wave has none', () => {
    const stage = new Stage();
    stage.add(entryOf(4, capped(12n)));
    const plan = stage.plan('20');
    plan.orders.egress[0] = 3;
    const row = unwrap(decodeJournal(encodeJournal(plan, wholeSlice(plan), stamp)), 'journal');
    expect(receiptOf(row, 4)).toMatchObject({
      reason: 'planned_capped',
      copyNo: 4,
      targetBefore: 0,
      targetAfter: 12_000_000,
      cuts: [{ cap: 'cap_position_size', amount: 8_000_000 }],
      orders: [{ side: 'buy', purpose: 'entry', lots: 12, limitPrice: 10_050_000_000, attempt: 0, egress: 3 }],
      stages: { m0: stamp.m0, m1: stamp.m1, m2: stamp.m2 },
      forecastEnd: stamp.forecastEnd,
    });
    expect(receiptOf(row, 5)).toBeNull();
  });

  it('a receipt tells that the leader was liquidated, and of a row of before it was told that it was not', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    stage.follow('10');
    const plan = stage.plan('4', {}, { liquidation: true });
    const bytes = encodeJournal(plan, wholeSlice(plan), stamp);
    expect(receiptOf(unwrap(decodeJournal(bytes), 'journal'), 1)).toMatchObject({ leaderLiquidated: true, orders: [{ purpose: 'exit', lots: 6 }] });
    // Where the mark of it stands now, such rows have zeros.
    const older = bytes.slice();
    older.fill(0, 24 + 10 * 8, 24 + 11 * 8);
    expect(receiptOf(unwrap(decodeJournal(older), 'journal'), 1)?.leaderLiquidated).toBe(false);
  });

  it('damaged bytes are values of a closed set, never a crash', () => {
    const stage = new Stage();
    for (let copy = 1; copy <= 3; copy += 1) stage.add(entryOf(copy, settingsOf(`0.${copy}`)));
    const plan = stage.plan('1000');
    const bytes = encodeJournal(plan, wholeSlice(plan), stamp);
    expect(decodeJournal(new Uint8Array(5))).toEqual({ ok: false, error: 'not_a_journal' });
    const newer = Uint8Array.from(bytes);
    newer[4] = 99;
    expect(decodeJournal(newer)).toEqual({ ok: false, error: 'journal_version' });
    for (let length = 140; length < bytes.length; length += 8)
      expect(decodeJournal(bytes.slice(0, length))).toEqual({ ok: false, error: 'journal_truncated' });
  });

  it('rows of version 1, which end before the egress column, are read with none', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    const plan = stage.plan('10');
    const bytes = encodeJournal(plan, wholeSlice(plan), { ...stamp, forecastEnd: 0 });
    // Two columns of zeros.
    const older = bytes.slice(0, bytes.length - 16);
    older[4] = 1;
    const receipt = receiptOf(unwrap(decodeJournal(older), 'journal'), 1);
    expect([receipt?.forecastEnd, receipt?.orders.map(({ egress, lots }) => [egress, lots])]).toEqual([null, [[null, 10]]]);
  });

  it('an exit of a breaker tells the loss limit that was met; exits of other copies, and rows of version 2, tell none', () => {
    const stage = new Stage();
    for (let copy = 1; copy <= 2; copy += 1) stage.add(entryOf(copy, settingsOf('1')));
    stage.follow('10');
    stage.book.copies.breakerLimit[1] = LOSS_LIMITS.indexOf('daily');
    stage.book.setStatus(1, STATUS.breaker, true);
    beginClosing(stage.book, 1);
    const plan = stage.plan('4');
    const toldIn = (bytes: Uint8Array) => {
      const { orders } = unwrap(decodeJournal(bytes), 'journal');
      return Array.from(orders.copyNo, (copyNo, order) => [copyNo, at(orders.lots, order), at(orders.breaker, order)]).sort();
    };
    const bytes = encodeJournal(plan, wholeSlice(plan), stamp);
    expect(toldIn(bytes)).toEqual([
      [1, 6, 0],
      [2, 10, 1 + LOSS_LIMITS.indexOf('daily')],
    ]);
    // The last column, whose values differ.
    const older = bytes.slice(0, bytes.length - 16);
    older[4] = 2;
    expect(toldIn(older)).toEqual([
      [1, 6, 0],
      [2, 10, 0],
    ]);
  });

  it('is read from any place in a larger buffer', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1')));
    const plan = stage.plan('10');
    const bytes = encodeJournal(plan, wholeSlice(plan), stamp);
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(unwrap(decodeJournal(larger.subarray(3)), 'journal').orders.lots[0]).toBe(10);
  });
});
