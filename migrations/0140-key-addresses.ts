import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './tenant-table';

/** Where a key may be used from; an empty list is anywhere. Tickets of before are bound to no address and cannot be used any more: they lived a minute. */
export class KeyAddresses implements MigrationInterface {
  readonly name = 'KeyAddresses0000000000140';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['api_keys', 'key_index'])
      await runner.query(
        `alter table ${table} add column allowed_addresses text[] not null default '{}' check (cardinality(allowed_addresses) <= 50)`,
      );
    await runner.query(`alter table stream_tickets add column address ${TEXT} not null default ''`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process looks at no list: a key that has one would be good from anywhere.
    await revokeKeys(runner, `allowed_addresses <> '{}'`);
    await runner.query('alter table stream_tickets drop column address');
    for (const table of ['key_index', 'api_keys']) await runner.query(`alter table ${table} drop column allowed_addresses`);
  }
}

/** Revokes the keys of all tenants that meet a condition which both key tables can tell. */
export async function revokeKeys(runner: QueryRunner, condition: string): Promise<void> {
  await runner.query(`update key_index set status = 'revoked' where status = 'active' and ${condition}`);
  // No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
  await runner.query('alter table api_keys no force row level security');
  await runner.query(`update api_keys set status = 'revoked', revoked_at = now() where status = 'active' and ${condition}`);
  await runner.query('alter table api_keys force row level security');
}
