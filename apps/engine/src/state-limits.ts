import { formatMoney, formatRate, money, RATE_ONE, rate } from '@lockstep/kernel';
import {
  actionOf,
  type CopyBook,
  evaluateStateLimits,
  haltsRisk,
  heldUnder,
  type InstrumentSheet,
  limitChanges,
  mostUnder,
  nearestLiquidation,
  reduceToLimits,
  STATUS,
} from '@lockstep/replication';
import { STATE_ACTIONS, STATE_LIMITS, type StateAction } from '@lockstep/roster';
import type { Bookkeeper } from './books/bookkeeper';
import type { EventTeller } from './books/tell-events';
import { writeIntent } from './commands/take-on-positions';
import type { EngineContext } from './context';
import { newEvent } from './new-event';
import type { Repairs } from './repair/repair';
import { intentOf } from './state/intent';
import type { CopyRecord, WatchedAccount } from './state/registry';
import type { WaveLanes } from './wave/wave-lanes';

/**
 * Limits that what a copy holds passes without an order, by a mark, funding, a withdrawal or the venue. New risk is halted in memory at once, in the middle of a
 * wave too; targets are lowered in the same step, written down behind the waves of their instruments, and the exits leave. Where a limit is met again the halt is
 * over; what was reduced stays so.
 */
export class StateLimits {
  private changes = limitChanges(64);

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly repairs: Pick<Repairs, 'close'>,
    private readonly lanes: Pick<WaveLanes, 'alone'>,
    private readonly teller: Pick<EventTeller, 'tell'>,
  ) {}

  /** Judges a book that was just revalued; `confirms` tells whether the marks since the last time value what a row holds. */
  look(watched: WatchedAccount, isNewMark: boolean, confirms: (row: number) => boolean): void {
    const { book } = watched;
    if (this.changes.rows.length < book.rowCount) this.changes = limitChanges(book.rowCount * 2);
    const found = evaluateStateLimits(book, { isNewMark, confirms }, this.changes);
    for (let index = 0; index < found; index += 1) {
      this.act(watched, this.changes.rows[index] ?? 0, this.changes.before[index] ?? 0, this.changes.due[index] === 1);
    }
  }

  private act(watched: WatchedAccount, row: number, before: number, due: boolean): void {
    const { book } = watched;
    const copy = this.ctx.registry.copies.get(book.copies.copyNo[row] ?? 0);
    if (copy === undefined) return;
    const halted = ((book.copies.status[row] ?? 0) & STATUS.limitHalt) !== 0;
    const halts = haltsRisk(book.copies, row);
    if (halts !== halted) {
      book.setStatus(row, STATUS.limitHalt, halts);
      this.ctx.stops.changed();
    }
    this.tellChanges(copy, book, row, before);
    if (!due) return;
    const reduced = reduceToLimits(book, row);
    if (reduced.length > 0) void this.reduce(copy, reduced);
  }

  /**
   * Targets stand in memory whatever the database does: the next one of a process that dies before they are written meets the limit again at its first mark, or
   * finds what was lowered in the journal row of the exits.
   */
  private async reduce(copy: CopyRecord, reduced: readonly InstrumentSheet[]): Promise<void> {
    const { ctx } = this;
    const { watched } = copy;
    ctx.log.warn('a limit of a copy was passed; its positions are reduced', {
      copyNo: copy.no,
      coins: reduced.map(({ instrument }) => instrument.coin),
    });
    void this.repairs.close(watched, 'breaker');
    for (const sheet of reduced) {
      try {
        await this.lanes.alone(watched, sheet.instrument.coin, async () => {
          if (watched.book.copies.copyNo[copy.row] === copy.no) await writeIntent(ctx, this.books, copy, sheet, intentOf(sheet, copy.row));
        });
      } catch (failure) {
        ctx.log.error('a reduced target could not be written down', { copyNo: copy.no, coin: sheet.instrument.coin, error: failure });
      }
    }
  }

  private tellChanges(copy: CopyRecord, book: CopyBook, row: number, before: number): void {
    const passed = book.copies.passedLimits[row] ?? 0;
    for (const [limit, name] of STATE_LIMITS.entries()) {
      if (((before ^ passed) & (1 << limit)) === 0) continue;
      const action = (passed & (1 << limit)) === 0 ? 'release' : (STATE_ACTIONS[actionOf(book.copies, row, limit)] ?? 'alert');
      if (action !== 'none') this.tell(copy, book, row, { limit, name, action });
    }
  }

  private tell(
    copy: CopyRecord,
    book: CopyBook,
    row: number,
    { limit, name, action }: { readonly limit: number; readonly name: string; readonly action: Exclude<StateAction, 'none'> | 'release' },
  ): void {
    const event = newEvent(this.ctx, 'limit.passed', this.ctx.clock.now(), {
      copy_id: copy.id,
      limit: name,
      ...figuresOf(book, row, limit, name),
      action,
    });
    this.teller.tell(copy.group.scope, event);
  }
}

/** A limit and what is held under it: in money, or a floor under distances and the nearest one. */
function figuresOf(book: CopyBook, row: number, limit: number, name: string): { readonly threshold: string; readonly measured: string } {
  const { copies } = book;
  if (name === 'liquidation_distance') {
    const text = (value: number): string => formatRate(rate(BigInt(Math.max(0, value))));
    // Where nothing is held any more, all of the price is.
    return { threshold: text(copies.minDistance[row] ?? 0), measured: text(nearestLiquidation(book, row) ?? Number(RATE_ONE)) };
  }
  const text = (value: number): string => formatMoney(money(BigInt(Math.max(0, value))));
  return { threshold: text(mostUnder(copies, row, limit)), measured: text(heldUnder(book, row, limit)) };
}
