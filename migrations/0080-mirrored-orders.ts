import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './tenant-table';

/** Mirrors of a leader's working orders stand beside protective stops, and what they filled ahead of the leader is kept with a copy's position. */
export class MirroredOrders implements MigrationInterface {
  readonly name = 'MirroredOrders0000000000080';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table standing_orders
      drop constraint standing_orders_purpose_check,
      add constraint standing_orders_purpose_check check (purpose in ('protective_stop', 'mirror')),
      alter column trigger_price drop not null,
      add column reduce_only boolean not null default true,
      add column leader_order_id ${TEXT},
      add column leader_size bigint check (leader_size > 0),
      add column trigger_kind ${TEXT} check (trigger_kind in ('take_profit', 'take_profit_limit', 'stop_loss', 'stop_loss_limit')),
      add constraint standing_orders_mirror_check check (
        case purpose
          when 'mirror' then leader_order_id is not null and leader_size is not null and (trigger_price is null) = (trigger_kind is null)
          else leader_order_id is null and leader_size is null and trigger_price is not null and trigger_kind is null and reduce_only
        end)`);
    await runner.query(`alter table copy_positions
      add column ahead_buy bigint not null default 0 check (ahead_buy >= 0),
      add column ahead_sell bigint not null default 0 check (ahead_sell >= 0)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The older process would take an entry for a stop. It finds mirrors that still stand as orders nobody of ours sent.
    await runner.query('alter table standing_orders no force row level security');
    await runner.query(`delete from standing_orders where purpose = 'mirror'`);
    await runner.query('alter table standing_orders force row level security');
    // It trades nothing for settings it cannot read.
    await runner.query('alter table copy_settings no force row level security');
    await runner.query(`update copy_settings set settings = (settings::jsonb - 'policy')::json`);
    await runner.query('alter table copy_settings force row level security');
    await runner.query('alter table copy_positions drop column ahead_buy, drop column ahead_sell');
    await runner.query(`alter table standing_orders
      drop constraint standing_orders_mirror_check,
      drop column trigger_kind,
      drop column leader_size,
      drop column leader_order_id,
      drop column reduce_only,
      alter column trigger_price set not null,
      drop constraint standing_orders_purpose_check,
      add constraint standing_orders_purpose_check check (purpose in ('protective_stop'))`);
  }
}
