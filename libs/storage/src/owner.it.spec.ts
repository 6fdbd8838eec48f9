import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeId } from '@lockstep/kernel';
import { type EmbeddedDatabase, openDatabase, silentLogger } from '@lockstep/platform';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../migrations';
import { resolveRoleUrls } from './logins';
import { migrate, revert } from './migrate';
import { openStorage, type Storage } from './storage';
import { chainOfScope, proveAuditChain } from './tenancy/audit-chain';

const NOW = Date.UTC(2026, 10, 22, 12);
const clock = { now: () => NOW, monotonic: () => 0 };
const TENANT = makeId('tenant', NOW, Buffer.alloc(10));

/** A server of its own, because the groups must be made by this owner: as where PostgreSQL is rented and nobody is superuser. */
describe('an owner that is no superuser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-owner-'));
  let server: EmbeddedDatabase;
  let ownerUrl: string;
  let masterUrl: string;

  const as = async <T>(url: string, work: (source: DataSource) => Promise<T>): Promise<T> => {
    const source = await new DataSource({ type: 'postgres', url }).initialize();
    try {
      return await work(source);
    } finally {
      await source.destroy();
    }
  };
  const withStorage = async <T>(role: 'app' | 'engine' | 'backoffice', work: (storage: Storage) => Promise<T>): Promise<T> => {
    const storage = await openStorage({ url: resolveRoleUrls(ownerUrl)[role].url, role, clock, poolMax: 1 });
    try {
      return await work(storage);
    } finally {
      await storage.close();
    }
  };

  beforeAll(async () => {
    chmodSync(folder, 0o711);
    server = await openDatabase({ dataDir: folder, log: silentLogger, durable: false });
    const url = (user: string | null): string => {
      const made = new URL(server.ownerUrl);
      made.pathname = '/rented';
      if (user === null) return made.href;
      made.username = user;
      made.password = 'given';
      return made.href;
    };
    await as(server.ownerUrl, async (source) => {
      await source.query(`create role tenant_owner login createrole nosuperuser nobypassrls password 'given'`);
      await source.query('create database rented owner tenant_owner');
    });
    ownerUrl = url('tenant_owner');
    masterUrl = url(null);
  });

  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('migrates up, and every role passes its start check and works', async () => {
    expect((await migrate(ownerUrl, resolveRoleUrls(ownerUrl))).applied).toHaveLength(MIGRATIONS.length);
    await withStorage('app', async (storage) => {
      await storage.platform(async (unit) => {
        await unit.tenants.insert({
          id: TENANT,
          name: 'Northwind',
          tier: 'starter',
          status: 'active',
          timeZone: 'UTC',
          createdAt: NOW,
          updatedAt: NOW,
        });
      });
    });
    await withStorage('engine', (storage) => storage.scoped(scopeFromPlatformList(TENANT, 'test'), (unit) => unit.journal.unfinished(0, 1)));
    await withStorage('backoffice', async (storage) => {
      expect(await storage.platform((unit) => unit.makePartitions(6))).toBeGreaterThan(0);
    });
  });

  it('carries rows over that row-level security hides from it', async () => {
    const recovery = MIGRATIONS.findIndex(({ name }) => name === 'Recovery');
    await revert(ownerUrl, MIGRATIONS.length - recovery);
    await as(masterUrl, (source) =>
      source.query(
        `insert into wave_journal (tenant_id, environment, move_id, shard, part, instance, leader_id, coin, packed, order_count, decision_count, max_nonce, created_at, completed_at)
         values ($1, 'test', 1, 0, 0, 1, 'ldr_1', 'BTC', '', 0, 0, 0, $2, $2)`,
        [TENANT, new Date(NOW)],
      ),
    );
    await migrate(ownerUrl, resolveRoleUrls(ownerUrl));
    const rows: unknown = await as(masterUrl, (source) => source.query('select written_at from wave_journal'));
    expect(rows).toEqual([{ written_at: new Date(NOW) }]);
    const forced: unknown = await as(masterUrl, (source) => source.query(`select relforcerowsecurity from pg_class where relname = 'wave_journal'`));
    expect(forced).toEqual([{ relforcerowsecurity: true }]);
  });

  it('takes out of settings what the process before would not read, and gives them what it needs on the way up', async () => {
    const own = { caps: { max_leverage: '3' }, slippage: { on_breach: 'reject' }, breaker: { daily: null } };
    const chosen = {
      caps: { ...own.caps, max_gross_exposure: '5', min_liquidation_distance: '0.2' },
      slippage: { on_breach: 'rest' },
      breaker: { ...own.breaker, protective_stop: true },
      state_limits: { leverage: 'trim' },
    };
    const settings = async (): Promise<unknown> => as(masterUrl, (source) => source.query('select settings from copy_settings'));
    await as(masterUrl, async (source) => {
      // Its copy is of no matter here.
      await source.query('alter table copy_settings disable trigger all');
      await source.query(
        `insert into copy_settings (tenant_id, environment, copy_id, version, settings, actor, effective_from) values ($1, 'test', 'cpy_1', 1, $2, 'test', $3)`,
        [TENANT, JSON.stringify(chosen), new Date(NOW)],
      );
    });
    await revert(ownerUrl, MIGRATIONS.length - MIGRATIONS.findIndex(({ name }) => name === 'StandingOrders'));
    expect(await settings()).toEqual([{ settings: own }]);
    await migrate(ownerUrl, resolveRoleUrls(ownerUrl));
    expect(await settings()).toEqual([{ settings: { ...own, breaker: { ...own.breaker, protective_stop: false } } }]);
    await as(masterUrl, (source) => source.query('delete from copy_settings'));
  });

  it('tells of re-enables of before when they were begun, and of those that are still to be carried out nothing', async () => {
    await revert(ownerUrl, MIGRATIONS.length - MIGRATIONS.findIndex(({ name }) => name === 'BegunCommands'));
    const [given, applied] = [new Date(NOW), new Date(NOW + 1_000)];
    await as(masterUrl, async (source) => {
      // What the copies belong to is of no matter here.
      await source.query('alter table copies disable trigger all');
      for (const [id, state] of [
        ['cpy_1', 'active'],
        ['cpy_2', 'breaker_closed'],
      ])
        await source.query(
          `insert into copies (tenant_id, environment, id, leader_id, follower_id, venue_account_id, allocation, state, settings_version, created_at, updated_at)
           values ($1, 'test', $2, 'ldr_1', 'flw_1', $2, 1, $3, 1, $4, $4)`,
          [TENANT, id, state, given],
        );
      for (const [no, kind, id, status, at] of [
        [1, 'copy.re_enable', 'cpy_2', 'applied', applied],
        [2, 'copy.re_enable', 'cpy_2', 'refused', applied],
        [3, 'copy.re_enable', 'cpy_2', 'pending', null],
        [4, 'copy.re_enable', 'cpy_1', 'pending', null],
        [5, 'copy.pause', 'cpy_1', 'pending', null],
      ])
        await source.query(
          `insert into commands (tenant_id, environment, no, kind, target_id, payload, actor, status, created_at, applied_at)
           values ($1, 'test', $2, $3, $4, '{}', 'test', $5, $6, $7)`,
          [TENANT, no, kind, id, status, given, at],
        );
    });
    await migrate(ownerUrl, resolveRoleUrls(ownerUrl));
    const begun = (await as(masterUrl, (source) => source.query('select begun_at from commands order by no'))) as readonly {
      begun_at: Date | null;
    }[];
    expect(begun.map(({ begun_at }) => begun_at)).toEqual([applied, null, null, given, null]);
    const forced: unknown = await as(masterUrl, (source) =>
      source.query(`select relforcerowsecurity from pg_class where relname in ('commands', 'copies')`),
    );
    expect(forced).toEqual([{ relforcerowsecurity: true }, { relforcerowsecurity: true }]);
    await as(masterUrl, (source) => source.query('delete from commands'));
    await as(masterUrl, (source) => source.query('delete from copies'));
  });

  it('links the lines of before, so that each scope’s chain proves itself', async () => {
    await revert(ownerUrl, MIGRATIONS.length - MIGRATIONS.findIndex(({ name }) => name === 'AuditChain'));
    await as(masterUrl, async (source) => {
      for (const [environment, id, second] of [
        ['test', 'aud_1', 5],
        ['test', 'aud_2', 3],
        ['test', 'aud_0', 5],
        ['live', 'aud_1', 1],
      ] as const)
        await source.query(
          `insert into audit_log (tenant_id, environment, id, actor, action, target_id, request_id, detail, created_at)
           values ($1, $2, $3, 'key_ü', 'leader.update', null, null, '{"name": "Größe"}', $4)`,
          [TENANT, environment, id, new Date(NOW + second * 1_000)],
        );
    });
    await migrate(ownerUrl, resolveRoleUrls(ownerUrl));
    await withStorage('app', async (storage) => {
      for (const [environment, many] of [
        ['test', 3n],
        ['live', 1n],
      ] as const) {
        const scope = scopeFromPlatformList(TENANT, environment);
        const line = {
          actor: 'key_1',
          action: 'leader.update',
          targetId: null,
          requestId: 'req_1',
          detail: {},
          before: null,
          after: { a: 1 },
          createdAt: NOW,
        };
        await storage.scoped(scope, async (unit) => unit.audit.note({ id: makeId('audit', NOW, Buffer.alloc(10)), ...line }));
        const chain = chainOfScope(TENANT, environment);
        const found = await storage.scoped(scope, async ({ audit }) => ({
          head: await audit.head(),
          ids: (await audit.links(1n, 10)).map(({ fields: [id] }) => id),
          proof: await proveAuditChain({ chain, head: () => audit.head(), links: (from, limit) => audit.links(from, limit) }, 1n, many + 1n),
        }));
        expect(found).toMatchObject({ head: { no: many + 1n }, proof: { lines: Number(many) + 1, brokenAt: null } });
        if (environment === 'test') expect(found.ids.slice(0, 3)).toEqual(['aud_2', 'aud_0', 'aud_1']);
      }
    });
    const forced: unknown = await as(masterUrl, (source) => source.query(`select relforcerowsecurity from pg_class where relname = 'audit_log'`));
    expect(forced).toEqual([{ relforcerowsecurity: true }]);
  });

  it('migrates down to nothing and up again', async () => {
    await revert(ownerUrl, MIGRATIONS.length);
    expect((await migrate(ownerUrl, resolveRoleUrls(ownerUrl))).applied).toHaveLength(MIGRATIONS.length);
    await withStorage('engine', (storage) => storage.ping());
  });
});
