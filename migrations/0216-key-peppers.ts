import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './tenant-table';

const TABLES = ['key_index', 'operator_keys'] as const;

/** Under which pepper a key's digest was made, by its id; null: under one of before peppers had ids. Whether an older one is still needed is told by it, nothing is proved by it. */
export class KeyPeppers implements MigrationInterface {
  readonly name = 'KeyPeppers0000000000216';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`alter table ${table} add column pepper ${TEXT}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`alter table ${table} drop column pepper`);
  }
}
