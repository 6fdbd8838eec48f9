import { must, present } from '@lockstep/kernel';
import type { Connection, Submittable } from 'pg';
import { serialize } from 'pg-protocol';
import { DatabaseAwayError, isRefusal, sqlState } from '../failures';
import type { StatementAnswer } from '../unit/transaction';
import type { Preparation, PreparedStatements } from './prepared-statements';
import { type DescribedColumn, RowReader } from './row-reader';

/** A statement with its parameters in their text form (`wireValue`). */
export interface Statement {
  readonly text: string;
  readonly values: readonly (string | Buffer | null)[];
}

/** Statements of one batch at most: well below what a connection keeps prepared, so that none of a batch makes room for another. */
export const BATCH_STATEMENTS_MAX = 64;

/** What came of a batch: the answers of the statements that ran, in order, and why the next one did not. */
export interface BatchOutcome {
  readonly answers: readonly StatementAnswer[];
  /** The refusal of the first statement that has no answer, or a `DatabaseAwayError` where the connection is lost; null: all ran. */
  readonly failure: unknown;
}

interface Part extends Statement {
  readonly preparation: Preparation;
}

/**
 * Statements that leave in one message and are answered in one, with a single Sync behind the last of them. By the protocol the server does nothing of what
 * stands between a refused statement and the Sync: a statement of a batch never runs where one before it, such as the one that sets the scope, did not.
 * Parameters stay parameters.
 */
export class Batch implements Submittable {
  private readonly parts: readonly Part[];
  private readonly answers: StatementAnswer[] = [];
  private rows: StatementAnswer['rows'][number][] = [];
  private ended = false;
  /** Names the server is to forget first. */
  private readonly forgotten: readonly string[];
  /** What leaves with this batch where it is not its own messages alone: those of others too, or nothing. */
  private joined: Buffer | null = null;
  /** What a row could not be read with. */
  private fault: unknown = null;

  constructor(
    private readonly prepared: PreparedStatements,
    statements: readonly Statement[],
    nowMs: number,
    private readonly done: (outcome: BatchOutcome) => void,
  ) {
    must(statements.length <= BATCH_STATEMENTS_MAX, 'a batch is bounded');
    this.parts = statements.map(({ text, values }) => ({ text, values, preparation: prepared.of(text, nowMs) }));
    this.forgotten = prepared.takeDropped();
  }

  /** Batches of one connection, made in this order and handed to the driver one behind the other, leave with the first of them. Each is answered for itself. */
  static join(batches: readonly Batch[]): void {
    const [first, ...others] = batches;
    if (first === undefined || others.length === 0) return;
    first.joined = Buffer.concat(batches.flatMap((batch) => batch.messages()));
    for (const other of others) other.joined = NOTHING;
  }

  /** It has the server take over a statement's text, which the server may refuse. */
  get preparesAny(): boolean {
    return this.parts.some(({ preparation }) => preparation.isNew);
  }

  /** Called by the driver when the connection is this batch's. One write: a batch of the driver's own messages would be one for each of them, or a list of many. */
  submit(connection: Connection): void {
    const bytes = this.joined ?? Buffer.concat(this.messages());
    if (bytes.length > 0) connection.stream.write(bytes);
  }

  private messages(): Buffer[] {
    return [...this.forgotten.map((name) => serialize.close({ type: 'S', name })), ...this.parts.flatMap(messagesOf), serialize.sync()];
  }

  handleRowDescription({ fields }: { readonly fields: readonly DescribedColumn[] }): void {
    const part = this.parts[this.answers.length];
    if (part !== undefined) part.preparation.statement.reader = new RowReader(fields);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const reader = this.parts[this.answers.length]?.preparation.statement.reader;
    try {
      this.rows.push(present(reader, 'rows come behind their description').row(fields));
    } catch (fault) {
      this.fault ??= fault;
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const statement = this.parts[this.answers.length]?.preparation.statement;
    if (statement !== undefined) statement.reader ??= NO_COLUMNS;
    this.answers.push({ rows: this.rows, affected: countOf(text) });
    this.rows = [];
  }

  /** A text without a statement. */
  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' });
  }

  /** No statement of ours leaves a rest, or copies. */
  handlePortalSuspended(): void {
    this.fault ??= new Error('a statement answered in parts');
  }

  handleCopyInResponse(connection: Connection): void {
    this.fault ??= new Error('a statement that copies is none of a unit');
    connection.stream.write(serialize.copyFail('not asked for'));
  }

  handleCopyData(): void {
    this.fault ??= new Error('a statement that copies is none of a unit');
  }

  /** The server's refusal, or the loss of the connection. */
  handleError(failure: unknown): void {
    // Which of the texts behind the last answer the server took over is not known.
    for (const { text, preparation } of this.parts.slice(this.answers.length)) if (preparation.isNew) this.prepared.forget(text);
    this.end(isRefusal(failure) ? failure : new DatabaseAwayError(failure));
  }

  handleReadyForQuery(): void {
    this.end(this.fault);
  }

  private end(failure: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.done(this.fault === null ? { answers: this.answers, failure } : { answers: [], failure });
  }
}

/** What the server answers where a connection does not have, or may not go on with, a statement it had prepared: after a change of the schema, or behind a pooler. */
const STALE_STATES: ReadonlySet<string | null> = new Set(['0A000', '26000', '42P05']);

/** True where nothing more may be asked on the connection of a batch that ended so. */
export const spoils = ({ failure }: BatchOutcome): boolean => failure !== null && (!isRefusal(failure) || STALE_STATES.has(sqlState(failure)));

const NOTHING = Buffer.alloc(0);

function messagesOf({ text, values, preparation }: Part): Buffer[] {
  const { statement, isNew } = preparation;
  const { name } = statement;
  return [
    ...(isNew ? [serialize.parse({ name, text, types: [] })] : []),
    serialize.bind({ statement: name, values: [...values] }),
    // Described once: what a prepared statement gives never changes its columns, the server refuses it instead.
    ...(statement.reader === null ? [serialize.describe({ type: 'P', name: '' })] : []),
    serialize.execute(),
  ];
}

const NO_COLUMNS = new RowReader([]);

/** `INSERT 0 3`, `UPDATE 2`, `SELECT 1`: the last number. */
const countOf = (tag: string): number => Number(/(\d+)$/.exec(tag)?.[1] ?? 0);
