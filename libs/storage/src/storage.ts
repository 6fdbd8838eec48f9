import 'reflect-metadata';
import { type Clock, err, isId, must, ok, type Result, type TenantScope } from '@lockstep/kernel';
import { DataSource, type Logger, type QueryRunner } from 'typeorm';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import { CommitUnknownError, isConflict, isRefusal, openingFailure } from './failures';
import type { ProcessRole } from './logins';
import { PlatformUnit } from './platform-unit';
import { assertRole } from './role-check';
import { ScopedUnit } from './scoped-unit';
import * as tables from './tables';
import type { Sql } from './unit/sql';
import type { Within } from './unit/within';

export interface StorageOptions {
  /** Login of this process's own role, never the owner's. */
  readonly url: string;
  readonly role: ProcessRole;
  readonly clock: Clock;
  readonly poolMax: number;
  /** Bound of one statement; default 30 s. */
  readonly statementTimeoutMs?: number;
  /** Told every statement with its parameters, before it runs: for tests of scope predicates. */
  readonly onStatement?: (statement: string) => void;
  /** Told of a failed after-commit hook; the transaction it belongs to stands. */
  readonly onHookFailure?: (failure: unknown) => void;
}

export interface UnitOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  /** Pages show rows of these leaders, followers or copies alone; a page of rows that belong to none throws. Nothing else of the unit is bound by it. */
  readonly within?: Within;
  /**
   * The unit reads whole tables of its scope and joins them, as an engine does at its start. Such joins are made by hashing: right after many rows were
   * added, the planner still takes the tables for empty and would join thousands with thousands row by row. Statements may take 2 min.
   */
  readonly wholeScope?: boolean;
  /**
   * The term of the engine whose unit it is: where a newer engine has begun its own, nothing of the unit is done and `TermOverError` is thrown; and none begins
   * while the unit is open. Costs no round trip. Units that only read are not asked.
   */
  readonly term?: number;
}

const STATEMENT_TIMEOUT_MS = 30_000;
const WHOLE_SCOPE_TIMEOUT_MS = 120_000;
const CONFLICT_RETRIES_MAX = 3;

/** The only way to the tables: one transaction per unit of work, inside one scope or on platform tables. */
export interface Storage {
  /** Runs `work` in one transaction inside the scope; its throw rolls back and is rethrown. Nothing is retried. A commit whose answer is lost throws `CommitUnknownError`. */
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
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    applicationName: `lockstep-${options.role}`,
    poolSize: options.poolMax,
    entities: Object.values(tables).map((table) => table.schema),
    extra: { statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS, idle_in_transaction_session_timeout: 60_000 },
    ...(options.onStatement ? { logging: ['query'], logger: statementLogger(options.onStatement) } : { logging: false }),
  });
  await source.initialize();
  try {
    await assertRole(source, options.role);
  } catch (failure) {
    await source.destroy();
    throw failure;
  }
  return new PostgresStorage(source, options);
}

class PostgresStorage implements Storage {
  constructor(
    private readonly source: DataSource,
    private readonly options: StorageOptions,
  ) {}

  async scoped<T>(scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>, options: UnitOptions = {}): Promise<T> {
    return this.run(beginScoped(scope, options), (runner) => new ScopedUnit(runner, this.options.clock.now(), scope, options.within ?? null), work);
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
    return this.run(begin(options), (runner) => new PlatformUnit(runner, this.options.clock.now()), work);
  }

  async ping(): Promise<void> {
    await this.source.query('select 1');
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }

  private async run<T, Unit extends Sql>(opening: string, makeUnit: (runner: QueryRunner) => Unit, work: (unit: Unit) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    must(runner instanceof PostgresQueryRunner, 'storage runs on PostgreSQL');
    let unit: Unit;
    let value: T;
    try {
      // BEGIN and the scope travel in one message; TypeORM is told that a transaction is open, so that it begins none of its own.
      await runner.query(opening).catch((failure: unknown) => {
        throw openingFailure(failure);
      });
      runner.isTransactionActive = true;
      unit = makeUnit(runner);
      value = await work(unit);
      if (!unit.ending().discarded) await unit.finish();
      await (unit.ending().discarded ? runner.query('rollback') : commit(runner));
    } catch (failure) {
      await rollBack(runner);
      throw failure;
    } finally {
      runner.isTransactionActive = false;
      await runner.release();
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

function begin(options: UnitOptions): string {
  const opening = `begin isolation level ${options.isolation ?? 'read committed'}${options.readOnly === true ? ' read only' : ''}${inTerm(options)}`;
  if (options.wholeScope !== true) return opening;
  return `${opening}; set local enable_nestloop = off; set local statement_timeout = ${WHOLE_SCOPE_TIMEOUT_MS}`;
}

/** A snapshot taken before the term was asked for would not show a newer one. */
function inTerm({ term, readOnly, isolation }: UnitOptions): string {
  if (term === undefined || readOnly === true) return '';
  must(Number.isSafeInteger(term), 'a term is a whole number');
  must(isolation === undefined || isolation === 'read committed', 'a unit of a term reads what is committed');
  return `; select engine_term_holds(${term})`;
}

/** A simple message takes no parameters, so both values are checked against their closed grammar before they stand in the text. */
function beginScoped(scope: TenantScope, options: UnitOptions): string {
  must(isId('tenant', scope.tenantId), 'a scope names a well-formed tenant id');
  must(scope.environment === 'live' || scope.environment === 'test', 'a scope names a known environment');
  return `${begin(options)}; select set_config('app.tenant_id', '${scope.tenantId}', true), set_config('app.environment', '${scope.environment}', true)`;
}

/**
 * PostgreSQL answers the commit of a transaction in which a statement was refused with a rollback, and without an error. A unit whose work caught that refusal
 * would take what never stood for written: any statement before the commit, in the same message, is refused there.
 */
async function commit(runner: QueryRunner): Promise<void> {
  try {
    await runner.query('select 1; commit');
  } catch (failure) {
    throw isRefusal(failure) ? failure : new CommitUnknownError(failure);
  }
}

/** A connection that cannot even roll back is thrown away by the pool; the first failure is the one worth reporting. */
async function rollBack(runner: QueryRunner): Promise<void> {
  try {
    await runner.query('rollback');
  } catch {
    return;
  }
}

function statementLogger(onStatement: (statement: string) => void): Logger {
  const silent = (): void => undefined;
  return { logQuery: onStatement, logQueryError: silent, logQuerySlow: silent, logSchemaBuild: silent, logMigration: silent, log: silent };
}
