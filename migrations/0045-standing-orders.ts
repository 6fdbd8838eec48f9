import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/** Orders that stand at the venue, written before each action about them; and every stored version of settings says that it had no protective stop. */
export class StandingOrders implements MigrationInterface {
  readonly name = 'StandingOrders0000000000045';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table standing_orders (
      ${SCOPE},
      client_order_id ${TEXT} not null,
      order_id ${TEXT} not null,
      purpose ${TEXT} not null check (purpose in ('protective_stop')),
      copy_no bigint not null,
      copy_id ${TEXT} not null,
      leader_id ${TEXT} not null,
      settings_version integer not null,
      venue_account_no bigint not null,
      coin ${TEXT} not null,
      buy boolean not null,
      size bigint not null check (size > 0),
      price bigint not null check (price > 0),
      trigger_price bigint not null check (trigger_price > 0),
      nonce bigint not null,
      end_nonce bigint,
      replaces ${TEXT},
      status ${TEXT} not null check (status in ('sent', 'standing', 'ending')),
      created_at ${TIME} not null,
      updated_at ${TIME} not null,
      primary key (tenant_id, environment, client_order_id)
    )`);
    await runner.query('alter table orders add column trigger_price bigint');
    await guardTenantTable(runner, 'standing_orders', { app: 'S', engine: 'SIUD' });
    await this.settings(runner, `jsonb_set(settings::jsonb, '{breaker,protective_stop}', 'false')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process knows neither stops nor entries that rest, and trades nothing for settings it cannot read.
    await this.settings(runner, `jsonb_set(settings::jsonb #- '{breaker,protective_stop}', '{slippage,on_breach}', '"reject"')`);
    await runner.query('alter table orders drop column trigger_price');
    await dropTables(runner, ['standing_orders']);
  }

  /** No policy admits the owner: it sees the rows of all tenants only while they are not forced on it. */
  private async settings(runner: QueryRunner, changed: string): Promise<void> {
    await runner.query('alter table copy_settings no force row level security');
    await runner.query(`update copy_settings set settings = (${changed})::json`);
    await runner.query('alter table copy_settings force row level security');
  }
}
