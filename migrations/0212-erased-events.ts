import type { MigrationInterface, QueryRunner } from 'typeorm';
import { groupRole } from './tenant-table';

/** Addresses in a text, whatever stands before them; longer runs of hexadecimal digits are hashes. */
const ADDRESS = '0x[0-9a-fA-F]{40}(?![0-9a-fA-F])';

const ONLY_ERASED = `create function events_only_erased() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if (new.tenant_id, new.environment, new.epoch, new.seq, new.created_at, new.id, new.type, new.version, new.occurred_at)
      is distinct from (old.tenant_id, old.environment, old.epoch, old.seq, old.created_at, old.id, old.type, old.version, old.occurred_at)
    or new.data::text is distinct from regexp_replace(old.data::text, '${ADDRESS}', 'erased', 'g') then
    raise exception 'an event does not change, but for the addresses in it, which an erasure takes out';
  end if;
  return new;
end $$`;

/**
 * Lets an erasure take addresses out of what events tell of a person's accounts, and nothing else: the back office may write no other column, and the database refuses
 * any other change. The place, the number and the id of an event stay, so streams resume as before. The index finds those events: of all events these
 * alone hold what a venue says in words. It is small, but its making keeps events from being written while the table is read once.
 */
export class ErasedEvents implements MigrationInterface {
  readonly name = 'ErasedEvents0000000000212';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ONLY_ERASED);
    await runner.query('create trigger events_only_erased before update on events for each row execute function events_only_erased()');
    await runner.query(
      `create index events_of_account on events (tenant_id, environment, (data ->> 'venue_account_id')) where type = 'venue_account.changed'`,
    );
    await runner.query(`grant update (data) on events to ${groupRole('backoffice')}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`revoke update (data) on events from ${groupRole('backoffice')}`);
    await runner.query('drop index events_of_account');
    await runner.query('drop trigger events_only_erased on events');
    await runner.query('drop function events_only_erased()');
  }
}
