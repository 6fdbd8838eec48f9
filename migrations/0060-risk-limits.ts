import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, grant, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

const STANDING = `version integer not null check (version > 0),
      limits json not null,
      actor ${TEXT} not null,
      updated_at ${TIME} not null`;

/**
 * Limits above the copies: a tenant's own, of a leader's terms and of a follower, by the id of what they bind; and the operator's, for everyone
 * (`platform`) or for one tenant. What stood before is in the audit log.
 */
export class RiskLimits implements MigrationInterface {
  readonly name = 'RiskLimits0000000000060';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table risk_limits (
      ${SCOPE},
      target_id ${TEXT} not null,
      ${STANDING},
      primary key (tenant_id, environment, target_id)
    )`);
    await guardTenantTable(runner, 'risk_limits', { app: 'SIU', engine: 'S' });
    await runner.query(`create table platform_limits (target_id ${TEXT} primary key, ${STANDING})`);
    await grant(runner, 'platform_limits', { app: 'SIU', engine: 'S' });
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process trades nothing for settings it cannot read. No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    await runner.query('alter table copy_settings no force row level security');
    await runner.query(`update copy_settings set settings = (settings::jsonb #- '{caps,max_gross_exposure}' #- '{state_limits}')::json`);
    await runner.query('alter table copy_settings force row level security');
    await dropTables(runner, ['platform_limits', 'risk_limits']);
  }
}
