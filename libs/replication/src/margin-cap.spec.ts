import type { Instrument } from '@lockstep/kernel';
import { gate } from '@lockstep/risk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equityShares } from './account-net';
import { MICRO } from './instrument-columns';
import { putClearing } from './margin-cap';
import { orderFacts } from './order-facts';
import { CAPS, reasonAt } from './reasons';
import { at, dollars, entryOf, instrumentOf, NOW, priceOf, rateOf, Stage, settingsOf } from './testing/book-builder';
import type { WavePlan } from './wave-plan';

const MAX_LEVERAGE = 10;
const on = (dex: string, part: Partial<Instrument> = {}): Instrument => ({ ...instrumentOf(`${dex}X`, 0, MAX_LEVERAGE), dex, ...part });
const lots = (stage: Stage, row = 0): number => at(stage.sheet.rows.target, row) / MICRO;
const cutBy = ({ decisions }: WavePlan, index = 0): readonly string[] => CAPS.filter((_, cap) => (at(decisions.cutMask, index) & (1 << cap)) !== 0);

/** Settings with a floor: orders at exactly the mark, so that a limit price moves no number, and no slippage reserve but `entryBound`. */
const floored = (floor: string, part: { readonly leverage?: number; readonly entryBound?: string } = {}) =>
  settingsOf('1', {
    caps: { ...settingsOf('1').caps, minLiquidationDistance: rateOf(floor) },
    slippage: { ...settingsOf('1').slippage, entryBound: rateOf(part.entryBound ?? '0') },
    venueLeverage: part.leverage ?? 10,
  });

function stageOf(floor: string, part: Parameters<typeof floored>[1] & { readonly equity?: number; readonly instrument?: Instrument } = {}): Stage {
  const stage = new Stage(part.instrument ?? on(''));
  const equity = dollars(part.equity ?? 1_000);
  stage.add(entryOf(1, floored(floor, part), { allocation: equity, realEquity: equity }));
  return stage;
}

/** What the gate says of a plan. */
const judged = (stage: Stage, plan: WavePlan): boolean => {
  const facts = orderFacts(stage.book, plan, NOW, 5_000);
  return facts !== null && gate(plan.orders, facts).ok;
};

describe('margin and liquidation distance', () => {
  it.each([
    // 1,000 at a price of 100, maintenance 5 %: a long asks for N · (0.05 + f · 0.95), a short for N · (0.05 + f · 1.05).
    ['margin alone', '0', '200', 100, ['cap_allocation']],
    ['a long a tenth away', '0.1', '200', 68, ['cap_allocation', 'cap_margin']],
    ['a short a tenth away', '0.1', '-200', -64, ['cap_allocation', 'cap_margin']],
    ['a long half of it away', '0.5', '90', 19, ['cap_margin']],
    ['what fits', '0.1', '60', 60, []],
  ])('admit %s', (_what, floor, leader, expected, cuts) => {
    const stage = stageOf(floor);
    const plan = stage.plan(leader);
    expect([lots(stage), cutBy(plan)]).toEqual([expected, cuts]);
    expect(judged(stage, plan)).toBe(true);
  });

  it('reserve the entry bound of what is added, and nothing for what is held', () => {
    const stage = stageOf('0.1', { entryBound: '0.01' });
    stage.follow('200');
    // Limits are 101: 1,000 ÷ (0.145 + 0.01) ÷ 101.
    expect(at(stage.sheet.rows.position, 0)).toBe(63);
    const more = stage.plan('400');
    // (1,000 + 0.01 · 6,363) ÷ (0.145 + 0.01) ÷ 101.
    expect(lots(stage)).toBe(67);
    expect(judged(stage, more)).toBe(true);
  });

  it('say so where nothing more is admitted, and never hold up an exit', () => {
    const stage = stageOf('0.1');
    stage.follow('90');
    expect(reasonAt(at(stage.plan('95').decisions.reason, 0))).toBe('cap_margin');
    stage.book.setSettings(0, floored('1'), 2);
    const exit = stage.plan('0');
    expect([at(exit.orders.lots, 0), at(exit.orders.reduceOnly, 0)]).toEqual([68, 1]);
  });

  it('count what the account has in the clearinghouse of the instrument, not elsewhere', () => {
    const stage = stageOf('0.1', { instrument: on('xyz') });
    putClearing(stage.book, stage.sheet, 0, { value: 29_000_000_001n, of: 100_000_000_000n, pooled: false });
    stage.plan('200');
    // 290 ÷ 0.145 ÷ 100.
    expect(lots(stage)).toBe(20);
    putClearing(stage.book, stage.sheet, 0, { value: 0n, of: 100_000_000_000n, pooled: false });
    expect(judged(stage, stage.plan('300'))).toBe(true);
    expect(lots(stage)).toBe(20);
  });

  it.each([
    ['of one dex', on('', { coin: 'Y' }), false, 35],
    ['of another dex', on('xyz'), false, 41],
    ['of another dex that shares the balance', on('xyz'), true, 35],
    ['of another collateral', on('xyz', { collateral: 'USDH' }), true, 41],
    ['that are isolated by their whole margin', on('', { coin: 'Y', onlyIsolated: true }), false, 29],
  ])('count the other positions %s', (_what, other, pooled, expected) => {
    const stage = stageOf('0.2');
    const beside = stage.book.sheet(other);
    stage.book.setMark(other.coin, priceOf('100'), NOW);
    beside.rows.position[0] = 30;
    beside.rows.target[0] = 30 * MICRO;
    beside.rows.entryValue[0] = Number(dollars(3_000));
    for (const sheet of [stage.sheet, beside]) putClearing(stage.book, sheet, 0, { value: 1n, of: 1n, pooled });
    const plan = stage.plan('60');
    // Alone 1,000 ÷ 0.24; beside 3,000 of another that asks for a maintenance of 150, or a margin of 300, 850 or 700 of it are left.
    expect(lots(stage)).toBe(expected);
    expect(judged(stage, plan)).toBe(true);
  });

  it('keep another position away from its liquidation as well', () => {
    const stage = stageOf('0.5');
    const beside = stage.book.sheet(on('', { coin: 'Y' }));
    stage.book.setMark('Y', priceOf('100'), NOW);
    beside.rows.position[0] = 18;
    beside.rows.target[0] = 18 * MICRO;
    beside.rows.entryValue[0] = Number(dollars(1_800));
    stage.plan('60');
    // By its own distance (1,000 − 90) ÷ 0.525 = 17 lots; the other's keeps 855 of the 910, so that maintenance may take 55 more.
    expect(lots(stage)).toBe(11);
  });

  it.each([
    ['whose own margin is a floor away', '0.05', 0, 40],
    ['whose own margin is too near', '0.06', 0, 10],
    ['that has lost too much of what it holds', '0.04', 20, 10],
  ])('of an isolated position %s', (_what, floor, lost, expected) => {
    const stage = stageOf('0', { instrument: on('', { onlyIsolated: true }) });
    stage.follow('10');
    stage.sheet.rows.entryValue[0] = at(stage.sheet.rows.entryValue, 0) + Number(dollars(lost));
    stage.book.setSettings(0, floored(floor), 2);
    stage.plan('40');
    expect(lots(stage)).toBe(expected);
  });

  it('keep all copies of an account together away from liquidation, by the venue’s formula, whichever of them leave', () => {
    const copy = fc.record({ equity: fc.integer({ min: 50, max: 5_000 }), leader: fc.integer({ min: -400, max: 400 }).filter((size) => size !== 0) });
    fc.assert(
      fc.property(
        fc.array(copy, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 20, max: 100 }),
        (copies, floor, there) => {
          const real = copies.reduce((sum, { equity }) => sum + equity * 1e8, 0);
          const shares = equityShares(
            real,
            copies.map(({ equity }) => equity * 1e8),
          );
          const held = copies.map(({ equity, leader }, index) => {
            const stage = stageOf(`${floor / 100}`, { equity, instrument: on('xyz') });
            stage.book.copies.realEquity[0] = at(shares, index);
            putClearing(stage.book, stage.sheet, 0, { value: BigInt(there), of: 100n, pooled: false });
            stage.follow(String(leader));
            return at(stage.sheet.rows.position, 0);
          });
          const value = (real * there) / 100;
          for (let leaves = 0; leaves < 2 ** held.length; leaves += 1) {
            const net = held.reduce((sum, lots, index) => sum + ((leaves >> index) % 2 === 0 ? lots : 0), 0);
            const notional = Math.abs(net) * 100e8;
            if (net === 0) continue;
            expect(notional / 10).toBeLessThanOrEqual(value + held.length);
            const distance = (value - notional * 0.05) / (notional * (net > 0 ? 0.95 : 1.05));
            expect(distance).toBeGreaterThanOrEqual(floor / 100 - 1e-9);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
