import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BULK_SCOPE, dropTables, type Grants, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

const TABLES: readonly { readonly name: string; readonly sql: readonly string[]; readonly grants: Grants }[] = [
  {
    name: 'api_keys',
    sql: [
      `create table api_keys (
        ${SCOPE},
        id ${TEXT} not null,
        kid ${TEXT} not null,
        label text not null,
        prefix ${TEXT} not null,
        last4 ${TEXT} not null,
        scopes text[] not null,
        status ${TEXT} not null check (status in ('active', 'revoked')),
        replaced_by ${TEXT},
        created_at ${TIME} not null,
        expires_at ${TIME},
        revoked_at ${TIME},
        last_used_at ${TIME},
        primary key (tenant_id, environment, id),
        unique (tenant_id, environment, kid)
      )`,
    ],
    grants: { app: 'SIU', backoffice: 'S' },
  },
  {
    name: 'command_heads',
    sql: [`create table command_heads (${SCOPE}, top_no bigint not null, primary key (tenant_id, environment))`],
    grants: { app: 'SIU', engine: 'S', backoffice: 'SIU' },
  },
  {
    name: 'commands',
    sql: [
      `create table commands (
        ${SCOPE},
        no bigint not null,
        kind ${TEXT} not null,
        target_id ${TEXT} not null,
        payload json not null,
        actor ${TEXT} not null,
        status ${TEXT} not null check (status in ('pending', 'applied', 'refused')),
        result json,
        created_at ${TIME} not null,
        applied_at ${TIME},
        primary key (tenant_id, environment, no),
        check ((status = 'pending') = (applied_at is null))
      )`,
      `create index commands_pending on commands (tenant_id, environment, no) where status = 'pending'`,
      'create index commands_target on commands (tenant_id, environment, target_id, no)',
    ],
    grants: { app: 'SI', engine: 'SU', backoffice: 'SI' },
  },
  {
    name: 'idempotency_keys',
    sql: [
      `create table idempotency_keys (
        ${SCOPE},
        key ${TEXT} not null,
        fingerprint bytea not null,
        request_id ${TEXT} not null,
        status smallint not null,
        headers json not null,
        body text not null,
        created_at ${TIME} not null,
        expires_at ${TIME} not null,
        primary key (tenant_id, environment, key)
      )`,
      'create index idempotency_keys_expiry on idempotency_keys (tenant_id, environment, expires_at)',
    ],
    grants: { app: 'SIUD', backoffice: 'SD' },
  },
  {
    name: 'jobs',
    sql: [
      `create table jobs (
        ${SCOPE},
        id ${TEXT} not null,
        kind ${TEXT} not null,
        unique_key ${TEXT},
        payload json not null,
        status ${TEXT} not null check (status in ('queued', 'running', 'done', 'failed')),
        run_at ${TIME} not null,
        attempts integer not null default 0,
        attempts_max integer not null,
        locked_until ${TIME},
        error text,
        result json,
        created_at ${TIME} not null,
        finished_at ${TIME},
        primary key (tenant_id, environment, id),
        unique (tenant_id, environment, unique_key)
      )`,
      `create index jobs_due on jobs (tenant_id, environment, run_at, id) where status in ('queued', 'running')`,
    ],
    grants: { app: 'SI', engine: 'SI', backoffice: 'SIUD' },
  },
  {
    name: 'audit_log',
    sql: [
      `create table audit_log (
        ${SCOPE},
        id ${TEXT} not null,
        actor ${TEXT} not null,
        action ${TEXT} not null,
        target_id ${TEXT},
        request_id ${TEXT},
        detail json not null,
        created_at ${TIME} not null,
        primary key (tenant_id, environment, id)
      )`,
      'create index audit_log_time on audit_log (tenant_id, environment, created_at, id)',
    ],
    grants: { app: 'SI', engine: 'I', backoffice: 'SI' },
  },
  {
    name: 'event_streams',
    sql: [
      // One row per scope: its lock orders the numbers as the commits, so a reader at seq n has seen everything below it.
      `create table event_streams (
        ${BULK_SCOPE},
        epoch ${TEXT} not null default left(replace(gen_random_uuid()::text, '-', ''), 12),
        top_seq bigint not null default 0,
        primary key (tenant_id, environment)
      )`,
    ],
    grants: { app: 'SIU', engine: 'SIU', backoffice: 'SIU' },
  },
];

/** What belongs to a tenant as a customer: keys, commands, idempotency, jobs, audit, the head of its event stream. */
export class Tenancy implements MigrationInterface {
  readonly name = 'Tenancy0000000000003';

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
