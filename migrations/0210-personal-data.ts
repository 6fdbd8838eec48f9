import type { MigrationInterface, QueryRunner } from 'typeorm';
import { admit, dismiss, dropTables, groupRole, guardTenantTable, SCOPE, TEXT, TIME } from './tenant-table';

/** What the back office changes where it erases a person, beside removing the keys. */
const CLEARS = ['followers', 'venue_accounts', 'commands', 'idempotency_keys'] as const;

/**
 * Personal data under keys: each follower has one, sealed with its scope's, which is sealed for the deployment. Keys stand in tables of their own, so that backups
 * can keep them apart. Names of before stay in `followers.external_ref` until a gateway has sealed them. On the way back sealed names are lost: the
 * older process could not open them.
 */
export class PersonalData implements MigrationInterface {
  readonly name = 'PersonalData0000000000210';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create table tenant_keys (${SCOPE}, sealed_key bytea not null, created_at ${TIME} not null, primary key (tenant_id, environment))`,
    );
    await guardTenantTable(runner, 'tenant_keys', { app: 'SIU', backoffice: 'SD' });
    const follower = `${SCOPE},
      follower_id ${TEXT} not null`;
    const keys = `primary key (tenant_id, environment, follower_id),
      foreign key (tenant_id, environment, follower_id) references followers (tenant_id, environment, id)`;
    await runner.query(`create table follower_keys (${follower}, sealed_key bytea not null, created_at ${TIME} not null, ${keys})`);
    await guardTenantTable(runner, 'follower_keys', { app: 'SI', backoffice: 'SD' });
    await runner.query(
      `create table follower_refs (${follower}, sealed_ref bytea not null, digest bytea not null, ${keys}, unique (tenant_id, environment, digest))`,
    );
    await guardTenantTable(runner, 'follower_refs', { app: 'SI', backoffice: 'SD' });
    await runner.query(`create table follower_erasures (${follower}, actor ${TEXT} not null, asked_at ${TIME} not null, erased_at ${TIME}, ${keys})`);
    await guardTenantTable(runner, 'follower_erasures', { app: 'SI', backoffice: 'SU' });
    const backoffice = groupRole('backoffice');
    for (const table of CLEARS) await runner.query(`grant update on ${table} to ${backoffice}`);
    await admit(runner, 'spare_agents', 'backoffice', 'SD');
  }

  async down(runner: QueryRunner): Promise<void> {
    const backoffice = groupRole('backoffice');
    await dismiss(runner, 'spare_agents', 'backoffice');
    for (const table of CLEARS) await runner.query(`revoke update on ${table} from ${backoffice}`);
    await dropTables(runner, ['follower_erasures', 'follower_refs', 'follower_keys', 'tenant_keys']);
  }
}
