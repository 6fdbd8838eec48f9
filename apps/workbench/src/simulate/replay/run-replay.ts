import type { SeedOutcome, ToldViolation } from '../outcome';
import { readRecordedMarkets } from '../recorded-markets';
import type { SeedOrder } from '../run-seed';
import type { ReplayOptions } from './options';
import { type Blamed, choose, placesOf } from './places';
import { Comparison, type Difference, Recording } from './recording';
import { isSound, type ShownDecision, showAll } from './shown';

/** What a replay found. */
export interface ReplayReport {
  readonly options: ReplayOptions;
  readonly first: SeedOutcome;
  readonly second: SeedOutcome;
  readonly observations: number;
  readonly journalRows: number;
  readonly difference: Difference | null;
  readonly blamed: readonly Blamed[];
  readonly violationsLeftOut: number;
  readonly decisions: readonly ShownDecision[];
  readonly decisionsLeftOut: number;
}

/**
 * Plays a seed twice, the second time against the first, and reads the decisions that were asked for out of the first.
 * `serverUrl`: of the server for a replay on PostgreSQL; null: none is needed.
 */
export async function runReplay(
  options: ReplayOptions,
  play: (order: SeedOrder) => Promise<SeedOutcome>,
  serverUrl: string | null = null,
): Promise<ReplayReport> {
  const { seed, step, broken, postgres } = options;
  const recorded = options.recorded === null ? null : readRecordedMarkets(options.recorded);
  const store = postgres ? 'postgres' : 'memory';
  const order: SeedOrder = { seed, steps: 0, broken, store, serverUrl, recorded, ...(step === null ? {} : { lastStep: step }) };
  let shown: Pick<ReplayReport, 'blamed' | 'violationsLeftOut' | 'decisions' | 'decisionsLeftOut'> = {
    blamed: [],
    violationsLeftOut: 0,
    decisions: [],
    decisionsLeftOut: 0,
  };
  const recording = new Recording(async ({ rows, told }, end) => {
    const places = placesOf(rows, (no) => end.cast.copyOfNo(no)?.id ?? '');
    const { places: chosen, ...counts } = choose(places, end.violations, options);
    shown = { ...counts, decisions: await showAll(chosen, told, end) };
  });
  const first = await play({ ...order, watch: recording });
  const comparison = new Comparison(recording);
  const second = await play({ ...order, watch: comparison });
  const [observations, journalRows] = [recording.told.length, recording.rows.length];
  return { options, first, second, observations, journalRows, difference: comparison.difference(), ...shown };
}

/** Whether both runs are the same to the byte: everything the auditor was told and found, and every journal row. */
export const areEqual = ({ first, second, difference }: ReplayReport): boolean =>
  difference === null &&
  first.digest === second.digest &&
  first.journal === second.journal &&
  first.failure === second.failure &&
  violationsText(first.violations) === violationsText(second.violations);

/** Whether the runs are equal and no shown decision differs from what its journaled inputs give. */
export const isExact = (report: ReplayReport): boolean => areEqual(report) && report.decisions.every(isSound);

const violationsText = (violations: readonly ToldViolation[]): string => JSON.stringify(violations);
