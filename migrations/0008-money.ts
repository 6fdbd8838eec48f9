import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, type Grants, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

const TABLES: readonly { readonly name: string; readonly sql: readonly string[]; readonly grants: Grants }[] = [
  {
    name: 'fee_schedules',
    sql: [
      `create table fee_schedules (
        ${SCOPE},
        id ${TEXT} not null,
        version integer not null check (version > 0),
        markup_tenths integer not null check (markup_tenths between 0 and 1000),
        flow ${TEXT} not null check (flow in ('all', 'increases_only')),
        builder_address ${TEXT},
        builder_owner ${TEXT} not null check (builder_owner in ('operator', 'tenant')),
        operator_share bigint not null check (operator_share between 0 and 1000000000000),
        actor ${TEXT} not null,
        created_at ${TIME} not null,
        effective_from ${TIME} not null,
        primary key (tenant_id, environment, id),
        unique (tenant_id, environment, version)
      )`,
    ],
    grants: { app: 'SI', engine: 'S', backoffice: 'S' },
  },
  {
    name: 'exports',
    sql: [
      `create table exports (
        ${SCOPE},
        id ${TEXT} not null,
        kind ${TEXT} not null,
        params json not null,
        status ${TEXT} not null check (status in ('queued', 'running', 'ready', 'failed')),
        error text,
        file_name ${TEXT},
        row_count bigint,
        byte_count bigint,
        sha256 bytea,
        manifest json,
        created_at ${TIME} not null,
        completed_at ${TIME},
        primary key (tenant_id, environment, id)
      )`,
      'create index exports_time on exports (tenant_id, environment, created_at, id)',
    ],
    grants: { app: 'SI', backoffice: 'SIU' },
  },
  {
    name: 'export_chunks',
    sql: [
      `create table export_chunks (
        ${SCOPE},
        export_id ${TEXT} not null,
        no integer not null check (no >= 0),
        first_byte bigint not null,
        bytes bytea not null,
        primary key (tenant_id, environment, export_id, no),
        foreign key (tenant_id, environment, export_id) references exports (tenant_id, environment, id)
      )`,
    ],
    grants: { app: 'S', backoffice: 'SID' },
  },
  {
    name: 'settlements',
    sql: [
      `create table settlements (
        ${SCOPE},
        id ${TEXT} not null,
        period ${TEXT} not null,
        period_start ${TIME} not null,
        period_end ${TIME} not null,
        status ${TEXT} not null check (status in ('closing', 'closed')),
        through_seq bigint,
        export_id ${TEXT},
        manifest json,
        manifest_hash bytea,
        prev_manifest_hash bytea,
        created_at ${TIME} not null,
        closed_at ${TIME},
        primary key (tenant_id, environment, id),
        unique (tenant_id, environment, period),
        unique (tenant_id, environment, period_start),
        foreign key (tenant_id, environment, export_id) references exports (tenant_id, environment, id),
        check (period_end > period_start),
        check ((status = 'closed') = (closed_at is not null))
      )`,
    ],
    grants: { app: 'S', backoffice: 'SIU' },
  },
];

/** Fee schedules, settlements and exported files. */
export class Money implements MigrationInterface {
  readonly name = 'Money0000000000008';

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
