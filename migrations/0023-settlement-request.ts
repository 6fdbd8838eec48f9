import type { MigrationInterface, QueryRunner } from 'typeorm';
import { groupRole } from './tenant-table';

/** The gateway marks a period for closing when it is asked to, so that a refusal is the answer of the request; only the back office renders and closes. */
export class SettlementRequest implements MigrationInterface {
  readonly name = 'SettlementRequest0000000000023';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`grant insert on settlements to ${groupRole('app')}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`revoke insert on settlements from ${groupRole('app')}`);
  }
}
