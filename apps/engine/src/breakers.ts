import { formatMoney, formatRate, money, rate, type Timer } from '@lockstep/kernel';
import { pause } from '@lockstep/platform';
import { beginClosing, type CopyBook, revalue, STATUS } from '@lockstep/replication';
import { BREAKER_STEPS, evaluateBreakers, LOSS_LIMITS, type LossLimit, lossFloor, lossUnder, STEP, thresholdOf } from '@lockstep/risk';
import { type CopyStateReason, nextCopyState } from '@lockstep/roster';
import type { NewEvent } from '@lockstep/storage';
import type { MarkUpdate } from '@lockstep/venues/port';
import type { Bookkeeper } from './books/bookkeeper';
import type { EventTeller } from './books/tell-events';
import { writeState } from './commands/write-state';
import type { EngineContext } from './context';
import type { ExposureAlerts } from './exposure-alerts';
import { newEvent } from './new-event';
import type { Repairs } from './repair/repair';
import { copyStateOf } from './state/load-scope';
import type { Network } from './state/networks';
import type { CopyRecord, WatchedAccount } from './state/registry';
import type { StateLimits } from './state-limits';
import { refreshPrices } from './wave/plan-moves';

const REASON_OF: Readonly<Record<LossLimit, CopyStateReason>> = {
  from_start: 'breaker_from_start',
  trailing: 'breaker_trailing',
  daily: 'breaker_daily',
  loss_money: 'breaker_loss_money',
};

/**
 * Loss limits on every mark: new risk is halted in memory at once, in the middle of a wave too; then everything copied is closed and the state is written
 * down. A breached copy stays closed until its follower re-enables it; one that was only halted is released when its loss is smaller again.
 */
export class Breakers {
  private readonly touched = new Set<WatchedAccount>();
  private changes = { rows: new Int32Array(64), before: new Uint8Array(64) };
  private timer: Timer | null = null;
  private ended = false;

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly repairs: Repairs,
    private readonly teller: Pick<EventTeller, 'tell'>,
    /** Judges what is held beside the losses, at the same valuation. */
    private readonly stateLimits: Pick<StateLimits, 'look'> | null = null,
    /** Judges what copies hold together, once all books are valued. */
    private readonly exposure: Pick<ExposureAlerts, 'look'> | null = null,
  ) {}

  /** Also looks on a timer: fees and fills move equity without a mark. */
  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.breakerIntervalMs * 5, () => {
      for (const watched of this.ctx.registry.watched.values()) this.look(watched, null);
      this.exposure?.look();
    });
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
    this.ended = true;
  }

  /**
   * Judges every book at the marks its network has already: before anything is planned in a new process, what was lost meanwhile halts new risk. The marks that
   * come next confirm it.
   */
  judgeLoaded(): void {
    for (const watched of this.ctx.registry.watched.values()) {
      refreshPrices(watched);
      this.look(watched, null);
    }
    this.exposure?.look();
  }

  /** Takes marks of a network and judges every book that holds one of their instruments. */
  takeMarks(network: Network, updates: readonly MarkUpdate[]): void {
    this.touched.clear();
    const coins = new Set(updates.map(({ coin }) => coin));
    for (const watched of this.ctx.registry.watched.values()) {
      if (watched.network !== network) continue;
      for (const update of updates) {
        if (watched.book.findSheet(update.coin) === undefined) continue;
        watched.book.setMark(update.coin, update.markPrice, update.receivedAt);
        this.touched.add(watched);
      }
    }
    for (const watched of this.touched) this.look(watched, coins);
    if (this.touched.size > 0) this.exposure?.look();
  }

  /** `marked`: instruments that have a new mark; null: none. */
  private look(watched: WatchedAccount, marked: ReadonlySet<string> | null): void {
    const { book } = watched;
    if (book.rowCount === 0) return;
    const now = Math.floor(this.ctx.clock.now());
    revalue(book, now, this.ctx.limits.markMaxAgeMs);
    if (this.changes.rows.length < book.rowCount)
      this.changes = { rows: new Int32Array(book.rowCount * 2), before: new Uint8Array(book.rowCount * 2) };
    const found = evaluateBreakers(
      book.copies,
      book.rowCount,
      { now, isNewMark: marked !== null, confirms: (row) => marksHeld(book, row, marked), nextDay: (row, at) => this.nextDay(watched, row, at) },
      this.changes,
    );
    const confirms = (row: number): boolean => marksHeld(book, row, marked);
    for (let index = 0; index < found; index += 1) this.step(watched, this.changes.rows[index] ?? 0, this.changes.before[index] ?? 0);
    this.stateLimits?.look(watched, marked !== null, confirms);
  }

  /**
   * A protective stop of a copy was filled: the venue did what its first loss limit asks for, and the rest follows: everything is closed, and the copy stays so.
   * Acts on the columns before it returns.
   */
  stopTriggered(copy: CopyRecord): void {
    this.triggerAnyway(copy, null);
  }

  /**
   * An earlier process met this limit of a copy, and it is not written: the copy is closed and stays so, wherever its loss stands by now. Acts on the columns
   * before it returns.
   */
  carryOn(copy: CopyRecord, limit: number): void {
    this.triggerAnyway(copy, limit);
  }

  /** `limit`: the one that was met; null: the first that falling marks meet. */
  private triggerAnyway(copy: CopyRecord, limit: number | null): void {
    const { book } = copy.watched;
    const { row } = copy;
    if (book.copies.copyNo[row] !== copy.no || this.ctx.unwrittenBreakers.has(copy)) return;
    const state = copyStateOf(copy.state);
    if (state === null || nextCopyState(state, 'break') === null) return;
    revalue(book, Math.floor(this.ctx.clock.now()), this.ctx.limits.markMaxAgeMs);
    book.copies.breakerStep[row] = STEP.close;
    book.copies.breakerLimit[row] = limit ?? lossFloor(book.copies, row)?.limit ?? book.copies.breakerLimit[row] ?? 0;
    this.trigger(copy, row);
  }

  private nextDay({ book }: WatchedAccount, row: number, at: number): number {
    const copy = this.ctx.registry.copies.get(book.copies.copyNo[row] ?? 0);
    return this.ctx.days.next(copy?.group.scope ?? null, at);
  }

  /** Acts on a step a copy's losses came to. */
  private step({ book }: WatchedAccount, row: number, before: number): void {
    const { copies } = book;
    const copy = this.ctx.registry.copies.get(copies.copyNo[row] ?? 0);
    const step = copies.breakerStep[row] ?? 0;
    const state = copy === undefined ? null : copyStateOf(copy.state);
    if (copy === undefined || state === null || nextCopyState(state, 'break') === null) {
      // Nothing to act on yet, or no more: judged anew next time.
      copies.breakerStep[row] = STEP.none;
      return;
    }
    if (step === STEP.close) {
      if (!this.ctx.unwrittenBreakers.has(copy)) this.trigger(copy, row);
      return;
    }
    book.setStatus(row, STATUS.lossHalt, step === STEP.haltNew);
    if (step === STEP.haltNew || before === STEP.haltNew) this.ctx.stops.changed();
    this.ctx.log.warn('a copy came to another step of a loss limit', { copyNo: copy.no, from: BREAKER_STEPS[before], to: BREAKER_STEPS[step] });
    // What halts or releases acts in memory whatever the database does; it is told once it can be.
    this.teller.tell(copy.group.scope, this.event(copy, row, step === STEP.haltNew ? 'halt_new' : step === STEP.alert ? 'alert' : 'release'));
  }

  private event(copy: CopyRecord, row: number, action: 'alert' | 'halt_new' | 'close' | 'release'): NewEvent {
    const { copies } = copy.watched.book;
    const limit = copies.breakerLimit[row] ?? 0;
    const name = LOSS_LIMITS[limit] ?? 'from_start';
    const text = (value: number): string => (name === 'loss_money' ? formatMoney(money(BigInt(value))) : formatRate(rate(BigInt(value))));
    return newEvent(this.ctx, 'breaker.triggered', this.ctx.clock.now(), {
      copy_id: copy.id,
      limit: name,
      threshold: text(Math.max(0, thresholdOf(copies, row, limit))),
      measured: text(lossUnder(copies, row, limit)),
      action,
    });
  }

  private trigger(copy: CopyRecord, row: number): void {
    const { book } = copy.watched;
    const limit = LOSS_LIMITS[book.copies.breakerLimit[row] ?? 0] ?? 'from_start';
    const event = this.event(copy, row, 'close');
    book.setStatus(row, STATUS.breaker, true);
    book.setStatus(row, STATUS.active, false);
    this.ctx.stops.changed();
    beginClosing(book, row);
    this.ctx.log.warn('a loss limit was met; the copy is closed', {
      copyNo: copy.no,
      limit,
      measured: lossUnder(book.copies, row, LOSS_LIMITS.indexOf(limit)),
    });
    this.ctx.unwrittenBreakers.add(copy);
    void this.repairs.close(copy.watched, 'breaker');
    void this.writeDown(copy, event, REASON_OF[limit]);
  }

  /** The copy stays closed whatever the database does; the write is repeated until it stands, or a stop of the copy was first. */
  private async writeDown(copy: CopyRecord, event: NewEvent, reason: CopyStateReason): Promise<void> {
    while (!this.ended) {
      if (await this.write(copy, event, reason)) {
        this.ctx.unwrittenBreakers.delete(copy);
        return;
      }
      await pause(this.ctx.timers, this.ctx.limits.breakerIntervalMs * 5);
    }
  }

  /** Writes a breaker; false when it could not be. */
  private async write(copy: CopyRecord, event: NewEvent, reason: CopyStateReason): Promise<boolean> {
    const state = copyStateOf(copy.state);
    if (state === null || nextCopyState(state, 'break') === null) return true;
    try {
      await writeState(this.ctx, this.books, copy, state, 'breaker_closed', reason, async (unit) => {
        await unit.events.append([event]);
      });
      return true;
    } catch (failure) {
      this.ctx.log.error('a breaker could not be written down', { copyNo: copy.no, error: failure });
      return false;
    }
  }
}

/** Whether some of these marks value what a copy holds; of one that holds nothing every mark says that its loss stands. */
function marksHeld(book: CopyBook, row: number, marked: ReadonlySet<string> | null): boolean {
  let holds = false;
  for (const { rows, instrument } of book.allSheets()) {
    if ((rows.position[row] ?? 0) === 0) continue;
    if (marked?.has(instrument.coin)) return true;
    holds = true;
  }
  return !holds;
}
