/** What one wave did and when; times are epoch milliseconds with fractions, durations milliseconds. Serves the log line, `/waves` and the bench. */
export interface WaveRecord {
  readonly waveId: string;
  readonly watchedNo: number;
  readonly network: string;
  readonly coin: string;
  readonly kind: string;
  readonly cause: 'move' | 'repair' | 'close' | 'breaker';
  /** Copies looked at, orders approved, copies that were skipped or denied. */
  readonly copies: number;
  readonly orders: number;
  readonly skipped: number;
  readonly scopes: number;
  /** Stage marks: the leader's fill at the venue, the frame in our hands, the plan made, the journal durable, first and last byte, last answer. */
  readonly leaderFillAt: number;
  readonly receivedAt: number;
  readonly inboxDoneAt: number;
  readonly plannedAt: number;
  readonly journaledAt: number;
  readonly firstSentAt: number;
  readonly lastSentAt: number;
  readonly lastAnsweredAt: number;
  /** From the frame in our hands to the order handed to its socket, and to its answer, over the orders of the wave; ms, 0 when none was sent. */
  readonly sentMs: Spread;
  readonly answeredMs: Spread;
  readonly planMs: number;
  readonly gateMs: number;
  readonly journalMs: number;
  readonly journalCommits: number;
  readonly journalBytes: number;
  readonly accepted: number;
  readonly filled: number;
  readonly rejected: number;
  readonly unknown: number;
  readonly withheld: number;
  /** Reason codes and how many copies got each. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** How a time is spread over the orders of a wave. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The last `keepMax` waves, oldest first, and a running count. */
export class WaveLog {
  private readonly records: WaveRecord[] = [];
  private total = 0;

  constructor(
    private readonly keepMax: number,
    private readonly emit: (record: WaveRecord) => void,
  ) {}

  add(record: WaveRecord): void {
    this.total += 1;
    this.records.push(record);
    if (this.records.length > this.keepMax) this.records.shift();
    this.emit(record);
  }

  /** Waves after the given running count, at most `keepMax` of them, and the count to ask with next. */
  since(count: number): { readonly next: number; readonly waves: readonly WaveRecord[] } {
    const fresh = Math.max(0, this.total - count);
    return { next: this.total, waves: fresh === 0 ? [] : this.records.slice(-fresh) };
  }
}
