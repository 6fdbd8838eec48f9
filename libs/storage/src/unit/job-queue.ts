import type { EpochMs, Id } from '@lockstep/kernel';
import type { JobSql } from './job-sql';
import type { Sql } from './sql';
import type { SqlRow } from './table';

export interface NewJob {
  readonly id: Id<'job'>;
  readonly kind: string;
  /** At most one job ever carries it; null: no such bound. */
  readonly uniqueKey: string | null;
  readonly payload: unknown;
  readonly runAt: EpochMs;
  readonly attemptsMax: number;
}

/** What a runner must show to end a job: an attempt that was taken over in the meantime ends nothing. */
export interface JobClaim {
  readonly id: Id<'job'>;
  readonly attempts: number;
}

/** A queue in a table: claimed with SKIP LOCKED, so that runners never wait for each other. */
export abstract class JobQueue<Row> {
  protected constructor(
    private readonly sql: Sql,
    private readonly statements: JobSql,
    private readonly lead: readonly string[],
    private readonly parse: (row: SqlRow) => Row,
  ) {}

  /** Adds a job; false when its unique key was used before. */
  async enqueue(job: NewJob): Promise<boolean> {
    const written = await this.sql.execute(this.statements.enqueue, [
      ...this.lead,
      job.id,
      job.kind,
      job.uniqueKey,
      JSON.stringify(job.payload ?? null),
      new Date(job.runAt),
      job.attemptsMax,
      new Date(this.sql.now),
    ]);
    return written === 1;
  }

  /** Takes up to `limit` due jobs of these kinds for `lockMs`; jobs whose lock ran out are taken over. */
  async claim(kinds: readonly string[], limit: number, lockMs: number): Promise<readonly Row[]> {
    const rows = await this.sql.query(this.statements.claim, [
      ...this.lead,
      new Date(this.sql.now),
      new Date(this.sql.now + lockMs),
      [...kinds],
      limit,
    ]);
    return rows.map((row) => this.parse(row));
  }

  /** Ends a claimed job; false when the claim was lost. */
  async finish(
    claim: JobClaim,
    outcome: { readonly status: 'done' | 'failed'; readonly result?: unknown; readonly error?: string },
  ): Promise<boolean> {
    const result = JSON.stringify(outcome.result ?? null);
    return this.one(this.statements.finish, [claim.id, outcome.status, result, outcome.error ?? null, new Date(this.sql.now), claim.attempts]);
  }

  /** Puts a claimed job back for a later attempt; false when the claim was lost. */
  async retryAt(claim: JobClaim, runAt: EpochMs, error: string): Promise<boolean> {
    return this.one(this.statements.retry, [claim.id, new Date(runAt), error, claim.attempts]);
  }

  /** Prolongs a claim; false when it was lost and the work must stop. */
  async extend(claim: JobClaim, lockMs: number): Promise<boolean> {
    return this.one(this.statements.extend, [claim.id, new Date(this.sql.now + lockMs), claim.attempts]);
  }

  private async one(statement: string, parameters: readonly unknown[]): Promise<boolean> {
    return (await this.sql.execute(statement, [...this.lead, ...parameters])) === 1;
  }
}
