import { randomUUID } from 'node:crypto';
import type { RowReader } from './row-reader';

/** A statement a connection knows by name, and how its rows are read once the server has described them. */
export interface PreparedStatement {
  readonly name: string;
  readonly madeAtMs: number;
  reader: RowReader | null;
}

/** What is to be sent for a statement: its name; with its text where the server does not have it yet. */
export interface Preparation {
  readonly statement: PreparedStatement;
  readonly isNew: boolean;
}

/** Statements one connection keeps; each costs the server some tens of kilobytes. */
const KEPT_MAX = 128;
/**
 * How long one is kept. The server may hold on to the plan it made, and tables that were empty then may hold thousands of rows now: sooner than its statistics
 * tell, the statement is planned anew.
 */
const KEPT_FOR_MS = 60_000;

/** The statements that one connection has prepared, by their text. Those longest not used make room. */
export class PreparedStatements {
  private readonly kept = new Map<string, PreparedStatement>();
  private readonly dropped: string[] = [];
  private made = 0;
  /**
   * Names are no other connection's: behind a pooler that hands server connections round, a name that somebody else gave to another text would run that text
   * without a word; one that nobody else gives is refused.
   */
  private readonly prefix = randomUUID().slice(0, 8);

  /** The statement of a text. What is new has to be sent with its text, in the order of these calls. */
  of(text: string, nowMs: number): Preparation {
    const known = this.kept.get(text);
    if (known !== undefined) this.kept.delete(text);
    if (known !== undefined && nowMs - known.madeAtMs < KEPT_FOR_MS) {
      this.kept.set(text, known);
      return { statement: known, isNew: false };
    }
    if (known !== undefined) this.dropped.push(known.name);
    this.made += 1;
    const statement = { name: `${this.prefix}_${this.made}`, madeAtMs: nowMs, reader: null };
    this.kept.set(text, statement);
    for (const [oldest, { name }] of this.kept) {
      if (this.kept.size <= KEPT_MAX) break;
      this.kept.delete(oldest);
      this.dropped.push(name);
    }
    return { statement, isNew: true };
  }

  /** Nobody knows whether the server has it: it is told to forget it, and it is prepared anew. */
  forget(text: string): void {
    const known = this.kept.get(text);
    if (known === undefined) return;
    this.kept.delete(text);
    this.dropped.push(known.name);
  }

  /** Names the server is to forget, each once. */
  takeDropped(): readonly string[] {
    return this.dropped.splice(0);
  }
}
