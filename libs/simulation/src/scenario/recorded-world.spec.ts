import { createHash } from 'node:crypto';
import { price } from '@lockstep/kernel';
import { describe, expect, it } from 'vitest';
import { coinNamed } from './coins';
import { CONDITIONS } from './conditions';
import { COVERING_COPIES } from './covering-terms';
import { gathered } from './paths';
import { printScenario } from './print';
import { brokenPromises } from './promises';
import { recordedMoves } from './recorded-moves';
import { type RecordedMarkets, recordedScenarioOf, recordedWorld, recordedWorlds } from './recorded-world';
import type { RecordedTrade } from './scenario';
import type { Step } from './steps';
import { RECORDED_SOURCES } from './testing/sources';

const candles = RECORDED_SOURCES.candles?.[0]?.candles ?? [];
const trades = Array.from({ length: 60 }, (_, round) =>
  (RECORDED_SOURCES.recorded ?? []).map((trade) => ({ ...trade, time: trade.time + round * 90_000 })),
).flat();
const MARKETS: RecordedMarkets = {
  sets: [
    { name: 'BTC_1m', coin: 'BTC', candles },
    { name: 'ETH_1m', coin: 'ETH', candles },
  ],
  trades,
  crashPoints: ['journaled_all_scopes'],
};
const NUMBERS = Array.from({ length: recordedWorlds(MARKETS) }, (_, nth) => nth + 1);
const scenarios = NUMBERS.map((number) => recordedScenarioOf(MARKETS, number));
const of = <K extends Step['kind']>(steps: readonly Step[], kind: K) =>
  steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);

describe('recorded worlds', () => {
  it('are each candle set under each condition, and each condition meets all of the leader', () => {
    const worlds = NUMBERS.map((number) => recordedWorld(MARKETS, number));
    expect(new Set(worlds.map(({ set, condition }) => `${set.name} ${condition}`)).size).toBe(2 * CONDITIONS.length);
    for (const condition of CONDITIONS)
      expect(worlds.filter((world) => world.condition === condition).flatMap((world) => world.trades)).toEqual(MARKETS.trades);
  });

  it.each(NUMBERS)('keep every promise, world %i', (number) => {
    expect(brokenPromises(scenarios[number - 1] ?? recordedScenarioOf(MARKETS, number))).toEqual([]);
  });

  it('are the same for the same number, to the last character', () => {
    const hash = (): string =>
      createHash('sha256')
        .update(printScenario(recordedScenarioOf(MARKETS, 3)))
        .digest('hex');
    expect(hash()).toBe(hash());
  });

  it('have every mode under every cap, and every limit of loss', () => {
    for (const { steps } of scenarios) {
      const first = of(steps, 'copy_create').filter(({ copy }) => copy < COVERING_COPIES);
      const cells = new Set(
        first.map(({ terms: { mode, caps } }) => {
          const kind = mode.kind === 'proportional' ? mode.compounding : mode.kind;
          return `${kind}: ${Object.entries(caps)
            .flatMap(([name, limit]) => (limit === null ? [] : [name]))
            .join(' ')}`;
        }),
      );
      expect(cells.size).toBe(COVERING_COPIES);
      for (const limit of ['fromStart', 'trailing', 'daily', 'lossMoney'] as const)
        expect(
          first.some(({ terms }) => terms.losses[limit] !== null),
          limit,
        ).toBe(true);
    }
  });

  it('do what the condition says and nothing else', () => {
    const regimes = {
      calm: [],
      trend: ['rise', 'fall'],
      crash: ['crash', 'rise'],
      gap: ['gap'],
      thin: ['thin'],
      funding_spike: ['funding_spike'],
      halt: ['halted'],
    };
    scenarios.forEach(({ steps }, nth) => {
      const condition = CONDITIONS[nth % CONDITIONS.length] ?? 'calm';
      const met = new Set(
        of(steps, 'regime')
          .map(({ regime }) => regime)
          .filter((regime) => regime !== 'calm'),
      );
      expect(
        [...met].every((regime) => (regimes[condition] as readonly string[]).includes(regime)),
        condition,
      ).toBe(true);
      expect(met.size > 0, condition).toBe(condition !== 'calm');
    });
  });

  it('fall by a fifth within minutes in a crash', () => {
    const { steps } = recordedScenarioOf(MARKETS, CONDITIONS.indexOf('crash') + 1);
    const seen = of(steps, 'prices').flatMap(({ at, moves }) => moves.filter(({ coin }) => coin === 'BTC').map(({ price: now }) => ({ at, now })));
    const worst = seen.reduce((least, { at, now }) => {
      const before = seen.filter((one) => one.at < at && one.at >= at - 240_000).reduce((most, one) => (one.now > most ? one.now : most), now);
      return Math.min(least, Number((now * 1_000n) / before));
    }, 1_000);
    expect(worst).toBeLessThanOrEqual(800);
  });
});

describe('candles gathered into bars', () => {
  it('keep every extreme, the first price and the last', () => {
    const bars = gathered(candles, 7);
    const highest = (of: typeof candles): bigint => of.reduce((most, { high }) => (high > most ? high : most), price(0n));
    const lowest = (of: typeof candles): bigint => of.reduce((least, { low }) => (low < least ? low : least), price(10n ** 18n));
    expect(bars.length).toBeLessThanOrEqual(7);
    expect([bars[0]?.open, bars.at(-1)?.close, highest(bars), lowest(bars)]).toEqual([
      candles[0]?.open,
      candles.at(-1)?.close,
      highest(candles),
      lowest(candles),
    ]);
  });
});

describe('a recording as moves', () => {
  const trade = (time: number, dir: 'open' | 'close', buys: boolean, lots: number): RecordedTrade => ({
    time,
    coin: 'MET',
    buys,
    closes: dir === 'close',
    usd: lots,
    price: 47_000_000n,
    size: BigInt(lots) * 100_000_000n,
  });
  const lotsOf = (recorded: readonly RecordedTrade[]): readonly (readonly [number, number])[] =>
    recordedMoves(recorded, coinNamed).map(({ what, pieces }) => [what.do === 'to' ? what.lots : Number.NaN, pieces]);

  it.each<[string, readonly RecordedTrade[], readonly (readonly [number, number])[]]>([
    [
      'an open and a close',
      [trade(1, 'open', true, 5), trade(9, 'close', false, 5)],
      [
        [5, 1],
        [0, 1],
      ],
    ],
    [
      'closes of what stood there before',
      [trade(1, 'close', true, 3), trade(9, 'close', true, 4)],
      [
        [-7, 1],
        [-4, 1],
        [0, 1],
      ],
    ],
    [
      'fills of one moment are one order',
      [trade(1, 'open', true, 5), trade(1, 'open', true, 2), trade(2, 'open', true, 1)],
      [
        [7, 2],
        [8, 1],
      ],
    ],
    [
      'what it opened is not what stood there before',
      [trade(1, 'open', false, 5), trade(2, 'close', true, 6)],
      [
        [-1, 1],
        [-6, 1],
        [0, 1],
      ],
    ],
  ])('%s', (_what, recorded, expected) => expect(lotsOf(recorded)).toEqual(expected));
});
