import type { QueuedClass } from '../../egress';
import { type OrderColumns, OUTCOME, type OutcomeColumns, type SubmitReport } from '../../port';
import type { PacedRows, VenueEgress } from '../venue-egress';
import { Batch, type BatchSink } from './batch';
import type { Chunk } from './protocol';

/** An entry that would expire while it is on its way is not sent: at the venue it would cost its account five requests (facts §11.2). */
const ON_ITS_WAY_MS = 150;

/** A batch whose rows leave as the scheduler lets them. It tells the scheduler of every row that left how it ended, once. */
export class PacedBatch implements PacedRows {
  readonly batch: Batch;
  /** When a row was handed to its worker, monotonic ms; 0: it was not, or it has ended. */
  private readonly leftAt: Float64Array;
  /** When the next entry that has not left may leave no more, epoch ms; 0: not looked for yet, Infinity: never. */
  private lateFrom = 0;
  private flow = 0;

  constructor(
    id: number,
    private readonly orders: OrderColumns,
    sink: BatchSink,
    private readonly workers: number,
    private readonly egress: VenueEgress,
    private readonly send: (worker: number, chunk: Chunk) => void,
  ) {
    this.leftAt = new Float64Array(orders.count);
    const onOutcomes = (outcomes: OutcomeColumns): void => {
      this.account(outcomes);
      sink.onOutcomes(outcomes);
    };
    // The adapter asks by this batch alone, so its own chunks never ask again.
    const { onWithheld, onAllLeft, keepGoing } = sink;
    this.batch = new Batch(
      id,
      orders,
      {
        onOutcomes,
        ...(onWithheld && { onWithheld: (rows) => onWithheld.call(sink, rows) }),
        ...(onAllLeft && { onAllLeft: () => onAllLeft.call(sink) }),
        ...(keepGoing && { keepGoing: () => keepGoing.call(sink) }),
      },
      workers,
      orders.count,
    );
  }

  /** Puts the rows in line and resolves when every row has ended. */
  async run(): Promise<SubmitReport> {
    const all = Array.from({ length: this.orders.count }, (_, row) => row);
    if (this.egress.isClosed) this.batch.refuse(all, 'not_sent', 'the adapter is closed');
    this.flow = this.egress.begin(this, this.lines());
    try {
      return await this.batch.done;
    } finally {
      this.egress.end(this.flow);
    }
  }

  goesOn(): boolean {
    if (!this.batch.goesOn()) return false;
    this.dropLate();
    return true;
  }

  release(cls: QueuedClass, rows: readonly number[]): number {
    const late = cls === 'entry' ? rows.filter((row) => this.isLate(row)) : [];
    const leaving = late.length === 0 ? rows : rows.filter((row) => !late.includes(row));
    const chunks = this.batch.releaseRows(leaving, this.workers);
    const left = new Set<number>();
    const now = performance.now();
    for (const [worker, chunk] of chunks) {
      for (const row of chunk.rows) {
        left.add(row);
        this.leftAt[row] = now;
      }
      this.send(worker, chunk);
    }
    for (const row of rows) if (!left.has(row)) this.egress.kept(this.orders.signer[row] ?? -1);
    this.refuseLate(late);
    return rows.length - left.size;
  }

  /** Refuses entries whose time passes while they wait: who waits for this batch must not wait for a turn that they can use no more. */
  private dropLate(): void {
    if (this.egress.epoch() + ON_ITS_WAY_MS <= this.lateFrom) return;
    const late: number[] = [];
    for (let row = 0; row < this.orders.count; row += 1) if (this.isEntry(row) && this.batch.isHeld(row) && this.isLate(row)) late.push(row);
    this.refuseLate(late);
    this.lateFrom = this.nextLate();
  }

  private refuseLate(rows: readonly number[]): void {
    if (rows.length > 0) this.batch.refuse(rows, 'expired', 'it would have expired on its way, so it was not sent');
  }

  private nextLate(): number {
    let next = Number.POSITIVE_INFINITY;
    for (let row = 0; row < this.orders.count; row += 1) {
      const expiresAfter = this.orders.expiresAfter[row] ?? 0;
      if (expiresAfter > 0 && this.isEntry(row) && !this.isLate(row)) next = Math.min(next, expiresAfter);
    }
    return next;
  }

  private isEntry(row: number): boolean {
    return (this.orders.exit ?? this.orders.reduceOnly)[row] !== 1;
  }

  private isLate(row: number): boolean {
    const expiresAfter = this.orders.expiresAfter[row] ?? 0;
    return expiresAfter > 0 && this.egress.epoch() + ON_ITS_WAY_MS > expiresAfter;
  }

  private lines(): { readonly ip: number; readonly cls: QueuedClass; readonly rows: Int32Array; readonly accounts: Int32Array }[] {
    const { count, signer, exit, reduceOnly } = this.orders;
    const urgent = exit ?? reduceOnly;
    const lines = new Map<string, { readonly ip: number; readonly cls: QueuedClass; readonly rows: number[] }>();
    for (let row = 0; row < count; row += 1) {
      const ip = this.egress.ipOf(signer[row] ?? 0);
      const cls = urgent[row] === 1 ? 'reduction' : 'entry';
      const key = `${ip} ${cls}`;
      const line = lines.get(key) ?? { ip, cls, rows: [] };
      if (line.rows.length === 0) lines.set(key, line);
      line.rows.push(row);
    }
    return [...lines.values()].map(({ ip, cls, rows }) => ({
      ip,
      cls,
      rows: Int32Array.from(rows),
      accounts: Int32Array.from(rows, (row) => signer[row] ?? -1),
    }));
  }

  private account(outcomes: OutcomeColumns): void {
    const now = performance.now();
    const { signer, exit, reduceOnly } = this.orders;
    const urgent = exit ?? reduceOnly;
    for (let index = 0; index < outcomes.count; index += 1) {
      const row = outcomes.row[index] ?? 0;
      const leftAt = this.leftAt[row] ?? 0;
      if (leftAt === 0) continue;
      this.leftAt[row] = 0;
      const account = signer[row] ?? 0;
      const ip = this.egress.ipOf(account);
      this.egress.answered(ip, urgent[row] === 1 ? 'reduction' : 'entry', now - leftAt);
      if (outcomes.outcome[index] === OUTCOME.rejected) this.egress.refusedFor(ip, account, outcomes.rejectCode[index] ?? 0);
      if (outcomes.outcome[index] === OUTCOME.filled) this.egress.traded(account, this.volumeOf(outcomes, index));
      this.egress.accountAnswered(account);
    }
    this.egress.pump();
  }

  /** What an answer says was traded, in whole units of currency. */
  private volumeOf(outcomes: OutcomeColumns, index: number): number {
    const { szDecimals } = this.orders.instrument;
    return Math.floor(((outcomes.filledLots[index] ?? 0) / 10 ** szDecimals) * ((outcomes.averagePrice[index] ?? 0) / 1e8));
  }
}
