import { err, type Result } from '@lockstep/kernel';
import type { VenueReadError } from '../../port';
import type { ReadBudget } from './budget';

/** Which reads come first: what a trade waits for, the check of what was told, the first state of a leader, the round of all, what the round would find too. */
export const READ_RANK = { urgent: 0, check: 1, begin: 2, round: 3, behind: 4 } as const;
export type ReadRank = (typeof READ_RANK)[keyof typeof READ_RANK];

type Read<T> = () => Promise<Result<T, VenueReadError>>;

/** Reads on their way at once; urgent ones are not held up by it. */
const AT_ONCE_MAX = 6;
/** Wait before a read that did not fit into the budget is tried again, in ms. */
const RETRY_MS = 25;
/** Standing back after the venue refused a read for its rate, in ms. */
const REFUSED_WAIT_MS = 5_000;

interface Waiting {
  readonly weight: () => number;
  run(): Promise<void>;
  giveUp(): void;
}

/** Reads of detection inside their budget, the most urgent first, newest request last within a rank. */
export class ReadQueue {
  private readonly ranks: readonly Waiting[][] = [[], [], [], [], []];
  private running = 0;
  private timer: NodeJS.Timeout | null = null;
  private refusedUntil = Number.NEGATIVE_INFINITY;
  private closed = false;

  constructor(
    readonly budget: ReadBudget,
    private readonly monotonic: () => number,
    /** Bounds what is read without waiting for the budget; absent: nothing does. */
    private readonly atOnce?: ReadBudget,
  ) {}

  /** Reads when its turn has come and the weight, as it is then, is free. */
  ask<T>(rank: ReadRank, weight: () => number, read: Read<T>): Promise<Result<T, VenueReadError>> {
    return new Promise((resolve) => {
      const run = async (): Promise<void> => {
        const answer = await read();
        if (!answer.ok && answer.error.code === 'rate_limited') this.refusedUntil = this.monotonic() + REFUSED_WAIT_MS;
        resolve(answer);
      };
      this.ranks[rank]?.push({ weight, run, giveUp: () => resolve(err({ code: 'unreachable', detail: 'the watch ended' })) });
      this.serve();
    });
  }

  /** Reads now and lets the others wait for the weight. */
  now<T>(weight: number, read: Read<T>): Promise<Result<T, VenueReadError>> {
    this.budget.spend(weight);
    return read();
  }

  /** The same unless too much was read so of late: what was spent keeps all others waiting, and somebody cut again and again would spend it each time. */
  async nowAtMost<T>(weight: number, read: Read<T>): Promise<Result<T, VenueReadError>> {
    if (this.atOnce?.take(weight) === false) return err({ code: 'rate_limited', detail: 'too many reads at once' });
    return await this.now(weight, read);
  }

  /** Reads waiting, of all ranks. */
  get depth(): number {
    return this.ranks.reduce((sum, rank) => sum + rank.length, 0);
  }

  /** Whether a read waits that the round goes after. */
  get isBusy(): boolean {
    return this.ranks.slice(0, READ_RANK.behind).some((rank) => rank.length > 0);
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    for (const rank of this.ranks) for (const waiting of rank.splice(0)) waiting.giveUp();
  }

  private serve(): void {
    while (!this.closed && this.monotonic() >= this.refusedUntil) {
      const rank = this.ranks.find((one) => one.length > 0);
      const next = rank?.[0];
      if (rank === undefined || next === undefined) return;
      if (this.running >= AT_ONCE_MAX && rank !== this.ranks[READ_RANK.urgent]) return;
      if (!this.budget.take(next.weight())) break;
      rank.shift();
      this.running += 1;
      void next.run().finally(() => {
        this.running -= 1;
        this.serve();
      });
    }
    if (this.closed || this.timer !== null || this.depth === 0) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.serve();
    }, RETRY_MS);
    this.timer.unref();
  }
}
