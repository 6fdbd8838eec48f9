import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../migrations';
import { ensureLogins, type RoleUrls } from './logins';

/** Bound of the wait for another migrator, which may be running long. */
const LOCK_TIMEOUT_MS = 120_000;

/** What `migrate` did: names of the migrations it ran, empty when the database was up to date. */
export interface MigrationReport {
  readonly applied: readonly string[];
}

/**
 * Brings the database to the newest schema as its owner and makes the login roles of `roles` members of their groups.
 * Holds an advisory lock meanwhile: of two migrators one works, the other waits and finds nothing left to do.
 * Each migration is its own transaction; a failing one leaves the database at the one before. Throws on failure.
 */
export async function migrate(ownerUrl: string, roles: RoleUrls): Promise<MigrationReport> {
  return asOwner(ownerUrl, async (source) => {
    const applied = await source.runMigrations({ transaction: 'each' });
    await ensureLogins(source, roles);
    return { applied: applied.map((migration) => migration.name) };
  });
}

/** Takes back the newest `count` migrations. For tests and for an operator who must; data in dropped tables is gone. */
export async function revert(ownerUrl: string, count: number): Promise<void> {
  await asOwner(ownerUrl, async (source) => {
    for (let undone = 0; undone < count; undone += 1) await source.undoLastMigration({ transaction: 'each' });
  });
}

async function asOwner<T>(ownerUrl: string, work: (source: DataSource) => Promise<T>): Promise<T> {
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migrations',
    applicationName: 'lockstep-migrate',
    // One connection holds the lock, one works.
    poolSize: 2,
  });
  await source.initialize();
  const keeper = source.createQueryRunner();
  try {
    await keeper.query(`set statement_timeout = ${LOCK_TIMEOUT_MS}`);
    await keeper.query(`select pg_advisory_lock(hashtextextended('lockstep.migrate', 0))`);
    return await work(source);
  } finally {
    // Closing the session gives the lock back even when the work failed half way.
    await keeper.release();
    await source.destroy();
  }
}
