import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT, TIME } from './tenant-table';

/** What an operator key may do, and who made and revoked it. Keys of before may do everything, as they could. */
export class OperatorRoles implements MigrationInterface {
  readonly name = 'OperatorRoles0000000000142';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table operator_keys
      add column role ${TEXT} not null default 'admin' check (role in ('admin', 'risk', 'support')),
      add column created_by ${TEXT},
      add column revoked_at ${TIME},
      add column revoked_by ${TEXT}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process lets every key do everything.
    await runner.query(`update operator_keys set status = 'revoked' where role <> 'admin'`);
    await runner.query('alter table operator_keys drop column revoked_by, drop column revoked_at, drop column created_by, drop column role');
  }
}
