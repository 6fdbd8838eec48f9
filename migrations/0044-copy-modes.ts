import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a version before this one did without being told: it followed the leader's side in everything, from the next open on. */
const BEFORE = `'{"direction": "same", "follow": "all", "start": {"kind": "next_open"}}'::jsonb`;

/** Modes by amount count the leader orders copied in an episode; every stored version of settings names what it did. */
export class CopyModes implements MigrationInterface {
  readonly name = 'CopyModes0000000000044';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table copy_positions add column adds integer not null default 0');
    await runner.query(`update copy_settings set settings = (${BEFORE} || settings::jsonb)::json`);
  }

  async down(runner: QueryRunner): Promise<void> {
    // A version of what the older process cannot do stays as it is: that process reads it as unreadable, and takes no new risk with it.
    await runner.query(`update copy_settings set settings = (settings::jsonb - 'direction' - 'follow' - 'start')::json
      where settings::jsonb @> ${BEFORE} and settings::jsonb->'mode'->>'kind' in ('fixed_ratio', 'proportional')`);
    await runner.query('alter table copy_positions drop column adds');
  }
}
