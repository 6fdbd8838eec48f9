import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TenantScope } from '@lockstep/kernel';
import { systemClock } from '@lockstep/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommitUnknownError } from './failures';
import { openStorage, type Storage } from './storage';
import { openTestStorage, type TestStorage } from './testing/test-storage';

/** A way to the database that goes dead once the server has answered the next commit: the commit stands and nobody is told. */
interface DeafLine {
  readonly url: string;
  loseNextCommit(): void;
  close(): Promise<void>;
}

async function deafLine(url: string): Promise<DeafLine> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let losing = false;
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let lost = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      if (losing && bytes.toString('latin1').includes('commit\0')) {
        losing = false;
        lost = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (lost) client.destroy();
      else client.write(bytes);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = typeof address === 'object' && address !== null ? String(address.port) : '';
  return {
    url: own.toString(),
    loseNextCommit: () => {
      losing = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a unit whose commit is not answered', () => {
  let test: TestStorage;
  let line: DeafLine;
  let engine: Storage;
  let scope: TenantScope;

  beforeAll(async () => {
    test = await openTestStorage();
    scope = await test.tenant('Red');
    line = await deafLine(test.urls.engine.url);
    engine = await openStorage({ url: line.url, role: 'engine', clock: systemClock, poolMax: 1 });
  });
  afterAll(async () => {
    await engine.close();
    await line.close();
    await test.close();
  });

  const tell = (storage: Storage, id = test.ids.next('event')) =>
    storage.scoped(scope, async (unit) => {
      await unit.events.append([{ id, type: 'copy.flat', version: 1, occurredAt: unit.now, data: '{}' }]);
    });
  const told = () => test.as('engine').then((storage) => storage.scoped(scope, async (unit) => (await unit.events.head())?.seq ?? 0n));

  it('says that its outcome is not known, and the next one is made on a new connection', async () => {
    line.loseNextCommit();
    await expect(tell(engine)).rejects.toBeInstanceOf(CommitUnknownError);
    expect(await told()).toBe(1n);
    await tell(engine);
    expect(await told()).toBe(2n);
  });

  it('is told apart from a unit that the database refused', async () => {
    const failure = await engine
      .scoped(scope, async (unit) => {
        await unit.query('select 1 / 0');
      })
      .catch((thrown: unknown) => thrown);
    expect(failure).not.toBeInstanceOf(CommitUnknownError);
  });
});
