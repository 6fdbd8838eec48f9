import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginClosing } from './closing';
import { STATUS } from './copy-columns';
import { EPISODE, MICRO } from './instrument-columns';
import { repairPlan } from './repair';
import { type TakeOnOptions, takeOn } from './take-on';
import { at, dollars, entryOf, instrumentOf, NOW, optionsOf, priceOf, priceUnits, rateOf, Stage, settingsOf, sizeOf } from './testing/book-builder';

const LOT = MICRO;
const BAND = 20_000_000_000;

/** A leader in a position before the copy came; the copy waits for an open. */
function begun(leader: string, settings = settingsOf('0.1'), status: number = STATUS.active) {
  const stage = new Stage(instrumentOf('X', 1));
  stage.plan(leader);
  const row = stage.add(entryOf(1, settings, { status }));
  stage.book.beginAtNextOpen(row);
  return { stage, row };
}

const take = (stage: Stage, row: number, part: Partial<TakeOnOptions> = {}) =>
  takeOn(stage.book, stage.sheet, row, { ...optionsOf(1, { now: NOW }), band: null, ...part });
const repair = (stage: Stage, wave = 900) =>
  repairPlan(stage.book, stage.sheet, wave, optionsOf(wave, { now: NOW, lastNonce: stage.lastNonce })).plan;
const target = (stage: Stage, row: number): number => at(stage.sheet.rows.target, row) / LOT;

describe('taking a leader’s position on', () => {
  it('sets the target the mode asks for, which the next repair buys inside the bound', () => {
    const { stage, row } = begun('40');
    expect(take(stage, row)).toEqual({ before: 0, after: 40 * LOT, reason: null });
    expect(at(stage.sheet.rows.episode, row) & EPISODE.awaitingOpen).toBe(0);
    const plan = repair(stage);
    expect([plan.orders.count, at(plan.orders.lots, 0), at(plan.orders.buy, 0), at(plan.orders.price, 0)]).toEqual([1, 40, 1, priceUnits('100.5')]);
    stage.fill(plan);
    // From here on it is followed like any other.
    stage.follow('20');
    expect([target(stage, row), at(stage.sheet.rows.position, row)]).toEqual([20, 20]);
  });

  it.each([
    ['the best quote', '40', { bid: '99.9', ask: '100.2' }, '100.2'],
    ['one better than the mark', '40', { bid: '98', ask: '99.5' }, '99.5'],
    ['no quote farther from the mark than the bound', '40', { bid: '60', ask: '114' }, '100.5'],
    ['no bid farther from the mark than the bound', '-40', { bid: '88', ask: '101' }, '99.5'],
  ] as const)('is owed at %s', (_what, leader, quote, owed) => {
    const { stage, row } = begun(leader);
    stage.book.setBook('X', priceOf(quote.bid), priceOf(quote.ask), NOW);
    take(stage, row);
    expect(at(stage.sheet.rows.owedPrice, row)).toBe(priceUnits(owed));
  });

  it.each([
    ['inside the band', '101', null, 40],
    ['at its edge', '102', null, 40],
    ['beyond it', '102.1', 'out_of_band', 0],
    ['beyond it on the other side', '97.9', 'out_of_band', 0],
  ] as const)('with the mark %s of the leader’s entry', (_where, entry, reason, lots) => {
    const { stage, row } = begun('40');
    // The mark is 100.
    const taken = take(stage, row, { band: { entryPrice: priceUnits(entry), width: BAND } });
    expect([taken.reason, target(stage, row)]).toEqual([reason, lots]);
    expect(at(stage.sheet.rows.episode, row) & EPISODE.awaitingOpen).toBe(reason === null ? 0 : EPISODE.awaitingOpen);
  });

  it.each([
    ['no mark is fresh', settingsOf('0.1'), { now: NOW + 6_000 }, 'stale_mark'],
    ['the copy does not follow the instrument', settingsOf('0.1', { instruments: { kind: 'except', coins: ['X'] } }), {}, 'instrument_filter'],
    ['it follows decreases only', settingsOf('0.1', { follow: 'decreases_only' }), {}, 'follow_filter'],
    [
      'the leader’s equity is unknown',
      settingsOf('1', { mode: { kind: 'proportional', multiplier: rateOf('1'), compounding: 'reinvest' } }),
      { leaderEquity: null },
      'leader_equity',
    ],
  ] as const)('leaves everything as it was where %s', (_why, settings, part, reason) => {
    const { stage, row } = begun('40', settings);
    expect(take(stage, row, part)).toEqual({ before: 0, after: 0, reason });
    expect(at(stage.sheet.rows.episode, row) & EPISODE.awaitingOpen).toBe(EPISODE.awaitingOpen);
    expect(repair(stage).orders.count).toBe(0);
  });

  it('caps cut what is added and are named', () => {
    const caps = {
      maxPositionSize: sizeOf('2.5'),
      maxPositionNotional: null,
      maxPositionShare: null,
      maxLeverage: null,
      maxGrossExposure: null,
      minLiquidationDistance: null,
    };
    const { stage, row } = begun('40', settingsOf('0.1', { caps }));
    expect(take(stage, row)).toEqual({ before: 0, after: 25 * LOT, reason: 'cap_position_size' });
  });

  it('re-bases a running copy to a new ratio, down by an exit and up by an entry', () => {
    const { stage, row } = begun('0');
    stage.follow('40');
    expect(target(stage, row)).toBe(40);
    stage.book.setSettings(row, settingsOf('0.05'), 2);
    expect(target(stage, row)).toBe(40);
    expect(take(stage, row)).toMatchObject({ before: 40 * LOT, after: 20 * LOT, reason: null });
    let plan = repair(stage, 901);
    expect([at(plan.orders.lots, 0), at(plan.orders.buy, 0), at(plan.orders.reduceOnly, 0)]).toEqual([20, 0, 1]);
    stage.fill(plan);
    stage.book.setSettings(row, settingsOf('0.2'), 3);
    expect(take(stage, row)).toMatchObject({ after: 80 * LOT });
    plan = repair(stage, 902);
    expect([at(plan.orders.lots, 0), at(plan.orders.buy, 0)]).toEqual([60, 1]);
  });

  it.each([
    ['closed', STATUS.closing, 'closing'],
    ['closed by a loss limit', STATUS.breaker, 'breaker'],
    ['wound down', STATUS.windingDown, 'winding_down'],
  ] as const)('raises nothing of a copy that is being %s meanwhile', (_how, bits, reason) => {
    const { stage, row } = begun('0');
    stage.follow('40');
    if (bits !== STATUS.windingDown) beginClosing(stage.book, row);
    stage.book.setStatus(row, STATUS.closing, bits === STATUS.closing);
    stage.book.setStatus(row, bits, true);
    stage.book.setSettings(row, settingsOf('0.2'), 2);
    const before = bits === STATUS.windingDown ? 40 * LOT : 0;
    expect(take(stage, row)).toEqual({ before, after: before, reason });
    expect(target(stage, row)).toBe(before / LOT);
  });

  it('what an earlier increase still misses is owed anew, and given up with the new window', () => {
    const { stage, row } = begun('0');
    stage.plan('40');
    stage.sheet.rows.pendingBuy[row] = 0;
    expect(take(stage, row)).toEqual({ before: 40 * LOT, after: 40 * LOT, reason: null });
    expect(repair(stage).orders.count).toBe(1);
    stage.sheet.rows.pendingBuy[row] = 0;
    const later = NOW + at(stage.book.copies.catchUpMs, row);
    repairPlan(stage.book, stage.sheet, 901, optionsOf(901, { now: later, lastNonce: stage.lastNonce }));
    expect(target(stage, row)).toBe(0);
  });

  it('ends what a follower’s own close began', () => {
    const { stage, row } = begun('0');
    stage.follow('40');
    stage.sheet.rows.position[row] = 0;
    stage.sheet.rows.target[row] = 0;
    stage.sheet.rows.episode[row] = EPISODE.userClosed;
    expect(take(stage, row)).toMatchObject({ after: 40 * LOT });
    expect(at(stage.sheet.rows.episode, row)).toBe(0);
  });

  it('a copy of fixed amounts takes a position on for one order, and counts it', () => {
    const { stage, row } = begun('40', settingsOf('1', { mode: { kind: 'fixed_amount', amount: dollars(250), maxAdds: 1 } }));
    expect(take(stage, row)).toMatchObject({ after: 25 * LOT });
    stage.fill(repair(stage));
    stage.follow('50');
    expect(target(stage, row)).toBe(25);
  });

  it('never lets the worst case pass a cap, whatever the leader holds and the copy held', () => {
    const lots = fc.integer({ min: -400, max: 400 }).map((value) => String(value / 10));
    fc.assert(
      fc.property(lots, lots, fc.integer({ min: 1, max: 300 }), fc.boolean(), (first, second, most, inverse) => {
        const caps = {
          maxPositionSize: sizeOf(String(most / 10)),
          maxPositionNotional: null,
          maxPositionShare: null,
          maxLeverage: null,
          maxGrossExposure: null,
          minLiquidationDistance: null,
        };
        const { stage, row } = begun('0', settingsOf('0.5', { caps, direction: inverse ? 'inverse' : 'same' }));
        stage.follow(first);
        stage.sheet.leaderLots = Math.round(Number(second) * 10);
        const before = Math.abs(target(stage, row));
        take(stage, row);
        const after = target(stage, row);
        expect(Math.abs(after)).toBeLessThanOrEqual(Math.max(most, before));
        expect(Math.sign(after) * Math.sign(stage.sheet.leaderLots) * (inverse ? -1 : 1)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
