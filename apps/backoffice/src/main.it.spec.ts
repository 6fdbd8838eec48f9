import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { present } from '@lockstep/kernel';
import { childEnvironment } from '@lockstep/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestStorage, type TestStorage } from '../../../libs/storage/src/testing/test-storage';
import { fillOf, postAs } from './testing/test-context';

/** The compiled process: `npm run build` comes first. */
const MAIN = join(process.cwd(), 'dist/apps/backoffice/src/main.js');
/** Nobody listens there. */
const NO_REDIS = 'redis://127.0.0.1:1';
let test: TestStorage;
let child: ChildProcess | null = null;

beforeAll(async () => {
  test = await openTestStorage();
});
afterEach(() => {
  child?.kill('SIGKILL');
});
afterAll(() => test.close());

const start = (environment: Record<string, string>): ChildProcess => {
  child = spawn(process.execPath, [MAIN], { env: { ...childEnvironment(), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  return child;
};

/** Everything a process has printed so far; read to the end, so that a full pipe never holds it up. */
function printed(of: ChildProcess): () => string {
  let text = '';
  for (const stream of [of.stdout, of.stderr]) {
    present(stream, 'an output').on('data', (part: Buffer) => {
      text += part.toString();
    });
  }
  return () => text;
}

function startOfThisMonth(): number {
  const now = new Date();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
}

describe('the back office process', () => {
  it('says when it is ready, also while its Redis is away, answers health and metrics, runs a job, and ends in order', async () => {
    const scope = await test.tenant('Brand');
    await postAs(test, scope, [fillOf(1, 1, startOfThisMonth() - 1)]);
    const running = start({ BACKOFFICE_DATABASE_URL: test.urls.backoffice.url, LOG_LEVEL: 'error', REDIS_URL: NO_REDIS });
    const output = printed(running);
    const ready = await vi.waitFor(() => present(/^\{"ready":true.*\}$/m.exec(output()), `a ready line in ${output()}`)[0], {
      timeout: 60_000,
      interval: 100,
    });
    const { healthPort }: { healthPort: number } = JSON.parse(ready);
    const get = (path: string) => fetch(`http://127.0.0.1:${healthPort}${path}`);
    expect((await get('/health/live')).status).toBe(200);
    // A busy machine may make the first database check late.
    await vi.waitFor(async () => expect((await get('/health/ready')).status).toBe(200), { timeout: 30_000, interval: 500 });
    expect(await (await get('/metrics')).text()).toContain('lockstep_settlements_total');
    expect((await get('/')).status).toBe(404);

    // The month of the booking is over and nobody closed it: the process does so by itself, by a job.
    const app = await test.as('app');
    await vi.waitFor(
      async () => {
        const settlement = await app.scoped(scope, (unit) => unit.settlements.findOne({ status: 'closed' }));
        expect(settlement?.periodEnd, output()).toBe(startOfThisMonth());
      },
      { timeout: 90_000, interval: 200 },
    );
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('names what is missing and does not start', async () => {
    const running = start({ LOCKSTEP_HEALTH_PORT: 'x' });
    const output = printed(running);
    expect(await once(running, 'close')).toEqual([1, null]);
    expect(output()).toContain('LOCKSTEP_HEALTH_PORT');
    expect(output()).toContain('DATABASE_URL');
  });
});
