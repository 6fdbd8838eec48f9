import { WINDOW_MS } from './assumptions';
import { REQUEST_CLASSES, type RequestClass } from './config';

/** Places in the key's minute. */
export interface RequestBudget {
  /** Resolves true when a request of the class may leave now; false when none could within `waitMaxMs`. `first`: before those of its class that wait without it. */
  take(of: RequestClass, waitMaxMs: number, first?: boolean): Promise<boolean>;
  /**
   * So many more orders that go first are still to ask for their places, one after another: no other order takes those. Each that asks is one fewer; less than
   * zero takes back those that will not ask.
   */
  expect(first: number): void;
  /** A request of the class that left has its answer, or will have none. */
  answered(of: RequestClass): void;
  /** The API said that its window is spent: nothing leaves for so long. */
  hold(forMs: number): void;
  /** Requests of a class that could leave at this moment. */
  free(of: RequestClass): number;
  close(): void;
}

interface Waiting {
  readonly first: boolean;
  readonly until: number;
  readonly resolve: (may: boolean) => void;
}

export interface BudgetOrder {
  readonly perMinute: number;
  readonly kept: Readonly<Record<RequestClass, number>>;
  /** Monotonic clock in ms. */
  readonly now: () => number;
  /** Told of each request that leaves, and of each time the API said that the window is spent. */
  readonly onLeft?: (of: RequestClass) => void;
  readonly onHeld?: () => void;
}

/** A request that left. */
interface Spent {
  /** When it left, and once it is answered, when that was: the API counts it from a moment in between. */
  readonly at: number;
  readonly of: RequestClass;
  readonly answered: boolean;
}

/**
 * Lets at most `perMinute` requests leave in any sliding minute, counted from their answers: the API's minute begins when its first request arrives, and that
 * one may be slower than all behind it. Each class has a part that no other can take from it; the rest goes by rank: orders,
 * then truth, then leaders. Inside a class what reduces risk goes first, then the one that waited longest.
 */
export class KeyBudget implements RequestBudget {
  /** The requests of the last minute, oldest first. */
  private readonly spent: Spent[] = [];
  private readonly queues: Readonly<Record<RequestClass, Waiting[]>> = { orders: [], truth: [], leaders: [] };
  private readonly used: Record<RequestClass, number> = { orders: 0, truth: 0, leaders: 0 };
  /** Orders that go first and have not asked yet. */
  private expected = 0;
  private heldUntil = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly order: BudgetOrder) {}

  take(of: RequestClass, waitMaxMs: number, first = false): Promise<boolean> {
    return new Promise((resolve) => {
      const queue = this.queues[of];
      if (first && this.expected > 0) this.expected -= 1;
      const at = first ? queue.findIndex((waiting) => !waiting.first) : -1;
      queue.splice(at < 0 ? queue.length : at, 0, { first, until: this.order.now() + waitMaxMs, resolve });
      this.serve();
    });
  }

  expect(first: number): void {
    this.expected = Math.max(0, this.expected + first);
    if (first < 0) this.serve();
  }

  answered(of: RequestClass): void {
    // Which of them it was does not matter: a place is free again a minute after each answer.
    const index = this.spent.findIndex((request) => request.of === of && !request.answered);
    const [request] = index < 0 ? [] : this.spent.splice(index, 1);
    if (request === undefined) return;
    this.spent.push({ at: this.order.now(), of, answered: true });
    this.serve();
  }

  hold(forMs: number): void {
    this.order.onHeld?.();
    this.heldUntil = Math.max(this.heldUntil, this.order.now() + forMs);
    this.serve();
  }

  free(of: RequestClass): number {
    this.forget();
    if (this.order.now() < this.heldUntil) return 0;
    const { perMinute, kept } = this.order;
    const owed = REQUEST_CLASSES.reduce((sum, other) => sum + (other === of ? 0 : Math.max(0, kept[other] - this.used[other])), 0);
    return Math.max(0, perMinute - this.spent.length - owed);
  }

  /** Orders that wait for a place. */
  waitingOrders(): { readonly reduction: number; readonly entry: number } {
    const reduction = this.queues.orders.filter(({ first }) => first).length;
    return { reduction, entry: this.queues.orders.length - reduction };
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    for (const of of REQUEST_CLASSES) for (const waiting of this.queues[of].splice(0)) waiting.resolve(false);
  }

  private forget(): void {
    const before = this.order.now() - WINDOW_MS;
    let gone = 0;
    for (let request = this.spent[gone]; request !== undefined && request.at <= before; request = this.spent[gone]) {
      this.used[request.of] -= 1;
      gone += 1;
    }
    if (gone > 0) this.spent.splice(0, gone);
  }

  private serve(): void {
    const now = this.order.now();
    for (const of of REQUEST_CLASSES) {
      const queue = this.queues[of];
      while (queue[0] !== undefined && this.free(of) > (of === 'orders' && !queue[0].first ? this.expected : 0)) {
        this.spent.push({ at: now, of, answered: false });
        this.used[of] += 1;
        this.order.onLeft?.(of);
        queue.shift()?.resolve(true);
      }
      // Whoever waited long enough goes, also from behind one that may wait longer.
      for (const ended of queue.filter(({ until }) => until <= now)) {
        queue.splice(queue.indexOf(ended), 1);
        ended.resolve(false);
      }
    }
    this.wakeAgain(now);
  }

  /** Looks again when a place may have come free, or a wait has ended. */
  private wakeAgain(now: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const waiting = REQUEST_CLASSES.flatMap((of) => this.queues[of]);
    if (waiting.length === 0) return;
    const place = this.heldUntil > now ? this.heldUntil : (this.spent[0]?.at ?? now) + WINDOW_MS;
    const at = waiting.reduce((soonest, { until }) => Math.min(soonest, until), place);
    this.timer = setTimeout(() => this.serve(), Math.max(1, Math.ceil(at - now)));
  }
}
