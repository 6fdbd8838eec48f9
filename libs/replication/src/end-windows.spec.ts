import { describe, expect, it } from 'vitest';
import { STATUS } from './copy-columns';
import { endWindows, endWindowsBefore } from './end-windows';
import { at, entryOf, NOW, priceUnits, Stage, settingsOf } from './testing/book-builder';

const CATCH_UP_MS = 3_000;
const MICRO = 1_000_000;

/** A copy at the leader's size that holds some lots of the 100 its leader opened at NOW; the rest failed. */
function shortOf(held: number, catchUpMs = CATCH_UP_MS): Stage {
  const stage = new Stage();
  stage.add(entryOf(1, settingsOf('1', { catchUpMs, maxAgeMs: 2_000 })));
  const open = stage.plan('100', {}, { firstFillAt: NOW, lastFillAt: NOW });
  stage.fillOrder(open, 0, held);
  return stage;
}

/** What is ended before the wave of the leader's move to a size so long after, and the orders and target of that wave. */
function moved(stage: Stage, leader: string, afterMs: number) {
  const now = NOW + afterMs;
  stage.sheet.markAt = now;
  const forfeits = endWindowsBefore(stage.book, stage.sheet, now);
  const { orders } = stage.plan(leader, { now }, { firstFillAt: now, lastFillAt: now });
  const sent = Array.from({ length: orders.count }, (_, order) => `${at(orders.buy, order) === 1 ? 'buy' : 'sell'} ${at(orders.lots, order)}`);
  return {
    given: forfeits.map(({ amount, reason }) => `${amount / MICRO} ${reason}`),
    sent,
    target: at(stage.sheet.rows.target, 0) / MICRO,
  };
}

describe('windows that end before a wave', () => {
  it.each([
    ['a later increase copies its own increment alone', 0, '150', { given: ['100 slippage'], sent: ['buy 50'], target: 50 }],
    ['beside what is held', 40, '150', { given: ['60 slippage'], sent: ['buy 50'], target: 90 }],
    ['a reduction takes its share of what is held', 40, '50', { given: ['60 slippage'], sent: ['sell 20'], target: 20 }],
    ['what was copied stays', 100, '150', { given: [], sent: ['buy 50'], target: 150 }],
  ])('%s', (_what, held, leader, expected) => {
    expect(moved(shortOf(held), leader, CATCH_UP_MS + 1)).toEqual(expected);
  });

  it('inside its window an increment is owed still', () => {
    expect(moved(shortOf(40), '150', CATCH_UP_MS)).toEqual({ given: [], sent: ['buy 110'], target: 150 });
  });

  it.each([
    ['may still leave', 2_000, { given: [], sent: ['buy 150'], target: 150 }],
    ['is too old to leave', 2_001, { given: ['100 slippage'], sent: ['buy 50'], target: 50 }],
  ])('without a window, what %s by its age alone', (_what, afterMs, expected) => {
    expect(moved(shortOf(0, 0), '150', afterMs)).toEqual(expected);
  });

  it('what is on its way may still be filled', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1', { catchUpMs: CATCH_UP_MS, maxAgeMs: 2_000 })));
    stage.plan('100', {}, { firstFillAt: NOW, lastFillAt: NOW });
    expect(moved(stage, '150', 60_000)).toEqual({ given: [], sent: ['buy 50'], target: 150 });
  });

  it('the reference of the later increase is its own price', () => {
    const stage = shortOf(0);
    const now = NOW + 60_000;
    stage.sheet.markAt = now;
    stage.sheet.rows.owedPrice[0] = priceUnits('120');
    endWindowsBefore(stage.book, stage.sheet, now);
    const { orders } = stage.plan('150', { now }, { firstFillAt: now, lastFillAt: now });
    expect(at(orders.reference, 0)).toBe(priceUnits('100'));
  });
});

describe('a copy that winds down or is unwound', () => {
  const winding = (held: number): Stage => {
    const stage = shortOf(held);
    stage.book.setStatus(0, STATUS.windingDown, true);
    return stage;
  };
  const looked = ({ book, sheet }: Stage, now: number) => endWindows(book, sheet, now).map(({ amount, reason }) => `${amount / MICRO} ${reason}`);

  it('gives up what it is owed at the first look, inside its window, and says why', () => {
    const stage = winding(40);
    expect([looked(stage, NOW + 1), looked(stage, NOW + 2)]).toEqual([['60 winding_down'], []]);
    const { target, rho, forfeited, owedPrice, owedUntil } = stage.sheet.rows;
    expect([at(target, 0) / MICRO, at(rho, 0) / 1e12, at(forfeited, 0) / MICRO, at(owedPrice, 0), at(owedUntil, 0)]).toEqual([40, 0.4, 60, 0, 0]);
  });

  it('gives up behind its window for what kept it from being copied', () => {
    expect(looked(winding(40), NOW + CATCH_UP_MS)).toEqual(['60 slippage']);
  });

  it('has nothing to give up where all is held', () => {
    expect(looked(winding(100), NOW + 1)).toEqual([]);
  });

  it('keeps what is on its way, and gives that up once it fails, be it after the rest', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1', { catchUpMs: CATCH_UP_MS, maxAgeMs: 2_000 })));
    const open = stage.plan('100', {}, { firstFillAt: NOW, lastFillAt: NOW });
    stage.sheet.rows.target[0] = 130 * MICRO;
    stage.book.setStatus(0, STATUS.windingDown, true);
    expect([looked(stage, NOW + 1), at(stage.sheet.rows.target, 0) / MICRO]).toEqual([['30 winding_down'], 100]);
    stage.fillOrder(open, 0, 70);
    expect(moved(stage, '50', 1)).toEqual({ given: ['30 winding_down'], sent: ['sell 35'], target: 35 });
  });

  it.each([
    ['a reduction takes its share of what is held', '50', { given: ['60 winding_down'], sent: ['sell 20'], target: 20 }],
    ['an increase opens no new window', '150', { given: ['60 winding_down'], sent: [], target: 40 }],
  ])('%s, inside the window and before any look', (_what, leader, expected) => {
    expect(moved(winding(40), leader, 1)).toEqual(expected);
  });
});
