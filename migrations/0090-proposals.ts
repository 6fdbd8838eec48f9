import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/** Increases that wait for their follower's approval, and choices above copies. Of a copy and an instrument at most one is open. */
export class Proposals implements MigrationInterface {
  readonly name = 'Proposals0000000000090';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table proposals (
      ${SCOPE},
      id ${TEXT} not null,
      copy_no bigint not null,
      copy_id ${TEXT} not null,
      leader_id ${TEXT} not null,
      coin ${TEXT} not null,
      buy boolean not null,
      asked_micro bigint not null check (asked_micro > 0),
      left_micro bigint not null check (left_micro >= 0),
      approved_micro bigint not null check (approved_micro >= 0),
      asked_size bigint not null check (asked_size >= 0),
      left_size bigint not null check (left_size >= 0),
      approved_size bigint not null check (approved_size >= 0),
      price bigint not null check (price > 0),
      status ${TEXT} not null check (status in ('open', 'approved', 'declined', 'ended', 'withdrawn')),
      last_command_no bigint,
      created_at ${TIME} not null,
      ends_at ${TIME} not null,
      updated_at ${TIME} not null,
      primary key (tenant_id, environment, id),
      check ((status = 'open') = (left_micro > 0)),
      check (left_micro + approved_micro <= asked_micro)
    )`);
    await runner.query(`create unique index proposals_one_open on proposals (tenant_id, environment, copy_no, coin) where status = 'open'`);
    await runner.query('create index proposals_by_time on proposals (tenant_id, environment, created_at, id)');
    await guardTenantTable(runner, 'proposals', { app: 'S', engine: 'SIU' });
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process trades nothing for settings and limits it cannot read. No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    for (const [table, column, added] of [
      ['copy_settings', 'settings', 'inherits'],
      ['risk_limits', 'limits', 'choices'],
    ] as const) {
      await runner.query(`alter table ${table} no force row level security`);
      await runner.query(`update ${table} set ${column} = (${column}::jsonb - 'approve_within_ms' - '${added}')::json`);
      await runner.query(`alter table ${table} force row level security`);
    }
    await runner.query(`update platform_limits set limits = (limits::jsonb - 'approve_within_ms' - 'choices')::json`);
    await dropTables(runner, ['proposals']);
  }
}
