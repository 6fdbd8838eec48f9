import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropTables, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/**
 * Agent keys beside the one that signs: the `next` one, made for a renewal and waiting for the wallet's approval, and the `former` one, kept so that what it
 * signed can still be voided by its own nonce.
 */
export class SpareAgents implements MigrationInterface {
  readonly name = 'SpareAgents0000000000043';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table spare_agents (
      ${SCOPE},
      venue_account_id ${TEXT} not null,
      role ${TEXT} not null check (role in ('next', 'former')),
      agent_address ${TEXT} not null check (agent_address = lower(agent_address)),
      agent_name ${TEXT},
      sealed_agent_key bytea not null,
      created_at ${TIME} not null,
      primary key (tenant_id, environment, venue_account_id, role),
      foreign key (tenant_id, environment, venue_account_id) references venue_accounts (tenant_id, environment, id)
    )`);
    await guardTenantTable(runner, 'spare_agents', { app: 'SIUD', engine: 'SIUD' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['spare_agents']);
  }
}
