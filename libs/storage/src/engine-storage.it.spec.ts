import { type ContractStore, engineStorageContract } from './testing/engine-storage-contract';
import { openTestStorage, type TestClock } from './testing/test-storage';

const PAGE = { limit: 1_000, after: null, order: 'oldest_first' } as const;
const ROWS_MAX = 1_000;

/** PostgreSQL, reached as the processes reach it: engine, gateway and operator each by their own role. */
async function openPostgres(clock: TestClock): Promise<ContractStore> {
  const test = await openTestStorage(clock);
  const [engine, app] = [await test.as('engine'), await test.as('app')];
  return {
    engine,
    gateway: (scope, work) => app.scoped(scope, work),
    operator: (work) => app.platform(work),
    tenant: (name, environment) => test.tenant(name, environment),
    kept: (scope) =>
      engine.scoped(scope, async (unit) => {
        const head = await unit.events.head();
        const journal = [...(await unit.journal.unfinished(0, ROWS_MAX)), ...(await unit.journal.unfinished(1, ROWS_MAX))];
        return {
          journal,
          orders: (await unit.orders.page(PAGE)).rows,
          fills: (await unit.fills.page(PAGE)).rows,
          events: head === null ? [] : await unit.events.after({ ...head, seq: 0n }, ROWS_MAX),
          transactions: await unit.ledger.after(0n, ROWS_MAX),
        };
      }),
    close: () => test.close(),
  };
}

engineStorageContract('PostgreSQL', openPostgres);
