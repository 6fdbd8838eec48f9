import { createTestDatabase, type TestDatabase } from '@lockstep/platform/testing/test-database';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../migrations';
import { KeyAddresses } from '../../../migrations/0140-key-addresses';
import { NarrowedKeys } from '../../../migrations/0143-narrowed-keys';
import { Brands } from '../../../migrations/0170-brands';
import { ErasedEvents } from '../../../migrations/0212-erased-events';
import { ensureLogins, type RoleUrls, resolveRoleUrls } from './logins';
import { migrate, revert } from './migrate';
import { openStorage } from './storage';
import { waitsForALock } from './testing/lock-waits';
import { migratedDatabase } from './testing/test-storage';

const clock = { now: () => 0, monotonic: () => 0 };
let database: TestDatabase;
let urls: RoleUrls;
const extraRoles: string[] = [];

async function use(made: Promise<TestDatabase>): Promise<void> {
  database = await made;
  urls = resolveRoleUrls(database.url);
}
afterEach(async () => {
  await asOwner(async (source) => {
    for (const role of extraRoles.splice(0)) {
      await source.query(`drop owned by ${role}`);
      await source.query(`drop role ${role}`);
    }
  });
  await database.drop();
});

async function asOwner<T>(work: (source: DataSource) => Promise<T>): Promise<T> {
  const source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

const objects = (): Promise<unknown[]> =>
  asOwner((source) =>
    source.query(`
      select 'table ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable as what from information_schema.columns
        where table_schema = 'public' and table_name <> 'schema_migrations'
      union all select 'index ' || indexdef from pg_indexes where schemaname = 'public' and tablename <> 'schema_migrations'
      union all select 'policy ' || tablename || policyname || qual from pg_policies
      union all select 'grant ' || grantee || table_name || privilege_type from information_schema.role_table_grants
        where table_schema = 'public' and grantee in ('lockstep_app', 'lockstep_engine', 'lockstep_backoffice')
      union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
      order by 1`),
  );

describe('migrations', () => {
  beforeEach(() => use(createTestDatabase()));

  it('go up, down to nothing and up to the same schema again', async () => {
    const up = await migrate(database.url, urls);
    expect(up.applied).toHaveLength(MIGRATIONS.length);
    const first = await objects();
    await revert(database.url, MIGRATIONS.length);
    expect(await objects()).toEqual([]);
    expect((await migrate(database.url, urls)).applied).toEqual(up.applied);
    expect(await objects()).toEqual(first);
  });

  it('run once when two migrators start together', async () => {
    const reports = await Promise.all([migrate(database.url, urls), migrate(database.url, urls), migrate(database.url, urls)]);
    expect(reports.map((report) => report.applied.length).sort((a, b) => a - b)).toEqual([0, 0, MIGRATIONS.length]);
  });
});

describe('a migration that needs a table in use', () => {
  beforeEach(() => use(migratedDatabase()));
  const limits = { lockTimeoutMs: 50, attemptsMax: 3, pauseMs: 20 };

  /** Takes the newest migration back, and does `work` while a session holds every table that the migration changes; `release` ends that session's transaction. */
  async function whileHeld(work: (release: () => Promise<unknown>) => Promise<void>): Promise<void> {
    await revert(database.url, MIGRATIONS.length - MIGRATIONS.indexOf(ErasedEvents));
    await asOwner(async (source) => {
      const holder = source.createQueryRunner();
      await holder.query('begin');
      await holder.query('lock table events in row exclusive mode');
      await work(() => holder.query('rollback'));
      await holder.release();
    });
  }

  it('gives it up soon, so that others are not queued behind it, and says what to do where it never got it', async () => {
    await whileHeld(async (release) => {
      await expect(migrate(database.url, urls, limits)).rejects.toThrow('3 attempts of 50 ms each did not get it');
      await release();
    });
    expect((await migrate(database.url, urls, limits)).applied[0]).toBe(new ErasedEvents().name);
  });

  it('tries again and is run once the table is free', async () => {
    await whileHeld(async (release) => {
      const migrating = migrate(database.url, urls, { ...limits, attemptsMax: 1_000 });
      await waitsForALock(database.url);
      await release();
      expect((await migrating).applied[0]).toBe(new ErasedEvents().name);
    });
    expect((await migrate(database.url, urls)).applied).toEqual([]);
  });
});

describe('the way back', () => {
  beforeEach(() => use(migratedDatabase()));

  const addTenant = (source: DataSource, id: string, host: string | null): Promise<unknown> =>
    source.query(
      `insert into tenants (id, name, host, branding, tier, status, time_zone, created_at, updated_at)
       values ($1, 'n', $2, '{}', 't', 'active', 'UTC', now(), now())`,
      [id, host],
    );

  it('keeps a tenant’s host, there and back', async () => {
    const steps = MIGRATIONS.length - MIGRATIONS.indexOf(Brands);
    await revert(database.url, steps);
    const hosts: Readonly<Record<string, string | null>> = { ten_1: 'api.acme.example', ten_2: 'b.example.', ten_3: null };
    await asOwner(async (source) => {
      await source.query(`insert into tiers values ('t', '{}', now())`);
      for (const [id, host] of Object.entries(hosts)) await addTenant(source, id, host);
    });
    await migrate(database.url, urls);
    await asOwner(async (source) => {
      await source.query('alter table domains no force row level security');
      expect(await source.query('select host, tenant_id, environment from domains order by host')).toEqual([
        { host: 'api.acme.example', tenant_id: 'ten_1', environment: null },
        { host: 'b.example', tenant_id: 'ten_2', environment: null },
      ]);
      await source.query('alter table domains force row level security');
    });
    await revert(database.url, steps);
    await asOwner(async (source) => {
      const back: { id: string; host: string | null }[] = await source.query('select id, host from tenants order by id');
      expect(back).toEqual(Object.entries({ ...hosts, ten_2: 'b.example' }).map(([id, host]) => ({ id, host })));
    });
  });

  it('revokes the keys whose bounds an older process would not know, and leaves the others', async () => {
    // What came after has columns of its own.
    const last = MIGRATIONS.indexOf(NarrowedKeys);
    await revert(database.url, MIGRATIONS.length - 1 - last);
    const bounds: Readonly<Record<string, string>> = {
      plain: '{}',
      listed: '{"allowed_addresses": ["198.51.100.7"]}',
      signing: '{"signed": "changes"}',
      narrowed: '{"narrowed_to": ["cpy_1"]}',
    };
    await asOwner(async (source) => {
      await source.query(`insert into tiers values ('t', '{}', now())`);
      await addTenant(source, 'ten_1', null);
      await source.query('alter table api_keys no force row level security');
      for (const [kid, bound] of Object.entries(bounds)) {
        const head = { kid, tenant_id: 'ten_1', environment: 'test', scopes: [], status: 'active', created_at: new Date(), ...JSON.parse(bound) };
        const plain = { narrowed_to: [], allowed_addresses: [], signed: 'nothing', ...head };
        const index = { ...plain, key_id: kid, digest: '\\x00', signing_secret: plain.signed === 'nothing' ? null : '\\x00' };
        await source.query('insert into key_index select * from json_populate_record(null::key_index, $1)', [JSON.stringify(index)]);
        const own = { ...plain, id: kid, label: kid, prefix: kid, last4: 'last' };
        await source.query('insert into api_keys select * from json_populate_record(null::api_keys, $1)', [JSON.stringify(own)]);
      }
      const operators = [
        { kid: 'all', role: 'admin' },
        { kid: 'some', role: 'support' },
      ];
      for (const { kid, role } of operators)
        await source.query(
          `insert into operator_keys (kid, digest, label, scopes, status, created_at, role) values ($1, '', '', '{}', 'active', now(), $2)`,
          [kid, role],
        );
      await source.query('alter table api_keys force row level security');
    });
    await revert(database.url, last - MIGRATIONS.indexOf(KeyAddresses) + 1);
    await asOwner(async (source) => {
      await source.query('alter table api_keys no force row level security');
      for (const table of ['key_index', 'api_keys', 'operator_keys']) {
        const active: { kid: string }[] = await source.query(`select kid from ${table} where status = 'active'`);
        expect([table, active.map(({ kid }) => kid)]).toEqual([table, [table === 'operator_keys' ? 'all' : 'plain']]);
      }
      await source.query('alter table api_keys force row level security');
    });
  });
});

describe('login roles', () => {
  beforeEach(() => use(migratedDatabase()));

  it('are made with the password derived from the owner and can log in', async () => {
    for (const role of ['app', 'engine', 'backoffice'] as const) {
      const storage = await openStorage({ url: urls[role].url, role, clock, poolMax: 1 });
      await storage.ping();
      await storage.close();
    }
  });

  it('are refused with the password of another role or a wrong one', async () => {
    const wrong = new URL(urls.app.url);
    wrong.password = 'guessed';
    await expect(openStorage({ url: wrong.href, role: 'app', clock, poolMax: 1 })).rejects.toThrow('password authentication failed');
  });

  it('may serve their own process only', async () => {
    await expect(openStorage({ url: urls.engine.url, role: 'app', clock, poolMax: 1 })).rejects.toThrow('is not a member of lockstep_app');
  });

  it.each([
    ['a superuser', 'superuser', 'it is a superuser'],
    ['a role with BYPASSRLS', 'bypassrls', 'it has BYPASSRLS'],
  ])('start fails for %s', async (_name, attribute, reason) => {
    const url = await addRole(`odd_${attribute}`, attribute);
    await expect(openStorage({ url, role: 'app', clock, poolMax: 1 })).rejects.toThrow(reason);
  });

  it('start fails for a role that owns a table', async () => {
    const url = await addRole('odd_owner', '');
    await asOwner(async (source) => {
      await source.query('create table stray (id int)');
      await source.query('alter table stray owner to odd_owner');
    });
    await expect(openStorage({ url, role: 'app', clock, poolMax: 1 })).rejects.toThrow('it owns tables');
  });

  it('start fails for a role that may become the owner', async () => {
    const url = await addRole('odd_member', '');
    await asOwner((source) => source.query(`do $$ begin execute format('grant %I to odd_member', current_user); end $$`));
    await expect(openStorage({ url, role: 'app', clock, poolMax: 1 })).rejects.toThrow('member of a role that owns tables');
  });

  it('given by the deployment are admitted and keep their password', async () => {
    const url = await addRole('own_app', '');
    await migrate(database.url, resolveRoleUrls(database.url, { app: url }));
    const storage = await openStorage({ url, role: 'app', clock, poolMax: 1 });
    await storage.close();
  });

  it('without a password to derive from are refused with the variable to set', () => {
    expect(() => resolveRoleUrls('postgres://owner@db/lockstep')).toThrow('APP_DATABASE_URL');
  });
});

async function addRole(name: string, attribute: string): Promise<string> {
  extraRoles.push(name);
  const url = new URL(database.url);
  url.username = name;
  url.password = 'given';
  await asOwner(async (source) => {
    await source.query(`create role ${name} login ${attribute} password 'given'`);
    await source.query(`do $$ begin execute format('grant connect on database %I to ${name}', current_database()); end $$`);
    const groups: unknown[] = await source.query(`select 1 from pg_roles where rolname = 'lockstep_app'`);
    if (groups.length > 0) await ensureLogins(source, { ...urls, app: { url: url.href, managed: false } });
  });
  return url.href;
}
