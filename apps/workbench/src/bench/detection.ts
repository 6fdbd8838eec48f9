import { type DetectionFigures, measureDetection } from './detection/measure';
import { type Bench, machine, option, round } from './report';

/** Leaders without a seat, unless told otherwise: what one address is asked to watch. */
const SIZES = [1_000, 5_000];

/** Detection through the real limits of one address: leaders with a user stream, and thousands found in the public trades. */
export const detectionBench: Bench = {
  about: 'leaders seen by one address with the venue’s limits on (--streamed 10 --swept 1000 --active 20 --rounds 40 --strangers 100)',
  run: async ({ args, say }) => {
    const streamed = option(args, 'streamed', 10, 10);
    const sizes = args.includes('--swept') ? [option(args, 'swept', 1_000, 20_000)] : SIZES;
    const active = option(args, 'active', 20, 500);
    const rounds = option(args, 'rounds', 40, 1_000);
    const strangers = option(args, 'strangers', 100, 2_000);
    const metrics: Record<string, number> = {};
    for (const swept of sizes) {
      const figures = await measureDetection({ streamed, swept, active: Math.min(active, swept), rounds, strangers }, say);
      for (const [name, value] of Object.entries(figures)) metrics[`${name}_${swept}`] = round(value);
      for (const line of statement(swept, figures)) say(line);
    }
    return {
      bench: 'detection',
      params: { streamed, swept: sizes.join(','), active, rounds, strangers },
      runs: sizes.length,
      machine: machine(),
      metrics,
      reference: {},
      ratios: {},
    };
  },
};

/** What one address can watch, in words; docs/detection.md has the arithmetic. */
function statement(swept: number, figures: DetectionFigures): readonly string[] {
  const minutes = (value: number): string => `${value.toFixed(1)} min`;
  return [
    `one address watches ${figures.seats_used} leaders by stream and ${swept} by the sweep of ${figures.coins} coins: ${figures.subscriptions} subscriptions on ${figures.connections} connections, ${figures.messages} messages, ${figures.refusals} refusals`,
    `  stream m0→m1 median ${figures.stream_ms_p50.toFixed(1)} ms, p99 ${figures.stream_ms_p99.toFixed(1)} ms; sweep median ${figures.sweep_ms_p50.toFixed(1)} ms, p99 ${figures.sweep_ms_p99.toFixed(1)} ms`,
    `  a public trade of nobody costs ${figures.us_per_stranger_trade.toFixed(1)} µs of processor time`,
    `  at weight ${figures.weight_per_minute} a minute: all first states after ${minutes(figures.first_states_minutes)}, all equities after ${minutes(figures.equities_minutes)}, every state checked once in ${minutes(figures.round_minutes)}`,
  ];
}
