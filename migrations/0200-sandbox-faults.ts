import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/**
 * Faults that test environments set on themselves. Until when one may strike stands with the tenant, so that the look-up of a key tells it: whoever has none
 * is asked nothing more.
 */
export class SandboxFaults implements MigrationInterface {
  readonly name = 'SandboxFaults0000000000200';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table tenants add column test_faults_until ${TIME}`);
    await runner.query(`create table sandbox_faults (
      ${SCOPE},
      id ${TEXT} not null,
      kind ${TEXT} not null check (kind in
        ('too_many_requests', 'server_error', 'slow', 'dropped_request', 'dropped_answer', 'stream_dropped', 'event_repeated')),
      operation ${TEXT},
      key_id ${TEXT},
      times integer check (times > 0),
      probability integer check (probability between 0 and 1000000),
      seed bigint not null,
      every_events integer check (every_events > 0),
      http_status integer check (http_status between 500 and 599),
      retry_after_s integer check (retry_after_s > 0),
      delay_ms integer check (delay_ms > 0),
      met bigint not null default 0 check (met >= 0),
      struck bigint not null default 0 check (struck between 0 and met),
      last_struck_at ${TIME},
      actor ${TEXT} not null,
      created_at ${TIME} not null,
      ends_at ${TIME} not null,
      primary key (tenant_id, environment, id),
      constraint sandbox_faults_in_test check (environment = 'test')
    )`);
    await runner.query('create index sandbox_faults_by_time on sandbox_faults (tenant_id, environment, created_at, id)');
    await guardTenantTable(runner, 'sandbox_faults', { app: 'SIUD' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['sandbox_faults']);
    await runner.query('alter table tenants drop column test_faults_until');
  }
}
