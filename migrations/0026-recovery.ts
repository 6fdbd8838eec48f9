import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a restart needs to lose nothing.
 * `wave_journal.written_at`: when a row's order rows, intents and events were committed. A restart believes the intents of copies as stored from then on,
 * and takes those of rows without it out of the journal. The index gives the highest nonce at start without reading the journal.
 * `watched_accounts.history_from_ms`: venue time up to which a leader's fills are older than our history; null before its first state was taken. So the
 * first fill ever seen is a move even when the process died with it in hand.
 */
export class Recovery implements MigrationInterface {
  readonly name = 'Recovery0000000000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table wave_journal add column written_at timestamptz');
    // Forced row-level security binds the owner as well, who would find no row unless it is a superuser. The transaction holds the table meanwhile.
    await runner.query('alter table wave_journal no force row level security');
    await runner.query('update wave_journal set written_at = completed_at');
    await runner.query('alter table wave_journal force row level security');
    await runner.query('create index wave_journal_nonce on wave_journal (tenant_id, environment, max_nonce)');
    await runner.query('alter table watched_accounts add column history_from_ms bigint');
    await runner.query(`update watched_accounts w set history_from_ms = m.first - 1
      from (select watched_no, min(first_fill_ms) as first from moves group by watched_no) m where m.watched_no = w.no`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table watched_accounts drop column history_from_ms');
    await runner.query('drop index wave_journal_nonce');
    await runner.query('alter table wave_journal drop column written_at');
  }
}
