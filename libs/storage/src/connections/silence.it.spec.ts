import { connect, createServer, type Socket } from 'node:net';
import { present, type TenantScope } from '@lockstep/kernel';
import { systemClock } from '@lockstep/platform';
import { type SilentLine, silentLine } from '@lockstep/platform/testing/silent-line';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommitUnknownError, DatabaseAwayError } from '../failures';
import { openStorage, type Storage } from '../storage';
import { openTestStorage, type TestStorage } from '../testing/test-storage';
import type { Connections } from './connections';
import { together } from './together';

/*
 * Incident: each sign of life that was asked for on a connection gone silent kept that connection out of the pool until the network gave it up, so that looks at
 * the health of a gateway used all of them up, and it stayed away long after its database had come back.
 */

const PATIENCE = { timeout: 60_000, interval: 50 };
const BOUNDS = { statementTimeoutMs: 2_000, idleInTransactionTimeoutMs: 10_000, connectionWaitMaxMs: 5_000, silenceMaxMs: 200 };

let test: TestStorage;
let scope: TenantScope;
let line: SilentLine;
let lines: Connections;
beforeAll(async () => {
  test = await openTestStorage();
  scope = await test.tenant('Red');
});
afterAll(() => test.close());
beforeEach(async () => {
  line = await silentLine(test.urls.app.url);
  lines = together({ url: line.url, applicationName: 'test', poolMax: 2, ...BOUNDS });
  await vi.waitFor(() => lines.ping(), PATIENCE);
});
afterEach(async () => {
  await line.close();
  await lines.close();
});

async function ask(options: { readonly readOnly?: boolean }): Promise<void> {
  const unit = lines.open({ scope, options });
  try {
    await unit.run('select 1', []);
    await unit.commit();
  } finally {
    await unit.release();
  }
}

describe('a database that says nothing any more', () => {
  it('is away for units and signs of life within their bounds, again and again, and is there again by itself', async () => {
    line.silence();
    for (let time = 0; time < 2; time += 1) {
      const asked = [lines.ping(), lines.ping(), ask({ readOnly: true }), ask({}), ask({ readOnly: true })];
      for (const outcome of await Promise.allSettled(asked))
        expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(DatabaseAwayError) });
    }
    line.restore();
    await vi.waitFor(() => lines.ping(), PATIENCE);
    await ask({});
  });

  it('leaves the outcome of a commit unknown', async () => {
    const unit = lines.open({ scope, options: {} });
    await unit.run('select 1', []);
    line.silence();
    await expect(unit.commit()).rejects.toBeInstanceOf(CommitUnknownError);
    await unit.release();
  });

  it.each(['app', 'engine', 'backoffice'] as const)('holds no start up (%s)', async (role) => {
    line.silence();
    await expect(openStorage({ url: line.url, role, clock: systemClock, poolMax: 1, connectionWaitMaxMs: 200 })).rejects.toThrow();
  });
});

describe.each(['engine', 'backoffice'] as const)('a database that says nothing any more, for units one by one (%s)', (role) => {
  let own: SilentLine;
  let storage: Storage;
  beforeEach(async () => {
    own = await silentLine(present(test.urls[role], role).url);
    storage = await openStorage({ url: own.url, role, clock: systemClock, poolMax: 2, ...BOUNDS });
  });
  afterEach(async () => {
    await own.close();
    await storage.close();
  });
  const read = (): Promise<unknown> => storage.scoped(scope, (unit) => unit.copies.find({}), { readOnly: true });

  it('lets units and signs of life fail within their bounds, again and again, and is there again by itself', async () => {
    await Promise.all([read(), read()]);
    own.silence();
    for (let time = 0; time < 2; time += 1) {
      const asked = [storage.ping(), read(), storage.ping(), read(), read()];
      for (const outcome of await Promise.allSettled(asked)) expect(outcome.status).toBe('rejected');
    }
    own.restore();
    await vi.waitFor(() => storage.ping(), PATIENCE);
    await Promise.all([read(), read()]);
  });

  it('leaves the outcome of a commit unknown', async () => {
    const committing = storage.scoped(scope, async (unit) => {
      await unit.copies.find({});
      own.silence();
    });
    await expect(committing).rejects.toBeInstanceOf(CommitUnknownError);
  });

  it('waits longer for the statements of a unit that reads a whole scope, which may take longer', async () => {
    const hasty = await openStorage({ url: own.url, role, clock: systemClock, poolMax: 1, ...BOUNDS, statementTimeoutMs: 100 });
    const slow = (wholeScope: boolean) => hasty.scoped(scope, (unit) => unit.query('select pg_sleep(0.6) is null as done', []), { wholeScope });
    await expect(slow(false)).rejects.toThrow('statement timeout');
    expect(await slow(true)).toEqual([{ done: false }]);
    await hasty.close();
  });
});

describe('a unit that finds all connections in use', () => {
  it('gives up within its bound, and the next one has a connection once one is given back; those that read are not held up', async () => {
    // Of two connections one is for units that write.
    const held = lines.open({ scope, options: {} });
    await held.run('select 1', []);
    await expect(ask({})).rejects.toBeInstanceOf(DatabaseAwayError);
    await ask({ readOnly: true });
    await held.rollBack();
    await held.release();
    await ask({});
  });

  it('gives up within its bound where a slow answer holds up those that read, and those that write are not', async () => {
    const hasty = together({ url: line.url, applicationName: 'test', poolMax: 2, ...BOUNDS, statementTimeoutMs: 10_000, connectionWaitMaxMs: 1_000 });
    const write = async (): Promise<void> => {
      const unit = hasty.open({ scope, options: {} });
      await unit.run('select 1', []);
      await unit.commit();
      await unit.release();
    };
    await vi.waitFor(() => Promise.all([hasty.ping(), write()]), PATIENCE);
    const slow = hasty.open({ scope, options: { readOnly: true } });
    const sleeping = slow.run('select pg_sleep(3)', []);
    const behind = hasty.open({ scope, options: { readOnly: true } });
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    await expect(behind.run('select 1', [])).rejects.toBeInstanceOf(DatabaseAwayError);
    await write();
    await sleeping;
    await behind.release();
    await slow.release();
    await hasty.close();
  });
});

describe('connections that are closed', () => {
  it('wait for no server that says nothing to their end, once or twice', async () => {
    let isSilent = false;
    const { hostname, port } = new URL(test.urls.app.url);
    const sockets: Socket[] = [];
    // Unlike a line that is cut it swallows the end of a connection too.
    const swallowing = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect(Number(port), hostname);
      sockets.push(near, far);
      near.on('data', (bytes) => isSilent || far.write(bytes));
      far.on('data', (bytes) => isSilent || near.write(bytes));
      for (const socket of [near, far]) socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => swallowing.listen(0, '127.0.0.1', resolve));
    const address = swallowing.address();
    const url = new URL(test.urls.app.url);
    url.hostname = '127.0.0.1';
    url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
    const closing = together({ url: url.href, applicationName: 'test', poolMax: 2, keepsOpen: true, ...BOUNDS });
    await closing.start();
    await closing.ping();
    isSilent = true;
    await Promise.all([closing.close(), closing.close()]);
    await closing.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => swallowing.close(resolve));
  });
});
