import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an entry does whose follower has not approved the builder fee: part of the fee terms, hence versioned with them. */
export class FeeApproval implements MigrationInterface {
  readonly name = 'FeeApproval0000000000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table fee_schedules add column missing_approval text collate "C" not null default 'deny_entries'
      check (missing_approval in ('deny_entries', 'send_without_markup'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table fee_schedules drop column missing_approval');
  }
}
