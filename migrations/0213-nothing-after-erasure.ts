import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Waits for whoever asks for the follower's erasure, or carries it out, at this moment: it holds the follower's row. Whoever comes first has been seen by the other.
 * The state is that of a broken check, so that a gateway of before answers as it does where a row is refused.
 */
const REFUSE = `create function refuse_account_after_erasure() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  perform 1 from followers f where f.tenant_id = new.tenant_id and f.environment = new.environment and f.id = new.follower_id for key share;
  if exists (select 1 from follower_erasures e where e.tenant_id = new.tenant_id and e.environment = new.environment and e.follower_id = new.follower_id) then
    raise exception 'the erasure of follower % was asked for: nothing begins with it any more', new.follower_id
      using errcode = 'check_violation', constraint = 'venue_accounts_not_after_erasure';
  end if;
  return new;
end $$`;

/** No account begins with a follower whose erasure was asked for, whichever version of a gateway is asked: an older one knows nothing of erasures. */
export class NothingAfterErasure implements MigrationInterface {
  readonly name = 'NothingAfterErasure0000000000213';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(REFUSE);
    await runner.query(
      'create trigger venue_accounts_not_after_erasure before insert on venue_accounts for each row execute function refuse_account_after_erasure()',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger venue_accounts_not_after_erasure on venue_accounts');
    await runner.query('drop function refuse_account_after_erasure()');
  }
}
