import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './tenant-table';

/** The version of the API that stood when versions began: what keys of before are served by. */
const FIRST_VERSION = '2026-11-01';

/** Each key has the version of the API it was made for; a request may ask for another. */
export class ApiVersions implements MigrationInterface {
  readonly name = 'ApiVersions0000000000151';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['api_keys', 'key_index'])
      await runner.query(
        `alter table ${table} add column api_version ${TEXT} not null default '${FIRST_VERSION}' check (api_version ~ '^\\d{4}-\\d{2}-\\d{2}$')`,
      );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['api_keys', 'key_index']) await runner.query(`alter table ${table} drop column api_version`);
  }
}
