import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/** Limits that copies share and are told as passed, until they are told as met again. The shares and sums to tell at stand in the limits' JSON. */
export class PassedLimits implements MigrationInterface {
  readonly name = 'PassedLimits0000000000100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table passed_limits (
      ${SCOPE},
      subject_id ${TEXT} not null,
      limit_name ${TEXT} not null,
      underlying ${TEXT} not null,
      threshold bigint not null check (threshold >= 0),
      measured bigint not null check (measured >= 0),
      passed_at ${TIME} not null,
      primary key (tenant_id, environment, subject_id, limit_name, underlying)
    )`);
    await guardTenantTable(runner, 'passed_limits', { app: 'S', engine: 'SID' });
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process trades nothing under limits it cannot read. No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    for (const table of ['risk_limits', 'platform_limits']) {
      const isForced = table === 'risk_limits';
      if (isForced) await runner.query(`alter table ${table} no force row level security`);
      await runner.query(
        `update ${table} set limits = (limits::jsonb #- '{exposure,alert_follower_exposure}' #- '{exposure,alert_underlying_share}' #- '{exposure,alert_leader_exposure}')::json`,
      );
      if (isForced) await runner.query(`alter table ${table} force row level security`);
    }
    await dropTables(runner, ['passed_limits']);
  }
}
