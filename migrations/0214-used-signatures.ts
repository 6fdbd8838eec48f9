import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BULK_SCOPE, dropTables, guardTenantTable, TIME } from './tenant-table';

/** Signatures whose requests changed something, noted with the change: whichever gateway is shown one again, and whatever became of Redis, it changes nothing more. */
export class UsedSignatures implements MigrationInterface {
  readonly name = 'UsedSignatures0000000000214';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table used_signatures (
      ${BULK_SCOPE},
      digest bytea not null,
      expires_at ${TIME} not null,
      primary key (tenant_id, environment, digest)
    )`);
    await runner.query('create index used_signatures_expiry on used_signatures (tenant_id, environment, expires_at)');
    await guardTenantTable(runner, 'used_signatures', { app: 'SI', backoffice: 'SD' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['used_signatures']);
  }
}
