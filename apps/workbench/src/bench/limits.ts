import { quantile, type SendPlan, type Sent } from './limits/open-loop';
import { type Caller, makeCaller, startLimitsPlatform } from './limits/platform';
import { Sender } from './limits/sender';
import { type Bench, machine, median, option, round } from './report';

/** How many times its quota the noisy tenant sends. */
const NOISE = 10;
const QUIET_CONNECTIONS = 32;
const NOISY_CONNECTIONS = 64;
const WARM_UP_SECONDS = 3;
/** From when senders are told until the first request is due: all of them were told by then. */
const LEAD_MS = 100;

/** A tenant far above its quota beside one inside it: what the second notices. Real gateway, PostgreSQL and Redis. */
export const limitsBench: Bench = {
  about: 'a tenant at ten times its quota beside one inside it: p99 of the second, alone and beside it (--quota 50 --rate 30 --seconds 10 --runs 5)',
  run: async ({ config, args, say }) => {
    const quota = option(args, 'quota', 50, 1_000);
    const rate = option(args, 'rate', Math.max(1, Math.floor(quota * 0.6)), quota);
    const seconds = option(args, 'seconds', 10, 600);
    const runs = option(args, 'runs', 5, 100);
    const platform = await startLimitsPlatform(config);
    try {
      await platform.operator.must('POST', '/v1/operator/tiers', tierOf(quota));
      const measured: Run[] = [];
      const [quiet, noisy] = [await makeCaller(platform, 'Quiet', TIER), await makeCaller(platform, 'Noisy', TIER)];
      const inside = new Sender({ ...askedBy(quiet), connections: QUIET_CONNECTIONS });
      const beyond = new Sender({ ...askedBy(noisy), connections: NOISY_CONNECTIONS });
      try {
        const plan = (perSecond: number, forSeconds: number): SendPlan => ({ perSecond, seconds: forSeconds, fromEpochMs: wallMs() + LEAD_MS });
        const both = (forSeconds: number): Promise<[Sent, Sent]> =>
          Promise.all([inside.send(plan(rate, forSeconds)), beyond.send(plan(quota * NOISE, forSeconds))]);
        say(`limits are counted ${platform.counted === 'redis' ? 'in Redis' : 'in the gateway'}; warming up`);
        await both(WARM_UP_SECONDS);
        for (let no = 1; no <= runs; no += 1) {
          const alone = await inside.send(plan(rate, seconds));
          const [beside, noise] = await both(seconds);
          measured.push({ alone, beside, noise });
          const [first, second] = [quantile(alone.ms, 0.99), quantile(beside.ms, 0.99)];
          say(`run ${no}: p99 ${round(first)} ms alone, ${round(second)} ms beside ${noise.statuses[200] ?? 0} admitted of ${noise.ms.length}`);
        }
      } finally {
        await Promise.all([inside.close(), beyond.close()]);
      }
      const of = (pick: (run: Run) => number): number => round(median(measured.map(pick)));
      const refused = ({ statuses }: Sent): number =>
        Object.entries(statuses).reduce((sum, [status, many]) => sum + (status === '200' ? 0 : many), 0);
      return {
        bench: 'limits',
        params: { quota_per_second: quota, quiet_per_second: rate, noisy_per_second: quota * NOISE, seconds, counted: platform.counted },
        runs,
        machine: machine(),
        metrics: {
          alone_ms_p50: of((run) => quantile(run.alone.ms, 0.5)),
          alone_ms_p99: of((run) => quantile(run.alone.ms, 0.99)),
          beside_ms_p50: of((run) => quantile(run.beside.ms, 0.5)),
          beside_ms_p99: of((run) => quantile(run.beside.ms, 0.99)),
          quiet_refused: measured.reduce((sum, run) => sum + refused(run.alone) + refused(run.beside), 0),
          noisy_sent: of((run) => run.noise.ms.length),
          noisy_admitted: of((run) => run.noise.statuses[200] ?? 0),
          noisy_refused: of((run) => run.noise.statuses[429] ?? 0),
          noisy_failed: of((run) => run.noise.ms.length - (run.noise.statuses[200] ?? 0) - (run.noise.statuses[429] ?? 0)),
        },
        reference: {},
        ratios: {
          p99_beside_vs_alone: of((run) => quantile(run.beside.ms, 0.99) / quantile(run.alone.ms, 0.99)),
          p50_beside_vs_alone: of((run) => quantile(run.beside.ms, 0.5) / quantile(run.alone.ms, 0.5)),
        },
      };
    } finally {
      await platform.close();
    }
  },
};

interface Run {
  readonly alone: Sent;
  readonly beside: Sent;
  readonly noise: Sent;
}

const TIER = 'bench';

/** So many requests a second, whatever they ask for. */
const tierOf = (quota: number) => ({
  name: TIER,
  requests: [{ name: 'second', per: 'tenant', classes: ['reads', 'writes', 'orders', 'exports'], quota, window_ms: 1_000 }],
  concurrency: 100,
  quotas: { api_keys: 5, stream_connections: 5, leaders: 10, followers: 10, active_copies: 10, export_jobs: 1 },
});

const askedBy = ({ key, path }: Caller) => ({ url: path, key });

/** The system clock of this thread, which all threads of the process share. */
const wallMs = (): number => performance.timeOrigin + performance.now();
