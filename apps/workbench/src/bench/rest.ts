import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { present } from '@lockstep/kernel';
import { childEnvironment } from '@lockstep/platform';
import { z } from 'zod';
import { type RunningChild, startChild } from '../processes/child';
import { quantile } from './limits/open-loop';
import { type GatewayPlan, type LimitsPlatform, type RunningGateway, startLimitsPlatform } from './limits/platform';
import { type Bench, machine, median, option, round } from './report';
import type { Answered, ClosedPlan } from './rest/closed-loop';
import { type ProcessorTime, timeOfGateway, timeOfHello } from './rest/processor-time';
import { makeStage, type RestStage } from './rest/stage';
import { openUnits } from './rest/units';

const WARM_UP_WRITES = 160;
const ADAPTERS = ['fastify', 'express'] as const;
type Adapter = (typeof ADAPTERS)[number];

/** What a gateway does at most, beside as little as an HTTP API can do, on the same processors. Real gateways, PostgreSQL and Redis. */
export const restBench: Bench = {
  about:
    'GET of a copy and creation of a copy, on Fastify and on Express, beside a bare Express hello, with what takes the rest (--connections 32 --seconds 4 --writes 200 --runs 5 --warm-up 10 --profile FOLDER)',
  run: async ({ config, args, say }) => {
    const connections = option(args, 'connections', 32, 1_000);
    const seconds = option(args, 'seconds', 4, 600);
    const writes = option(args, 'writes', 200, 5_000);
    const runs = option(args, 'runs', 5, 100);
    const warmUp = option(args, 'warm-up', 10, 600);
    const platform = await startLimitsPlatform(config, planOf('fastify', args));
    let hello: RunningChild | null = null;
    try {
      hello = await startHello(platform.logFolder);
      const gateways: Readonly<Record<Adapter, RunningGateway>> = {
        fastify: platform,
        express: await platform.startGateway(planOf('express', args)),
      };
      const stage = await makeStage(platform, platform.engineUrl, (writes * runs + WARM_UP_WRITES) * ADAPTERS.length);
      const units = await openUnits(platform.appUrl, stage.scope, stage.copyIds);
      const ways = waysOf(stage, `http://127.0.0.1:${Number(hello.ready.port)}/`, gateways);
      const planned = ({ urls, bodies }: Way, forSeconds: number, many: number): ClosedPlan =>
        bodies === null
          ? { asked: urls.map((url) => ({ url })), key: stage.key, connections, seconds: forSeconds }
          : { asked: bodies(many).map((body) => ({ url: present(urls[0], 'where to post'), body })), key: stage.key, connections, seconds: null };
      say('warming up');
      for (const way of ways) await send(planned(way, warmUp, WARM_UP_WRITES));
      await units.read(connections, warmUp);
      const measured: Run[] = [];
      for (let no = 1; no <= runs; no += 1) {
        const run = new Map<string, Measured>();
        for (const way of ways) run.set(way.name, await timed(way.processor, () => send(planned(way, seconds, writes))));
        const { user, system } = process.cpuUsage();
        const alone = await units.read(connections, seconds);
        const after = process.cpuUsage();
        run.set('units', { answered: alone, processorSeconds: (after.user + after.system - user - system) / 1e6 });
        measured.push(run);
        say(`run ${no}: ${[...run].map(([name, { answered }]) => `${name} ${round(perSecond(answered))}/s`).join(', ')}`);
      }
      await units.close();
      return reportOf(platform, measured, { connections, seconds, writes });
    } finally {
      await hello?.stop();
      await platform.close();
    }
  },
};

/** One of the things that are asked in turns. */
interface Way {
  /** `bare`, or what is asked and of whom, as `read_fastify`. */
  readonly name: string;
  /** Asked one after the other, over and over. */
  readonly urls: readonly string[];
  /** Takes so many bodies to post; null: it is a GET. */
  readonly bodies: ((many: number) => readonly string[]) | null;
  readonly processor: ProcessorTime;
}
interface Measured {
  readonly answered: Answered;
  /** Of the process that was asked. */
  readonly processorSeconds: number;
}
type Run = ReadonlyMap<string, Measured>;

/**
 * What each gateway is asked, each with one more part than the one before: framework and edge; key, limits and validation, whose refusal is the answer; a unit
 * of work with a small row; a copy. A refusal is what no other route gives: everything in front of the database and nothing behind.
 */
function waysOf(stage: RestStage, bare: string, gateways: Readonly<Record<Adapter, RunningGateway>>): readonly Way[] {
  const ofHello = timeOfHello(bare);
  const of = (adapter: Adapter): readonly Way[] => {
    const { url, operatorUrl } = gateways[adapter];
    const processor = timeOfGateway(operatorUrl);
    const get = (name: string, ...paths: readonly string[]): Way => ({
      name: `${name}_${adapter}`,
      urls: paths.map((path) => `${url}${path}`),
      bodies: null,
      processor,
    });
    return [
      get('edge', '/health/live'),
      get('key', '/v1/copies/none'),
      get('unit', stage.followerPath),
      get('read', ...stage.copyIds.map((id) => `/v1/copies/${id}`)),
      { name: `write_${adapter}`, urls: [`${url}/v1/copies`], bodies: stage.bodies, processor },
    ];
  };
  return [{ name: 'bare', urls: [bare], bodies: null, processor: ofHello }, ...of('fastify'), ...of('express')];
}

/** Answers each way is expected to give. */
const EXPECTED: ReadonlySet<string> = new Set(['200', '201']);
const REFUSED = '400';
const failures = (name: string, { statuses }: Answered): number =>
  Object.entries(statuses).reduce((sum, [status, many]) => {
    const isGood = name.startsWith('key_') ? status === REFUSED : EXPECTED.has(status);
    return sum + (isGood ? 0 : many);
  }, 0);
const perSecond = ({ ms, seconds }: Answered): number => ms.length / seconds;

async function timed(processor: ProcessorTime, act: () => Promise<Answered>): Promise<Measured> {
  const before = await processor();
  const answered = await act();
  return { answered, processorSeconds: (await processor()) - before };
}

function reportOf(platform: LimitsPlatform, measured: readonly Run[], params: { connections: number; seconds: number; writes: number }) {
  const names = [...(measured[0]?.keys() ?? [])];
  const of = (name: string, pick: (one: Measured, run: Run) => number): number =>
    round(median(measured.flatMap((run) => [...run].flatMap(([each, one]) => (each === name ? [pick(one, run)] : [])))));
  const cpuMs = ({ answered, processorSeconds }: Measured): number => (processorSeconds * 1_000) / answered.ms.length;
  const timesOf = (name: string) => ({
    [`${name}_per_s`]: of(name, ({ answered }) => perSecond(answered)),
    [`${name}_ms_p50`]: of(name, ({ answered }) => quantile(answered.ms, 0.5)),
    [`${name}_ms_p99`]: of(name, ({ answered }) => quantile(answered.ms, 0.99)),
    [`${name}_cpu_ms`]: of(name, cpuMs),
  });
  const ratiosOf = (name: string) => ({
    [`${name}_vs_bare`]: of(name, ({ answered }, run) => perSecond(answered) / ofBare(run, ({ answered: bare }) => perSecond(bare))),
    [`${name}_cpu_vs_bare`]: of(name, (one, run) => ofBare(run, cpuMs) / cpuMs(one)),
  });
  const others = names.filter((name) => name !== 'bare');
  const ratios = Object.assign({}, ...others.map(ratiosOf));
  return {
    bench: 'rest',
    params: { adapters: ADAPTERS.join(' '), ...params, counted: platform.counted },
    runs: measured.length,
    machine: machine(),
    metrics: {
      ...Object.assign({}, ...others.map(timesOf)),
      failed: measured.flatMap((run) => [...run]).reduce((sum, [name, { answered }]) => sum + failures(name, answered), 0),
    },
    reference: timesOf('bare'),
    // The adapter a gateway starts with stands under the plain names too.
    ratios: {
      read_vs_bare: ratios.read_fastify_vs_bare,
      write_vs_bare: ratios.write_fastify_vs_bare,
      edge_vs_bare: ratios.edge_fastify_vs_bare,
      ...ratios,
    },
  };
}

const ofBare = (run: Run, pick: (one: Measured) => number): number => {
  const bare = run.get('bare');
  return bare === undefined ? Number.NaN : pick(bare);
};

/** With `--profile FOLDER` each gateway writes a processor profile there as it ends. */
function planOf(adapter: Adapter, args: readonly string[]): GatewayPlan {
  const at = args.indexOf('--profile');
  const folder = at < 0 ? undefined : args[at + 1];
  const nodeArgs = folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${adapter}.cpuprofile`];
  return { name: `gateway-${adapter}`, env: { LOCKSTEP_HTTP_ADAPTER: adapter }, nodeArgs };
}

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
