import { must, type TenantScope } from '@lockstep/kernel';
import type { DataSource } from 'typeorm';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import { CommitUnknownError, isRefusal, openingFailure } from '../failures';
import type { SqlRow } from '../unit/table';
import type { StatementAnswer } from '../unit/transaction';
import type { Connections, Opening, UnitTransaction } from './connections';
import { checkScope, openingOf, WHOLE_SCOPE_TIMEOUT_MS } from './opening';
import { askedOnce, endWhenSilent, PING_ANSWER_MAX_MS } from './silence';

export interface AnswerBounds {
  readonly statementTimeoutMs: number;
  /** How much longer than a statement may take its answer is waited for: then the database, or the way to it, is gone without a word. */
  readonly silenceMaxMs: number;
}

/**
 * Units whose statements leave one by one, each when the one before was answered: those of the engine and the back office. A connection that gives no answer is
 * ended, and what was asked on it fails as on one that was lost.
 */
export function oneByOne(source: DataSource, { statementTimeoutMs, silenceMaxMs }: AnswerBounds): Connections {
  const answerMaxMs = (opening: Opening): number =>
    silenceMaxMs + (opening.options.wholeScope === true ? Math.max(statementTimeoutMs, WHOLE_SCOPE_TIMEOUT_MS) : statementTimeoutMs);
  return {
    start: async () => undefined,
    open: (opening) => new OneByOne(source, opening, answerMaxMs(opening)),
    ping: askedOnce(async () => {
      const unit = new OneByOne(source, { scope: null, options: {} }, Math.min(statementTimeoutMs + silenceMaxMs, PING_ANSWER_MAX_MS));
      try {
        await unit.run('select 1', []);
      } finally {
        await unit.release();
      }
    }),
    close: () => source.destroy(),
  };
}

class OneByOne implements UnitTransaction {
  private readonly runner: PostgresQueryRunner;

  constructor(
    source: DataSource,
    private readonly opening: Opening,
    private readonly answerMaxMs: number,
  ) {
    const runner = source.createQueryRunner();
    must(runner instanceof PostgresQueryRunner, 'storage runs on PostgreSQL');
    this.runner = runner;
  }

  /** BEGIN and the scope travel in one message; TypeORM is told that a transaction is open, so that it begins none of its own. */
  async begin(): Promise<void> {
    const { scope, options } = this.opening;
    const statements = [...openingOf(options), ...(scope === null ? [] : [setScope(scope)])];
    await this.answered(() => this.runner.query(statements.join('; '))).catch((failure: unknown) => {
      throw openingFailure(failure);
    });
    this.runner.isTransactionActive = true;
  }

  async run(statement: string, parameters: readonly unknown[]): Promise<StatementAnswer> {
    const result = await this.answered(() => this.runner.query(statement, [...parameters], true));
    return { rows: (result.records ?? []) as readonly SqlRow[], affected: result.affected ?? 0 };
  }

  /**
   * PostgreSQL answers the commit of a transaction in which a statement was refused with a rollback, and without an error. A unit whose work caught that refusal
   * would take what never stood for written: any statement before the commit, in the same message, is refused there.
   */
  async commit(): Promise<void> {
    try {
      await this.answered(() => this.runner.query('select 1; commit'));
    } catch (failure) {
      throw isRefusal(failure) ? failure : new CommitUnknownError(failure);
    }
  }

  /** A connection that cannot even roll back is thrown away by the pool. */
  async rollBack(): Promise<void> {
    await this.answered(() => this.runner.query('rollback'));
  }

  async release(): Promise<void> {
    this.runner.isTransactionActive = false;
    await this.runner.release();
  }

  /** What is asked, within the bound of its answer. Waiting for a connection is bounded by the pool. */
  private async answered<T>(ask: () => Promise<T>): Promise<T> {
    const client: object = await this.runner.connect();
    const came = endWhenSilent(client, this.answerMaxMs);
    try {
      return await ask();
    } finally {
      came();
    }
  }
}

/** A simple message takes no parameters, so both values are checked against their closed grammar before they stand in the text. */
function setScope(scope: TenantScope): string {
  checkScope(scope);
  return `select set_config('app.tenant_id', '${scope.tenantId}', true), set_config('app.environment', '${scope.environment}', true)`;
}
