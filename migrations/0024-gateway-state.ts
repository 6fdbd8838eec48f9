import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BULK_SCOPE, dropTables, grant, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/** What any gateway may need of another: stream tickets, counted requests; and the operator's contracts with its tenants. */
export class GatewayState implements MigrationInterface {
  readonly name = 'GatewayState0000000000024';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table stream_tickets (
      ${BULK_SCOPE},
      digest bytea not null,
      kid ${TEXT} not null,
      expires_at ${TIME} not null,
      primary key (tenant_id, environment, digest)
    )`);
    await runner.query('create index stream_tickets_expiry on stream_tickets (tenant_id, environment, expires_at)');
    await guardTenantTable(runner, 'stream_tickets', { app: 'SID' });
    await runner.query(`create table request_counts (
      ${SCOPE},
      day ${TEXT} not null check (day ~ '^\\d{4}-\\d{2}-\\d{2}$'),
      key_id ${TEXT} not null,
      requests bigint not null check (requests > 0),
      primary key (tenant_id, environment, day, key_id)
    )`);
    await guardTenantTable(runner, 'request_counts', { app: 'SIU', backoffice: 'SD' });
    // Append-only: the newest version counts, the older ones say what was agreed before.
    await runner.query(`create table tenant_contracts (
      tenant_id ${TEXT} not null references tenants (id),
      version integer not null check (version > 0),
      operator_share bigint not null check (operator_share between 0 and 1000000000000),
      builder_address ${TEXT} check (builder_address = lower(builder_address)),
      actor ${TEXT} not null,
      created_at ${TIME} not null,
      primary key (tenant_id, version)
    )`);
    await grant(runner, 'tenant_contracts', { app: 'SI', backoffice: 'S' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['tenant_contracts', 'request_counts', 'stream_tickets']);
  }
}
