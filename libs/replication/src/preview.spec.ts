import { money, rate, UNIT } from '@lockstep/kernel';
import type { CopySettings } from '@lockstep/roster';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf } from './detect';
import { leastAllocation, type PastMove, type PreviewTerms, previewCopy } from './preview';
import { breakerOf, dollars, entryOf, instrumentOf, NOW, priceOf, rateOf, Stage, settingsOf, sizeOf } from './testing/book-builder';

const X = instrumentOf('X', 2);

/** A leader's past in one coin: positions and prices, a minute apart. */
function pastOf(path: readonly (readonly [size: string, price: string])[], from = '0', part: Partial<PastMove> = {}): PastMove[] {
  let before = sizeOf(from);
  return path.map(([text, paid], index) => {
    const after = sizeOf(text);
    const kind = kindOf(before, after);
    const grows = kind === 'open' || kind === 'increase' || kind === 'flip';
    const time = NOW + index * 60_000;
    const move = {
      coin: 'X',
      kind,
      source: 'fills',
      before,
      after,
      increment: after,
      incrementPrice: grows ? priceOf(paid) : null,
      lastPrice: priceOf(paid),
      firstFillAt: time,
      lastFillAt: time,
      fills: 1,
      newOrders: grows ? 1 : 0,
    } as const;
    before = after;
    return { move, instrument: X, leaderEquity: dollars(100_000), leaderVolatility: null, ...part };
  });
}

const termsOf = (settings: CopySettings, part: Partial<PreviewTerms> = {}): PreviewTerms => ({
  settings,
  allocation: dollars(10_000),
  fee: rate(1_000_000_000n),
  ...part,
});
const PROPORTIONAL = { kind: 'proportional', multiplier: rateOf('1'), compounding: 'reinvest' } as const;

describe('a preview', () => {
  it('plays the past, and counts what was bought, sold, paid and made', () => {
    const past = pastOf([
      ['10', '100'],
      ['20', '110'],
      ['0', '120'],
    ]);
    const found = previewCopy(past, termsOf(settingsOf('0.1')));
    // 1 at 100, 1 at 110, 2 at 120: 30 made, a thousandth of 450 paid.
    expect(found).toMatchObject({
      orders: 3,
      notional: dollars(450),
      fees: dollars(0.45),
      netPnl: dollars(29.55),
      increases: 2,
      missed: 0,
      dust: [],
      closedBy: null,
    });
    expect(found.waves.map(({ target, ordered, reason }) => [target, ordered, reason])).toEqual([
      [sizeOf('1'), sizeOf('1'), 'planned'],
      [sizeOf('2'), sizeOf('1'), 'planned'],
      [0n, -sizeOf('2'), 'planned'],
    ]);
  });

  it('decides as a real copy would, move by move', () => {
    const path = fc.array(fc.tuple(fc.integer({ min: -400, max: 400 }), fc.integer({ min: 50, max: 150 })), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(path, fc.boolean(), (moves, inverse) => {
        const caps = {
          maxPositionSize: sizeOf('20'),
          maxPositionNotional: null,
          maxPositionShare: null,
          maxLeverage: rateOf('3'),
          maxGrossExposure: null,
          minLiquidationDistance: null,
        };
        const settings = settingsOf('0.1', { caps, direction: inverse ? 'inverse' : 'same', venueLeverage: 5 });
        const found = previewCopy(pastOf(moves.map(([size, price]) => [String(size), String(price)] as const)), termsOf(settings, { fee: rate(0n) }));
        const stage = new Stage(X);
        const row = stage.add(entryOf(1, settings, { allocation: dollars(10_000), realEquity: money(9_000_000_000_000_000n) }));
        for (const [index, [size, paid]] of moves.entries()) {
          stage.sheet.markAt = NOW - 1;
          const price = priceOf(String(paid));
          stage.book.setMark('X', price, NOW);
          const before = stage.sheet.rows.position[row] ?? 0;
          const plan = stage.plan(String(size), { leaderEquity: dollars(100_000) }, { incrementPrice: price, lastPrice: price });
          for (let order = 0; order < plan.orders.count; order += 1)
            stage.fillOrder(plan, order, plan.orders.lots[order] ?? 0, 'no_match', Number(price));
          expect(found.waves[index]?.ordered).toBe(BigInt((stage.sheet.rows.position[row] ?? 0) - before) * 1_000_000n);
        }
      }),
    );
  });

  it('waits for the next open where the leader was in a position before', () => {
    const past = pastOf(
      [
        ['12', '100'],
        ['0', '100'],
        ['10', '100'],
      ],
      '10',
    );
    const found = previewCopy(past, termsOf(settingsOf('0.1')));
    expect(found.waves.map(({ reason }) => reason)).toEqual(['awaiting_open', 'no_change', 'planned']);
  });

  it('names what kept increases from being followed, and the caps that cut', () => {
    const caps = {
      maxPositionSize: sizeOf('0.5'),
      maxPositionNotional: null,
      maxPositionShare: null,
      maxLeverage: null,
      maxGrossExposure: null,
      minLiquidationDistance: null,
    };
    const found = previewCopy(
      pastOf([
        ['0.5', '100'],
        ['10', '100'],
      ]),
      termsOf(settingsOf('0.1', { caps })),
    );
    expect([...found.reasons]).toEqual([
      ['below_minimum', 1],
      ['planned_capped', 1],
    ]);
    expect([found.increases, found.missed]).toEqual([2, 1]);
    expect(found.waves[1]?.cuts).toEqual([{ cap: 'cap_position_size', amount: sizeOf('0.5') }]);
  });

  it('ends at the loss limit that is met, with everything closed at the mark', () => {
    const past = pastOf([
      ['100', '100'],
      ['101', '50'],
      ['300', '60'],
    ]);
    const settings = settingsOf('1', { breaker: breakerOf({ fromStart: rateOf('0.4') }), slippage: settingsOf('1').slippage });
    const found = previewCopy(past, termsOf(settings, { fee: rate(0n) }));
    expect(found.closedBy).toEqual({ limit: 'from_start', at: NOW + 60_000 });
    // 100 at 100, then one more at 50: 5,000 of 10,000 are lost.
    expect([found.netPnl, found.waves.length, found.worstDrawdown]).toEqual([-dollars(5_000), 2, 500_000_000_000n]);
  });

  it('tells the drawdown from the highest value', () => {
    const past = pastOf([
      ['100', '100'],
      ['101', '120'],
      ['102', '90'],
    ]);
    // 10,000, 12,000, then 101 at 90 less what they cost: 10,000 + 100·(90−100) + 1·(90−120) = 8,970.
    const found = previewCopy(past, termsOf(settingsOf('1'), { fee: rate(0n) }));
    expect(Number(found.worstDrawdown) / 1e12).toBeCloseTo(1 - 8_970 / 12_000, 9);
  });

  it('is empty of an empty past', () => {
    expect(previewCopy([], termsOf(settingsOf('1')))).toMatchObject({ orders: 0, netPnl: 0n, increases: 0, waves: [] });
  });
});

describe('the least allocation', () => {
  const past = pastOf([
    ['1', '100'],
    ['2', '100'],
    ['3', '100'],
    ['0', '100'],
  ]);

  it('is where the smallest orders come to the venue’s minimum', () => {
    // Each increase is 100 of 100,000: a tenth of a per mille of it is 10 from 10,000 on.
    const least = leastAllocation(past, termsOf(settingsOf('1', { mode: PROPORTIONAL })));
    expect(Number(least ?? 0n) / Number(UNIT)).toBeGreaterThanOrEqual(10_000);
    expect(Number(least ?? 0n) / Number(UNIT)).toBeLessThan(10_300);
  });

  it.each<[string, CopySettings, readonly PastMove[]]>([
    ['sizes do not depend on it', settingsOf('0.1'), past],
    ['nothing was increased', settingsOf('1', { mode: PROPORTIONAL }), []],
    ['none is enough', settingsOf('1', { mode: PROPORTIONAL, instruments: { kind: 'except', coins: ['X'] } }), past],
  ])('is not told where %s', (_why, settings, moves) => {
    expect(leastAllocation(moves, termsOf(settings))).toBeNull();
  });
});
