import type { MigrationInterface, QueryRunner } from 'typeorm';
import { revokeKeys } from './0140-key-addresses';

/** The leaders, followers or copies a key is narrowed to, ids of one kind; none: it is not narrowed. */
export class NarrowedKeys implements MigrationInterface {
  readonly name = 'NarrowedKeys0000000000143';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['api_keys', 'key_index'])
      await runner.query(`alter table ${table} add column narrowed_to text[] not null default '{}' check (cardinality(narrowed_to) <= 100)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process knows of no bounds: a narrowed key would reach everything of its tenant.
    await revokeKeys(runner, `narrowed_to <> '{}'`);
    for (const table of ['key_index', 'api_keys']) await runner.query(`alter table ${table} drop column narrowed_to`);
  }
}
