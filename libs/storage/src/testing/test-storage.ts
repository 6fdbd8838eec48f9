import { type Clock, type Ids, makeId, type TenantId, type TenantScope } from '@lockstep/kernel';
import { createTestDatabase, type TestDatabase } from '@lockstep/platform/testing/test-database';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { type ProcessRole, type RoleUrls, resolveRoleUrls } from '../logins';
import { migrate } from '../migrate';
import { openStorage, type Storage } from '../storage';

/** A migrated database of its own, reached through the roles of the processes. */
export interface TestStorage {
  readonly ownerUrl: string;
  readonly urls: RoleUrls;
  readonly clock: TestClock;
  readonly ids: Ids;
  /** Statements run since the database was opened, by any of its storages. */
  readonly statements: string[];
  /** The storage of a role; opened at first use. */
  as(role: ProcessRole): Promise<Storage>;
  /** A new tenant with its tier, and its scope. */
  tenant(name: string, environment?: TenantScope['environment']): Promise<TenantScope>;
  close(): Promise<void>;
}

/** A clock that moves only when told. */
export interface TestClock extends Clock {
  set(time: number): void;
}

const START_MS = Date.UTC(2026, 10, 22, 12);

/** A database with the migrated schema, copied from one that was migrated once per run. */
export async function migratedDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({
    template: {
      name: 'lockstep_schema',
      prepare: async (url) => {
        await migrate(url, resolveRoleUrls(url));
      },
    },
  });
  // The schema came with the template; what is left are the rights to connect to this very database.
  await migrate(database.url, resolveRoleUrls(database.url));
  return database;
}

/** Opens a fresh copy of the migrated schema; `clock` stands at noon of a fixed day when none is given. */
export async function openTestStorage(clock: TestClock = testClock()): Promise<TestStorage> {
  const database = await migratedDatabase();
  const urls = resolveRoleUrls(database.url);
  const opened = new Map<ProcessRole, Promise<Storage>>();
  const statements: string[] = [];
  const ids = testIds(clock);
  const as = (role: ProcessRole): Promise<Storage> => {
    const storage = opened.get(role) ?? openStorage({ url: urls[role].url, role, clock, poolMax: 8, onStatement: (text) => statements.push(text) });
    opened.set(role, storage);
    return storage;
  };
  return {
    ownerUrl: database.url,
    urls,
    clock,
    ids,
    statements,
    as,
    tenant: async (name, environment = 'live') => addTenant(await as('app'), ids.next('tenant'), name, environment),
    close: async () => {
      for (const storage of opened.values()) await (await storage).close();
      await database.drop();
    },
  };
}

async function addTenant(storage: Storage, id: TenantId, name: string, environment: TenantScope['environment']): Promise<TenantScope> {
  await storage.platform(async (unit) => {
    await unit.tenants.insert({
      id,
      name,
      tier: 'starter',
      status: 'active',
      timeZone: 'UTC',
      createdAt: unit.now,
      updatedAt: unit.now,
    });
  });
  return scopeFromPlatformList(id, environment);
}

/** A clock at noon of a fixed day. */
export function testClock(): TestClock {
  let now = START_MS;
  return {
    now: () => now,
    monotonic: () => now,
    set: (time) => {
      now = time;
    },
  };
}

/** Ids of one clock, told apart by a counter. */
export function testIds(clock: Clock, from = 0): Ids {
  let count = from;
  return {
    next: (kind) => {
      count += 1;
      const tail = Buffer.alloc(10);
      tail.writeUInt32BE(count, 6);
      return makeId(kind, clock.now(), tail);
    },
  };
}
