import type { Approved } from '@lockstep/kernel';
import type { OrderColumns, OrderSubmission } from '@lockstep/venues/port';
import type { PassCrashPoint } from '../crash-points';
import { type SendState, UNSENT } from './send-state';

/** What submission asks of the wave it sends. */
export interface SubmitQuestions {
  /** Approves plan rows just before they leave: the batch holds them in the given order, or is null when some were refused, and those never leave. */
  approve(rows: Int32Array): Approval;
  /** A number that changes whenever something that stops risk changed: pause, stop, kill switch, a breaker, a newer opposite move. */
  stopVersion(): number;
  /** Reason number for which a row must not leave any more; 0: it may. */
  reasonToWithhold(row: number): number;
  /** Plan rows with a first outcome, as they arrive. */
  onOutcomes(rows: Int32Array): void;
}

export interface Approval {
  readonly approved: Approved<OrderColumns> | null;
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly row: number;
  readonly reason: number;
}

/** How often a wave may be interrupted and looked through again; more means that stops arrive faster than chunks leave. */
const INTERRUPTIONS_MAX = 1_000;

/**
 * Sends the orders of a plan. Before each chunk the adapter asks whether to go on: as soon as the stop version has changed it gets no, and
 * what was not signed yet comes back. Those rows are looked through one by one; what must not leave is withheld with its reason, the
 * rest leaves at once with the nonces it has. So a pause of one copy holds back that copy only, and nothing signed is ever signed again.
 * Resolves when every row has an outcome or is withheld.
 */
export async function submitOrders(venue: OrderSubmission, state: SendState, questions: SubmitQuestions, pass: PassCrashPoint): Promise<void> {
  let rows: Int32Array = Int32Array.from({ length: state.count }, (_, row) => row);
  for (let round = 0; rows.length > 0 && round < INTERRUPTIONS_MAX; round += 1) {
    const version = questions.stopVersion();
    const leaving = leavingRows(rows, state, questions);
    if (leaving.length === 0) return;
    const decision = questions.approve(leaving);
    for (const refusal of decision.refused) state.withhold(refusal.row, refusal.reason);
    if (decision.approved === null) rows = leaving.filter((row) => state.outcome[row] === UNSENT);
    else rows = await sendBatch(venue, decision.approved, leaving, state, questions, version, pass);
  }
}

function leavingRows(rows: Int32Array, state: SendState, questions: SubmitQuestions): Int32Array {
  return rows.filter((row) => {
    const reason = questions.reasonToWithhold(row);
    if (reason !== 0) state.withhold(row, reason);
    return reason === 0;
  });
}

async function sendBatch(
  venue: OrderSubmission,
  batch: Approved<OrderColumns>,
  rows: Int32Array,
  state: SendState,
  questions: SubmitQuestions,
  version: number,
  pass: PassCrashPoint,
): Promise<Int32Array> {
  let withheld: Int32Array = new Int32Array(0);
  let chunks = 0;
  let bulks = 0;
  await venue.submit(batch, {
    keepGoing: () => {
      chunks += 1;
      passChunk(chunks, pass);
      return questions.stopVersion() === version;
    },
    onWithheld: (batchRows) => {
      withheld = batchRows.map((row) => rows[row] ?? -1);
    },
    onOutcomes: (outcomes) => {
      bulks += 1;
      if (bulks === 1) pass('partly_answered_first_bulk');
      if (bulks === 2) pass('partly_answered_second_bulk');
      questions.onOutcomes(state.take(outcomes, rows));
    },
  });
  return withheld;
}

function passChunk(chunk: number, pass: PassCrashPoint): void {
  if (chunk === 2) pass('partly_sent_second_chunk');
  if (chunk === 3) pass('partly_sent_third_chunk');
  if (chunk !== 1) return;
  pass('signed_first_chunk_released');
  setImmediate(() => pass('signed_after_first_chunk'));
}
