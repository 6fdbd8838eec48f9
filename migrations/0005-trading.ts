import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BULK_SCOPE, dropTables, type Grants, guardTenantTable, TEXT, TIME } from './tenant-table';

const TABLES: readonly { readonly name: string; readonly sql: readonly string[]; readonly grants: Grants }[] = [
  {
    name: 'copy_positions',
    sql: [
      `create table copy_positions (
        ${BULK_SCOPE},
        copy_no bigint not null,
        coin ${TEXT} not null,
        position bigint not null,
        target bigint not null,
        rho bigint not null,
        avg_entry bigint not null,
        realised_pnl bigint not null,
        fees bigint not null,
        funding bigint not null,
        forfeited bigint not null,
        forfeit_reason ${TEXT},
        episode_no bigint not null,
        user_closed boolean not null,
        dust boolean not null,
        last_move_id bigint not null,
        updated_at ${TIME} not null,
        primary key (tenant_id, environment, copy_no, coin)
      )`,
    ],
    grants: { app: 'S', engine: 'SIU', backoffice: 'S' },
  },
  {
    name: 'venue_positions',
    sql: [
      `create table venue_positions (
        ${BULK_SCOPE},
        venue_account_no bigint not null,
        coin ${TEXT} not null,
        net bigint not null,
        own bigint not null,
        entry_price bigint not null,
        as_of_ms bigint not null,
        updated_at ${TIME} not null,
        primary key (tenant_id, environment, venue_account_no, coin)
      )`,
    ],
    grants: { app: 'S', engine: 'SIU', backoffice: 'S' },
  },
  {
    name: 'wave_journal',
    sql: [
      `create table wave_journal (
        ${BULK_SCOPE},
        move_id bigint not null,
        shard smallint not null,
        part smallint not null,
        instance integer not null,
        leader_id ${TEXT} not null,
        coin ${TEXT} not null,
        packed bytea not null,
        order_count integer not null,
        decision_count integer not null,
        max_nonce bigint not null,
        created_at ${TIME} not null,
        completed_at ${TIME},
        primary key (tenant_id, environment, move_id, shard, part)
      )`,
      // Stored as it is: packing time would sit between the decision and the first byte sent.
      'alter table wave_journal alter column packed set storage external',
      'create index wave_journal_open on wave_journal (tenant_id, environment, shard, move_id) where completed_at is null',
      'create index wave_journal_leader on wave_journal (tenant_id, environment, leader_id, move_id)',
    ],
    grants: { app: 'S', engine: 'SIU', backoffice: 'S' },
  },
  {
    name: 'orders',
    sql: [
      // The id packs wave, copy, instance, leg and attempt, so writing a wave's rows twice meets the same keys; created_at is the journal row's.
      `create table orders (
        ${BULK_SCOPE},
        id ${TEXT} not null,
        created_at ${TIME} not null,
        move_id bigint not null,
        copy_no bigint not null,
        copy_id ${TEXT} not null,
        leader_id ${TEXT} not null,
        venue_account_no bigint not null,
        leg smallint not null,
        attempt integer not null,
        coin ${TEXT} not null,
        side ${TEXT} not null check (side in ('buy', 'sell')),
        reduce_only boolean not null,
        price bigint not null,
        size bigint not null,
        status ${TEXT} not null check (status in ('journaled', 'sent', 'unknown', 'resting', 'filled', 'partly_filled', 'rejected', 'withheld', 'cancelled', 'expired')),
        filled_size bigint not null default 0,
        avg_price bigint not null default 0,
        venue_order_id ${TEXT},
        client_order_id ${TEXT} not null,
        reject_code ${TEXT},
        reason ${TEXT},
        settings_version integer not null,
        nonce bigint not null,
        expires_after_ms bigint not null default 0,
        builder_fee_tenths integer not null default 0,
        m0 double precision,
        m1 double precision,
        m2 double precision,
        m3 double precision,
        mf double precision,
        m4 double precision,
        updated_at ${TIME} not null,
        primary key (tenant_id, environment, id, created_at)
      ) partition by range (created_at)`,
      'create index orders_copy on orders (tenant_id, environment, copy_no, id)',
      `create index orders_unsettled on orders (tenant_id, environment, venue_account_no) where status in ('journaled', 'sent', 'unknown', 'resting')`,
    ],
    grants: { app: 'S', engine: 'SIU', backoffice: 'S' },
  },
  {
    name: 'fills',
    sql: [
      // The id is derived from the venue's key of the fill and the copy it is attributed to; created_at is the venue's time.
      `create table fills (
        ${BULK_SCOPE},
        id ${TEXT} not null,
        created_at ${TIME} not null,
        venue_account_no bigint not null,
        venue_time_ms bigint not null,
        trade_id ${TEXT} not null,
        venue_order_id ${TEXT} not null,
        order_id ${TEXT},
        move_id bigint,
        copy_no bigint not null,
        copy_id ${TEXT},
        coin ${TEXT} not null,
        side ${TEXT} not null check (side in ('buy', 'sell')),
        price bigint not null,
        size bigint not null,
        start_position bigint not null,
        closed_pnl bigint not null,
        fee bigint not null,
        fee_asset ${TEXT} not null,
        builder_fee bigint not null,
        crossed boolean not null,
        liquidation boolean not null,
        recorded_at ${TIME} not null,
        primary key (tenant_id, environment, id, created_at)
      ) partition by range (created_at)`,
      'create index fills_copy on fills (tenant_id, environment, copy_no, id)',
      'create index fills_account on fills (tenant_id, environment, venue_account_no, created_at)',
    ],
    grants: { app: 'S', engine: 'SIU', backoffice: 'S' },
  },
  {
    name: 'events',
    sql: [
      `create table events (
        ${BULK_SCOPE},
        epoch ${TEXT} not null,
        seq bigint not null,
        created_at ${TIME} not null,
        id ${TEXT} not null,
        type ${TEXT} not null,
        version smallint not null,
        occurred_at ${TIME} not null,
        data json not null,
        primary key (tenant_id, environment, epoch, seq, created_at)
      ) partition by range (created_at)`,
    ],
    grants: { app: 'SI', engine: 'SI', backoffice: 'SI' },
  },
];

/** What trading writes: positions, the wave journal, and the monthly partitioned orders, fills and events. */
export class Trading implements MigrationInterface {
  readonly name = 'Trading0000000000005';

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
