import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/** Who may copy a leader, and on which published terms. Leaders of before may be copied by everyone, and have published none. */
export class Rights implements MigrationInterface {
  readonly name = 'Rights0000000000120';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table leaders add column access ${TEXT} not null default 'everyone' check (access in ('everyone', 'granted'))`);
    await runner.query(`create table entitlements (
      ${SCOPE},
      id ${TEXT} not null,
      leader_id ${TEXT} not null,
      follower_id ${TEXT} not null,
      until ${TIME},
      revoked_at ${TIME},
      actor ${TEXT} not null,
      created_at ${TIME} not null,
      updated_at ${TIME} not null,
      primary key (tenant_id, environment, id),
      unique (tenant_id, environment, leader_id, follower_id),
      foreign key (tenant_id, environment, leader_id) references leaders (tenant_id, environment, id),
      foreign key (tenant_id, environment, follower_id) references followers (tenant_id, environment, id)
    )`);
    await runner.query('create index entitlements_follower on entitlements (tenant_id, environment, follower_id)');
    await runner.query('create index entitlements_by_time on entitlements (tenant_id, environment, created_at, id)');
    await guardTenantTable(runner, 'entitlements', { app: 'SIU', engine: 'S' });
    await runner.query(`create table leader_terms (
      ${SCOPE},
      leader_id ${TEXT} not null,
      version integer not null check (version > 0),
      document_url text not null,
      sha256 ${TEXT} not null check (sha256 ~ '^[0-9a-f]{64}$'),
      binding_from ${TIME} not null,
      actor ${TEXT} not null,
      created_at ${TIME} not null,
      primary key (tenant_id, environment, leader_id, version),
      foreign key (tenant_id, environment, leader_id) references leaders (tenant_id, environment, id)
    )`);
    await guardTenantTable(runner, 'leader_terms', { app: 'SI', engine: 'S' });
    await runner.query(`create table copy_consents (
      ${SCOPE},
      copy_id ${TEXT} not null,
      leader_id ${TEXT} not null,
      version integer not null,
      actor ${TEXT} not null,
      consented_at ${TIME} not null,
      primary key (tenant_id, environment, copy_id, version),
      foreign key (tenant_id, environment, copy_id) references copies (tenant_id, environment, id),
      foreign key (tenant_id, environment, leader_id, version) references leader_terms (tenant_id, environment, leader_id, version)
    )`);
    await guardTenantTable(runner, 'copy_consents', { app: 'SI', engine: 'S' });
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process asks for no rights: leaders whose copies may lack one take no new risk until somebody looks. No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    for (const table of ['leaders', 'leader_terms']) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`update leaders l set status = 'paused' where status = 'active' and (access = 'granted' or exists (select 1 from leader_terms t
      where t.tenant_id = l.tenant_id and t.environment = l.environment and t.leader_id = l.id))`);
    await runner.query('alter table leaders force row level security');
    await dropTables(runner, ['copy_consents', 'leader_terms', 'entitlements']);
    await runner.query('alter table leaders drop column access');
  }
}
