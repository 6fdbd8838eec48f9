import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../log/logger';
import { createTestDatabase, type TestDatabase } from '../testing/test-database';
import { wakeupContract } from '../testing/wakeup-contract';
import { postgresWakeups } from './postgres';

describe('wake-ups through PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const connect = (): ReturnType<typeof postgresWakeups> => postgresWakeups({ url: database.url, log: silentLogger });

  wakeupContract('PostgreSQL', async () => {
    const there = await connect();
    const here = await connect();
    return {
      here,
      there,
      interrupt: () => endConnections(database, 1),
      close: () => Promise.all([here.close(), there.close()]).then(() => undefined),
    };
  });

  it('fail to connect at once when there is no server', async () => {
    await expect(postgresWakeups({ url: 'postgres://nobody@127.0.0.1:1/none', log: silentLogger })).rejects.toThrow();
  });

  it('reject while the connection is away instead of piling up', async () => {
    const wakeups = await connect();
    await wakeups.close();
    await expect(wakeups.publish('c', 'x')).rejects.toThrow('no connection');
  });
});

/** Ends the oldest connections of the carrier, as a restarted server would. */
async function endConnections(database: TestDatabase, count: number): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lockstep wake-ups' and datname = $1 order by backend_start limit $2`,
    [database.name, count],
  );
  await client.end();
}
