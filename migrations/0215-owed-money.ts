import type { MigrationInterface, QueryRunner } from 'typeorm';
import { admit, dismiss, TEXT } from './tenant-table';

/** What tells whether funding of accounts is still to be read. */
const READ = ['funding_readings', 'follower_closes'] as const;
const READERS = ['app', 'backoffice'] as const;

/**
 * An erasure says what money it waits for. Who asks for one and who carries it out see how far funding is read, and an engine that starts sees whose accounts
 * it has still to read.
 */
export class OwedMoney implements MigrationInterface {
  readonly name = 'OwedMoney0000000000215';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table follower_erasures add column waits_for ${TEXT} check (waits_for in ('funding', 'settlement'))`);
    await runner.query('create index follower_erasures_open on follower_erasures (tenant_id, environment, asked_at) where erased_at is null');
    for (const table of READ) for (const role of READERS) await admit(runner, table, role, 'S');
    await admit(runner, 'follower_erasures', 'engine', 'S');
  }

  async down(runner: QueryRunner): Promise<void> {
    await dismiss(runner, 'follower_erasures', 'engine');
    for (const table of READ) for (const role of READERS) await dismiss(runner, table, role);
    await runner.query('drop index follower_erasures_open');
    await runner.query('alter table follower_erasures drop column waits_for');
  }
}
