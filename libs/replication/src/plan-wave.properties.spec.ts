import { money, rate, size } from '@lockstep/kernel';
import { gate, lossFromStart } from '@lockstep/risk';
import type { CopySettings } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPISODE, MICRO } from './instrument-columns';
import { orderFacts } from './order-facts';
import { revalue } from './revalue';
import { increasedTarget, lockedRatio, reducedTarget } from './target';
import { at, breakerOf, entryOf, instrumentOf, NOW, priceOf, Stage, settingsOf } from './testing/book-builder';

const clampBig = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);
const lots = fc.integer({ min: 0, max: 2 ** 40 });

describe('sizing equals the integers', { timeout: 60_000 }, () => {
  it('increase: clamp(κL′, D, D + κ(L′ − L)), each product rounded down to a micro-lot', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), fc.integer({ min: 0, max: 2 ** 42 }), lots, lots, (target, kappa, a, b) => {
        const [before, after] = a < b ? [a, b] : [b, a];
        const product = (quantity: number): bigint => (BigInt(kappa) * BigInt(quantity)) / 1_000_000n;
        const capped = (value: bigint): bigint => (value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);
        const full = capped(product(after));
        const expected = clampBig(full, BigInt(target), BigInt(target) + capped(product(after - before)));
        fc.pre(expected < 2n ** 53n);
        expect(BigInt(increasedTarget(target, kappa, before, after))).toBe(expected);
      }),
    );
  });

  it('reduction: D·L′ ÷ L towards zero, never above D, monotone in L′', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 2 ** 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (target, before, share) => {
        const after = Math.floor(before * share);
        const reduced = reducedTarget(target, before, after);
        expect(BigInt(reduced)).toBe((BigInt(target) * BigInt(after)) / BigInt(before));
        expect(reduced).toBeLessThanOrEqual(target);
        expect(reducedTarget(target, before, Math.floor(after / 2))).toBeLessThanOrEqual(reduced);
      }),
    );
  });

  it('ρ·L never exceeds D', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), fc.integer({ min: 1, max: 2 ** 40 }), (target, leader) => {
        expect(BigInt(lockedRatio(target, leader)) * BigInt(leader)).toBeLessThanOrEqual(BigInt(target) * 1_000_000n);
      }),
    );
  });
});

const limit = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const caps = fc.record({
  maxPositionSize: limit(fc.integer({ min: 0, max: 500 }).map((units) => size(BigInt(units) * 10_000_000n))),
  maxPositionNotional: limit(fc.integer({ min: 0, max: 100_000 }).map((amount) => money(BigInt(amount) * 100_000_000n))),
  maxPositionShare: limit(fc.integer({ min: 0, max: 3_000 }).map((share) => rate(BigInt(share) * 1_000_000_000n))),
  maxLeverage: limit(fc.integer({ min: 0, max: 20_000 }).map((share) => rate(BigInt(share) * 1_000_000_000n))),
  maxGrossExposure: limit(fc.integer({ min: 0, max: 100_000 }).map((amount) => money(BigInt(amount) * 100_000_000n))),
  minLiquidationDistance: limit(fc.integer({ min: 0, max: 999 }).map((share) => rate(BigInt(share) * 1_000_000_000n))),
});
const copy = fc.record({
  caps,
  ratio: fc.integer({ min: 1, max: 5_000 }),
  allocation: fc.integer({ min: 0, max: 50_000 }),
  /** Percent of the allocation that the venue account really holds. */
  funded: fc.integer({ min: 0, max: 150 }),
  venueLeverage: fc.integer({ min: 1, max: 50 }),
});
const step = fc.record({
  leader: fc.integer({ min: -400, max: 400 }),
  mark: fc.integer({ min: 50, max: 200 }),
  filled: fc.integer({ min: 0, max: 4 }),
});

const settingsFrom = (draw: { readonly caps: CopySettings['caps']; readonly ratio: number; readonly venueLeverage: number }): CopySettings =>
  settingsOf(`${draw.ratio / 1_000}`, { caps: draw.caps, venueLeverage: draw.venueLeverage });

describe('no approved order exceeds a limit at its worst case', { timeout: 60_000 }, () => {
  it('nor does one with a remnant that cannot leave alone, whatever else is on its way from the account', () => {
    const small = fc.integer({ min: 0, max: 40 });
    const drawn = fc.record({
      held: fc.integer({ min: 1, max: 40 }),
      own: fc.integer({ min: -20, max: 60 }),
      othersBuy: small,
      othersSell: small,
      failures: fc.integer({ min: 0, max: 30 }),
      most: fc.integer({ min: 20, max: 60 }),
      long: fc.boolean(),
      bid: fc.integer({ min: 60, max: 100 }),
    });
    fc.assert(
      fc.property(drawn, ({ held, own, othersBuy, othersSell, failures, most, long, bid }) => {
        const stage = new Stage(instrumentOf('X', 2), '100');
        stage.add(entryOf(1, settingsOf('1', { caps: { ...settingsOf('1').caps, maxPositionSize: size(BigInt(most) * 1_000_000n) } })));
        const { rows } = stage.sheet;
        stage.follow(long ? '0.5' : '-0.5');
        rows.position[0] = long ? held : -held;
        rows.beside[0] = long ? own : -own;
        rows.othersBuy[0] = othersBuy;
        rows.othersSell[0] = othersSell;
        rows.exitFailures[0] = failures;
        stage.book.setBook('X', priceOf(String(bid)), priceOf(String(200 - bid)), NOW);
        const plan = stage.plan(long ? '-1' : '1');
        const facts = orderFacts(stage.book, plan, NOW, 5_000);
        expect(facts && gate(plan.orders, facts)).toMatchObject({ ok: true });
      }),
      { numRuns: 400 },
    );
  });

  it('over random copies, limits, leader paths, marks and partial fills; the independent gate agrees', () => {
    fc.assert(
      fc.property(fc.array(copy, { minLength: 1, maxLength: 6 }), fc.array(step, { minLength: 1, maxLength: 12 }), (copies, steps) => {
        const stage = new Stage(instrumentOf('BTC', 1));
        copies.forEach((draw, index) => {
          const allocation = money(BigInt(draw.allocation) * 100_000_000n);
          const realEquity = money(BigInt(draw.allocation) * BigInt(draw.funded) * 1_000_000n);
          stage.add(entryOf(index + 1, settingsFrom(draw), { allocation, realEquity }));
        });
        for (const { leader, mark, filled } of steps) {
          stage.sheet.mark = mark * 100_000_000;
          const plan = stage.plan(String(leader));
          const facts = orderFacts(stage.book, plan, NOW, 5_000);
          expect(facts).not.toBeNull();
          if (facts) expect(gate(plan.orders, facts)).toMatchObject({ ok: true });
          for (let order = 0; order < plan.orders.count; order += 1) {
            checkWorst(stage, copies, plan, order);
            stage.fillOrder(plan, order, Math.floor((at(plan.orders.lots, order) * filled) / 4));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('the gate refuses what the planner would never send', () => {
    const stage = new Stage();
    stage.add(entryOf(1, settingsOf('1', { caps: { ...settingsOf('1').caps, maxPositionSize: size(1_000_000_000n) } })));
    const plan = stage.plan('30');
    expect(at(plan.orders.lots, 0)).toBe(10);
    plan.orders.lots[0] = 11;
    stage.sheet.rows.pendingBuy[0] = 11;
    const facts = orderFacts(stage.book, plan, NOW, 5_000);
    expect(facts && gate(plan.orders, facts)).toEqual({ ok: false, error: [{ order: 0, reason: 'position_size' }] });
  });
});

/** Limits in plain bigint terms, written from product §3 and not from the planner. */
function checkWorst(
  stage: Stage,
  copies: readonly { readonly caps: CopySettings['caps']; readonly venueLeverage: number }[],
  plan: ReturnType<Stage['plan']>,
  order: number,
): void {
  const row = at(plan.orders.row, order);
  const { rows, mark } = stage.sheet;
  if (at(plan.orders.exit, order) === 1) {
    expect(at(plan.orders.lots, order)).toBeLessThanOrEqual(Math.abs(at(plan.decisions.position, at(plan.orders.decision, order))));
    return;
  }
  const buy = at(plan.orders.buy, order) === 1;
  const position = BigInt(at(rows.position, row));
  const worst = buy ? position + BigInt(at(rows.pendingBuy, row)) : BigInt(at(rows.pendingSell, row)) - position;
  const price = BigInt(Math.max(mark, at(plan.orders.price, order)));
  const notional = worst * price;
  const [own, real] = [BigInt(at(stage.book.copies.equity, row)), BigInt(at(stage.book.copies.realEquity, row))];
  const equity = own < real ? own : real;
  const draw = copies[row];
  if (!draw) throw new Error(`no copy ${row}`);
  const within = (most: bigint | null): void => {
    if (most !== null) expect(notional).toBeLessThanOrEqual(most * 10n);
  };
  if (draw.caps.maxPositionSize !== null) expect(worst * 10_000_000n).toBeLessThanOrEqual(draw.caps.maxPositionSize);
  within(draw.caps.maxPositionNotional);
  within(draw.caps.maxPositionShare === null ? null : (equity * draw.caps.maxPositionShare) / 10n ** 12n);
  within(draw.caps.maxLeverage === null ? null : (equity * draw.caps.maxLeverage) / 10n ** 12n);
  within(equity * BigInt(draw.venueLeverage));
  within(draw.caps.maxGrossExposure);
  const { minLiquidationDistance: floor } = draw.caps;
  if (floor === null || worst <= 0n) return;
  const held = buy ? position : -position;
  const reserve = ((notional - (held > 0n ? held : 0n) * price) * BigInt(at(stage.book.copies.entryBound, row))) / 10n ** 12n;
  const left = equity * 10n - reserve;
  expect(notional).toBeLessThanOrEqual(left * BigInt(draw.venueLeverage) + 10n);
  // By the venue's own formula: distance = what is left above maintenance ÷ (notional · (1 − side · l)), l = 1 ÷ (2 · 50).
  const distance = Number((left - notional / 100n) * 100n) / Number(notional * (buy ? 99n : 101n));
  expect(distance).toBeGreaterThanOrEqual(Number(floor) / 1e12 - 1e-9);
}

describe('exits', { timeout: 60_000 }, () => {
  it('are never cut by caps, whatever the limits became', () => {
    fc.assert(
      fc.property(caps, fc.integer({ min: 1, max: 100 }), (limits, leader) => {
        const stage = new Stage();
        stage.add(entryOf(1, settingsOf('1')));
        stage.follow(String(leader * 10));
        stage.book.setSettings(0, settingsOf('1', { caps: limits }), 2);
        const plan = stage.plan('0');
        expect([plan.orders.count, at(plan.orders.lots, 0), at(plan.orders.reduceOnly, 0)]).toEqual([1, leader * 10, 1]);
        expect(at(stage.sheet.rows.episode, 0) & EPISODE.exitStuck).toBe(0);
      }),
    );
  });

  it('converge: after any path the gap to the target stays under one lot while orders fill and sizes clear the minimum', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 500, max: 3_000 }),
        (path, ratio) => {
          const stage = new Stage();
          stage.add(entryOf(1, settingsOf(`${ratio / 1000}`)));
          for (const leader of path) {
            stage.follow(String(leader));
            const gap = at(stage.sheet.rows.target, 0) - at(stage.sheet.rows.position, 0) * MICRO;
            expect(Math.abs(gap)).toBeLessThan(MICRO);
          }
        },
      ),
    );
  });
});

describe('a venue account that falls short scales U', { timeout: 60_000 }, () => {
  it('κ, share and allocation are those of a copy whose whole equity is what the account holds, and no loss limit moves', () => {
    fc.assert(
      fc.property(
        caps,
        fc.integer({ min: 100, max: 50_000 }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 1, max: 400 }),
        (limits, whole, percent, leader) => {
          const held = money(BigInt(whole) * BigInt(percent) * 1_000_000n);
          const settings = settingsOf('1', {
            caps: limits,
            mode: { kind: 'proportional', multiplier: rate(20n * 10n ** 12n), compounding: 'reinvest' },
          });
          const short = new Stage(instrumentOf('BTC', 1));
          short.add(entryOf(1, settings, { allocation: money(BigInt(whole) * 100_000_000n), realEquity: held }));
          const small = new Stage(instrumentOf('BTC', 1));
          small.add(entryOf(1, settings, { allocation: held, realEquity: held }));
          const [one, other] = [short.plan(String(leader)), small.plan(String(leader))];
          expect([...one.decisions.targetAfter, ...one.decisions.kappa, ...one.orders.lots]).toEqual([
            ...other.decisions.targetAfter,
            ...other.decisions.kappa,
            ...other.orders.lots,
          ]);
          expect(lossFromStart(short.book.copies, 0)).toBe(0);
        },
      ),
    );
  });
});

describe('breaker from start on the unit NAV', () => {
  it('is flow-free: money added or taken moves no NAV', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 10_000 }), fc.array(fc.integer({ min: 50, max: 20_000 }), { maxLength: 5 }), (start, flows) => {
        const stage = new Stage();
        stage.add(
          entryOf(1, settingsOf('1', { breaker: breakerOf({ fromStart: rate(1n), trailing: rate(1n), daily: rate(1n), lossMoney: money(1n) }) }), {
            allocation: money(BigInt(start) * 100_000_000n),
          }),
        );
        for (const flow of flows) stage.book.changeAllocation(0, money(BigInt(flow) * 100_000_000n));
        expect(stage.judge()).toEqual([]);
      }),
    );
  });

  it('a loss stays what it was when money comes back before a mark, however little was left meanwhile', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 990 }), fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 5 }), (lost, flows) => {
        const stage = new Stage();
        stage.add(entryOf(1, settingsOf('1'), { allocation: money(1_000n * 100_000_000n) }));
        const { copies } = stage.book;
        copies.netPnl[0] = -lost * 100_000_000;
        revalue(stage.book, NOW, 5_000);
        const before = lossFromStart(copies, 0);
        for (const flow of [...flows, 1_000]) stage.book.changeAllocation(0, money(BigInt(flow) * 100_000_000n));
        expect(Math.abs(lossFromStart(copies, 0) - before)).toBeLessThanOrEqual(flows.length + 1);
        revalue(stage.book, NOW, 5_000);
        expect(Math.abs(lossFromStart(copies, 0) - before)).toBeLessThanOrEqual(flows.length + 1);
      }),
      { examples: [[500, [1]]] },
    );
  });
});
