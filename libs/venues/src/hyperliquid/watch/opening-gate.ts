import type { BudgetSize } from './budget';
import { MinuteBudget } from './budget';

/** Who may open a connection first when not all may: leaders before marks, marks before books. */
export const OPENING_RANK = { users: 0, sweep: 1, marks: 2, quotes: 3 } as const;
export type OpeningRank = (typeof OPENING_RANK)[keyof typeof OPENING_RANK];

/** Messages that may be owed when a connection opens: users' streams subscribe at once, and are cut again and again at worst. The others wait until nothing is. */
const OWED_MAX = 400;

/** Hands the right to open a connection on, one by one. */
export type Admit = (open: () => void) => void;

/**
 * Bounds the connections that watching opens in a minute, over all of its streams: however often they are cut, the venue's limit on new connections is
 * never met. The bucket refills evenly, so that in a storm the most important stream is back after seconds, not at the end of the minute. No rank is served
 * twice in a row while another waits: a connection that is cut again and again takes half of the openings, not all. What subscribes anew without waiting for
 * messages waits here, where its last subscribing is still owed.
 */
export class OpeningGate {
  private readonly budget: MinuteBudget;
  private readonly waiting: { readonly rank: OpeningRank; readonly open: () => void }[] = [];
  private serving = false;
  private last: OpeningRank | null = null;

  constructor(
    size: BudgetSize,
    monotonic: () => number,
    /** Messages that connections send once they are open. */
    private readonly messages?: MinuteBudget,
  ) {
    this.budget = new MinuteBudget(size, monotonic);
  }

  of(rank: OpeningRank): Admit {
    const wait = (open: () => void): void => {
      this.waiting.push({ rank, open });
      void this.serve();
    };
    const { messages } = this;
    if (messages === undefined) return wait;
    return (open) => void messages.whenOwed(rank === OPENING_RANK.users ? OWED_MAX : 0).then(() => wait(open));
  }

  /** Connections admitted so far. */
  get opened(): number {
    return this.budget.spentTotal;
  }

  close(): void {
    this.waiting.length = 0;
    this.budget.close();
  }

  private async serve(): Promise<void> {
    if (this.serving) return;
    this.serving = true;
    while (this.waiting.length > 0) {
      await this.budget.whenFree(1);
      this.next()?.();
    }
    this.serving = false;
  }

  private next(): (() => void) | undefined {
    const others = this.waiting.filter(({ rank }) => rank !== this.last);
    const [first] = (others.length > 0 ? others : this.waiting.slice()).sort((a, b) => a.rank - b.rank);
    if (first === undefined) return undefined;
    this.waiting.splice(this.waiting.indexOf(first), 1);
    this.last = first.rank;
    return first.open;
  }
}
