import type { TenantScope } from '@lockstep/kernel';
import { systemClock } from '@lockstep/platform';
import { type TcpLine, tcpLine } from '@lockstep/platform/testing/tcp-line';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommitUnknownError } from './failures';
import { openStorage, type Storage } from './storage';
import { openTestStorage, type TestStorage } from './testing/test-storage';

/** A way to the database that goes dead once the server has answered the next commit: the commit stands and nobody is told. */
interface DeafLine extends TcpLine {
  loseNextCommit(): void;
}

async function deafLine(url: string): Promise<DeafLine> {
  let losing = false;
  const line = await tcpLine(url, () => {
    let lost = false;
    return {
      fromClient: (bytes) => {
        if (losing && bytes.toString('latin1').includes('commit\0')) {
          losing = false;
          lost = true;
        }
        return 'passes';
      },
      fromServer: () => (lost ? 'cut' : 'passes'),
    };
  });
  return {
    ...line,
    loseNextCommit: () => {
      losing = true;
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
