import type { Within } from './unit/within';

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
