import { Client } from 'pg';

/** Returns once a session of the database waits for a lock of another. The caller's test times out where none ever does. */
export async function waitsForALock(ownerUrl: string): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    for (let waiting = 0; waiting === 0; ) {
      const { rows } = await owner.query<{ waiting: string }>(
        `select count(*) as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      waiting = Number(rows[0]?.waiting);
    }
  } finally {
    await owner.end();
  }
}
