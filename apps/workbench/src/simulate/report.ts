import { found } from './outcome';
import type { SimReport } from './run-sim';

/** Whether the sound engine broke no rule, no seed failed and every broken engine was caught. */
export const holds = (report: SimReport): boolean =>
  report.sound.every((outcome) => !found(outcome)) && report.broken.every(({ caughtIn }) => caughtIn !== null);

/** The report for people. */
export function simLines(report: SimReport): string[] {
  const { metrics } = simJson(report);
  const missed = report.broken.filter(({ caughtIn }) => caughtIn === null);
  return [
    '',
    `${metrics.seeds} seeds, ${metrics.steps} steps, ${metrics.decisions} orders that add risk judged, ${metrics.orders} orders, ${metrics.fills} fills, ${metrics.deaths} deaths of the engine, ${Math.round(report.ms / 1_000)} s`,
    `${metrics.cpu_seconds} s of processor time in memory, ${metrics.seeds_per_core_minute} seeds a minute and core`,
    ...report.broken.map(({ name, caughtIn, caughtBy, first }) =>
      caughtIn === null ? `✗ not caught: ${name}` : `caught in seed ${caughtIn}: ${name} (${caughtBy}: ${first})`,
    ),
    ...missed.map(({ name, rule, seeds, first }) => `✗ ${name} breaks "${rule}" and ran through ${seeds} seeds ${first === '' ? '' : `(${first})`}`),
    metrics.violations === 0 ? 'no rule was broken' : `${metrics.violations} violations`,
  ];
}

/** The report for programs; `metrics` as issue and CI read them. */
export function simJson(report: SimReport) {
  const { sound, broken, options } = report;
  const sum = (of: (outcome: (typeof sound)[number]) => number): number => sound.reduce((total, outcome) => total + of(outcome), 0);
  return {
    sim: { first: options.first, steps: options.steps, recorded: options.recorded !== null },
    metrics: {
      seeds: sound.length,
      ...(options.recorded === null ? {} : { combinations: sound.length }),
      seeds_on_postgres: sound.filter(({ store }) => store === 'postgres').length,
      steps: sum(({ steps }) => steps),
      decisions: sum(({ decisions }) => decisions),
      orders: sum(({ orders }) => orders),
      fills: sum(({ fills }) => fills),
      marks: sum(({ marks }) => marks),
      deaths: sum(({ deaths }) => deaths),
      violations: sum(({ violations }) => violations.length),
      failed_seeds: sound.filter(({ failure }) => failure !== null).length,
      broken_engines: broken.length,
      broken_caught: broken.filter(({ caughtIn }) => caughtIn !== null).length,
      seconds: Math.round(report.ms / 1_000),
      ...rateOf(sound.filter(({ store }) => store === 'memory')),
    },
    broken: broken.map(({ name, caughtIn, caughtBy, seeds, first }) => ({ name, caught_in: caughtIn, caught_by: caughtBy, seeds, first })),
  };
}

/** What seeds cost: processor time of their processes, and how many one core plays in a minute. */
function rateOf(seeds: readonly SimReport['sound'][number][]) {
  const cpuMs = seeds.reduce((total, outcome) => total + outcome.cpuMs, 0);
  return { cpu_seconds: Math.round(cpuMs / 1_000), seeds_per_core_minute: cpuMs === 0 ? 0 : Math.round((seeds.length * 600_000) / cpuMs) / 10 };
}
