import { formatSize, fromLots, type Timer } from '@lockstep/kernel';
import { type InstrumentSheet, needsRepair, repairPlan } from '@lockstep/replication';
import { nextWaveNumber } from '@lockstep/storage';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import type { WatchedAccount } from '../state/registry';
import { putAccountNets } from '../state/shared-accounts';
import { gatePlan } from '../wave/gate-orders';
import { newRemnants } from '../wave/intents-of';
import { planOptions, refreshPrices } from '../wave/plan-moves';
import type { PlannedWave, WaveCause } from '../wave/planned-wave';
import { runWaves } from '../wave/run-wave';
import type { WaveLanes } from '../wave/wave-lanes';
import { wayOut } from '../wave/way-out';
import { InsideCrossing } from './cross-inside';

/**
 * Level-triggered repair: looks at gaps between target and position, whoever made them, and sends new attempts: exits at once with widening bounds,
 * entries inside their catch-up window. What a window ended for is given up and written down with its reason.
 */
export class Repairs {
  private timer: Timer | null = null;
  private readonly inside: InsideCrossing;
  private readonly running = new Set<InstrumentSheet>();
  /** What was asked for before {@link open}; null: it is open. */
  private waiting: Map<InstrumentSheet, { readonly watched: WatchedAccount; readonly cause: WaveCause }> | null = new Map();
  /** A number taken for a repair that had nothing to do. */
  private spareNumber: number | null = null;

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly lanes: WaveLanes,
    fills: Pick<FillCollector, 'read'>,
  ) {
    this.inside = new InsideCrossing(ctx, books, lanes, fills);
  }

  /**
   * From here on repairs act, those first that were asked for before: a loss limit may be met at the first mark, while orders of an earlier process are not in the
   * columns yet, and what they close would be closed once more.
   */
  open(): void {
    const waiting = this.waiting ?? new Map();
    this.waiting = null;
    for (const [sheet, { watched, cause }] of waiting) void this.repair(watched, sheet, cause);
  }

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.repairIntervalMs, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Looks at every instrument of every watched account and repairs where something is missing. Returns at once. */
  look(): void {
    for (const watched of this.ctx.registry.watched.values()) {
      for (const sheet of watched.book.allSheets()) {
        if (needsRepair(watched.book, sheet)) void this.repair(watched, sheet, 'repair');
      }
    }
  }

  /** Repairs one instrument; joins nothing that runs already, and waits for {@link open}. */
  async repair(watched: WatchedAccount, sheet: InstrumentSheet, cause: WaveCause): Promise<void> {
    if (this.running.has(sheet)) return;
    if (this.waiting !== null) {
      this.waiting.set(sheet, { watched, cause });
      return;
    }
    this.running.add(sheet);
    try {
      await this.inside.cross(watched, sheet);
      await this.lanes.alone(watched, sheet.instrument.coin, () => this.repairNow(watched, sheet, cause));
    } catch (failure) {
      this.ctx.log.fatal('a repair failed', { watchedNo: watched.no, coin: sheet.instrument.coin, error: failure });
      this.ctx.broken('a repair failed');
    } finally {
      this.running.delete(sheet);
    }
  }

  /** Repairs everything a copy's book holds, e.g. after its targets were set to zero. */
  async close(watched: WatchedAccount, cause: WaveCause): Promise<void> {
    await Promise.all([...watched.book.allSheets()].map((sheet) => this.repair(watched, sheet, cause)));
  }

  private async repairNow(watched: WatchedAccount, sheet: InstrumentSheet, cause: WaveCause): Promise<void> {
    const { ctx } = this;
    if (!needsRepair(watched.book, sheet)) return;
    // The number is taken before planning: a plan in memory must be journaled without waiting for anything else.
    const journalNo = this.spareNumber ?? (await this.takeNumber());
    this.spareNumber = null;
    if (journalNo === null) return;
    const planStartedAt = ctx.stage();
    refreshPrices(watched);
    putAccountNets(ctx.registry, watched, sheet.instrument.coin);
    const repair = repairPlan(watched.book, sheet, journalNo, planOptions(ctx, watched.network));
    this.tellStuck(watched, sheet, repair.stuck);
    const remnants = newRemnants(ctx, repair.plan, sheet);
    if (repair.plan.orders.count === 0 && repair.forfeits.length === 0 && remnants.length === 0) {
      // Attempts that the venue's limits let not leave are numbered under it: another instrument's of the same copy would bear their names.
      if (!isNamedBy(sheet, watched.book.rowCount, journalNo)) this.spareNumber = journalNo;
      return;
    }
    const plannedAt = ctx.stage();
    const approval = gatePlan(ctx, watched.book, repair.plan);
    const wave: PlannedWave = {
      journalNo,
      cause,
      watched,
      sheet,
      plan: repair.plan,
      kind: cause,
      superseded: false,
      approval,
      judgedAt: ctx.stops.current,
      forfeits: repair.forfeits,
      remnants,
      wayOut: wayOut(watched.network, repair.plan),
      open: { journalNo, isMove: false, scopes: [], open: 1, handed: false },
      marks: {
        leaderFillAt: 0,
        receivedAt: 0,
        recordedAt: 0,
        planStartedAt,
        plannedAt,
        gatedAt: ctx.stage(),
        journaledAt: 0,
        journalCommits: 0,
        journalBytes: 0,
      },
    };
    await runWaves(ctx, this.books, [wave], [null], this.lanes.behind(watched, sheet.instrument.coin));
  }

  /** Null when the database gives none now: nothing is planned yet, so the next look tries again. */
  private async takeNumber(): Promise<number | null> {
    try {
      return await this.ctx.storage.platform((unit) => nextWaveNumber(unit));
    } catch (failure) {
      this.ctx.log.error('a repair waits for its wave number', { error: failure });
      return null;
    }
  }

  private tellStuck(watched: WatchedAccount, sheet: InstrumentSheet, stuck: readonly number[]): void {
    // It may be delisted since the venue's list was read: then nothing closes there but what copies hold against each other.
    if (stuck.length > 0) void watched.network.listings.readSince(this.ctx.clock.now());
    for (const row of stuck) {
      const copy = this.ctx.registry.copies.get(watched.book.copies.copyNo[row] ?? 0);
      if (copy === undefined) continue;
      const position = Math.abs(sheet.rows.position[row] ?? 0);
      const attempts = Math.max(1, sheet.rows.exitFailures[row] ?? 0, sheet.rows.attempt[row] ?? 0);
      this.ctx.log.error('an exit is stuck', {
        copyNo: copy.no,
        coin: sheet.instrument.coin,
        attempts,
      });
      const event = newEvent(this.ctx, 'copy.exit_stuck', this.ctx.clock.now(), {
        copy_id: copy.id,
        coin: sheet.instrument.coin,
        size: formatSize(fromLots(sheet.instrument, position)),
        attempts,
      });
      // The next try that fails at the band tells it again: a database that is down now must not end the engine that tries.
      this.books
        .run(copy.group.scope, async () => {
          await this.ctx.storage.scoped(copy.group.scope, (unit) => unit.events.append([event]));
        })
        .catch((failure: unknown) =>
          this.ctx.log.error('a stuck exit could not be told', { copyNo: copy.no, coin: sheet.instrument.coin, error: failure }),
        );
    }
  }
}

const isNamedBy = ({ rows }: InstrumentSheet, rowCount: number, wave: number): boolean => rows.wave.subarray(0, rowCount).includes(wave);
