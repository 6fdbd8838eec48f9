import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, grant, SCOPE, TEXT, TIME } from './tenant-table';

const OPERATOR = `(select coalesce(current_setting('app.tenant_id', true), '')) = ''`;
const OWN_TENANT = `tenant_id = (select nullif(current_setting('app.tenant_id', true), ''))`;
const OWN_SCOPE = `(${OWN_TENANT} and environment = (select nullif(current_setting('app.environment', true), '')))`;

const BRANDINGS = `create table brandings (
  ${SCOPE},
  settings json not null,
  logo bytea check (octet_length(logo) <= 65536),
  logo_type ${TEXT} check (logo_type in ('image/png', 'image/jpeg', 'image/webp')),
  logo_sha256 bytea check (octet_length(logo_sha256) = 32),
  actor ${TEXT} not null,
  updated_at ${TIME} not null,
  primary key (tenant_id, environment),
  check ((logo is null) = (logo_type is null) and (logo is null) = (logo_sha256 is null))
)`;

/** A host belongs to one brand of the whole deployment, hence the key without a tenant. No environment: it is for both. */
const DOMAINS = `create table domains (
  host ${TEXT} primary key check (host = lower(host) and octet_length(host) <= 253),
  tenant_id ${TEXT} not null references tenants (id),
  environment ${TEXT} check (environment in ('live', 'test')),
  actor ${TEXT} not null,
  created_at ${TIME} not null
)`;

/**
 * How a brand looks, per environment, and which hosts are its. A tenant's unit reads and writes its own; the operator's units have no scope and see all,
 * also to find whose a host is. A tenant never writes a domain.
 */
export class Brands implements MigrationInterface {
  readonly name = 'Brands0000000000170';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(BRANDINGS);
    await runner.query(DOMAINS);
    await runner.query('create index domains_tenant on domains (tenant_id, host)');
    await runner.query(`insert into domains (host, tenant_id, actor, created_at)
      select rtrim(host, '.'), id, 'before', created_at from tenants where rtrim(host, '.') <> '' on conflict (host) do nothing`);
    await runner.query('alter table tenants drop column host, drop column branding');
    for (const table of ['brandings', 'domains']) {
      await runner.query(`alter table ${table} enable row level security`);
      await runner.query(`alter table ${table} force row level security`);
    }
    const seen = `${OPERATOR} or ${OWN_SCOPE}`;
    await runner.query(`create policy brandings_app on brandings for all to lockstep_app using (${seen}) with check (${seen})`);
    await runner.query(`create policy domains_app_reads on domains for select to lockstep_app using (${OPERATOR} or ${OWN_TENANT})`);
    await runner.query(`create policy domains_app_adds on domains for insert to lockstep_app with check (${OPERATOR})`);
    await runner.query(`create policy domains_app_removes on domains for delete to lockstep_app using (${OPERATOR})`);
    await grant(runner, 'brandings', { app: 'SIU' });
    await grant(runner, 'domains', { app: 'SID' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table tenants add column host ${TEXT} unique, add column branding json not null default '{}'`);
    await runner.query('alter table tenants alter column branding drop default');
    // No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    await runner.query('alter table domains no force row level security');
    // An older process knows one host of a tenant, for both environments.
    await runner.query('update tenants t set host = (select min(host) from domains d where d.tenant_id = t.id and d.environment is null)');
    await dropTables(runner, ['domains', 'brandings']);
  }
}
