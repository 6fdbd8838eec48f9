import { request } from 'undici';
import { WaveWatch } from '../demo/wave-watch';
import { type Cast, COIN, MAX_AGE_MS, writeCast } from './fanout/cast';
import { type FanoutOptions, fanoutOptions } from './fanout/options';
import { type FanoutPlatform, startPlatform } from './fanout/platform';
import { type PlayedWave, playRound } from './fanout/play';
import { type Bench, type BenchReport, machine, median, round } from './report';

/** A leader's move to all followers through the real engine, to the simulated venue in a process of its own. */
export const fanoutBench: Bench = {
  about: 'a leader copied by N followers end to end (--followers 10000 --tenants 3 --runs 3 --sample 100 --sdk 200 --workers 2)',
  run: async ({ config, args, say }) => {
    const options = fanoutOptions(args);
    say(
      `${options.followers} followers of ${options.tenants} tenants; fsync on, row-level security forced, venue limits off, blocks of ${options.blockMs} ms`,
    );
    const platform = await startPlatform({ ...config, logLevel: 'info' }, options);
    try {
      return await Promise.race([measure(platform, options, say), interrupted()]);
    } finally {
      await platform.close();
    }
  },
};

async function measure(platform: FanoutPlatform, options: FanoutOptions, say: (text: string) => void): Promise<BenchReport> {
  const cast = await writeCast(platform, options);
  say('rows written, accounts funded and approved');
  const played = await playAll(platform, cast, options.rounds, options.sampleEvery, say);
  await platform.stopProcesses();
  return report(options, played);
}

/** Rejects when the bench is told to end, so that what it started is ended too. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(`ended by ${signal}`)));
  });
}

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

function report(options: FanoutOptions, played: readonly PlayedWave[]): BenchReport {
  const over = (of: (each: PlayedWave) => number, waves = played): number => round(median(waves.map(of)));
  return {
    bench: 'fanout',
    params: { ...options, fsync: true, venue_limits: 'off', max_age_ms: MAX_AGE_MS },
    runs: played.length,
    machine: machine(),
    metrics: {
      plan_ms_p50: over(({ wave }) => wave.planMs),
      gate_ms_p50: over(({ wave }) => wave.gateMs),
      inbox_ms_p50: over(({ wave }) => wave.inboxDoneAt - wave.receivedAt),
      journal_ms_p50: over(({ wave }) => wave.journalMs),
      journal_commits: over(({ wave }) => wave.journalCommits),
      wire_ms_p50: over(({ wave }) => wave.sentMs.p50),
      wire_ms_p99: over(({ wave }) => wave.sentMs.p99),
      wire_ms_last: over(({ wave }) => wave.sentMs.max),
      answer_ms_p50: over(({ wave }) => wave.answeredMs.p50),
      answer_ms_last: over(({ wave }) => wave.answeredMs.max),
      accepted: Math.min(...played.map(({ wave }) => wave.accepted)),
      max_target_gap: Math.max(...played.map(({ gapLots }) => gapLots)),
    },
    reference: {},
    ratios: {},
  };
}
