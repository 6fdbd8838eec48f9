import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repairPlan } from './repair';
import { at, entryOf, instrumentOf, NOW, optionsOf, rateOf, Stage, settingsOf } from './testing/book-builder';

/** A lot is worth a dollar at the mark, the venue's minimum ten of them. */
const MINIMUM_LOTS = 10;
/** More tries than any exit of these needs, each a second after the one before. */
const TRIES = 12;

describe('what a copy holds of a leader who is flat, or turned', () => {
  it('is closed but for what is worth less than the venue’s minimum, whatever else its account holds and however often an exit failed', () => {
    const drawn = fc.record({
      held: fc.integer({ min: 1, max: 120 }),
      others: fc.integer({ min: -150, max: 150 }),
      own: fc.integer({ min: -150, max: 150 }),
      failures: fc.integer({ min: 0, max: 30 }),
      bound: fc.constantFrom(0.001, 0.01, 0.05, 0.3),
      turned: fc.constantFrom(0, 5, 9, 12, 200),
      long: fc.boolean(),
    });
    fc.assert(
      fc.property(drawn, ({ held, others, own, failures, bound, turned, long }) => {
        const stage = new Stage(instrumentOf('X', 2), '100');
        const { slippage } = settingsOf('1');
        stage.add(entryOf(1, settingsOf('1', { slippage: { ...slippage, exitBound: rateOf(String(bound)) } })));
        stage.follow(long ? '2' : '-2');
        const { rows } = stage.sheet;
        rows.position[0] = long ? held : -held;
        rows.others[0] = others;
        rows.beside[0] = own;
        rows.exitFailures[0] = failures;
        const fill = (plan: Parameters<Stage['fill']>[0]): void => {
          for (let order = 0; order < plan.orders.count; order += 1) {
            const net = at(rows.position, 0) + others + own;
            const [lots, price] = [at(plan.orders.lots, order), at(plan.orders.price, order)];
            const isExempt = at(plan.orders.reduceOnly, order) === 1 && lots === Math.abs(net);
            if (!isExempt) expect(lots * Math.min(price, 100 * 1e8)).toBeGreaterThanOrEqual(MINIMUM_LOTS * 100 * 1e8);
            stage.fillOrder(plan, order, lots);
          }
        };
        fill(stage.plan(`${((long ? -1 : 1) * turned) / 100}`));
        for (let tries = 1; tries <= TRIES; tries += 1)
          fill(repairPlan(stage.book, stage.sheet, 900, optionsOf(900, { now: NOW + tries * 1_000, lastNonce: stage.lastNonce })).plan);
        expect((long ? 1 : -1) * at(rows.position, 0)).toBeLessThan(MINIMUM_LOTS);
      }),
      { numRuns: 1_000 },
    );
  });
});
