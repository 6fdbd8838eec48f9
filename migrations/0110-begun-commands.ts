import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When what a command asks for was written, where something of it is done behind that: a process that carries it out anew finds the wish used.
 * Re-enables of before count from when they were applied, or were given where they are pending and the copy is active.
 */
export class BegunCommands implements MigrationInterface {
  readonly name = 'BegunCommands0000000000110';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table commands add column begun_at timestamptz');
    // No policy admits the owner: it sees the rows of all tenants while they are not forced on it.
    for (const table of ['commands', 'copies']) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`update commands c set begun_at = coalesce(applied_at, created_at) where kind = 'copy.re_enable' and (status = 'applied'
      or status = 'pending' and exists (select 1 from copies o
        where o.tenant_id = c.tenant_id and o.environment = c.environment and o.id = c.target_id and o.state = 'active'))`);
    for (const table of ['commands', 'copies']) await runner.query(`alter table ${table} force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table commands drop column begun_at');
  }
}
