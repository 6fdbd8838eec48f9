import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a version before this one did without being told: it followed the leader's side in everything, from the next open on. */
const BEFORE = `'{"direction": "same", "follow": "all", "start": {"kind": "next_open"}}'::jsonb`;
/** Its one loss limit closed the copy at the first mark. */
const BREAKER_BEFORE = `'{"trailing": null, "daily": null, "loss_money": null, "alert_at": null, "halt_new_at": null, "close_after_marks": 1}'::jsonb`;

/** Modes by amount count the leader orders copied in an episode; every stored version of settings names what it did. */
export class CopyModes implements MigrationInterface {
  readonly name = 'CopyModes0000000000044';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table copy_positions add column adds integer not null default 0');
    // No policy admits the owner: it sees the rows of all tenants only while they are not forced on it.
    await runner.query('alter table copy_settings no force row level security');
    await runner.query(`update copy_settings
      set settings = (${BEFORE} || jsonb_set(settings::jsonb, '{breaker}', ${BREAKER_BEFORE} || (settings::jsonb->'breaker')))::json`);
    await runner.query('alter table copy_settings force row level security');
  }

  async down(runner: QueryRunner): Promise<void> {
    // A version of what the older process cannot do stays as it is: that process reads it as unreadable, and takes no new risk with it.
    await runner.query('alter table copy_settings no force row level security');
    await runner.query(`update copy_settings set settings =
      (jsonb_set(settings::jsonb, '{breaker}', jsonb_build_object('from_start', settings::jsonb->'breaker'->'from_start')) - 'direction' - 'follow' - 'start')::json
      where settings::jsonb @> ${BEFORE} and settings::jsonb->'breaker' @> ${BREAKER_BEFORE} and settings::jsonb->'mode'->>'kind' in ('fixed_ratio', 'proportional')`);
    await runner.query('alter table copy_settings force row level security');
    await runner.query('alter table copy_positions drop column adds');
  }
}
