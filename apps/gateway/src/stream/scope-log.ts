import { eventFrame, type StreamPosition } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import { openStream, type Storage } from '@lockstep/storage';
import { eventJson } from './event-json';
import type { StreamLimits } from './limits';

/** An event as it is sent. */
export interface LogFrame {
  readonly seq: bigint;
  readonly text: string;
  readonly type: string;
}

/** Events of a scope as frames, each serialised once for all its readers: a window over the log in PostgreSQL, read through by sequence. */
export class ScopeLog {
  private readonly frames = new Map<bigint, { readonly text: string; readonly type: string }>();
  private readonly waiting = new Set<() => void>();
  private reading: Promise<void> | null = null;
  private again = false;
  top: StreamPosition = { epoch: '', seq: 0n };

  constructor(
    private readonly storage: Storage,
    private readonly scope: TenantScope,
    private readonly limits: StreamLimits,
  ) {}

  /** Looks how far the stream has come and wakes its readers. Calls that arrive meanwhile share one further look. */
  refresh(): Promise<void> {
    this.again = true;
    this.reading ??= this.look();
    return this.reading;
  }

  /** Frames after `seq`, at most a batch, oldest first and without a hole. */
  async after(seq: bigint): Promise<readonly LogFrame[]> {
    const found: LogFrame[] = [];
    for (let next = seq + 1n; found.length < this.limits.readBatchEvents; next += 1n) {
      const frame = this.frames.get(next);
      if (frame === undefined) break;
      found.push({ seq: next, ...frame });
    }
    return found.length > 0 ? found : this.load(seq);
  }

  /** Whether everything after a position of this epoch can still be given: the log keeps the event that follows it. */
  async holds(position: StreamPosition): Promise<boolean> {
    if (position.epoch !== this.top.epoch || position.seq > this.top.seq) return false;
    if (position.seq === this.top.seq || this.frames.has(position.seq + 1n)) return true;
    const [next] = await this.storage.scoped(this.scope, (unit) => unit.events.after(position, 1), { readOnly: true });
    return next?.seq === position.seq + 1n;
  }

  /** Resolves when the stream has grown, or after the poll interval. */
  grown(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, this.limits.pollMs);
      this.waiting.add(done);
    });
  }

  private async look(): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        this.take(await this.read());
      }
    } finally {
      // In the same turn as the last check of `again`: a call that comes later starts a look of its own.
      this.reading = null;
    }
  }

  /** Only the very first look writes: it begins a stream that has no events yet. */
  private read(): Promise<StreamPosition> {
    const first = this.top.epoch === '';
    return this.storage.scoped(this.scope, async (unit) => (first ? null : await unit.events.head()) ?? (await openStream(unit)), {
      readOnly: !first,
    });
  }

  private take(head: StreamPosition): void {
    if (head.epoch === this.top.epoch && head.seq === this.top.seq) return;
    if (head.epoch !== this.top.epoch) this.frames.clear();
    this.top = head;
    for (const wake of [...this.waiting]) wake();
  }

  private async load(seq: bigint): Promise<readonly LogFrame[]> {
    const { epoch } = this.top;
    const rows = await this.storage.scoped(this.scope, (unit) => unit.events.after({ epoch, seq }, this.limits.readBatchEvents), {
      readOnly: true,
    });
    return rows.map((row) => {
      const frame = { text: eventFrame(row, eventJson(row)), type: row.type };
      this.keep(row.seq, frame);
      return { seq: row.seq, ...frame };
    });
  }

  /** The newest events stay; readers far behind read the log itself. */
  private keep(seq: bigint, frame: { readonly text: string; readonly type: string }): void {
    if (seq + BigInt(this.limits.cacheEvents) < this.top.seq) return;
    this.frames.set(seq, frame);
    if (this.frames.size <= this.limits.cacheEvents) return;
    const oldest = this.frames.keys().next();
    if (!oldest.done) this.frames.delete(oldest.value);
  }
}
