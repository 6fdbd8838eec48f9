import type { Approved, Timers } from '@lockstep/kernel';
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
  /** Whether orders on their way, of which the last answer came `silentMs` ago, have been waited for long enough. */
  enough(silentMs: number): boolean;
  /** Reason number for which rows that have not left, of a wave of which nothing was heard for `silentMs`, are taken back: what waits plans them anew. 0: they wait on. */
  overdue(silentMs: number): number;
  monotonic(): number;
  readonly timers: Pick<Timers, 'every' | 'soon'>;
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
/** How often it is asked whether answers are waited for too long, in ms. */
const LOOK_MS = 50;

/**
 * Sends the orders of a plan. Before each chunk the adapter asks whether to go on: as soon as the stop version has changed it gets no, and
 * what was not signed yet comes back. Those rows are looked through one by one; what must not leave is withheld with its reason, the
 * rest leaves at once with the nonces it has, whatever of the others is answered. So a pause of one copy holds back that copy only, and nothing signed is ever
 * signed again. What waits for its turn while nothing is heard is taken back once `overdue` says so. Resolves when every row has an outcome or is withheld; once nothing can be held back any more and `enough` says so, what has no answer is
 * taken for unknown: a later answer is ignored, the venue is asked instead.
 */
export async function submitOrders(venue: OrderSubmission, state: SendState, questions: SubmitQuestions, pass: PassCrashPoint): Promise<void> {
  const way = new Way(venue, state, questions, pass);
  let rows: Int32Array = Int32Array.from({ length: state.count }, (_, row) => row);
  for (let round = 0; rows.length > 0 && round < INTERRUPTIONS_MAX; round += 1) {
    const version = questions.stopVersion();
    const leaving = leavingRows(rows, state, questions);
    if (leaving.length === 0) break;
    const decision = questions.approve(leaving);
    for (const refusal of decision.refused) state.withhold(refusal.row, refusal.reason);
    if (decision.approved === null) rows = leaving.filter((row) => state.outcome[row] === UNSENT);
    else rows = await way.send(decision.approved, leaving, version);
    if (way.overdue === 0) continue;
    for (const row of rows) state.withhold(row, way.overdue);
    break;
  }
  await way.answered();
}

function leavingRows(rows: Int32Array, state: SendState, questions: SubmitQuestions): Int32Array {
  return rows.filter((row) => {
    const reason = questions.reasonToWithhold(row);
    if (reason !== 0) state.withhold(row, reason);
    return reason === 0;
  });
}

/** The batches of one wave on their way, each with the rows that interrupted ones left over. */
class Way {
  private readonly batches = new Set<Promise<void>>();
  /** Rows that were handed to the adapter and did not come back. */
  private readonly gone: Uint8Array;
  private held = 0;
  private heardAt = 0;
  /** Reason number for which rows were taken back; 0: they were not. */
  overdue = 0;

  constructor(
    private readonly venue: OrderSubmission,
    private readonly state: SendState,
    private readonly questions: SubmitQuestions,
    private readonly pass: PassCrashPoint,
  ) {
    this.gone = new Uint8Array(state.count);
  }

  /** Sends a batch. Resolves with the rows that came back unsigned, as soon as they do, or with none when all are answered or given up. */
  async send(batch: Approved<OrderColumns>, rows: Int32Array, version: number): Promise<Int32Array> {
    for (const row of rows) this.gone[row] = 1;
    this.held += 1;
    this.heardAt = this.questions.monotonic();
    const sending = new Promise<Int32Array>((resolve, reject) => {
      const answered = this.submit(batch, rows, version, resolve).then(() => resolve(new Int32Array(0)));
      this.batches.add(answered);
      answered.then(() => this.batches.delete(answered), reject);
    });
    return await this.unless(sending, new Int32Array(0));
  }

  /** Resolves when every batch is answered, or what is not is given up. */
  async answered(): Promise<void> {
    await this.unless(Promise.all(this.batches), []);
    const lost = Int32Array.from({ length: this.state.count }, (_, row) => row).filter((row) => this.gone[row] === 1 && this.state.giveUp(row));
    if (lost.length > 0) this.questions.onOutcomes(lost);
  }

  private async submit(batch: Approved<OrderColumns>, rows: Int32Array, version: number, comeBack: (rows: Int32Array) => void): Promise<void> {
    let chunks = 0;
    let bulks = 0;
    await this.venue.submit(batch, {
      keepGoing: () => {
        chunks += 1;
        passChunk(chunks, this.questions.timers, this.pass);
        if (this.questions.stopVersion() !== version) return false;
        this.overdue = this.questions.overdue(this.questions.monotonic() - this.heardAt);
        return this.overdue === 0;
      },
      onWithheld: (batchRows) => {
        const withheld = batchRows.map((row) => rows[row] ?? -1);
        for (const row of withheld) this.gone[row] = 0;
        comeBack(withheld);
      },
      onAllLeft: () => {
        this.held -= 1;
        this.heardAt = this.questions.monotonic();
      },
      onOutcomes: (outcomes) => {
        bulks += 1;
        if (bulks === 1) this.pass('partly_answered_first_bulk');
        if (bulks === 2) this.pass('partly_answered_second_bulk');
        this.heardAt = this.questions.monotonic();
        this.questions.onOutcomes(this.state.take(outcomes, rows));
      },
    });
  }

  /** What the work gives, or `otherwise` once nothing is held back, the last answer is old and something waits for the rest. */
  private async unless<T>(work: Promise<T>, otherwise: T): Promise<T> {
    let giveUp = (): void => undefined;
    const enough = new Promise<T>((resolve) => {
      giveUp = () => resolve(otherwise);
    });
    const timer = this.questions.timers.every(LOOK_MS, () => {
      if (this.held === 0 && this.questions.enough(this.questions.monotonic() - this.heardAt)) giveUp();
    });
    try {
      return await Promise.race([work, enough]);
    } finally {
      timer.cancel();
    }
  }
}

function passChunk(chunk: number, timers: Pick<Timers, 'soon'>, pass: PassCrashPoint): void {
  if (chunk === 2) pass('partly_sent_second_chunk');
  if (chunk === 3) pass('partly_sent_third_chunk');
  if (chunk !== 1) return;
  pass('signed_first_chunk_released');
  timers.soon(() => pass('signed_after_first_chunk'));
}
