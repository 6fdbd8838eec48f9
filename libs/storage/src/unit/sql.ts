import type { EpochMs, TenantScope } from '@lockstep/kernel';
import type { SqlRow } from './table';
import type { Transaction } from './transaction';
import type { Within } from './within';

/** A piece of work to do once the transaction is committed: wake-ups, publications. It must not fail the caller. */
export type AfterCommit = () => void | Promise<void>;

/** One open transaction. Made by `Storage` only and unusable once its work returned. */
export class Sql {
  private readonly hooks: AfterCommit[] = [];
  private readonly lastSteps: (() => Promise<void>)[] = [];
  private discarded = false;
  private readonly repositories = new Map<unknown, unknown>();

  constructor(
    private readonly transaction: Transaction,
    /** The unit's time: every row it writes carries the same. */
    readonly now: EpochMs,
  ) {}

  /** Runs one statement. Parameters are driver values: bigint as text, times as Date. */
  async query(statement: string, parameters: readonly unknown[] = []): Promise<readonly SqlRow[]> {
    return (await this.transaction.run(statement, parameters)).rows;
  }

  /** Runs one statement and returns how many rows it touched. */
  async execute(statement: string, parameters: readonly unknown[] = []): Promise<number> {
    return (await this.transaction.run(statement, parameters)).affected;
  }

  /** Runs `step` when the unit's work is done, right before the commit and in order of registration; never when the unit is rolled back. For locks that are to be held for as short as can be. */
  lastStep(step: () => Promise<void>): void {
    this.lastSteps.push(step);
  }

  /** Runs the last steps. `Storage` calls it once, before the commit. */
  async finish(): Promise<void> {
    for (const step of this.lastSteps) await step();
  }

  /** Runs `hook` after the commit, in order of registration; never when the unit is rolled back. */
  afterCommit(hook: AfterCommit): void {
    this.hooks.push(hook);
  }

  /** Rolls the unit back at its end although its work returns a value. */
  discard(): void {
    this.discarded = true;
  }

  /** The unit's one repository of a kind, made when it is first asked for: a unit uses two or three of many. */
  protected only<R>(kind: new (unit: this) => R): R {
    const standing = this.repositories.get(kind);
    if (standing instanceof kind) return standing;
    const made = new kind(this);
    this.repositories.set(kind, made);
    return made;
  }

  /** What `Storage` needs to end the unit. */
  ending(): { readonly discarded: boolean; readonly hooks: readonly AfterCommit[] } {
    return { discarded: this.discarded, hooks: this.hooks };
  }
}

/** A transaction inside one tenant's scope. Every statement it runs also names tenant and environment itself. */
export class ScopedSql extends Sql {
  constructor(
    transaction: Transaction,
    now: EpochMs,
    readonly scope: TenantScope,
    /** What its pages show of the scope; null: everything. */
    readonly within: Within | null = null,
  ) {
    super(transaction, now);
  }

  /** The first two parameters of every scoped statement: `$1` tenant, `$2` environment. */
  get scopeParameters(): readonly [string, string] {
    return [this.scope.tenantId, this.scope.environment];
  }
}
