import 'reflect-metadata';
import { type Clock, err, ok, type Result, type TenantScope } from '@lockstep/kernel';
import { DataSource, type Logger } from 'typeorm';
import type { Connections, Opening, UnitTransaction } from './connections/connections';
import { type AnswerBounds, oneByOne } from './connections/one-by-one';
import { together } from './connections/together';
import { isConflict } from './failures';
import type { ProcessRole } from './logins';
import { PlatformUnit } from './platform-unit';
import { assertRole } from './role-check';
import { ScopedUnit } from './scoped-unit';
import * as tables from './tables';
import type { Sql } from './unit/sql';
import type { Transaction } from './unit/transaction';
import type { UnitOptions } from './unit-options';

export type { UnitOptions } from './unit-options';

export interface StorageOptions {
  /** Login of this process's own role, never the owner's. */
  readonly url: string;
  readonly role: ProcessRole;
  readonly clock: Clock;
  /** Connections at most. Of the gateway's role half of them are for units that read what is committed, and each half is one at least. */
  readonly poolMax: number;
  /** Of the gateway's role: all connections are opened at the start and kept, so that nobody waits for one to be opened when many come at once. */
  readonly keepsOpen?: boolean;
  /** Bound of one statement; default 30 s. */
  readonly statementTimeoutMs?: number;
  /** How long a unit waits for a connection; default 20 s in the gateway's role, 60 s in others. */
  readonly connectionWaitMaxMs?: number;
  /** How much longer than a statement may take an answer is waited for; default 15 s. Then the connection is given up. */
  readonly silenceMaxMs?: number;
  /** Told every statement with its parameters, before it runs: for tests of scope predicates. */
  readonly onStatement?: (statement: string) => void;
  /** Told of a failed after-commit hook; the transaction it belongs to stands. */
  readonly onHookFailure?: (failure: unknown) => void;
}

const STATEMENT_TIMEOUT_MS = 30_000;
/** Whoever calls a gateway waits for it; units of the other roles have work that nobody else does, and each holder of a connection has its own bounds. */
const CONNECTION_WAIT_MAX_MS: Readonly<Record<ProcessRole, number>> = { app: 20_000, engine: 60_000, backoffice: 60_000 };
const SILENCE_MAX_MS = 15_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const CONFLICT_RETRIES_MAX = 3;

/** The only way to the tables: one transaction per unit of work, inside one scope or on platform tables. */
export interface Storage {
  /**
   * Runs `work` in one transaction inside the scope; its throw rolls back and is rethrown. Nothing is retried. A commit whose answer is lost throws
   * `CommitUnknownError`. A database that is away throws within the bounds of the options: in the gateway's role `DatabaseAwayError`, in others the driver's failure.
   */
  scoped<T>(scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>, options?: UnitOptions): Promise<T>;
  /** As `scoped`, run again up to three times when another transaction was first; then `conflict`. `work` must have no effect outside the unit. */
  tryScoped<T>(scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>, options?: UnitOptions): Promise<Result<T, 'conflict'>>;
  /** Runs `work` in one transaction without a scope: platform tables only, tenant tables show no rows. */
  platform<T>(work: (unit: PlatformUnit) => Promise<T>, options?: UnitOptions): Promise<T>;
  /** One trivial round trip; throws when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Connects and checks the role: throws when it owns a table, is superuser or has BYPASSRLS, or is not a member of its group. */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const source = sourceOf(options);
  await source.initialize();
  try {
    await assertRole(source, options.role);
    if (options.role !== 'app') return new PostgresStorage(oneByOne(source, answerBoundsOf(options)), options);
    await source.destroy();
    const connections = togetherOf(options);
    await connections.start();
    return new PostgresStorage(connections, options);
  } catch (failure) {
    if (source.isInitialized) await source.destroy();
    throw failure;
  }
}

const connectionWaitMaxMsOf = ({ connectionWaitMaxMs, role }: StorageOptions): number => connectionWaitMaxMs ?? CONNECTION_WAIT_MAX_MS[role];

const answerBoundsOf = ({ statementTimeoutMs, silenceMaxMs }: StorageOptions): AnswerBounds => ({
  statementTimeoutMs: statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
  silenceMaxMs: silenceMaxMs ?? SILENCE_MAX_MS,
});

const sourceOf = (options: StorageOptions): DataSource =>
  new DataSource({
    type: 'postgres',
    url: options.url,
    applicationName: `lockstep-${options.role}`,
    poolSize: options.poolMax,
    // A server that takes the connection and says nothing would hold a start up for ever.
    connectTimeoutMS: connectionWaitMaxMsOf(options),
    entities: Object.values(tables).map((table) => table.schema),
    extra: {
      statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
    ...(options.onStatement ? { logging: ['query'], logger: statementLogger(options.onStatement) } : { logging: false }),
  });

/** The gateway's units are many and short, and wait for nothing between their statements: those leave together. */
const togetherOf = (options: StorageOptions): Connections =>
  together({
    url: options.url,
    applicationName: `lockstep-${options.role}`,
    poolMax: options.poolMax,
    keepsOpen: options.keepsOpen === true,
    ...answerBoundsOf(options),
    idleInTransactionTimeoutMs: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    connectionWaitMaxMs: connectionWaitMaxMsOf(options),
    ...(options.onStatement && { onStatement: options.onStatement }),
  });

class PostgresStorage implements Storage {
  constructor(
    private readonly connections: Connections,
    private readonly options: StorageOptions,
  ) {}

  async scoped<T>(scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    return this.run({ scope, options }, (transaction) => new ScopedUnit(transaction, this.options.clock.now(), scope, options.within ?? null), work);
  }

  async tryScoped<T>(scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>, options: UnitOptions = {}): Promise<Result<T, 'conflict'>> {
    for (let attempt = 0; attempt <= CONFLICT_RETRIES_MAX; attempt += 1) {
      try {
        return ok(await this.scoped(scope, work, options));
      } catch (failure) {
        if (!isConflict(failure)) throw failure;
      }
    }
    return err('conflict');
  }

  platform<T>(work: (unit: PlatformUnit) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    return this.run({ scope: null, options }, (transaction) => new PlatformUnit(transaction, this.options.clock.now()), work);
  }

  async ping(): Promise<void> {
    await this.connections.ping();
  }

  async close(): Promise<void> {
    await this.connections.close();
  }

  private async run<T, Unit extends Sql>(
    opening: Opening,
    makeUnit: (transaction: Transaction) => Unit,
    work: (unit: Unit) => Promise<T>,
  ): Promise<T> {
    const transaction = this.connections.open(opening);
    let unit: Unit;
    let value: T;
    try {
      await transaction.begin();
      unit = makeUnit(transaction);
      value = await work(unit);
      if (!unit.ending().discarded) await unit.finish();
      await (unit.ending().discarded ? transaction.rollBack() : transaction.commit());
    } catch (failure) {
      await rollBack(transaction);
      throw failure;
    } finally {
      await transaction.release();
    }
    if (!unit.ending().discarded) await this.afterCommit(unit);
    return value;
  }

  private async afterCommit(unit: Sql): Promise<void> {
    for (const hook of unit.ending().hooks) {
      try {
        await hook();
      } catch (failure) {
        this.options.onHookFailure?.(failure);
      }
    }
  }
}

/** The first failure is the one worth reporting. */
async function rollBack(transaction: UnitTransaction): Promise<void> {
  try {
    await transaction.rollBack();
  } catch {
    return;
  }
}

function statementLogger(onStatement: (statement: string) => void): Logger {
  const silent = (): void => undefined;
  return { logQuery: onStatement, logQueryError: silent, logQuerySlow: silent, logSchemaBuild: silent, logMigration: silent, log: silent };
}
