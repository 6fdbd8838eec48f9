import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { type InstrumentSheet, leastSliceLots, nextSlice, reduceTarget, type SlicePlan, STATUS, targetLots } from '@lockstep/replication';
import { nextCopyState } from '@lockstep/roster';
import type { EngineContext } from '../context';
import { intentOf } from '../state/intent';
import { copyStateOf } from '../state/load-scope';
import type { CopyRecord } from '../state/registry';
import { refreshPrices } from '../wave/plan-moves';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';
import { stopUnstarted } from './stop-unstarted';
import { keepIntent } from './take-on-positions';
import { writeState } from './write-state';

/**
 * The copy enters nothing from here on, follows its leader's exits, and closes the rest in equal slices until `by`; what is left then is closed at once
 * ({@link Unwinds}). One that never began ends at once. The deadline is written with the state, so that a restart goes on with it.
 */
export async function unwindCopy(ctx: EngineContext, parts: CommandParts, scope: TenantScope, copyId: string, by: EpochMs): Promise<CommandEnd> {
  const copy = ctx.registry.copiesById.get(copyId);
  if (copy === undefined) return stopUnstarted(ctx, parts, scope, copyId, 'stop_unwind_by');
  const state = copyStateOf(copy.state);
  if (state === null || nextCopyState(state, 'unwind') === null) {
    return state === 'unwinding' && copy.unwindBy === by ? applied() : refused('wrong_state', copy.state);
  }
  copy.watched.book.setStatus(copy.row, STATUS.windingDown, true);
  ctx.stops.changed();
  copy.unwindBy = by;
  await writeState(ctx, parts.books, copy, state, 'unwinding', 'stop_unwind_by', undefined, by);
  return applied();
}

/** Closes what copies being unwound hold, slice by slice; at the deadline the copy is closed as by `close_now`. */
export class Unwinds {
  private readonly plans = new WeakMap<CopyRecord, Map<string, SlicePlan>>();
  private readonly closing = new Set<CopyRecord>();
  /** Copies and coins whose slice is being taken. */
  private readonly slicing = new Set<string>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly parts: Pick<CommandParts, 'books' | 'lanes' | 'repairs'>,
    private readonly closeNow: (copy: CopyRecord) => Promise<unknown>,
  ) {}

  /** One look at a copy that is `unwinding`. Returns at once. */
  look(copy: CopyRecord): void {
    const now = this.ctx.clock.now();
    // A deadline that is missing is none that was kept.
    const deadline = copy.unwindBy === null ? now : this.ctx.clocks.realTime(copy.group.scope, copy.unwindBy);
    if (now >= deadline) {
      this.close(copy);
      return;
    }
    refreshPrices(copy.watched);
    for (const sheet of copy.watched.book.allSheets()) this.lookAt(copy, sheet, now, deadline);
  }

  private close(copy: CopyRecord): void {
    if (this.closing.has(copy)) return;
    this.closing.add(copy);
    void this.closeNow(copy)
      .catch((failure: unknown) => this.ctx.log.error('an unwinding could not be ended', { copyNo: copy.no, error: failure }))
      .finally(() => this.closing.delete(copy));
  }

  private lookAt(copy: CopyRecord, sheet: InstrumentSheet, now: number, deadline: number): void {
    const lots = Math.abs(targetLots(sheet.rows.target[copy.row] ?? 0));
    const leastLots = leastSliceLots(sheet);
    const plans = this.plans.get(copy) ?? new Map<string, SlicePlan>();
    this.plans.set(copy, plans);
    const { coin } = sheet.instrument;
    const key = `${copy.no} ${coin}`;
    if (lots === 0) plans.delete(coin);
    if (lots === 0 || leastLots === null || this.slicing.has(key)) return;
    const step = nextSlice(plans.get(coin) ?? null, { now, deadline, lots, leastLots });
    plans.set(coin, step.plan);
    if (step.close === 0) return;
    this.slicing.add(key);
    void this.slice(copy, sheet, step.close)
      .catch((failure: unknown) => {
        // Planned anew: the slice was not taken.
        plans.delete(coin);
        this.ctx.log.error('a slice could not be written', { copyNo: copy.no, coin, error: failure });
      })
      .finally(() => this.slicing.delete(key));
  }

  /** Takes a slice off the target behind the wave that runs, writes it down, and has the repair send the exit. */
  private async slice(copy: CopyRecord, sheet: InstrumentSheet, lots: number): Promise<void> {
    const { watched, row } = copy;
    let taken = false;
    await this.parts.lanes.alone(watched, sheet.instrument.coin, async () => {
      // A loss limit, a stop or a hand-over may have come meanwhile.
      const { status, copyNo } = watched.book.copies;
      if (copyNo[row] !== copy.no || copy.state !== 'unwinding' || ((status[row] ?? 0) & OTHER_ENDS) !== 0) return;
      const before = intentOf(sheet, row);
      reduceTarget(sheet, row, lots);
      await keepIntent(this.ctx, this.parts.books, copy, sheet, before);
      taken = true;
    });
    if (taken) await this.parts.repairs.repair(watched, sheet, 'close');
  }
}

const OTHER_ENDS = STATUS.breaker | STATUS.closing | STATUS.handingOver;
