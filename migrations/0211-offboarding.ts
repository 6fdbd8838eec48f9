import type { MigrationInterface, QueryRunner } from 'typeorm';
import { admit, dismiss, dropTables, grant, groupRole, TEXT, TIME } from './tenant-table';

/** What the back office takes away where a tenant is erased: its keys, and what is kept for its calls and streams. */
const CHANGED = [
  ['tenants', 'update'],
  ['key_index', 'select, update'],
  ['api_keys', 'update'],
  ['follower_erasures', 'insert'],
  ['platform_audit_log', 'insert'],
  ['platform_audit_head', 'update'],
] as const;

/** What the back office reads for the archive and had no need of before. */
const READ = ['entitlements', 'leader_terms', 'copy_consents'] as const;

/** How far the offboarding of each tenant is. A platform table, as tenants are: the operator's. */
export class Offboarding implements MigrationInterface {
  readonly name = 'Offboarding0000000000211';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table tenant_offboardings (
      tenant_id ${TEXT} primary key references tenants (id),
      step ${TEXT} not null check (step in ('closing', 'exporting', 'waiting', 'erasing', 'erased', 'cancelled')),
      actor ${TEXT} not null,
      waiting_ms bigint not null check (waiting_ms > 0),
      began_at ${TIME} not null,
      closed_at ${TIME},
      exported_at ${TIME},
      erase_at ${TIME},
      ended_at ${TIME},
      check ((step in ('erased', 'cancelled')) = (ended_at is not null)),
      check (step not in ('waiting', 'erasing', 'erased') or erase_at is not null)
    )`);
    await grant(runner, 'tenant_offboardings', { app: 'SIU', backoffice: 'SU' });
    for (const table of READ) await admit(runner, table, 'backoffice', 'S');
    for (const [table, privileges] of CHANGED) await runner.query(`grant ${privileges} on ${table} to ${groupRole('backoffice')}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of READ) await dismiss(runner, table, 'backoffice');
    for (const [table, privileges] of CHANGED) await runner.query(`revoke ${privileges} on ${table} from ${groupRole('backoffice')}`);
    await dropTables(runner, ['tenant_offboardings']);
  }
}
