import { QUEUE_CLASSES, type QueueClass } from './actions/prepared';
import type { Exchange } from './exchange';
import { chargeFunding } from './funding';
import { refreshLadder } from './ladder';
import { settleTouched } from './liquidation';
import { samplePremium, stepMark } from './marks';
import { fireSchedules } from './schedule';
import { enforceOpenInterestCap } from './settlement';
import { publishBlock, wantsFrames } from './stream/publish';
import { runTwaps, twapDueAt } from './twap';

/** One queued effect. `run` happens in the block, `answer` when the block ends. */
export interface QueueEntry {
  run(): void;
  answer(): void;
}

const HOUR_MS = 3_600_000;

/** The block clock of one world: collects effects, orders them by class, runs them when their block is due. */
export class Blocks {
  private queue = emptyQueue();
  private queuedCount = 0;
  private nextMark: number;
  private nextPremium: number;
  private nextHour: number;

  constructor(private readonly ex: Exchange) {
    this.nextMark = ex.time + ex.settings.markIntervalMs;
    this.nextPremium = ex.time + ex.settings.premiumIntervalMs;
    this.nextHour = (Math.floor(ex.time / HOUR_MS) + 1) * HOUR_MS;
  }

  get queued(): number {
    return this.queuedCount;
  }

  enqueue(queueClass: QueueClass, entry: QueueEntry): void {
    this.queue[queueClass].push(entry);
    this.queuedCount += 1;
  }

  /** Queues what happens at the very beginning of a block, before whatever else moves its prices. */
  enqueueFirst(entry: QueueEntry): void {
    this.queue.control.unshift(entry);
    this.queuedCount += 1;
  }

  /** Executes every block due up to `time`. Stretches in which nothing can happen are counted, not executed. */
  advanceTo(time: number): void {
    const { ex } = this;
    const { blockMs } = ex.settings;
    while (ex.time + blockMs <= time) {
      if (this.queuedCount === 0 && !wantsFrames(ex)) this.skipIdle(time);
      if (ex.time + blockMs <= time) this.executeBlock();
    }
  }

  /** Goes to the last block before the next scheduled event, or the last one due. */
  private skipIdle(time: number): void {
    const { ex } = this;
    const { blockMs } = ex.settings;
    const schedules = [...ex.scheduled].map((account) => account.scheduledCancel ?? time);
    const slices = [...ex.twaps].map((twap) => twapDueAt(ex, twap));
    const next = Math.min(this.nextMark, this.nextPremium, this.nextHour, ...schedules, ...slices);
    const idle = Math.min(Math.floor((time - ex.time) / blockMs), Math.ceil((next - ex.time) / blockMs) - 1);
    if (idle <= 0) return;
    ex.time += idle * blockMs;
    ex.block += idle;
  }

  private executeBlock(): void {
    const { ex } = this;
    const { queue } = this;
    this.queue = emptyQueue();
    this.queuedCount = 0;
    ex.time += ex.settings.blockMs;
    ex.block += 1;
    ex.index = 0;
    ex.trades = 0;
    this.chargeAtHour();
    runAll(ex, queue.control);
    this.runSchedule();
    for (const queueClass of QUEUE_CLASSES) if (queueClass !== 'control') runAll(ex, queue[queueClass]);
    if (ex.twaps.size > 0) runTwaps(ex);
    settleTouched(ex);
    for (const queueClass of QUEUE_CLASSES) for (const entry of queue[queueClass]) entry.answer();
    publishBlock(ex);
  }

  private runSchedule(): void {
    const { ex } = this;
    if (ex.time >= this.nextMark) {
      for (const dex of ex.dexes)
        for (const asset of [...dex.assets, ...dex.spot]) {
          refreshLadder(ex, asset);
          stepMark(ex, asset, ex.settings.markIntervalMs);
          enforceOpenInterestCap(ex, asset);
        }
      this.nextMark = ex.time + ex.settings.markIntervalMs;
    }
    if (ex.time >= this.nextPremium) {
      for (const dex of ex.dexes) for (const asset of dex.assets) samplePremium(asset);
      this.nextPremium = ex.time + ex.settings.premiumIntervalMs;
    }
    if (ex.scheduled.size > 0) fireSchedules(ex);
  }

  /**
   * The first block after an hour begins with its charge: who fills in it, an order that stood and was met by a price among them, holds nothing yet. Recorded
   * charges bear the time of a block some milliseconds after the hour, never the hour itself.
   */
  private chargeAtHour(): void {
    const { ex } = this;
    if (ex.time <= this.nextHour) return;
    chargeFunding(ex);
    this.nextHour = (Math.floor(ex.time / HOUR_MS) + 1) * HOUR_MS;
  }
}

type Queue = { readonly [Class in QueueClass]: QueueEntry[] };
const emptyQueue = (): Queue => ({ control: [], plain: [], cancel: [], taking: [] });

function runAll(ex: Exchange, entries: readonly QueueEntry[]): void {
  for (const entry of entries) {
    ex.index += 1;
    entry.run();
  }
}
