import type { NewRow } from '../rows/scoped';
import type { JournalRow } from '../rows/trading';
import * as tables from '../tables';
import type { ScopedSql } from '../unit/sql';

/** A journal row as it is first written. */
export type NewJournalRow = Omit<NewRow<JournalRow>, 'createdAt' | 'writtenAt' | 'completedAt'>;

/** Ten parameters a row; a statement may carry 65,535. */
const STATEMENT_ROWS_MAX = 1_000;

/** Names one journal row inside a scope. */
export type JournalKey = Pick<JournalRow, 'moveId' | 'shard' | 'part'>;

/** The wave journal: one packed row per (move, shard, part), committed before the first byte leaves; receipts are read out of it. */
export class Journal {
  constructor(private readonly unit: ScopedSql) {}

  /** Writes a row; false when this (move, shard, part) was journaled before, and then nothing may be sent on its strength. */
  async insert(row: NewJournalRow): Promise<boolean> {
    return (await this.insertAll([row])) === 1;
  }

  /** Writes rows of different keys with one statement per 1,000; returns how many were written, fewer than given when one was journaled before. */
  async insertAll(rows: readonly NewJournalRow[]): Promise<number> {
    let written = 0;
    for (let from = 0; from < rows.length; from += STATEMENT_ROWS_MAX) written += await this.insertSome(rows.slice(from, from + STATEMENT_ROWS_MAX));
    return written;
  }

  /** Bytes go as parameters of their own, because an array of them would be sent as text of twice the length. */
  private insertSome(rows: readonly NewJournalRow[]): Promise<number> {
    const parameters: unknown[] = [...this.unit.scopeParameters, new Date(this.unit.now)];
    const values = rows.map((row) => {
      const own = [
        row.moveId.toString(),
        row.shard,
        row.part,
        row.instance,
        row.leaderId,
        row.coin,
        row.packed,
        row.orderCount,
        row.decisionCount,
        row.maxNonce.toString(),
      ];
      const first = parameters.length + 1;
      parameters.push(...own);
      return `($1, $2, ${own.map((_, index) => `$${first + index}`).join(', ')}, $3)`;
    });
    return this.unit.execute(
      `insert into wave_journal (tenant_id, environment, move_id, shard, part, instance, leader_id, coin, packed, order_count, decision_count, max_nonce, created_at)
       values ${values.join(', ')} on conflict (tenant_id, environment, move_id, shard, part) do nothing`,
      parameters,
    );
  }

  /** Rows of a shard that no one completed, oldest wave first: what a restart resolves before anything new. At most `limit`. */
  async unfinished(shard: number, limit: number): Promise<readonly JournalRow[]> {
    return this.read('and shard = $3 and completed_at is null order by move_id, part limit $4', [shard, limit]);
  }

  /**
   * Notes that everything of a wave's rows is written behind the send: with the order rows, in their transaction. Returns the waves that had a row without
   * the note: of the others everything stands already.
   */
  async markWritten(shard: number, moveIds: readonly bigint[]): Promise<ReadonlySet<bigint>> {
    if (moveIds.length === 0) return new Set();
    const rows = await this.unit.query(
      `update wave_journal set written_at = $4
       where tenant_id = $1 and environment = $2 and shard = $3 and move_id = any($5::bigint[]) and written_at is null
       returning move_id`,
      [...this.unit.scopeParameters, shard, new Date(this.unit.now), moveIds.map(String)],
    );
    return new Set(rows.map((row) => BigInt(String(row['move_id']))));
  }

  /** Rows of some waves, closed or not: which copies were decided, and which parts are taken. */
  async ofMoves(shard: number, moveIds: readonly bigint[]): Promise<readonly JournalRow[]> {
    if (moveIds.length === 0) return [];
    return this.read('and shard = $3 and move_id = any($4::bigint[]) order by move_id, part', [shard, moveIds.map(String)]);
  }

  /** Marks a row done; false when it was or does not exist. */
  async complete(key: JournalKey): Promise<boolean> {
    const written = await this.unit.execute(
      `update wave_journal set completed_at = $6
       where tenant_id = $1 and environment = $2 and move_id = $3 and shard = $4 and part = $5 and completed_at is null`,
      [...this.unit.scopeParameters, key.moveId.toString(), key.shard, key.part, new Date(this.unit.now)],
    );
    return written === 1;
  }

  /** Rows of one wave, for receipts. */
  async ofMove(moveId: bigint): Promise<readonly JournalRow[]> {
    return this.read('and move_id = $3 order by shard, part', [moveId.toString()]);
  }

  /** Rows of a leader's waves before a wave number (exclusive; null: from the newest), newest first. At most `limit`. */
  async ofLeader(leaderId: string, beforeMoveId: bigint | null, limit: number): Promise<readonly JournalRow[]> {
    const before = beforeMoveId?.toString() ?? null;
    return this.read('and leader_id = $3 and ($4::bigint is null or move_id < $4) order by move_id desc, shard, part limit $5', [
      leaderId,
      before,
      limit,
    ]);
  }

  private async read(tail: string, parameters: readonly unknown[]): Promise<readonly JournalRow[]> {
    const rows = await this.unit.query(
      `select ${tables.waveJournal.selectList()} from wave_journal where tenant_id = $1 and environment = $2 ${tail}`,
      [...this.unit.scopeParameters, ...parameters],
    );
    return rows.map((row) => tables.waveJournal.parse(row));
  }
}
