import { money, rate } from '@lockstep/kernel';
import type { CopySettings } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPISODE, MICRO } from './instrument-columns';
import { boundedLimit, exitBoundAt, tickOf } from './price-bound';
import { reasonAt } from './reasons';
import { at, dollars, entryOf, instrumentOf, rateOf, Stage, settingsOf } from './testing/book-builder';
import { MIN_ORDER_VALUE } from './wave-options';

const ONE = 1_000_000_000_000n;
const PRICE = 100;
const LOTS_PER_UNIT = 100;
/** What the venue's smallest order comes to in lots at the price of the stages here: it is judged at the order's own limit, which is two per cent off for an exit. */
const LEAST_LOTS = (MIN_ORDER_VALUE / 1e8 / (PRICE * 0.98)) * LOTS_PER_UNIT + 1;

/** Where a leader goes, in hundredths. */
const path = fc.array(fc.integer({ min: -3_000, max: 3_000 }), { minLength: 1, maxLength: 15 });
const size = (hundredths: number): string => (hundredths / 100).toFixed(2);
const staged = (settings: CopySettings): Stage => {
  const stage = new Stage(instrumentOf('X', 2));
  stage.add(entryOf(1, settings));
  return stage;
};
const target = (stage: Stage): number => at(stage.sheet.rows.target, 0);
const position = (stage: Stage): number => at(stage.sheet.rows.position, 0);

describe('what is left between target and position', { timeout: 60_000 }, () => {
  it('is below a lot or the venue’s smallest order, however many fills it took, and nothing where the leader is flat but a remnant that says so', () => {
    fc.assert(
      fc.property(path, fc.integer({ min: 1, max: 2_000 }), (leaders, ratio) => {
        const stage = staged(settingsOf(`${ratio / 1_000}`));
        for (const leader of [...leaders, 0]) {
          const plan = stage.follow(size(leader));
          const gap = Math.abs(target(stage) - position(stage) * MICRO) / MICRO;
          // A reduction waits where it is below the minimum, and a position of less than two of them is kept or closed whole, whichever is nearer.
          expect(gap, reasonAt(at(plan.decisions.reason, 0)) ?? '').toBeLessThan(LEAST_LOTS);
        }
        const dust = (at(stage.sheet.rows.episode, 0) & EPISODE.dustPending) !== 0;
        expect([target(stage), position(stage) === 0 || dust]).toEqual([0, true]);
      }),
    );
  });
});

describe('an inverse copy', { timeout: 60_000 }, () => {
  it('is the mirror image of the same copy: every target, position and reason', () => {
    fc.assert(
      fc.property(path, fc.integer({ min: 500, max: 2_000 }), (leaders, ratio) => {
        const straight = staged(settingsOf(`${ratio / 1_000}`));
        const inverse = staged(settingsOf(`${ratio / 1_000}`, { direction: 'inverse' }));
        // In whole units: what is below the venue's smallest order is so at a bound that differs by side.
        for (const leader of leaders.map((hundredths) => hundredths * 100)) {
          const [one, other] = [straight.follow(size(leader)), inverse.follow(size(leader))];
          expect([target(inverse) + target(straight), position(inverse) + position(straight)]).toEqual([0, 0]);
          expect(at(other.decisions.reason, 0)).toBe(at(one.decisions.reason, 0));
        }
      }),
    );
  });
});

describe('follow filters', { timeout: 60_000 }, () => {
  it('with decreases alone nothing grows; with increases alone nothing shrinks while the leader stays on its side', () => {
    fc.assert(
      fc.property(path, fc.integer({ min: -3_000, max: 3_000 }), (leaders, begin) => {
        const down = staged(settingsOf('1'));
        down.follow(size(begin));
        down.book.setSettings(0, settingsOf('1', { follow: 'decreases_only' }), 2);
        const up = staged(settingsOf('1', { follow: 'increases_only' }));
        for (const leader of leaders) {
          const [held, kept] = [position(down), position(up)];
          down.follow(size(leader));
          up.follow(size(leader));
          expect(Math.abs(position(down))).toBeLessThanOrEqual(Math.abs(held));
          expect(position(down) * held).toBeGreaterThanOrEqual(0);
          if (leader * kept >= 0) expect(Math.abs(position(up))).toBeGreaterThanOrEqual(Math.abs(kept));
        }
      }),
    );
  });
});

describe('a copy of fixed amounts', { timeout: 60_000 }, () => {
  const move = fc.record({ leader: fc.integer({ min: 0, max: 3_000 }), orders: fc.integer({ min: 0, max: 3 }) });

  it('buys the amount once for each new order and never more often than told, and gives back the leader’s share', () => {
    fc.assert(
      fc.property(
        fc.array(move, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 10, max: 5_000 }),
        fc.integer({ min: 1, max: 5 }),
        (moves, amount, maxAdds) => {
          const stage = staged(settingsOf('1', { mode: { kind: 'fixed_amount', amount: dollars(amount), maxAdds } }));
          const each = Math.floor((amount * LOTS_PER_UNIT * MICRO) / PRICE);
          let [leader, adds] = [0, 0];
          for (const { leader: next, orders } of moves) {
            const before = target(stage);
            stage.fill(stage.plan(size(next), {}, { newOrders: orders }));
            const taken = next > leader ? Math.min(orders, maxAdds - adds) : 0;
            adds = next === 0 ? 0 : adds + taken;
            if (next > leader) expect(target(stage)).toBe(before + taken * each);
            else if (next < leader) expect(BigInt(target(stage))).toBe((BigInt(before) * BigInt(next)) / BigInt(leader));
            leader = next;
          }
        },
      ),
    );
  });
});

describe('a risk-normalised copy', { timeout: 60_000 }, () => {
  const share = (percent: number) => rate((ONE * BigInt(percent)) / 100n);

  it('holds what a proportional one does times a ratio inside its corridor, and less the wilder its leader', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 100, max: 400 }),
        (own, leaders, least, most) => {
          const mode = (scaleLeast: number, scaleMost: number): CopySettings['mode'] => ({
            kind: 'risk_normalised',
            multiplier: share(100),
            targetVolatility: share(own),
            scaleLeast: share(scaleLeast),
            scaleMost: share(scaleMost),
          });
          const targetBy = (settings: CopySettings['mode'], volatility: number): number => {
            const stage = staged(settingsOf('1', { mode: settings }));
            stage.plan('10', { leaderVolatility: share(volatility) });
            return target(stage);
          };
          const one = targetBy(mode(100, 100), leaders);
          const held = targetBy(mode(least, most), leaders);
          expect(held).toBeGreaterThanOrEqual(Math.floor((one * least) / 100));
          expect(held).toBeLessThanOrEqual(Math.ceil((one * most) / 100));
          expect(targetBy(mode(least, most), leaders + 1)).toBeLessThanOrEqual(held);
        },
      ),
    );
  });
});

describe('price bounds', { timeout: 60_000 }, () => {
  const reference = fc.integer({ min: 1_000, max: 1e13 });
  const bound = fc.integer({ min: 0, max: 500_000_000_000 });
  const decimals = fc.integer({ min: 0, max: 5 });

  it('are on the price grid, inside the bound to the last digit, and no step stricter than they must be', () => {
    fc.assert(
      fc.property(reference, bound, fc.boolean(), decimals, (from, width, buy, szDecimals) => {
        const limit = boundedLimit(from, width, buy, szDecimals);
        if (limit === 0) return;
        expect(limit % tickOf(limit, szDecimals)).toBe(0);
        const edge = BigInt(from) * (buy ? ONE + BigInt(width) : ONE - BigInt(width));
        const tick = tickOf(limit, szDecimals);
        if (buy) expect(BigInt(limit) * ONE <= edge && BigInt(limit + tick) * ONE > edge).toBe(true);
        else if (limit > tickOf(1, szDecimals)) expect(BigInt(limit) * ONE >= edge && BigInt(limit - tick) * ONE < edge).toBe(true);
      }),
    );
  });

  it('a wider bound is never stricter, an exit’s widens with each failure and never beyond the venue’s band', () => {
    fc.assert(
      fc.property(reference, bound, bound, fc.boolean(), decimals, fc.integer({ min: 0, max: 60 }), (from, a, b, buy, szDecimals, failures) => {
        const [narrow, wide] = [Math.min(a, b), Math.max(a, b)];
        const [strict, loose] = [boundedLimit(from, narrow, buy, szDecimals), boundedLimit(from, wide, buy, szDecimals)];
        expect(buy ? loose >= strict : loose <= strict).toBe(true);
        const band = 950_000_000_000;
        expect(exitBoundAt(narrow, failures + 1, band)).toBeGreaterThanOrEqual(exitBoundAt(narrow, failures, band));
        expect(exitBoundAt(narrow, failures, band)).toBeLessThanOrEqual(band);
      }),
    );
  });
});

describe('max_age', { timeout: 60_000 }, () => {
  it('lets an increase leave exactly as long as it says, with that as the order’s expiry, and holds up no reduction', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 100, max: 10_000 }), (age, maxAgeMs) => {
        const stage = staged(settingsOf('1', { maxAgeMs, catchUpMs: 0 }));
        const now = 1_700_000_100_000;
        stage.sheet.markAt = now;
        const fillAt = { firstFillAt: now - age, lastFillAt: now - age };
        const plan = stage.plan('10', { now }, fillAt);
        // With no catch-up window an increase that is not of this very moment is given up at once.
        expect(plan.orders.count).toBe(age <= maxAgeMs ? 1 : 0);
        if (plan.orders.count > 0) expect(at(plan.orders.expiresAfter, 0)).toBe(now - age + maxAgeMs);
        stage.fill(plan);
        const exit = stage.plan('0', { now }, fillAt);
        expect(exit.orders.count).toBe(position(stage) === 0 ? 0 : 1);
      }),
    );
  });
});

describe('a proportional copy', { timeout: 60_000 }, () => {
  it('holds the share of the leader’s position that its equity is of the leader’s, whatever both are in money', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 1_000_000 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 2_000 }),
        (own, times, leader) => {
          // Within what its money carries at the stage's leverage of 50.
          fc.pre((leader * PRICE) / times < own * 40);
          const stage = new Stage(instrumentOf('X', 2));
          const settings = settingsOf('1', { mode: { kind: 'proportional', multiplier: rateOf('1'), compounding: 'reinvest' } });
          stage.add(entryOf(1, settings, { allocation: dollars(own), realEquity: dollars(own) }));
          stage.plan(String(leader), { leaderEquity: money(dollars(own) * BigInt(times)) });
          const whole = (leader * LOTS_PER_UNIT * MICRO) / times;
          expect(target(stage)).toBeLessThanOrEqual(whole);
          // The ratio is rounded down to 10^-12 once and the target to a micro-lot.
          expect(target(stage)).toBeGreaterThan(whole - 2);
        },
      ),
    );
  });
});
