import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GROUP_ROLES } from './tenant-table';

/**
 * The three group roles every grant and policy names: they cannot log in and own nothing.
 * Login roles are made members of them by `migrate`, because their names and passwords differ between deployments.
 * The groups belong to the whole server and stay when one database is taken down.
 */
export class Roles implements MigrationInterface {
  readonly name = 'Roles0000000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const role of GROUP_ROLES) {
      // Two databases of one server may be migrated at the same moment: the loser finds the role made.
      await runner.query(`
        do $$ begin
          create role ${role} nologin nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
        exception when duplicate_object or unique_violation then null;
        end $$`);
      await runner.query(`grant usage on schema public to ${role}`);
    }
    await runner.query('revoke create on schema public from public');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const role of GROUP_ROLES) await runner.query(`revoke all on schema public from ${role}`);
  }
}
