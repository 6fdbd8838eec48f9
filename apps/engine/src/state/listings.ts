import type { Clock, EpochMs, Timer, Timers } from '@lockstep/kernel';
import type { Logger } from '@lockstep/platform';
import type { VenueTruth } from '@lockstep/venues/port';
import type { EngineLimits } from '../limits';
import type { Markets } from '../markets';

interface Wait {
  readonly moment: EpochMs;
  readonly done: () => void;
}

/**
 * Keeps the list of a network's instruments current: on a timer, and when somebody met a coin it does not name. A reading costs weight 20 and 20 per dex
 * (ten dexes: 220), so it is made every `marketsEveryMs`, and besides at most once in `marketsAskGapMs` however many unknown coins there are.
 */
export class Listings {
  private timer: Timer | null = null;
  private asking: Timer | null = null;
  private reading: Promise<boolean> | null = null;
  /** When the reading that is in memory began; 0 before the first. */
  private readAt: EpochMs = 0;
  private askedAt = Number.NEGATIVE_INFINITY;
  private waiting: readonly Wait[] = [];
  private stopped = false;

  /** `onRead` is called after each reading that succeeded, with the time its marks count from. */
  constructor(
    private readonly ctx: { readonly clock: Clock; readonly timers: Timers; readonly limits: EngineLimits; readonly log: Logger },
    private readonly network: string,
    private readonly markets: Markets,
    private readonly truth: VenueTruth,
    private readonly onRead: (readAt: EpochMs) => Promise<void>,
  ) {}

  /** Reads the list now, or joins the reading that runs. False when the venue could not be read. */
  read(): Promise<boolean> {
    this.reading ??= this.readNow().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.marketsEveryMs, () => void this.read());
    // A list that was never read is asked for at the pace of unknown coins.
    if (this.readAt === 0) void this.readSince(1);
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.asking?.cancel();
  }

  /** Resolves once the list was read at a moment or later: what it does not name then was not listed at that moment. Stays open while the venue cannot be read. */
  readSince(moment: EpochMs): Promise<void> {
    if (this.readAt >= moment) return Promise.resolve();
    return new Promise((done) => {
      this.waiting = [...this.waiting, { moment, done }];
      this.askSoon();
    });
  }

  private askSoon(): void {
    if (this.asking !== null || this.stopped || this.waiting.length === 0) return;
    const wait = Math.max(0, this.askedAt + this.ctx.limits.marketsAskGapMs - this.ctx.clock.monotonic());
    this.asking = this.ctx.timers.after(wait, () => {
      this.asking = null;
      this.askedAt = this.ctx.clock.monotonic();
      void this.read().then(() => this.askSoon());
    });
  }

  private async readNow(): Promise<boolean> {
    const began = this.ctx.clock.now();
    const read = await this.markets.refresh(this.truth, undefined, () => began);
    if (!read.ok) {
      this.ctx.log.warn('instruments could not be read', { network: this.network, code: read.error.code, detail: read.error.detail });
      return false;
    }
    this.readAt = began;
    const done = this.waiting.filter(({ moment }) => moment <= began);
    this.waiting = this.waiting.filter(({ moment }) => moment > began);
    for (const wait of done) wait.done();
    await this.onRead(began).catch((failure: unknown) =>
      this.ctx.log.error('instruments could not be written', { network: this.network, error: failure }),
    );
    return true;
  }
}
