import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BULK_SCOPE, dropTables, type Grants, guardTenantTable, TEXT, TIME } from './tenant-table';

const TABLES: readonly { readonly name: string; readonly sql: string; readonly grants: Grants }[] = [
  {
    // Venue time up to which an account's funding is booked: a restart reads on from here.
    name: 'funding_readings',
    sql: `create table funding_readings (
      ${BULK_SCOPE},
      venue_account_no bigint not null,
      read_to_ms bigint not null,
      updated_at ${TIME} not null,
      primary key (tenant_id, environment, venue_account_no)
    )`,
    grants: { engine: 'SIU' },
  },
  {
    // What a follower closed against a copy, signed. With the copy's fills this is all that ever changed its position, so that the position at a past
    // moment can be told: funding is charged on it, and read later.
    name: 'follower_closes',
    sql: `create table follower_closes (
      ${BULK_SCOPE},
      copy_no bigint not null,
      coin ${TEXT} not null,
      closed_at_ms bigint not null,
      quantity bigint not null,
      primary key (tenant_id, environment, copy_no, coin, closed_at_ms)
    )`,
    grants: { engine: 'SIU' },
  },
];

/** What booking funding goes on from. */
export class FundingReadings implements MigrationInterface {
  readonly name = 'FundingReadings0000000000027';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await runner.query(table.sql);
      await guardTenantTable(runner, table.name, table.grants);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(
      runner,
      [...TABLES].reverse().map((table) => table.name),
    );
  }
}
