import { IP_WINDOWS } from '@lockstep/simulation';
import { type ClassMix, EgressScheduler, ipsNeeded } from '@lockstep/venues/egress';
import { HYPERLIQUID_ADDRESS_LIMITS, hyperliquidIpLimits, socketCost } from '@lockstep/venues/hyperliquid';
import { type WaveCase, WaveOnClock, type WaveResult } from './egress/wave-on-clock';
import { type Bench, machine, option, round } from './report';

const IPS = [1, 5, 10] as const;
const MIXES: readonly (readonly [string, (orders: number) => ClassMix])[] = [
  ['mixed', (orders) => ({ reduction: Math.floor(orders * 0.3), entry: orders - Math.floor(orders * 0.3) })],
  ['entries', (orders) => ({ entry: orders })],
];
const TARGETS_MS = [10_000, 60_000, 300_000] as const;

interface Measured {
  readonly wave: WaveCase;
  readonly mix: string;
  readonly result: WaveResult;
  /** Between the forecast made before the wave and its end, as a share of the end. */
  readonly difference: number;
}

/** A wave of `--orders` with limits on, from 1, 5 and 10 addresses, both windows, buckets full and empty: forecast against what happens on a simulated clock. */
export const egressBench: Bench = {
  about: 'a wave under rate limits on a simulated clock: forecast against measured end, refusals, reductions first (--orders 10000 --seed 1)',
  run: async ({ args, say }) => {
    const orders = option(args, 'orders', 10_000, 100_000);
    const seed = option(args, 'seed', 1, 4_294_967_295);
    const measured: Measured[] = [];
    say(HEADER);
    for (const wave of cases(orders, seed)) {
      const result = new WaveOnClock(wave.wave).run();
      const difference = Math.abs(result.forecast.endsInMs - result.endMs) / Math.max(1, result.endMs);
      const each = { ...wave, result, difference };
      measured.push(each);
      say(lineOf(each));
    }
    const needed = neededFor(orders);
    for (const [targetMs, ips] of needed) say(`${orders} entries within ${targetMs / 1_000} s need ${ips ?? 'more than any number of'} addresses`);
    return {
      bench: 'egress',
      params: { orders, seed },
      runs: measured.length,
      machine: machine(),
      metrics: {
        cases: measured.length,
        forecast_difference_max: round(Math.max(...measured.map(({ difference }) => difference))),
        refused: measured.reduce((sum, { result }) => sum + result.refused, 0),
        unanswered: measured.reduce((sum, { result }) => sum + orders - result.answered, 0),
        entries_before_reductions: measured.reduce((sum, { result }) => sum + result.entriesBeforeReductions, 0),
        reads: measured.reduce((sum, { result }) => sum + result.reads, 0),
        ...Object.fromEntries(
          measured.filter(({ mix }) => mix === 'mixed').map((each) => [`end_s_${nameOf(each)}`, round(each.result.endMs / 1_000)]),
        ),
        ...Object.fromEntries(needed.map(([targetMs, ips]) => [`ips_needed_${targetMs / 1_000}s`, ips ?? -1])),
      },
      reference: {},
      ratios: {},
    };
  },
};

function cases(orders: number, seed: number): { readonly wave: WaveCase; readonly mix: string }[] {
  const found: { wave: WaveCase; mix: string }[] = [];
  for (const [mix, of] of MIXES)
    for (const postsSpendWeight of [true, false])
      for (const window of IP_WINDOWS)
        for (const ips of IPS)
          for (const buckets of ['full', 'empty'] as const)
            found.push({ mix, wave: { ips, window, postsSpendWeight, buckets, mix: of(orders), seed } });
  return found;
}

/** Rested addresses for a wave of entries, posts spending weight as is assumed unless told otherwise. */
function neededFor(orders: number): readonly (readonly [number, number | null])[] {
  const assumptions = { postsSpendWeight: true, outsideWeight: 60, inFlightMax: 100 };
  const limits = hyperliquidIpLimits(assumptions);
  const scheduler = new EgressScheduler({ ips: 1, limits, accounts: HYPERLIQUID_ADDRESS_LIMITS, actionCost: socketCost(assumptions) });
  return TARGETS_MS.map((targetMs) => [targetMs, ipsNeeded(scheduler, { entry: orders }, targetMs)]);
}

const nameOf = ({ wave }: Measured): string => `${wave.ips}ip_${wave.window}_${wave.buckets}_${wave.postsSpendWeight ? 'weighed' : 'free'}`;

const HEADER = [
  'mix    ',
  'posts  ',
  'window   ',
  'ips',
  'buckets',
  'forecast s',
  'measured s',
  'differs',
  'reductions s',
  'refused',
  'early entries',
  'limited by',
].join(' | ');

function lineOf({ wave, mix, result, difference }: Measured): string {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
  return [
    mix.padEnd(7),
    (wave.postsSpendWeight ? 'weighed' : 'free').padEnd(7),
    wave.window.padEnd(9),
    String(wave.ips).padStart(3),
    wave.buckets.padEnd(7),
    seconds(result.forecast.endsInMs).padStart(10),
    seconds(result.endMs).padStart(10),
    `${(difference * 100).toFixed(1)} %`.padStart(7),
    seconds(result.reductionsEndMs).padStart(12),
    String(result.refused).padStart(7),
    String(result.entriesBeforeReductions).padStart(13),
    result.forecast.limitedBy ?? 'answers',
  ].join(' | ');
}
