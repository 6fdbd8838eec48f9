import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, grant, TEXT, TIME } from './tenant-table';

/**
 * What an engine last told of its egress addresses, one row per network: gateways forecast from it. A platform table: the addresses are shared by all tenants, and
 * nothing of a tenant stands in it. A network without limits that are kept to has no row.
 */
export class EgressStandings implements MigrationInterface {
  readonly name = 'EgressStandings0000000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table egress_standings (
      venue ${TEXT} not null,
      network ${TEXT} not null,
      standing json not null,
      told_at ${TIME} not null,
      primary key (venue, network),
      foreign key (venue, network) references venue_networks (venue, network)
    )`);
    await grant(runner, 'egress_standings', { app: 'S', engine: 'SIUD', backoffice: 'S' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['egress_standings']);
  }
}
