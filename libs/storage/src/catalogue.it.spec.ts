import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStorage, type TestStorage } from './testing/test-storage';

/** The closed list of tables without row-level security. A table that is neither here nor guarded fails the build. */
const PLATFORM_TABLES = [
  'daily_seeds',
  'detection_standings',
  'egress_standings',
  'engine_instances',
  'instruments',
  'key_index',
  'leader_fills',
  'leader_sights',
  'moves',
  'operator_idempotency_keys',
  'operator_keys',
  'platform_audit_head',
  'platform_audit_log',
  'platform_flags',
  'platform_jobs',
  'platform_limits',
  'schema_migrations',
  'tenant_offboardings',
  'tenants',
  'tiers',
  'venue_networks',
  'watched_accounts',
];

/** Tables whose rows belong to a tenant in both its environments, and to the operator: guarded by the tenant alone. */
const TENANT_WIDE_TABLES = ['domains', 'tenant_contracts'];

interface TableFacts {
  readonly name: string;
  readonly partition: boolean;
  readonly secured: boolean;
  readonly forced: boolean;
  readonly has_tenant: boolean;
  readonly key: string[] | null;
  readonly granted: boolean;
}

let test: TestStorage;
let owner: DataSource;
let tables: readonly TableFacts[];

beforeAll(async () => {
  test = await openTestStorage();
  owner = await new DataSource({ type: 'postgres', url: test.ownerUrl }).initialize();
  tables = await owner.query(`
    select c.relname as name, c.relispartition as partition, c.relrowsecurity as secured, c.relforcerowsecurity as forced,
      exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as has_tenant,
      (select array_agg(a.attname::text order by k.n) from pg_index i, unnest(i.indkey::int[]) with ordinality k (no, n), pg_attribute a
       where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.no) as key,
      exists (select 1 from information_schema.role_table_grants g where g.table_name = c.relname and g.grantee in ('lockstep_app', 'lockstep_engine', 'lockstep_backoffice')) as granted
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`);
});
afterAll(async () => {
  await owner.destroy();
  await test.close();
});

describe('the catalogue', () => {
  it('has no table outside the closed list without row-level security in force', () => {
    const open = tables.filter((table) => !table.secured || !table.forced).map((table) => table.name);
    expect(open).toEqual(PLATFORM_TABLES);
  });

  it('names tenant and environment in every policy of every process, and in nothing but the owner keeper of the default partitions beside them', async () => {
    const policies: { table: string; policy: string; roles: string; using: string; check: string }[] = await owner.query(
      `select tablename as table, policyname as policy, roles::text as roles, qual as using, with_check as check from pg_policies order by 1, 2`,
    );
    const ours = policies.filter((policy) => !policy.policy.endsWith('_default_keeper') && !TENANT_WIDE_TABLES.includes(policy.table));
    const scoped = (text: string): boolean =>
      text.includes("current_setting('app.tenant_id'") && text.includes("current_setting('app.environment'") && text.includes(' AND ');
    expect(ours.filter((policy) => !scoped(policy.using) || !scoped(policy.check))).toEqual([]);
    expect(ours.filter((policy) => !/^\{lockstep_(app|engine|backoffice)\}$/.test(policy.roles))).toEqual([]);
    const keepers = policies.filter((policy) => policy.policy.endsWith('_default_keeper'));
    expect(keepers.map((policy) => policy.table)).toEqual(['events_default', 'fills_default', 'orders_default']);
    expect(keepers.filter((policy) => policy.roles.includes('lockstep_') || policy.roles.includes('public'))).toEqual([]);
    const guarded = tables.filter((table) => table.secured && !table.partition).map((table) => table.name);
    expect(guarded.filter((name) => !TENANT_WIDE_TABLES.includes(name) && !ours.some((policy) => policy.table === name))).toEqual([]);
  });

  it('guards what is a tenant’s in both environments by the tenant, and lets only units without a scope write it', async () => {
    const policies: { command: string; condition: string }[] = await owner.query(
      `select cmd as command, coalesce(qual, '') || coalesce(with_check, '') as condition from pg_policies where tablename = any($1) order by policyname`,
      [TENANT_WIDE_TABLES],
    );
    expect(policies.map(({ command }) => command)).toEqual(['INSERT', 'SELECT', 'DELETE', 'INSERT', 'SELECT', 'SELECT']);
    expect(policies.filter(({ condition }) => !condition.includes("current_setting('app.tenant_id'"))).toEqual([]);
    expect(
      policies.filter(({ command, condition }) => command === 'SELECT' && !condition.replace('app.tenant_id', '').includes('tenant_id')),
    ).toEqual([]);
  });

  it('begins every key and unique index of a tenant table with tenant and environment', async () => {
    const tenantTables = tables.filter((table) => table.secured && !TENANT_WIDE_TABLES.includes(table.name));
    expect(tenantTables.filter((table) => !table.has_tenant || table.key?.[0] !== 'tenant_id' || table.key[1] !== 'environment')).toEqual([]);
    const uniques: { index: string; definition: string }[] = await owner.query(
      `select i.indexname as index, i.indexdef as definition from pg_indexes i join pg_class c on c.relname = i.tablename and c.relnamespace = 'public'::regnamespace
       where i.schemaname = 'public' and c.relrowsecurity`,
    );
    const own = uniques.filter((index) => !TENANT_WIDE_TABLES.some((table) => index.definition.includes(` ON public.${table} `)));
    expect(own.filter((index) => !index.definition.includes('(tenant_id, environment'))).toEqual([]);
  });

  it('reaches partitions through their parents only', () => {
    const partitions = tables.filter((table) => table.partition);
    expect(partitions.length).toBeGreaterThanOrEqual(12);
    expect(partitions.filter((table) => table.granted)).toEqual([]);
  });

  it('lets no process change or remove what is append-only', async () => {
    const rights: { table: string; right: string }[] = await owner.query(
      `select distinct table_name as table, privilege_type as right from information_schema.role_table_grants
       where grantee in ('lockstep_app', 'lockstep_engine', 'lockstep_backoffice') and table_name in ('ledger_transactions', 'events', 'audit_log', 'platform_audit_log', 'copy_settings', 'fee_schedules', 'leader_terms', 'copy_consents')
         and privilege_type not in ('SELECT', 'INSERT')`,
    );
    expect(rights).toEqual([]);
    const columns: { right: string }[] = await owner.query(
      `select table_name || '.' || column_name || ' ' || grantee as right from information_schema.role_column_grants
       where grantee in ('lockstep_app', 'lockstep_engine', 'lockstep_backoffice') and table_name in ('ledger_transactions', 'events', 'audit_log', 'platform_audit_log', 'copy_settings', 'fee_schedules', 'leader_terms', 'copy_consents')
         and privilege_type not in ('SELECT', 'INSERT')`,
    );
    // An erasure takes addresses out of events, and a trigger refuses whatever else.
    expect(columns).toEqual([{ right: 'events.data lockstep_backoffice' }]);
  });

  it('lets an event change by the addresses in it alone', async () => {
    const scope = await test.tenant('Events');
    const [backoffice, address] = [await test.as('backoffice'), `0x${'Ab'.repeat(20)}`];
    const data = `{"reason": "the venue names ${address}", "hash": "0x${'cd'.repeat(32)}"}`;
    await backoffice.scoped(scope, async (unit) => {
      await unit.events.append([{ id: test.ids.next('event'), type: 'x', version: 1, occurredAt: unit.now, data }]);
    });
    const change = (to: string) =>
      backoffice.scoped(scope, (unit) =>
        unit.execute('update events set data = $3::json where tenant_id = $1 and environment = $2', [...unit.scopeParameters, to]),
      );
    await expect(change('{"reason": "another"}')).rejects.toThrow('an event does not change');
    await expect(change(data.replace('cdcd', 'erased'))).rejects.toThrow('an event does not change');
    expect(await change(data.replace(address, 'erased'))).toBe(1);
  });

  it('gives no process a right on a table of another kind than listed, nor TRUNCATE or REFERENCES anywhere', async () => {
    const odd: unknown[] = await owner.query(
      `select table_name, privilege_type from information_schema.role_table_grants
       where grantee in ('lockstep_app', 'lockstep_engine', 'lockstep_backoffice') and privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')`,
    );
    expect(odd).toEqual([]);
    const open: unknown[] = await owner.query(
      `select table_name from information_schema.role_table_grants where grantee = 'PUBLIC' and table_schema = 'public'`,
    );
    expect(open).toEqual([]);
  });

  it('runs every view with the rights of its reader', async () => {
    const views: { name: string; options: string[] | null }[] = await owner.query(
      `select relname as name, reloptions as options from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')`,
    );
    expect(views.filter((view) => !(view.options ?? []).includes('security_invoker=true'))).toEqual([]);
  });
});
