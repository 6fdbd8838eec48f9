import { type OrderColumns, OUTCOME, type OutcomeColumns, type RejectCode, type SubmitReport } from '../../port';
import { rejectCodeIndex } from '../classify';
import { rejectedRow, unknownRow } from '../parse/exchange-answer';
import { OutcomeBuffer } from './outcome-buffer';
import { chunkOf, rowsByWorker, workerOf } from './partition';
import type { Chunk } from './protocol';

/** Chunks a worker may hold beyond the one it signs: enough to never wait for the main thread, few enough that a stop acts fast. */
export const CHUNKS_AHEAD = 2;

/** Where a batch's outcomes go. */
export interface BatchSink {
  onOutcomes(outcomes: OutcomeColumns): void;
  onWithheld?(rows: Int32Array): void;
  onAllLeft?(): void;
  keepGoing?(): boolean;
}

/** One batch on its way: which rows were released, which are settled. Every row ends exactly once, as an outcome or withheld. */
export class Batch {
  readonly done: Promise<SubmitReport>;
  private readonly lists: readonly Int32Array[];
  private readonly cursors: number[];
  private readonly outstanding: number[];
  private readonly released: Uint8Array;
  private readonly settled: Uint8Array;
  private left: number;
  /** Rows neither released nor ended. */
  private held: number;
  private toldAllLeft = false;
  private stopped = false;
  private finish: (report: SubmitReport) => void = () => undefined;
  private report = { accepted: 0, rejected: 0, unknown: 0, firstSentAt: 0, lastSentAt: 0, lastAnsweredAt: 0 };

  constructor(
    readonly id: number,
    private readonly orders: OrderColumns,
    private readonly sink: BatchSink,
    workers: number,
    private readonly chunkRows: number,
  ) {
    this.lists = rowsByWorker(orders.signer, orders.count, workers);
    this.cursors = this.lists.map(() => 0);
    this.outstanding = this.lists.map(() => 0);
    this.released = new Uint8Array(orders.count);
    this.settled = new Uint8Array(orders.count);
    this.left = orders.count;
    this.held = orders.count;
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
    if (orders.count === 0) this.finish(this.report);
  }

  /** The next chunk for a worker, or null when it has enough in hand, nothing is left, or the caller said stop. */
  release(worker: number): Chunk | null {
    const list = this.lists[worker];
    const from = this.cursors[worker] ?? 0;
    if (list === undefined || this.stopped || from >= list.length || (this.outstanding[worker] ?? 0) >= CHUNKS_AHEAD) return null;
    if (this.sink.keepGoing?.() === false) {
      this.withholdRest();
      return null;
    }
    const rows = list.slice(from, from + this.chunkRows);
    for (const row of rows) this.letGo(row);
    this.cursors[worker] = from + rows.length;
    this.outstanding[worker] = (this.outstanding[worker] ?? 0) + 1;
    this.tellAllLeft();
    return chunkOf(this.id, this.orders, rows);
  }

  /** Whether rows may still be released; once the caller said stop, the rest is withheld. */
  goesOn(): boolean {
    if (!this.stopped && this.left > 0 && this.sink.keepGoing?.() === false) this.withholdRest();
    return !this.stopped;
  }

  /** Whether a row has neither left nor ended. */
  isHeld(row: number): boolean {
    return this.released[row] !== 1 && this.settled[row] !== 1;
  }

  /** Chunks of named rows by worker, of those that have not ended meanwhile. */
  releaseRows(rows: readonly number[], workers: number): Map<number, Chunk> {
    const byWorker = new Map<number, number[]>();
    for (const row of rows) {
      if (this.settled[row] === 1 || this.released[row] === 1) continue;
      this.letGo(row);
      const worker = workerOf(this.orders.signer[row] ?? 0, workers);
      const list = byWorker.get(worker) ?? [];
      if (list.length === 0) byWorker.set(worker, list);
      list.push(row);
    }
    this.tellAllLeft();
    return new Map([...byWorker].map(([worker, list]) => [worker, chunkOf(this.id, this.orders, Int32Array.from(list).sort())]));
  }

  /** Rows that must not be sent any more although they were not stopped: refused without having left. */
  refuse(rows: readonly number[], code: RejectCode, detail: string): void {
    const buffer = new OutcomeBuffer();
    for (const row of rows) if (this.settled[row] !== 1) buffer.add(row, rejectedRow(rejectCodeIndex(code), detail), 0, 0, 0);
    if (buffer.count > 0) this.settle(buffer.take());
  }

  /** A worker handed over the last row of a chunk. */
  chunkSent(worker: number): void {
    this.outstanding[worker] = Math.max(0, (this.outstanding[worker] ?? 0) - 1);
  }

  settle(outcomes: OutcomeColumns): void {
    for (let index = 0; index < outcomes.count; index += 1) this.count(outcomes, index);
    this.sink.onOutcomes(outcomes);
    this.tellAllLeft();
    this.finishIfDone();
  }

  /** A worker is gone: what was released to it is unknown, what was not was never sent. */
  workerLost(worker: number, reason: string): void {
    const buffer = new OutcomeBuffer();
    this.lists[worker]?.forEach((row) => {
      if (this.settled[row] === 1) return;
      const outcome = this.released[row] === 1 ? unknownRow(reason) : rejectedRow(rejectCodeIndex('not_sent'), reason);
      buffer.add(row, outcome, 0, 0, 0);
    });
    this.cursors[worker] = this.lists[worker]?.length ?? 0;
    if (buffer.count > 0) this.settle(buffer.take());
  }

  private withholdRest(): void {
    this.stopped = true;
    const rest = this.lists.flatMap((list) => [...list].filter((row) => this.released[row] !== 1 && this.settled[row] !== 1));
    for (const row of rest) this.settled[row] = 1;
    this.left -= rest.length;
    this.held -= rest.length;
    this.sink.onWithheld?.(Int32Array.from(rest).sort());
    this.tellAllLeft();
    this.finishIfDone();
  }

  private count(outcomes: OutcomeColumns, index: number): void {
    const row = outcomes.row[index] ?? 0;
    if (this.settled[row] !== 1) {
      this.left -= 1;
      if (this.released[row] !== 1) this.held -= 1;
    }
    this.settled[row] = 1;
    const outcome = outcomes.outcome[index];
    if (outcome === OUTCOME.rejected) this.report.rejected += 1;
    else if (outcome === OUTCOME.unknown) this.report.unknown += 1;
    else this.report.accepted += 1;
    const sentAt = outcomes.sentAt[index] ?? 0;
    if (sentAt > 0) this.report.firstSentAt = this.report.firstSentAt === 0 ? sentAt : Math.min(this.report.firstSentAt, sentAt);
    this.report.lastSentAt = Math.max(this.report.lastSentAt, sentAt);
    this.report.lastAnsweredAt = Math.max(this.report.lastAnsweredAt, outcomes.answeredAt[index] ?? 0);
  }

  private letGo(row: number): void {
    this.released[row] = 1;
    this.held -= 1;
  }

  private tellAllLeft(): void {
    if (this.held > 0 || this.toldAllLeft) return;
    this.toldAllLeft = true;
    this.sink.onAllLeft?.();
  }

  private finishIfDone(): void {
    if (this.left === 0) this.finish(this.report);
  }
}
