import { type Rate, rate, size } from '@lockstep/kernel';
import { IMPACT_DEFAULTS, type ImpactTerms } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STATUS } from './copy-columns';
import { MICRO } from './instrument-columns';
import { reasonAt } from './reasons';
import { type RepairPlan, repairPlan } from './repair';
import { DEPTH_MAX_AGE_MS, SPREAD_ROUND_MS } from './spread';
import { at, entryOf, instrumentOf, NOW, optionsOf, priceOf, rateOf, Stage, settingsOf } from './testing/book-builder';
import type { PlannedOrders, WavePlan } from './wave-plan';

const STEADY: ImpactTerms = { ...IMPACT_DEFAULTS, jitter: rate(0n) as Rate };
const LOT = 100_000_000n;
/** Asks and bids of so many lots inside every bound. */
const depthOf = (stage: Stage, lots: number, when = NOW): void =>
  stage.book.setDepth(
    'BTC',
    [{ price: priceOf('100'), size: size(BigInt(lots) * LOT) }],
    [{ price: priceOf('100'), size: size(BigInt(lots) * LOT) }],
    when,
  );

/** Copies of one leader, each at the ratio, all spread by the same terms. */
function stageOf(copies: number, ratio: string, depth: number | null, terms: ImpactTerms | null = STEADY): Stage {
  const stage = new Stage(instrumentOf('BTC'));
  for (let copy = 1; copy <= copies; copy += 1) stage.book.setImpact(stage.add(entryOf(copy, settingsOf(ratio))), terms);
  if (depth !== null) depthOf(stage, depth);
  return stage;
}

const lotsOf = ({ count, lots }: PlannedOrders): number => lots.slice(0, count).reduce((sum, each) => sum + each, 0);
const reasonsOf = ({ decisions: { count, reason } }: Pick<WavePlan, 'decisions'>): readonly (string | null)[] =>
  [...reason.slice(0, count)].map((each) => reasonAt(each));

/** Marks go on, and a repair looks. */
function look(stage: Stage, afterMs: number, wave = 900 + afterMs): RepairPlan {
  stage.book.setMark('BTC', priceOf('100'), NOW + afterMs);
  return repairPlan(stage.book, stage.sheet, wave, optionsOf(wave, { now: NOW + afterMs, lastNonce: stage.lastNonce }));
}

describe('a wave against the book', () => {
  it.each<[string, number | null, ImpactTerms | null, number]>([
    ['half of the depth leaves whole', 200, STEADY, 100],
    ['a lot more than half is spread: a fifth of the depth in the first second', 198, STEADY, 40],
    ['without terms it leaves whole', 10, null, 100],
    ['with no time to spread it leaves whole', 10, { ...STEADY, withinMs: 0 }, 100],
    ['with less time than one round it leaves whole', 10, { ...STEADY, withinMs: 1_600 }, 100],
    ['where nothing is known of the book it leaves whole', null, STEADY, 100],
    ['where the book is thin, what has to leave for all to leave in time', 10, STEADY, 30],
  ])('%s', (_what, depth, terms, sent) => expect(lotsOf(stageOf(10, '0.1', depth, terms).plan('100').orders)).toBe(sent));

  it('an old book says nothing', () => {
    const stage = stageOf(10, '0.1', null);
    depthOf(stage, 10, NOW - DEPTH_MAX_AGE_MS - 1);
    expect(lotsOf(stage.plan('100').orders)).toBe(100);
  });

  it('only what stands inside the price bound counts', () => {
    const stage = stageOf(10, '0.1', null);
    const ask = (text: string, lots: number) => ({ price: priceOf(text), size: size(BigInt(lots) * LOT) });
    stage.book.setDepth('BTC', [], [ask('100.2', 50), ask('100.5', 48), ask('100.6', 10_000)], NOW);
    // 98 lots stand within half a percent.
    expect(lotsOf(stage.plan('100').orders)).toBeLessThan(100);
  });

  it('the whole follows in rounds of a second, about as much in each, and nothing is left', () => {
    const stage = stageOf(10, '0.1', 10);
    const first = stage.plan('100');
    stage.fill(first);
    const rounds = [lotsOf(first.orders)];
    for (let ms = 500; ms <= 6_000; ms += 500) {
      const { plan } = look(stage, ms);
      if (plan.orders.count === 0) continue;
      rounds.push(lotsOf(plan.orders));
      stage.fill(plan);
    }
    expect(rounds).toEqual([30, 20, 20, 20, 10]);
    expect(Array.from({ length: 10 }, (_, row) => at(stage.sheet.rows.position, row))).toEqual(Array(10).fill(10));
  });

  it('says of each copy that its entry leaves in slices', () => {
    const plan = stageOf(10, '0.1', 10).plan('100');
    expect(reasonsOf(plan).filter((reason) => reason === 'spread').length + reasonsOf(plan).filter((reason) => reason === 'planned').length).toBe(10);
    expect(reasonsOf(plan)).toContain('spread');
  });

  it('slices are twice the minimum at least; where a share of each copy would be less, whole orders go by rank', () => {
    // 10 $ is the venue's minimum and a lot 100 $: every slice passes. At a mark of 0.5 $ a slice has 40 lots at least.
    const stage = new Stage(instrumentOf('BTC'), '0.5');
    for (let copy = 1; copy <= 10; copy += 1) stage.book.setImpact(stage.add(entryOf(copy, settingsOf('0.1'))), STEADY);
    stage.book.setDepth('BTC', [], [{ price: priceOf('0.5'), size: size(10n * LOT) }], NOW);
    const { orders } = stage.plan('600');
    // Each asks for 60 lots: taken apart, a part would have less than 40.
    expect([...orders.lots.slice(0, orders.count)].every((lots) => lots === 60)).toBe(true);
    expect(orders.count).toBeGreaterThan(0);
    expect(orders.count).toBeLessThan(10);
  });
});

describe('what has not left of a spread wave', () => {
  const begun = (): Stage => {
    const stage = stageOf(4, '1', 50);
    stage.fill(stage.plan('100'));
    return stage;
  };
  const ids = [0, 1, 2, 3];

  it('waits for its round', () => expect(look(begun(), 500).plan.orders.count).toBe(0));

  it('is never sent while the copy is paused, broken or killed', () => {
    for (const status of [STATUS.paused, STATUS.breaker, STATUS.killSwitch, STATUS.suspended]) {
      const stage = begun();
      for (const row of ids) stage.book.setStatus(row, status, true);
      expect(look(stage, 1_500).plan.orders.count, String(status)).toBe(0);
    }
  });

  it('ends with a reduction of the leader, whose exits leave whole and at once', () => {
    const stage = begun();
    const held = ids.map((row) => at(stage.sheet.rows.position, row));
    const { orders } = stage.plan('10');
    expect([...orders.exit.slice(0, orders.count)].every((exit) => exit === 1)).toBe(true);
    expect(lotsOf(orders)).toBe(held.reduce((sum, lots) => sum + Math.max(0, lots - 10), 0));
    stage.fill(stage.plan('0'));
    expect(ids.map((row) => at(stage.sheet.rows.target, row))).toEqual([0, 0, 0, 0]);
    expect(look(stage, 3_000).plan.orders.count).toBe(0);
  });

  it('meets the caps as they are then', () => {
    const stage = begun();
    const held = ids.map((row) => at(stage.sheet.rows.position, row));
    for (const row of ids)
      stage.book.setSettings(
        row,
        settingsOf('1', { caps: { ...settingsOf('1').caps, maxPositionSize: size(BigInt(at(stage.sheet.rows.position, row) + 1) * LOT) } }),
        2,
      );
    stage.fill(look(stage, 1_500).plan);
    for (const row of ids) expect(at(stage.sheet.rows.position, row)).toBeLessThanOrEqual((held[row] ?? 0) + 1);
  });

  it('leaves whole when its time is nearly over, and is given up with the catch-up window', () => {
    const late = begun();
    expect(lotsOf(look(late, 4_000).plan.orders)).toBe(400 - ids.reduce((sum, row) => sum + at(late.sheet.rows.position, row), 0));
    const over = begun();
    const { plan, forfeits } = look(over, 11_000);
    expect([plan.orders.count, forfeits.length, forfeits[0]?.reason]).toEqual([0, 4, 'window_ended']);
  });

  it('leaves whole where its copy has no window to catch up in', () => {
    const stage = new Stage(instrumentOf('BTC'));
    stage.book.setImpact(stage.add(entryOf(1, settingsOf('1', { catchUpMs: 1_000 }))), STEADY);
    depthOf(stage, 10);
    expect(lotsOf(stage.plan('100').orders)).toBe(100);
  });
});

describe('spreading', () => {
  const arbitrary = fc.record({
    ratios: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 12 }),
    depth: fc.integer({ min: 1, max: 5_000 }),
    leader: fc.integer({ min: 1, max: 500 }),
    above: fc.integer({ min: 1, max: 200 }),
    participation: fc.integer({ min: 1, max: 100 }),
    withinMs: fc.integer({ min: 0, max: 20_000 }),
    jitter: fc.integer({ min: 0, max: 90 }),
    unspread: fc.nat(12),
  });

  it('loses nothing, adds nothing, and is done in time', () => {
    fc.assert(
      fc.property(arbitrary, ({ ratios, depth, leader, above, participation, withinMs, jitter, unspread }) => {
        const hundredth = (parts: number): Rate => rateOf((parts / 100).toString());
        const terms: ImpactTerms = { spreadAbove: hundredth(above), participation: hundredth(participation), withinMs, jitter: hundredth(jitter) };
        const stage = new Stage(instrumentOf('BTC'));
        const whole = new Stage(instrumentOf('BTC'));
        ratios.forEach((ratio, nth) => {
          stage.book.setImpact(stage.add(entryOf(nth + 1, settingsOf((ratio / 100).toString()))), nth === unspread ? null : terms);
          whole.add(entryOf(nth + 1, settingsOf((ratio / 100).toString())));
        });
        depthOf(stage, depth);
        whole.fill(whole.plan(String(leader)));
        const first = stage.plan(String(leader));
        // Targets are the same, whatever leaves when.
        expect(ratios.map((_, row) => at(stage.sheet.rows.target, row))).toEqual(ratios.map((_, row) => at(whole.sheet.rows.target, row)));
        let last = 0;
        const take = (plan: WavePlan, ms: number): void => {
          const { orders } = plan;
          for (let order = 0; order < orders.count; order += 1) expect(at(orders.lots, order)).toBeGreaterThan(0);
          if (orders.count > 0) last = ms;
          stage.fill(plan);
          ratios.forEach((_, row) => {
            expect(at(stage.sheet.rows.position, row) * MICRO).toBeLessThanOrEqual(at(stage.sheet.rows.target, row));
          });
        };
        take(first, 0);
        for (let ms = 500; ms <= 9_500; ms += 500) {
          depthOf(stage, depth, NOW + ms);
          take(look(stage, ms).plan, ms);
        }
        expect(ratios.map((_, row) => at(stage.sheet.rows.position, row))).toEqual(ratios.map((_, row) => at(whole.sheet.rows.position, row)));
        expect(last).toBeLessThanOrEqual(Math.max(0, Math.min(withinMs, 10_000)));
      }),
    );
  });

  it('takes no more in a round than the participation, or what time asks for, beside one order', () => {
    fc.assert(
      fc.property(arbitrary, ({ ratios, depth, leader }) => {
        const stage = stageOf(0, '1', null);
        for (const [nth, ratio] of ratios.entries()) stage.book.setImpact(stage.add(entryOf(nth + 1, settingsOf((ratio / 100).toString()))), STEADY);
        depthOf(stage, depth);
        const { orders, decisions } = stage.plan(String(leader));
        const wanted = ratios.reduce((sum, ratio) => sum + Math.floor((ratio * leader) / 100), 0);
        const most = Math.max(depth / 5, wanted * (SPREAD_ROUND_MS / (STEADY.withinMs - 100)));
        const largest = ratios.reduce((largest, ratio) => Math.max(largest, Math.floor((ratio * leader) / 100)), 0);
        if (wanted * 2 <= depth) expect(lotsOf(orders)).toBe(wanted);
        else expect(lotsOf(orders)).toBeLessThanOrEqual(most + decisions.count + largest);
      }),
    );
  });
});
