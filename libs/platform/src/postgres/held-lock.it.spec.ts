import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../log/logger';
import { createTestDatabase, type TestDatabase } from '../testing/test-database';
import { HELD_LOCK_LEASE_MS, type HeldLock, holdLock } from './held-lock';

describe('a lock held for the life of a process', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  const take = (name: string, onLost: () => void = () => undefined, waitMs = 0): Promise<HeldLock | null> =>
    holdLock({ url: database.url, name, log: silentLogger, onLost, waitMs });

  /** Ends every connection that holds or waits for a lock, as a restarted server would. */
  async function endHolders(): Promise<void> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lockstep lock' and datname = current_database()`,
    );
    await client.end();
  }

  it('has one holder at a time; other names are not concerned', async () => {
    const first = await take('shard 0');
    expect(await take('shard 0')).toBeNull();
    const other = await take('shard 1');
    expect([first, other]).not.toContain(null);
    await first?.release();
    const next = await take('shard 0');
    expect(next).not.toBeNull();
    await next?.release();
    await other?.release();
  });

  it('is taken by the one who waits when the holder goes', async () => {
    const lost = vi.fn();
    const first = await take('waited for', lost);
    const second = take('waited for', lost, 60_000);
    await first?.release();
    const held = await second;
    expect(held).not.toBeNull();
    await held?.release();
    expect(lost).not.toHaveBeenCalled();
  });

  it('is certain while the database confirms it, and no longer than its lease without', async () => {
    let passed = 0;
    const clock = { now: () => Date.now() + passed, monotonic: () => performance.now() + passed };
    const held = await holdLock({ url: database.url, name: 'certain', log: silentLogger, onLost: () => undefined, waitMs: 0, clock });
    expect(held?.isCertain()).toBe(true);
    // As after a machine slept: nobody has told anything, and the lock may have been somebody else's for long.
    passed = HELD_LOCK_LEASE_MS;
    expect(held?.isCertain()).toBe(false);
    await vi.waitUntil(() => held?.isCertain(), { timeout: 10_000 });
    await held?.release();
    expect(held?.isCertain()).toBe(false);
  });

  it('tells its holder once when the server has forgotten it', async () => {
    let told = 0;
    let tell: () => void = () => undefined;
    const lost = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const forgotten = await take('forgotten', () => {
      told += 1;
      tell();
    });
    await endHolders();
    await lost;
    expect(forgotten?.isCertain()).toBe(false);
    const next = await take('forgotten', undefined, 60_000);
    expect(next).not.toBeNull();
    await next?.release();
    expect(told).toBe(1);
  });
});
