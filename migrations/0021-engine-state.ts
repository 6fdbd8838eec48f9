import type { MigrationInterface, QueryRunner } from 'typeorm';
import { groupRole } from './tenant-table';

const COLUMNS: readonly (readonly [name: string, definition: string])[] = [
  // Value the open position was entered at: carried instead of a rounded average, so that closed profits add up exactly.
  ['entry_value', 'bigint not null default 0'],
  // Target in micro-lots and ρ are what the next wave goes on from; `target` beside it is the same in base units, for people.
  ['target_micro', 'bigint not null default 0'],
  ['forfeited_micro', 'bigint not null default 0'],
  // Bits of replication's EPISODE.
  ['episode_bits', 'smallint not null default 0'],
  ['owed_price', 'bigint not null default 0'],
  ['owed_until_ms', 'bigint not null default 0'],
  // Highest attempt number used in the wave `last_move_id`.
  ['attempt', 'integer not null default 0'],
];

/** What the engine needs to go on after a restart exactly where it stood, and its right to take wave numbers for repairs. */
export class EngineState implements MigrationInterface {
  readonly name = 'EngineState0000000000021';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of COLUMNS) await runner.query(`alter table copy_positions add column ${name} ${definition}`);
    await runner.query(`grant usage on sequence moves_id_seq to ${groupRole('engine')}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`revoke usage on sequence moves_id_seq from ${groupRole('engine')}`);
    for (const [name] of COLUMNS) await runner.query(`alter table copy_positions drop column ${name}`);
  }
}
