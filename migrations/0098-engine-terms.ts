import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Raises once a newer engine has begun its term. The shared lock lasts as long as the transaction, and a term begins under the same lock alone, so what was true when
 * it was asked stays true until the commit. It is taken before the look: in a transaction that reads what is committed, the look sees all that ended before it.
 */
const TERM_HOLDS = `create function engine_term_holds(mine integer) returns void language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('lockstep.engine_instances', 0));
  if mine <> (select coalesce(max(term), 0) from engine_instances) then
    raise exception 'the term of engine % is over', mine using errcode = 'LT001';
  end if;
end $$`;

/** Terms of engines, and what every transaction that writes in one asks first. */
export class EngineTerms implements MigrationInterface {
  readonly name = 'EngineTerms0000000000098';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table engine_instances add column term integer not null default 0');
    await runner.query('create index engine_instances_term on engine_instances (term)');
    await runner.query(TERM_HOLDS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function engine_term_holds(integer)');
    await runner.query('alter table engine_instances drop column term');
  }
}
