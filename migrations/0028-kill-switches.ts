import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './tenant-table';

/**
 * Who set a switch, and whose it is. The table stays a platform table, because the engine reads the switches of all tenants at once; a tenant's unit
 * writes and reads only rows that name its own tenant and environment. A row with a tenant and no environment is the operator's and reaches both.
 */
export class KillSwitches implements MigrationInterface {
  readonly name = 'KillSwitches0000000000028';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table platform_flags
      add column tenant_id ${TEXT} references tenants (id),
      add column environment ${TEXT} check (environment in ('live', 'test')),
      add column actor ${TEXT},
      add constraint platform_flags_scope check (environment is null or tenant_id is not null)`);
    // The engine reads four times a second what is on, however many switches were ever set.
    await runner.query('create index platform_flags_on on platform_flags (name) where active');
    await runner.query('create index platform_flags_of_tenant on platform_flags (tenant_id, updated_at, name) where active');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index platform_flags_of_tenant');
    await runner.query('drop index platform_flags_on');
    await runner.query(
      `alter table platform_flags drop constraint platform_flags_scope, drop column actor, drop column environment, drop column tenant_id`,
    );
  }
}
