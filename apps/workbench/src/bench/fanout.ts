import { must } from '@lockstep/kernel';
import { request } from 'undici';
import { WaveWatch } from '../demo/wave-watch';
import { interruption } from '../processes/interruption';
import { type BuildFigures, buildFigures, ratiosOf } from './build-figures';
import { type Cast, COIN, MAX_AGE_MS, writeCast } from './fanout/cast';
import { type FanoutOptions, fanoutOptions } from './fanout/options';
import { type FanoutPlatform, SIM_NICENESS, startPlatform } from './fanout/platform';
import { type PlayedWave, playRound } from './fanout/play';
import { sentOrders } from './fanout/sent-orders';
import { type Bench, type BenchReport, machine, median, round } from './report';

/** A leader's move to all followers through the real engine, to the simulated venue in a process of its own. */
export const fanoutBench: Bench = {
  about: 'a leader copied by N followers end to end (--followers 10000 --tenants 3 --runs 3 --sample 100 --sdk 200 --workers 2)',
  run: async ({ config, args, say }) => {
    const options = fanoutOptions(args);
    say(
      `${options.followers} followers of ${options.tenants} tenants; fsync on, row-level security forced, venue limits off, blocks of ${options.blockMs} ms`,
    );
    const interrupted = interruption();
    const ended = interrupted.promise.then(() => {
      throw new Error('ended by a signal');
    });
    ended.catch(() => undefined);
    const platform = await startPlatform({ ...config, logLevel: 'info' }, options);
    try {
      return await Promise.race([measure(platform, options, say), ended]);
    } finally {
      await platform.close();
      interrupted.release();
    }
  },
};

async function measure(platform: FanoutPlatform, options: FanoutOptions, say: (text: string) => void): Promise<BenchReport> {
  const cast = await writeCast(platform, options);
  say('rows written, accounts funded and approved');
  const played = await playAll(platform, cast, options.rounds, options.sampleEvery, say);
  const [first] = played;
  must(first !== undefined, 'a wave was played');
  const sent = await sentOrders(platform.storage, cast, first.wave.waveId);
  await platform.stopProcesses();
  const { workers, sdkOrders } = options;
  const figures = await buildFigures({ ...sent, workers, sdkOrders: Math.min(sdkOrders, sent.orders.count), runs: BUILD_RUNS }, say);
  return report(options, played, figures);
}

/** Times the orders of one wave are signed and built again, without sending. */
const BUILD_RUNS = 5;

async function playAll(
  platform: FanoutPlatform,
  cast: Cast,
  rounds: number,
  sampleEvery: number,
  say: (text: string) => void,
): Promise<PlayedWave[]> {
  const engine = await platform.startEngine();
  say(`engine ready with ${String(engine.ready.copies)} copies`);
  const waves = new WaveWatch(() => `http://127.0.0.1:${Number(engine.ready.port)}`);
  const stage = { platform, cast, waves, price: await priceOf(platform), say };
  const played: PlayedWave[] = [];
  for (const verify of ['all', `sample:${sampleEvery}`]) {
    await platform.control.verify(verify);
    for (let turn = 0; turn < rounds; turn += 1) played.push(...(await playRound(stage, verify)));
  }
  return played;
}

async function priceOf(platform: FanoutPlatform): Promise<string> {
  const { body } = await request(`${platform.simUrl}/info`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'allMids' }),
  });
  const mids: unknown = await body.json();
  return String(Reflect.get(Object(mids), COIN));
}

function report(options: FanoutOptions, played: readonly PlayedWave[], figures: BuildFigures): BenchReport {
  const { followers, tenants, rounds, workers, sampleEvery, sdkOrders, blockMs } = options;
  const over = (of: (each: PlayedWave) => number, waves = played): number => round(median(waves.map(of)));
  const recovered = played.filter(({ verify }) => verify === 'all');
  const sampled = played.filter(({ verify }) => verify !== 'all');
  return {
    bench: 'fanout',
    params: {
      followers,
      tenants,
      rounds,
      workers,
      verify: `all, then sample:${sampleEvery}`,
      sdk_orders: sdkOrders,
      block_ms: blockMs,
      fsync: 'on',
      row_level_security: 'forced',
      venue_limits: 'off',
      venue_niceness: SIM_NICENESS,
      max_age_ms: MAX_AGE_MS,
    },
    runs: played.length,
    machine: machine(),
    metrics: {
      inbox_ms_p50: over(({ wave }) => wave.inboxDoneAt - wave.receivedAt),
      plan_ms_p50: over(({ wave }) => wave.planMs),
      plan_ms_best: round(Math.min(...played.map(({ wave }) => wave.planMs))),
      gate_ms_p50: over(({ wave }) => wave.gateMs),
      journal_ms_p50: over(({ wave }) => wave.journalMs),
      journal_commits: over(({ wave }) => wave.journalCommits),
      sent_before_journal: played.filter(({ wave }) => wave.firstSentAt > 0 && wave.firstSentAt < wave.journaledAt).length,
      wire_ms_p50: over(({ wave }) => wave.sentMs.p50),
      wire_ms_p99: over(({ wave }) => wave.sentMs.p99),
      wire_ms_last: over(({ wave }) => wave.sentMs.max),
      wire_ms_last_best: round(Math.min(...played.map(({ wave }) => wave.sentMs.max))),
      answer_ms_p50: over(({ wave }) => wave.answeredMs.p50),
      answer_ms_last: over(({ wave }) => wave.answeredMs.max),
      wire_ms_last_verify_all: over(({ wave }) => wave.sentMs.max, recovered),
      wire_ms_last_verify_sample: over(({ wave }) => wave.sentMs.max, sampled),
      answer_ms_last_verify_all: over(({ wave }) => wave.answeredMs.max, recovered),
      answer_ms_last_verify_sample: over(({ wave }) => wave.answeredMs.max, sampled),
      orders: Math.max(...played.map(({ wave }) => wave.orders)),
      accepted: Math.min(...played.map(({ wave }) => wave.accepted)),
      unknown: played.reduce((sum, { wave }) => sum + wave.unknown, 0),
      max_target_gap: Math.max(...played.map(({ gapLots }) => gapLots)),
      sign_build_us_per_order: figures.threadUs,
      prepare_us_per_order: figures.prepareUs,
      sign_build_rfc6979_us_per_order: figures.rfc6979Us,
      sign_build_workers_us_per_order: figures.workersUs,
    },
    reference: { sdk_us_per_order: figures.sdkUs },
    ratios: ratiosOf(figures),
  };
}
