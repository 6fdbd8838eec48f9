import { formatRate, rate } from '@lockstep/kernel';
import { beginClosing, revalue, STATUS } from '@lockstep/replication';
import { evaluateBreakers, lossFromStart } from '@lockstep/risk';
import { nextCopyState } from '@lockstep/roster';
import type { NewEvent } from '@lockstep/storage';
import type { MarkUpdate } from '@lockstep/venues/port';
import type { Bookkeeper } from './books/bookkeeper';
import { writeState } from './commands/write-state';
import type { EngineContext } from './context';
import { newEvent } from './new-event';
import type { Repairs } from './repair/repair';
import { copyStateOf } from './state/load-scope';
import type { Network } from './state/networks';
import type { CopyRecord, WatchedAccount } from './state/registry';

/**
 * State limits on every mark: new risk is halted in memory at once, in the middle of a wave too; then everything copied is closed and the state is written
 * down. A breached copy stays closed until its follower re-enables it.
 */
export class Breakers {
  private readonly touched = new Set<WatchedAccount>();
  private breached = new Int32Array(64);
  private timer: NodeJS.Timeout | null = null;
  /** Copies whose breaker acts and is not written down yet. */
  private readonly writing = new Set<CopyRecord>();
  private ended = false;

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly repairs: Repairs,
  ) {}

  /** Also looks on a timer: fees and fills move equity without a mark. */
  start(): void {
    this.timer ??= setInterval(() => {
      for (const watched of this.ctx.registry.watched.values()) this.look(watched);
    }, this.ctx.limits.breakerIntervalMs * 5);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.ended = true;
  }

  /** Takes marks of a network and judges every book that holds one of their instruments. */
  takeMarks(network: Network, updates: readonly MarkUpdate[]): void {
    this.touched.clear();
    for (const watched of this.ctx.registry.watched.values()) {
      if (watched.network !== network) continue;
      for (const update of updates) {
        if (watched.book.findSheet(update.coin) === undefined) continue;
        watched.book.setMark(update.coin, update.markPrice, update.receivedAt);
        this.touched.add(watched);
      }
    }
    for (const watched of this.touched) this.look(watched);
  }

  private look(watched: WatchedAccount): void {
    const { book } = watched;
    if (book.rowCount === 0) return;
    revalue(book, Math.floor(this.ctx.clock.now()), this.ctx.limits.markMaxAgeMs);
    if (this.breached.length < book.rowCount) this.breached = new Int32Array(book.rowCount * 2);
    const found = evaluateBreakers(book.copies, book.rowCount, this.breached);
    for (let index = 0; index < found; index += 1) {
      const row = this.breached[index] ?? 0;
      const copy = this.ctx.registry.copies.get(book.copies.copyNo[row] ?? 0);
      if (copy === undefined || this.writing.has(copy)) continue;
      const state = copyStateOf(copy.state);
      if (state !== null && nextCopyState(state, 'break') !== null) this.trigger(copy, row);
    }
  }

  private trigger(copy: CopyRecord, row: number): void {
    const { book } = copy.watched;
    const loss = lossFromStart(book.copies, row);
    const threshold = book.copies.breakerFromStart[row] ?? 0;
    book.setStatus(row, STATUS.breaker, true);
    book.setStatus(row, STATUS.active, false);
    this.ctx.stops.changed();
    beginClosing(book, row);
    this.ctx.log.warn('a loss limit was met; the copy is closed', { copyNo: copy.no, loss, threshold });
    void this.repairs.close(copy.watched, 'breaker');
    const event = newEvent(this.ctx, 'breaker.triggered', this.ctx.clock.now(), {
      copy_id: copy.id,
      limit: 'from_start',
      threshold: formatRate(rate(BigInt(threshold))),
      measured: formatRate(rate(BigInt(loss))),
      action: 'close',
    });
    this.writing.add(copy);
    void this.writeDown(copy, event).finally(() => this.writing.delete(copy));
  }

  /** The copy stays closed whatever the database does; the write is repeated until it stands, or a stop of the copy was first. */
  private async writeDown(copy: CopyRecord, event: NewEvent): Promise<void> {
    while (!this.ended) {
      const state = copyStateOf(copy.state);
      if (state === null || nextCopyState(state, 'break') === null) return;
      try {
        await writeState(this.ctx, this.books, copy, state, 'breaker_closed', 'breaker_from_start', async (unit) => {
          await unit.events.append([event]);
        });
        return;
      } catch (failure) {
        this.ctx.log.error('a breaker could not be written down', { copyNo: copy.no, error: failure });
        await new Promise((resolve) => setTimeout(resolve, this.ctx.limits.breakerIntervalMs * 5));
      }
    }
  }
}
