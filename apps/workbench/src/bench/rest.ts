import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { childEnvironment } from '@lockstep/platform';
import { z } from 'zod';
import { type RunningChild, startChild } from '../processes/child';
import { quantile } from './limits/open-loop';
import { startLimitsPlatform } from './limits/platform';
import { type Bench, machine, median, option, round } from './report';
import type { Answered, ClosedPlan } from './rest/closed-loop';
import { makeStage, type RestStage } from './rest/stage';

const WARM_UP_SECONDS = 5;
const WARM_UP_WRITES = 160;

/** What a gateway does at most, beside as little as an HTTP API can do, on the same processors. Real gateway, PostgreSQL and Redis. */
export const restBench: Bench = {
  about: 'GET of a copy and creation of a copy beside a bare Express hello (--connections 32 --seconds 5 --writes 400 --runs 5)',
  run: async ({ config, args, say }) => {
    const connections = option(args, 'connections', 32, 1_000);
    const seconds = option(args, 'seconds', 5, 600);
    const writes = option(args, 'writes', 400, 5_000);
    const runs = option(args, 'runs', 5, 100);
    const platform = await startLimitsPlatform(config);
    let hello: RunningChild | null = null;
    try {
      hello = await startHello(platform.logFolder);
      const bare = `http://127.0.0.1:${Number(hello.ready.port)}/`;
      const stage = await makeStage(platform, platform.engineUrl, writes * runs + WARM_UP_WRITES);
      const reads = (url: string, forSeconds: number): ClosedPlan => ({ asked: [{ url }], key: stage.key, connections, seconds: forSeconds });
      const creates = (many: number): ClosedPlan => ({ asked: asked(stage, many), key: stage.key, connections, seconds: null });
      const copy = `${stage.url}${stage.copyPath}`;
      const live = `${stage.url}/health/live`;
      say('warming up');
      for (const url of [bare, live, copy]) await send(reads(url, WARM_UP_SECONDS));
      await send(creates(WARM_UP_WRITES));
      const measured: Run[] = [];
      for (let no = 1; no <= runs; no += 1) {
        const run = {
          bare: await send(reads(bare, seconds)),
          edge: await send(reads(live, seconds)),
          read: await send(reads(copy, seconds)),
          write: await send(creates(writes)),
        };
        measured.push(run);
        say(
          `run ${no}: ${Object.entries(run)
            .map(([name, answered]) => `${name} ${round(perSecond(answered))}/s`)
            .join(', ')}`,
        );
      }
      const of = (pick: (run: Run) => number): number => round(median(measured.map(pick)));
      const timesOf = (name: keyof Run) => ({
        [`${name}_per_s`]: of((run) => perSecond(run[name])),
        [`${name}_ms_p50`]: of((run) => quantile(run[name].ms, 0.5)),
        [`${name}_ms_p99`]: of((run) => quantile(run[name].ms, 0.99)),
      });
      return {
        bench: 'rest',
        params: { adapter: 'express', connections, seconds, writes, counted: platform.counted },
        runs,
        machine: machine(),
        metrics: {
          ...timesOf('read'),
          ...timesOf('write'),
          ...timesOf('edge'),
          failed: measured.flatMap((run) => Object.values(run)).reduce((sum, answered) => sum + failures(answered), 0),
        },
        reference: timesOf('bare'),
        ratios: {
          read_vs_bare: of((run) => perSecond(run.read) / perSecond(run.bare)),
          write_vs_bare: of((run) => perSecond(run.write) / perSecond(run.bare)),
          edge_vs_bare: of((run) => perSecond(run.edge) / perSecond(run.bare)),
        },
      };
    } finally {
      await hello?.stop();
      await platform.close();
    }
  },
};

interface Run {
  readonly bare: Answered;
  /** A route of the gateway without key, limits and database: what the framework and the edge take. */
  readonly edge: Answered;
  readonly read: Answered;
  readonly write: Answered;
}

const asked = (stage: RestStage, many: number) => stage.bodies(many).map((body) => ({ url: `${stage.url}/v1/copies`, body }));
const failures = ({ statuses }: Answered): number =>
  Object.entries(statuses).reduce((sum, [status, many]) => sum + (status === '200' || status === '201' ? 0 : many), 0);
const perSecond = ({ ms, seconds }: Answered): number => ms.length / seconds;

const startHello = (logFolder: string): Promise<RunningChild> =>
  startChild({
    name: 'hello',
    entry: join(__dirname, 'rest/hello.js'),
    args: [],
    env: { ...childEnvironment(), NODE_ENV: 'production' },
    logFile: join(logFolder, 'hello.log'),
  });

const answeredSchema = z.object({ ms: z.array(z.number()), seconds: z.number(), statuses: z.record(z.coerce.number(), z.number()) });

/** Sends in a thread of its own. */
function send(plan: ClosedPlan): Promise<Answered> {
  const worker = new Worker(join(__dirname, 'rest/sender.js'), { workerData: plan });
  return new Promise((resolve, reject) => {
    worker.once('message', (message) => resolve(answeredSchema.parse(message)));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a sender ended early')));
  });
}
