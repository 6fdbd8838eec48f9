import type { MigrationInterface, QueryRunner } from 'typeorm';
import { grant, groupRole } from './tenant-table';

/** The gateway says whether the database has the schema it was built for. */
export class SchemaStanding implements MigrationInterface {
  readonly name = 'SchemaStanding0000000000190';

  async up(runner: QueryRunner): Promise<void> {
    await grant(runner, 'schema_migrations', { app: 'S' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`revoke select on schema_migrations from ${groupRole('app')}`);
  }
}
