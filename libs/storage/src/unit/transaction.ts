import type { SqlRow } from './table';

/** What one statement gave. */
export interface StatementAnswer {
  readonly rows: readonly SqlRow[];
  /** How many rows it touched. */
  readonly affected: number;
}

/** The transaction of a unit, as its statements see it. */
export interface Transaction {
  /**
   * Runs one statement behind all those asked before. Statements asked in one turn may leave together; a refused one is followed by none. Parameters are
   * driver values: bigint as text, times as Date.
   */
  run(statement: string, parameters: readonly unknown[]): Promise<StatementAnswer>;
}
