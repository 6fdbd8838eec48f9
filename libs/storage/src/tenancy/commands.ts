import { type EpochMs, present } from '@lockstep/kernel';
import type { CommandRow } from '../rows/tenancy';
import * as tables from '../tables';
import { ScopedRows } from '../unit/rows';
import type { ScopedSql } from '../unit/sql';

export interface NewCommand {
  readonly kind: string;
  readonly targetId: string;
  readonly payload: unknown;
  readonly actor: string;
}

/** Desired state, numbered without gaps per scope: the engine reads it in order and records what became of it. */
export class Commands extends ScopedRows<CommandRow> {
  constructor(unit: ScopedSql) {
    super(unit, tables.commands);
  }

  /** Appends a command and returns its number. The head's row lock is held to the end of the unit, so that a reader never meets a later number first. */
  async append(command: NewCommand): Promise<bigint> {
    const no = await this.take(1);
    await this.insert(this.pendingRow(command, no));
    return no;
  }

  /** Appends commands in order, by two statements. */
  async appendAll(commands: readonly NewCommand[]): Promise<void> {
    if (commands.length === 0) return;
    const first = (await this.take(commands.length)) - BigInt(commands.length) + 1n;
    await this.insertAll(commands.map((command, index) => this.pendingRow(command, first + BigInt(index))));
  }

  /** Takes the next numbers and returns the last of them. */
  private async take(count: number): Promise<bigint> {
    const [head] = await this.unit.query(
      `insert into command_heads (tenant_id, environment, top_no) values ($1, $2, $3)
       on conflict (tenant_id, environment) do update set top_no = command_heads.top_no + excluded.top_no returning top_no`,
      [...this.unit.scopeParameters, count],
    );
    return BigInt(String(present(head, 'the command head').top_no));
  }

  private pendingRow(command: NewCommand, no: bigint) {
    return { ...command, no, status: 'pending' as const, result: null, createdAt: this.unit.now, begunAt: null, appliedAt: null };
  }

  /** Pending commands of numbers above `after`, in order, at most `limit`. */
  async pending(limit: number, after = 0n): Promise<readonly CommandRow[]> {
    const rows = await this.unit.query(
      `select ${tables.commands.selectList()} from commands
       where tenant_id = $1 and environment = $2 and status = 'pending' and no > $4 order by no limit $3`,
      [...this.unit.scopeParameters, limit, after.toString()],
    );
    return rows.map((row) => tables.commands.parse(row));
  }

  /** Records what became of a pending command; false when it was settled before. */
  async settle(no: bigint, status: 'applied' | 'refused', result: unknown): Promise<boolean> {
    return (await this.update({ no, status: 'pending' }, { status, result: result ?? null, appliedAt: this.unit.now })) === 1;
  }

  /** Notes in the transaction of what a pending command asks for that this stands: whoever carries it out anew finds the wish used. A settled one stays as it is. */
  async noteBegun(no: bigint): Promise<void> {
    await this.update({ no, status: 'pending' }, { begunAt: this.unit.now });
  }

  /** Whether a command of a kind on an object was begun at a time or later, settled or not. */
  async begunSince(kind: string, targetId: string, at: EpochMs): Promise<boolean> {
    const found = await this.unit.query(
      `select 1 from commands where tenant_id = $1 and environment = $2 and target_id = $3 and kind = $4 and begun_at >= $5 limit 1`,
      [...this.unit.scopeParameters, targetId, kind, new Date(at)],
    );
    return found.length > 0;
  }

  /** The newest command on an object; null when there was none. */
  latestFor(targetId: string): Promise<CommandRow | null> {
    return this.findOne({ targetId }, { orderBy: { no: 'DESC' } });
  }
}
