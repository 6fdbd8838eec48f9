import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../migrations';
import { sqlState } from './failures';
import { ensureLogins, type RoleUrls } from './logins';

/** Bound of the wait for another migrator, which may be running long. */
const LOCK_TIMEOUT_MS = 120_000;

/**
 * Bounds of a migration's wait for a table that others use. While it waits, every later request for that table queues behind it: so it gives up soon, lets
 * them through, and tries again.
 */
const TABLE_LOCK_LIMITS = { lockTimeoutMs: 2_000, attemptsMax: 20, pauseMs: 3_000 };

export type TableLockLimits = { readonly [Name in keyof typeof TABLE_LOCK_LIMITS]: number };

/** What PostgreSQL answers where `lock_timeout` ran out. */
const LOCK_NOT_AVAILABLE = '55P03';

/** What `migrate` did: names of the migrations it ran, empty when the database was up to date. */
export interface MigrationReport {
  readonly applied: readonly string[];
}

/**
 * Brings the database to the newest schema as its owner and makes the login roles of `roles` members of their groups.
 * Holds an advisory lock meanwhile: of two migrators one works, the other waits and finds nothing left to do.
 * Each migration is its own transaction; a failing one leaves the database at the one before. One that finds a table in use is tried again with pauses.
 * Throws on failure.
 */
export async function migrate(ownerUrl: string, roles: RoleUrls, limits: TableLockLimits = TABLE_LOCK_LIMITS): Promise<MigrationReport> {
  return asOwner(ownerUrl, limits, async (source) => {
    const before = await appliedNames(source);
    await patiently(limits, () => source.runMigrations({ transaction: 'each' }));
    await patiently(limits, () => ensureLogins(source, roles));
    return { applied: (await appliedNames(source)).slice(before.length) };
  });
}

/** Takes back the newest `count` migrations. For tests and for an operator who must; data in dropped tables is gone. */
export async function revert(ownerUrl: string, count: number): Promise<void> {
  await asOwner(ownerUrl, TABLE_LOCK_LIMITS, async (source) => {
    for (let undone = 0; undone < count; undone += 1) await patiently(TABLE_LOCK_LIMITS, () => source.undoLastMigration({ transaction: 'each' }));
  });
}

/** Does the work again, after a pause, where it ran into a lock; what of it is done stays done and is not repeated. */
async function patiently<T>({ attemptsMax, lockTimeoutMs, pauseMs }: TableLockLimits, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (failure) {
      if (sqlState(failure) !== LOCK_NOT_AVAILABLE) throw failure;
      if (attempt >= attemptsMax)
        throw new Error(
          `a migration needs a table that others hold: ${attemptsMax} attempts of ${lockTimeoutMs} ms each did not get it. End long transactions (pg_stat_activity tells them), then run it again: it goes on where it stands.`,
          { cause: failure },
        );
      await sleep(pauseMs);
    }
  }
}

/** Names of the migrations that were run, oldest first; none before the first. */
async function appliedNames(source: DataSource): Promise<readonly string[]> {
  const [standing]: { there: boolean }[] = await source.query(`select to_regclass('schema_migrations') is not null as there`);
  if (standing?.there !== true) return [];
  const rows: { name: string }[] = await source.query('select name from schema_migrations order by id');
  return rows.map(({ name }) => name);
}

async function asOwner<T>(ownerUrl: string, { lockTimeoutMs }: TableLockLimits, work: (source: DataSource) => Promise<T>): Promise<T> {
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migrations',
    applicationName: 'lockstep-migrate',
    // One connection holds the lock, one works.
    poolSize: 2,
    extra: { lock_timeout: lockTimeoutMs },
  });
  await source.initialize();
  const keeper = source.createQueryRunner();
  try {
    await keeper.query(`set statement_timeout = ${LOCK_TIMEOUT_MS}`);
    await keeper.query('set lock_timeout = 0');
    await keeper.query(`select pg_advisory_lock(hashtextextended('lockstep.migrate', 0))`);
    return await work(source);
  } finally {
    // Closing the session gives the lock back even when the work failed half way.
    await keeper.release();
    await source.destroy();
  }
}
