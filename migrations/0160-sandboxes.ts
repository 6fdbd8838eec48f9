import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, groupRole, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/**
 * Worlds of the simulated venue that belong to one tenant's test environment each, with what is asked of them. A world's clock stands with its network, where the
 * engine finds it before it knows a scope; the checks keep both out of live.
 */
export class Sandboxes implements MigrationInterface {
  readonly name = 'Sandboxes0000000000160';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table venue_networks
      add column owner_tenant_id ${TEXT} references tenants (id),
      add column clock_frozen boolean not null default false,
      add column clock_real_at ${TIME},
      add column clock_business_at ${TIME},
      add column closed_at ${TIME},
      add constraint venue_networks_owned_in_test check (owner_tenant_id is null or environment = 'test'),
      add constraint venue_networks_clock_of_owner check ((owner_tenant_id is null) = (clock_real_at is null) and (owner_tenant_id is null) = (clock_business_at is null)),
      add constraint venue_networks_shared_runs check (owner_tenant_id is not null or (not clock_frozen and closed_at is null))`);
    await runner.query('create unique index venue_networks_owner on venue_networks (venue, owner_tenant_id)');
    await runner.query(`grant insert, update on venue_networks to ${groupRole('backoffice')}`);
    await runner.query(`create table sandboxes (
      ${SCOPE},
      id ${TEXT} not null,
      network ${TEXT} not null,
      seed bigint not null,
      epoch integer not null default 0 check (epoch >= 0),
      status ${TEXT} not null check (status in ('opening', 'open', 'closed')),
      advanced_ms bigint not null default 0 check (advanced_ms >= 0),
      opened_at ${TIME},
      used_at ${TIME} not null,
      worker ${TEXT},
      worker_until ${TIME},
      created_at ${TIME} not null,
      primary key (tenant_id, environment),
      check (environment = 'test')
    )`);
    await guardTenantTable(runner, 'sandboxes', { app: 'SIU', backoffice: 'SU' });
    await runner.query(`create table sandbox_tasks (
      ${SCOPE},
      id ${TEXT} not null,
      kind ${TEXT} not null,
      params jsonb not null,
      status ${TEXT} not null check (status in ('queued', 'running', 'done', 'failed')),
      plan jsonb,
      result jsonb,
      error ${TEXT},
      runs integer not null default 0,
      actor ${TEXT} not null,
      created_at ${TIME} not null,
      started_at ${TIME},
      ended_at ${TIME},
      primary key (tenant_id, environment, id),
      foreign key (tenant_id, environment) references sandboxes (tenant_id, environment)
    )`);
    await runner.query('create index sandbox_tasks_by_time on sandbox_tasks (tenant_id, environment, created_at, id)');
    await guardTenantTable(runner, 'sandbox_tasks', { app: 'SI', backoffice: 'SIUD' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['sandbox_tasks', 'sandboxes']);
    await runner.query(`revoke insert, update on venue_networks from ${groupRole('backoffice')}`);
    // Worlds stay as networks of their names: leaders and accounts refer to them. No tenant can name one.
    await runner.query('drop index venue_networks_owner');
    await runner.query(`alter table venue_networks
      drop constraint venue_networks_shared_runs, drop constraint venue_networks_clock_of_owner, drop constraint venue_networks_owned_in_test,
      drop column closed_at, drop column clock_business_at, drop column clock_real_at, drop column clock_frozen, drop column owner_tenant_id`);
  }
}
