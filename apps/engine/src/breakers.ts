import { formatRate, rate } from '@lockstep/kernel';
import { beginClosing, revalue, STATUS } from '@lockstep/replication';
import { evaluateBreakers, lossFromStart } from '@lockstep/risk';
import { nextCopyState } from '@lockstep/roster';
import { writeCopyState } from '@lockstep/storage';
import type { MarkUpdate } from '@lockstep/venues/port';
import type { Bookkeeper } from './books/bookkeeper';
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
      const state = copy === undefined ? null : copyStateOf(copy.state);
      if (copy !== undefined && state !== null && nextCopyState(state, 'break') !== null) this.trigger(copy, row);
    }
  }

  private trigger(copy: CopyRecord, row: number): void {
    const { book } = copy.watched;
    const previous = copy.state;
    const loss = lossFromStart(book.copies, row);
    const threshold = book.copies.breakerFromStart[row] ?? 0;
    copy.state = 'breaker_closed';
    book.setStatus(row, STATUS.breaker, true);
    book.setStatus(row, STATUS.active, false);
    this.ctx.stops.changed();
    beginClosing(book, row);
    this.ctx.log.warn('a loss limit was met; the copy is closed', { copyNo: copy.no, loss, threshold });
    void this.repairs.close(copy.watched, 'breaker');
    const now = this.ctx.clock.now();
    const events = [
      newEvent(this.ctx, 'breaker.triggered', now, {
        copy_id: copy.id,
        limit: 'from_start',
        threshold: formatRate(rate(BigInt(threshold))),
        measured: formatRate(rate(BigInt(loss))),
        action: 'close',
      }),
      newEvent(this.ctx, 'copy.state_changed', now, {
        copy_id: copy.id,
        leader_id: copy.group.leaderId,
        follower_id: copy.followerId,
        state: 'breaker_closed',
        previous_state: previous,
        reason: 'breaker_from_start',
      }),
    ];
    void this.books
      .run(copy.group.scope, async () => {
        await this.ctx.storage.scoped(copy.group.scope, async (unit) => {
          await writeCopyState(unit, copy.no, { state: 'breaker_closed', reason: 'breaker_from_start' });
          await unit.events.append(events);
        });
      })
      .catch((failure: unknown) => this.ctx.log.error('a breaker could not be written down', { copyNo: copy.no, error: failure }));
  }
}
