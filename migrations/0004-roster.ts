import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BULK_SCOPE, dropTables, type Grants, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

const TABLES: readonly { readonly name: string; readonly sql: readonly string[]; readonly grants: Grants }[] = [
  {
    name: 'leaders',
    sql: [
      `create table leaders (
        ${SCOPE},
        id ${TEXT} not null,
        no bigint generated always as identity,
        watched_no bigint not null references watched_accounts (no),
        name text not null,
        terms json not null,
        status ${TEXT} not null check (status in ('active', 'paused', 'closed')),
        created_at ${TIME} not null,
        updated_at ${TIME} not null,
        primary key (tenant_id, environment, id)
      )`,
      'create index leaders_watched on leaders (tenant_id, environment, watched_no)',
      'create index leaders_time on leaders (tenant_id, environment, created_at, id)',
    ],
    grants: { app: 'SIU', engine: 'SU', backoffice: 'S' },
  },
  {
    name: 'followers',
    sql: [
      `create table followers (
        ${SCOPE},
        id ${TEXT} not null,
        external_ref ${TEXT},
        status ${TEXT} not null check (status in ('active', 'suspended', 'closed')),
        created_at ${TIME} not null,
        updated_at ${TIME} not null,
        primary key (tenant_id, environment, id),
        unique (tenant_id, environment, external_ref)
      )`,
      'create index followers_time on followers (tenant_id, environment, created_at, id)',
    ],
    grants: { app: 'SIU', engine: 'S', backoffice: 'S' },
  },
  {
    name: 'venue_accounts',
    sql: [
      `create table venue_accounts (
        ${SCOPE},
        id ${TEXT} not null,
        no bigint generated always as identity,
        follower_id ${TEXT} not null,
        venue ${TEXT} not null,
        network ${TEXT} not null,
        address ${TEXT} not null check (address = lower(address)),
        mode ${TEXT} not null check (mode in ('unknown', 'standard', 'unified')),
        agent_address ${TEXT} not null,
        sealed_agent_key bytea not null,
        agent_status ${TEXT} not null check (agent_status in ('awaiting_signature', 'signed', 'approved', 'refused', 'expired')),
        agent_valid_until ${TIME},
        builder_address ${TEXT},
        builder_fee_approved integer not null default 0,
        approvals json not null,
        status ${TEXT} not null check (status in ('pending', 'active', 'suspended', 'closed')),
        status_reason ${TEXT},
        created_at ${TIME} not null,
        updated_at ${TIME} not null,
        primary key (tenant_id, environment, id),
        unique (tenant_id, environment, no),
        unique (tenant_id, environment, venue, network, address),
        foreign key (tenant_id, environment, follower_id) references followers (tenant_id, environment, id)
      )`,
      'create index venue_accounts_follower on venue_accounts (tenant_id, environment, follower_id)',
      'create index venue_accounts_time on venue_accounts (tenant_id, environment, created_at, id)',
    ],
    grants: { app: 'SIU', engine: 'SU', backoffice: 'S' },
  },
  {
    name: 'copies',
    sql: [
      `create table copies (
        ${SCOPE},
        id ${TEXT} not null,
        no bigint generated always as identity,
        leader_id ${TEXT} not null,
        follower_id ${TEXT} not null,
        venue_account_id ${TEXT} not null,
        allocation bigint not null check (allocation > 0),
        state ${TEXT} not null,
        state_reason ${TEXT},
        settings_version integer not null,
        created_at ${TIME} not null,
        updated_at ${TIME} not null,
        started_at ${TIME},
        stopped_at ${TIME},
        primary key (tenant_id, environment, id),
        unique (tenant_id, environment, no),
        foreign key (tenant_id, environment, leader_id) references leaders (tenant_id, environment, id),
        foreign key (tenant_id, environment, follower_id) references followers (tenant_id, environment, id),
        foreign key (tenant_id, environment, venue_account_id) references venue_accounts (tenant_id, environment, id)
      )`,
      // One running copy per venue account, until netting of several copies on one account is built.
      `create unique index copies_one_per_venue_account on copies (tenant_id, environment, venue_account_id) where state <> 'stopped'`,
      'create index copies_leader on copies (tenant_id, environment, leader_id)',
      'create index copies_time on copies (tenant_id, environment, created_at, id)',
    ],
    grants: { app: 'SIU', engine: 'SU', backoffice: 'S' },
  },
  {
    name: 'copy_settings',
    sql: [
      `create table copy_settings (
        ${SCOPE},
        copy_id ${TEXT} not null,
        version integer not null check (version > 0),
        settings json not null,
        actor ${TEXT} not null,
        effective_from ${TIME} not null,
        primary key (tenant_id, environment, copy_id, version),
        foreign key (tenant_id, environment, copy_id) references copies (tenant_id, environment, id)
      )`,
    ],
    grants: { app: 'SI', engine: 'S', backoffice: 'S' },
  },
  {
    name: 'copy_equity',
    sql: [
      `create table copy_equity (
        ${BULK_SCOPE},
        copy_no bigint not null,
        flows bigint not null,
        net_pnl bigint not null,
        unrealised bigint not null,
        equity bigint not null,
        unit_nav bigint not null,
        reference_nav bigint not null,
        breaker ${TEXT} not null check (breaker in ('armed', 'triggered', 'off')),
        detail json,
        updated_at ${TIME} not null,
        primary key (tenant_id, environment, copy_no),
        foreign key (tenant_id, environment, copy_no) references copies (tenant_id, environment, no)
      )`,
    ],
    grants: { app: 'S', engine: 'SIU', backoffice: 'S' },
  },
];

/** Who copies whom on which terms. `no` columns are short numbers for journals and client order ids; the identity makes them unique everywhere. */
export class Roster implements MigrationInterface {
  readonly name = 'Roster0000000000004';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      for (const sql of table.sql) await runner.query(sql);
      await guardTenantTable(runner, table.name, table.grants);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(
      runner,
      [...TABLES].reverse().map((table) => table.name),
    );
  }
}
