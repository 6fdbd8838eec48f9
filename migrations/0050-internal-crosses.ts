import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BULK_SCOPE, dropTables, guardTenantTable, TEXT, TIME } from './tenant-table';

/**
 * Several copies may trade through one venue account, at most one of each leader, and what they want of each other crosses inside it: one row per cross,
 * written with its two fills, the positions and the entries, so that a process that dies has crossed or has not.
 */
export class InternalCrosses implements MigrationInterface {
  readonly name = 'InternalCrosses0000000000050';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table internal_crosses (
      ${BULK_SCOPE},
      no bigint not null,
      venue_account_no bigint not null,
      coin ${TEXT} not null,
      buyer_copy_no bigint not null,
      seller_copy_no bigint not null check (seller_copy_no <> buyer_copy_no),
      size bigint not null check (size > 0),
      price bigint not null check (price > 0),
      bid bigint not null,
      ask bigint not null,
      crossed_at ${TIME} not null,
      primary key (tenant_id, environment, no)
    )`);
    await guardTenantTable(runner, 'internal_crosses', { app: 'S', engine: 'SI', backoffice: 'S' });
    await runner.query('drop index copies_one_per_venue_account');
    await runner.query(
      `create unique index copies_one_per_leader_on_account on copies (tenant_id, environment, venue_account_id, leader_id) where state <> 'stopped'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index copies_one_per_leader_on_account');
    await runner.query(
      `create unique index copies_one_per_venue_account on copies (tenant_id, environment, venue_account_id) where state <> 'stopped'`,
    );
    await dropTables(runner, ['internal_crosses']);
  }
}
