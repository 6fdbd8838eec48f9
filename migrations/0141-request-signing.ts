import type { MigrationInterface, QueryRunner } from 'typeorm';
import { revokeKeys } from './0140-key-addresses';
import { TEXT } from './tenant-table';

/** Which requests of a key have to be signed, and the sealed secret they are signed with. */
export class RequestSigning implements MigrationInterface {
  readonly name = 'RequestSigning0000000000141';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['api_keys', 'key_index'])
      await runner.query(
        `alter table ${table} add column signed ${TEXT} not null default 'nothing' check (signed in ('nothing', 'changes', 'everything'))`,
      );
    await runner.query('alter table key_index add column signing_secret bytea');
    await runner.query(`alter table key_index add constraint key_index_signing check ((signed = 'nothing') = (signing_secret is null))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process asks for no signature: a key that demands one would be good without.
    await revokeKeys(runner, `signed <> 'nothing'`);
    await runner.query('alter table key_index drop column signing_secret');
    for (const table of ['key_index', 'api_keys']) await runner.query(`alter table ${table} drop column signed`);
  }
}
