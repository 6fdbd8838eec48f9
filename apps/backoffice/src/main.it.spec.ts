import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { present } from '@lockstep/kernel';
import { childEnvironment } from '@lockstep/platform';
import { closePeriodJob } from '@lockstep/storage';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTestStorage, type TestStorage } from '../../../libs/storage/src/testing/test-storage';
import { fillOf, postAs } from './testing/test-context';

/** The compiled process: `npm run build` comes first. */
const MAIN = join(process.cwd(), 'dist/apps/backoffice/src/main.js');
const START = Date.UTC(2026, 10, 20);
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

async function readyLine(of: ChildProcess): Promise<{ readonly healthPort: number }> {
  const lines = createInterface({ input: present(of.stdout, 'standard output') });
  for await (const line of lines) {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null && 'ready' in parsed && 'healthPort' in parsed)
      return { healthPort: Number(parsed.healthPort) };
  }
  throw new Error('the back office ended before it was ready');
}

describe('the back office process', () => {
  it('says when it is ready, answers health and metrics, runs a job, and ends in order', async () => {
    const scope = await test.tenant('Brand');
    await postAs(test, scope, [fillOf(1, 1, START + 1)]);
    const running = start({ BACKOFFICE_DATABASE_URL: test.urls.backoffice.url, LOG_LEVEL: 'error' });
    const { healthPort } = await readyLine(running);
    const get = (path: string) => fetch(`http://127.0.0.1:${healthPort}${path}`);
    expect((await get('/health/live')).status).toBe(200);
    // A busy machine may make the first database check late.
    await vi.waitFor(async () => expect((await get('/health/ready')).status).toBe(200), { timeout: 30_000, interval: 500 });
    expect(await (await get('/metrics')).text()).toContain('lockstep_settlements_total');
    expect((await get('/')).status).toBe(404);

    const app = await test.as('app');
    const wanted = {
      settlementId: test.ids.next('settlement'),
      exportId: test.ids.next('export'),
      periodStartMs: START,
      periodEndMs: START + 86_400_000,
    };
    // A job of the past: the process has the system's clock.
    await app.scoped(scope, (unit) => unit.jobs.enqueue(closePeriodJob(test.ids, START, wanted)));
    await vi.waitFor(
      async () => {
        const settlement = await app.scoped(scope, (unit) => unit.settlements.findOne({ id: wanted.settlementId }));
        expect(settlement?.status).toBe('closed');
      },
      { timeout: 60_000, interval: 200 },
    );
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('names what is missing and does not start', async () => {
    const running = start({ LOCKSTEP_HEALTH_PORT: 'x' });
    let text = '';
    present(running.stderr, 'standard error').on('data', (part: Buffer) => {
      text += part.toString();
    });
    expect(await once(running, 'exit')).toEqual([1, null]);
    expect(text).toContain('LOCKSTEP_HEALTH_PORT');
    expect(text).toContain('DATABASE_URL');
  });
});
