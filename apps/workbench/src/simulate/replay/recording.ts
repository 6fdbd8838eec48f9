import type { Observation } from '@lockstep/simulation';
import { textOf } from '../observation-digest';
import type { CommittedRow, SeedEnd, SeedWatch } from '../seed-watch';

/** What the auditor was told, and at which step of the script. */
export interface Told {
  readonly observation: Observation;
  readonly step: number;
}

/** Everything of a run that decisions are shown with. `ended` is called while its store is there. */
export class Recording implements SeedWatch {
  readonly told: Told[] = [];
  readonly rows: CommittedRow[] = [];

  constructor(private readonly whenEnded: (recording: Recording, end: SeedEnd) => Promise<void>) {}

  observed(observation: Observation, step: number): void {
    this.told.push({ observation, step });
  }

  journaled(row: CommittedRow): void {
    this.rows.push(row);
  }

  ended(end: SeedEnd): Promise<void> {
    return this.whenEnded(this, end);
  }
}

/** The first place where a second run was not the first one. */
export interface Difference {
  readonly what: 'observation' | 'journal_row';
  /** Its place among all of its kind, from 0. */
  readonly index: number;
  readonly step: number;
  /** As the first and the second run have it; null: one run had no more. */
  readonly first: string | null;
  readonly second: string | null;
}

/** Holds a second run to the first one, observation by observation and row by row. */
export class Comparison implements SeedWatch {
  private observations = 0;
  private rows = 0;
  private found: Difference | null = null;

  constructor(private readonly first: Pick<Recording, 'told' | 'rows'>) {}

  observed(observation: Observation, step: number): void {
    const before = this.first.told[this.observations];
    this.compare('observation', this.observations, step, before === undefined ? null : textOf(before.observation), textOf(observation));
    this.observations += 1;
  }

  journaled(row: CommittedRow): void {
    const before = this.first.rows[this.rows];
    this.compare('journal_row', this.rows, row.step, before === undefined ? null : rowText(before), rowText(row));
    this.rows += 1;
  }

  ended(): Promise<void> {
    return Promise.resolve();
  }

  /** Null: there was none. To be asked when the second run is over. */
  difference(): Difference | null {
    const observation = this.first.told[this.observations];
    if (observation !== undefined) this.compare('observation', this.observations, observation.step, textOf(observation.observation), null);
    const row = this.first.rows[this.rows];
    if (row !== undefined) this.compare('journal_row', this.rows, row.step, rowText(row), null);
    return this.found;
  }

  private compare(what: Difference['what'], index: number, step: number, first: string | null, second: string | null): void {
    if (this.found === null && first !== second) this.found = { what, index, step, first, second };
  }
}

const rowText = ({ moveId, shard, part, at, bytes }: CommittedRow): string => `${moveId}/${shard}/${part} at ${at}: ${bytes.toString('hex')}`;
