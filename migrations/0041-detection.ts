import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, grant, TEXT, TIME } from './tenant-table';

/**
 * Leaders are seen in public trades too, which do not name the order: a leader's fill is known by (coin, time, trade) alone. What was told by a trade has
 * no order part yet and says so. The engine tells how each leader and each network is seen; both are platform tables, because a watched account has no tenant.
 */
export class Detection implements MigrationInterface {
  readonly name = 'Detection0000000000041';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table leader_fills add column provisional boolean not null default false');
    await runner.query('alter table leader_fills drop constraint leader_fills_pkey, add primary key (watched_no, coin, time_ms, tid)');
    await runner.query(`create table detection_standings (
      venue ${TEXT} not null,
      network ${TEXT} not null,
      standing json not null,
      updated_at ${TIME} not null,
      primary key (venue, network),
      foreign key (venue, network) references venue_networks (venue, network)
    )`);
    await runner.query(`create table leader_sights (
      watched_no bigint primary key references watched_accounts (no),
      source ${TEXT} not null check (source in ('stream', 'sweep', 'none')),
      seat boolean not null,
      last_seen_at ${TIME}
    )`);
    await grant(runner, 'detection_standings', { app: 'S', engine: 'SIU', backoffice: 'S' });
    await grant(runner, 'leader_sights', { app: 'S', engine: 'SIU', backoffice: 'S' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['leader_sights', 'detection_standings']);
    // What a trade told has no order id: the older process would take the fill itself for another one.
    await runner.query('delete from leader_fills where provisional');
    await runner.query('alter table leader_fills drop constraint leader_fills_pkey, add primary key (watched_no, coin, time_ms, tid, oid)');
    await runner.query('alter table leader_fills drop column provisional');
  }
}
