import { money } from '@lockstep/kernel';
import type { CopySettings } from '@lockstep/roster';
import { describe, expect, it } from 'vitest';
import { STATUS } from './copy-columns';
import { MICRO } from './instrument-columns';
import { repairPlan } from './repair';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, rateOf, Stage, settingsOf } from './testing/book-builder';
import { noteOwedUnsure, settleUnsure } from './unsure-size';

const ROW = 0;
const PROPORTIONAL = { kind: 'proportional', multiplier: rateOf('1'), compounding: 'reinvest' } as const;

/** A copy of 1,000,000 whose account is not read yet, of a leader of as much. */
function unread(part: Partial<CopySettings> = {}): Stage {
  const stage = new Stage(instrumentOf('BTC', 2));
  stage.add(entryOf(1, settingsOf('1', { mode: PROPORTIONAL, catchUpMs: 30_000, ...part })));
  stage.book.setStatus(ROW, STATUS.staleTruth, true);
  return stage;
}

/** The account is read, and has so much for the copy. Returns lots that are entered then, and given up. */
function read(stage: Stage, real: number) {
  stage.book.copies.realEquity[ROW] = Number(dollars(real));
  settleUnsure(stage.book, ROW);
  stage.book.setStatus(ROW, STATUS.staleTruth, false);
  const { plan, forfeits } = repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { now: NOW + 500, lastNonce: stage.lastNonce }));
  return { entered: at(plan.decisions.entryLots, ROW), forfeited: forfeits.map(({ amount }) => amount / MICRO) };
}

describe('an increase that was planned before the account was read', () => {
  it.each<[string, number, number, number[]]>([
    ['as much as was known of it: it is entered whole', 1_000_000, 1_000, []],
    ['more: it is as large as it was planned', 2_000_000, 1_000, []],
    ['a little less, as marks make it: the same', 991_000, 1_000, []],
    ['a quarter: a quarter is entered, the rest is given up', 250_000, 250, [750]],
    ['nothing: all of it is given up', 0, 0, [1_000]],
  ])('where the account turns out to have %s', (_what, real, entered, forfeited) => {
    const stage = unread();
    expect(at(stage.plan('10').decisions.entryLots, ROW)).toBe(0);
    expect(read(stage, real)).toEqual({ entered, forfeited });
  });

  it('keeps what was held before it', () => {
    const stage = unread();
    stage.book.setStatus(ROW, STATUS.staleTruth, false);
    stage.follow('4');
    stage.book.setStatus(ROW, STATUS.staleTruth, true);
    stage.plan('10');
    expect(read(stage, 500_000)).toEqual({ entered: 300, forfeited: [300] });
    expect(at(stage.sheet.rows.target, ROW)).toBe(700 * MICRO);
  });

  it('is less by what the leader reduced meanwhile', () => {
    const stage = unread();
    stage.plan('10');
    stage.plan('5');
    expect(read(stage, 500_000)).toEqual({ entered: 250, forfeited: [250] });
  });

  it('is nothing once the leader went through flat', () => {
    const stage = unread();
    stage.plan('10');
    stage.plan('0');
    expect([read(stage, 500_000), at(stage.sheet.rows.lapsed, ROW)]).toEqual([{ entered: 0, forfeited: [] }, 0]);
  });

  it('is cut by each figure that became known while it grew', () => {
    const stage = unread();
    stage.plan('10');
    stage.book.copies.realEquity[ROW] = Number(dollars(500_000));
    stage.plan('30');
    // Half of the first ten are left, and what the next twenty add to them is half as much as it was to be.
    expect(at(stage.sheet.rows.unsure, ROW)).toBe(1_000 * MICRO);
    expect(read(stage, 250_000)).toEqual({ entered: 500, forfeited: [1_000] });
  });

  it.each<[string, CopySettings['mode']]>([
    ['a fixed ratio', { kind: 'fixed_ratio', ratio: rateOf('1') }],
    ['an amount per order', { kind: 'fixed_amount', amount: money(100_000_000_000n), maxAdds: null }],
    ['its allocation', { kind: 'proportional', multiplier: rateOf('1'), compounding: 'fixed_nominal' }],
  ])('keeps its size where the copy is sized by %s', (_what, mode) => {
    const stage = unread({ mode });
    stage.plan('10');
    const target = at(stage.sheet.rows.target, ROW);
    expect(target).toBeGreaterThan(0);
    expect(read(stage, 900_000).forfeited).toEqual([]);
    expect(at(stage.sheet.rows.target, ROW)).toBe(target);
  });

  it('by an earlier process is cut alike, as far as it is owed', () => {
    const stage = unread();
    stage.book.setStatus(ROW, STATUS.staleTruth, false);
    const plan = stage.plan('10');
    stage.fillOrder(plan, 0, 400);
    stage.book.setStatus(ROW, STATUS.staleTruth, true);
    noteOwedUnsure(stage.book, ROW);
    expect(read(stage, 500_000)).toEqual({ entered: 300, forfeited: [300] });
  });
});
