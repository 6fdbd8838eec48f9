import type { Observation, SpreadTerms } from '@lockstep/simulation';
import { runSeed } from '../simulate/run-seed';
import { type ImpactCase, impactScript } from './impact/script';
import { type Bench, machine, option, round } from './report';

/** Depth inside the bound against the wave, and how the market goes on after the leader bought. */
const DEPTHS = [4, 2, 1, 0.5, 0.25] as const;
const DRIFTS_PPM = [0, 200] as const;
export const SPREAD: SpreadTerms = { above: 500_000_000_000n, participation: 200_000_000_000n, withinMs: 5_000, jitter: 300_000_000_000n };

export interface Measured {
  readonly wave: ImpactCase;
  /** Paid above the leader's price, hundredths of a percent, and how much of what was wanted was bought, %. */
  readonly shortfallBp: number;
  readonly filledPercent: number;
  /** From the leader's fill to a follower's, weighed by size, and to the last, in ms. */
  readonly delayMs: number;
  readonly lastMs: number;
  readonly violations: number;
}

/** The same wave with and without slices, against books of several depths, in the simulated world with the real engine. Virtual time: a loaded machine changes nothing. */
export const impactBench: Bench = {
  about: 'a wave whole and in slices against books of several depths: shortfall, share filled, delay (--followers 40)',
  run: async ({ args, say }) => {
    const followers = option(args, 'followers', 40, 500);
    const measured: Measured[] = [];
    say('depth ÷ wave | drift bp/s | slices | shortfall bp | filled % | mean delay ms | last ms');
    for (const driftPpm of DRIFTS_PPM)
      for (const depth of DEPTHS)
        for (const spread of [null, SPREAD]) {
          const each = await measure({ depth, driftPpm, spread, followers });
          measured.push(each);
          say(lineOf(each));
        }
    return {
      bench: 'impact',
      params: { followers },
      runs: measured.length,
      machine: machine(),
      metrics: {
        violations: measured.reduce((sum, { violations }) => sum + violations, 0),
        ...Object.fromEntries(measured.flatMap(metricsOf)),
      },
      reference: {},
      ratios: {},
    };
  },
};

type WorldFill = Extract<Observation, { kind: 'world_fill' }>;
type LeaderFill = Extract<Observation, { kind: 'leader_fills_delivered' }>['fills'][number];

/** Plays one wave and reads what it came to. */
export async function measure(wave: ImpactCase): Promise<Measured> {
  const script = impactScript(wave);
  const fills: WorldFill[] = [];
  const moves: LeaderFill[] = [];
  const watch = {
    observed: (seen: Observation): void => {
      if (seen.kind === 'world_fill') fills.push(seen);
      if (seen.kind === 'leader_fills_delivered') moves.push(...seen.fills);
    },
    journaled: (): void => undefined,
    ended: async (): Promise<void> => undefined,
  };
  const { violations, failure } = await runSeed({ seed: script.seed, steps: 0, broken: null, store: 'memory', script, watch });
  if (failure !== null) throw new Error(failure);
  const move = moves.at(-1);
  if (moves.length !== 2 || move === undefined) throw new Error(`the leader traded ${moves.length} times, not twice`);
  const copied = fills.filter(({ at }) => at >= move.time);
  const sum = (of: (fill: WorldFill) => number): number => copied.reduce((total, fill) => total + of(fill), 0);
  const size = sum((fill) => Number(fill.size));
  const paid = sum((fill) => Number(fill.size) * Number(fill.price)) / Math.max(1, size);
  return {
    wave,
    shortfallBp: size === 0 ? 0 : (paid / Number(move.price) - 1) * 10_000,
    filledPercent: (size * 100) / (Number(move.size) * wave.followers),
    delayMs: sum((fill) => Number(fill.size) * (fill.at - move.time)) / Math.max(1, size),
    lastMs: copied.reduce((last, { at }) => Math.max(last, at - move.time), 0),
    violations: violations.length,
  };
}

const nameOf = ({ wave: { depth, driftPpm, spread } }: Measured): string =>
  `depth_${depth}_${driftPpm === 0 ? 'still' : 'drifting'}_${spread === null ? 'whole' : 'slices'}`;

const metricsOf = (each: Measured): readonly (readonly [string, number])[] => [
  [`shortfall_bp_${nameOf(each)}`, round(each.shortfallBp)],
  [`filled_percent_${nameOf(each)}`, round(each.filledPercent)],
  [`delay_ms_${nameOf(each)}`, round(each.delayMs)],
];

const lineOf = ({ wave, shortfallBp, filledPercent, delayMs, lastMs }: Measured): string =>
  [
    String(wave.depth).padStart(12),
    String(wave.driftPpm / 100).padStart(10),
    (wave.spread === null ? 'no' : 'yes').padStart(6),
    shortfallBp.toFixed(1).padStart(12),
    filledPercent.toFixed(0).padStart(8),
    delayMs.toFixed(0).padStart(13),
    lastMs.toFixed(0).padStart(7),
  ].join(' | ');
