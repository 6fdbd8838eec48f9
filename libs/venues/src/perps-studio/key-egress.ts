import type { Clock } from '@lockstep/kernel';
import { Departures, EgressScheduler, type EgressStanding, forecast, standingOf } from '../egress';
import type { EgressView, LeavingOrders, WaveForecast } from '../port';
import { WINDOW_MS } from './assumptions';
import type { PerpsStudioConfig, RequestClass } from './config';
import type { KeyBudget } from './key-budget';

/** One request of the key, whatever it is. */
const REQUEST = { meters: [1], inFlight: false } as const;
const ORDER = { meters: [1], inFlight: true } as const;
/** Requests an account's comparison takes where it is read with the key: its equity and its positions. */
const READS_PER_COMPARISON = 2;
const ANSWER_MS = 500;
/** The budget serves in turn, the scheduler by weight: with so much of it, what waits already goes before what is asked about. */
const IN_FRONT = 1_000_000;

/**
 * What the key's minute lets leave, and when, told by the same scheduler that counts egress addresses: the key is its one address. It mirrors what the budget lets
 * go and decides nothing; the budget itself paces. Accounts have no limit of their own here: the exchange's is behind the API and not told by it.
 */
export class KeyEgress implements EgressView {
  private readonly scheduler: EgressScheduler;
  private readonly announced = new Set<LeavingOrders>();
  private refusals = 0;

  constructor(
    private readonly config: PerpsStudioConfig,
    private readonly clock: Clock,
    private readonly budget: KeyBudget,
    /** Comparisons are read elsewhere, without requests of the key. */
    private readonly comparesElsewhere: boolean,
  ) {
    const { requestsPerMinute, keptPerMinute, maxInFlight } = config;
    this.scheduler = new EgressScheduler({
      ips: 1,
      limits: {
        meters: [{ name: 'requests', perWindow: requestsPerMinute, kept: { read: keptPerMinute.truth + keptPerMinute.leaders }, most: {} }],
        windowMs: WINDOW_MS,
        inFlightMax: maxInFlight,
        lateMs: 0,
        backoffMinMs: WINDOW_MS,
        backoffMaxMs: WINDOW_MS,
        answerMs: ANSWER_MS,
      },
      accounts: { free: Number.MAX_SAFE_INTEGER, spacingMs: 0, cancelsBeyond: 0 },
      actionCost: ORDER,
    });
  }

  /** The budget let a request go. */
  left(of: RequestClass): void {
    this.scheduler.budget(0).spend(of === 'orders' ? 'entry' : 'read', REQUEST, 1, this.clock.monotonic());
  }

  /** The API said that the key's window is spent. */
  refused(): void {
    this.refusals += 1;
    this.scheduler.refused(0, this.clock.monotonic());
  }

  numberOf(): number {
    return 1;
  }

  departures(): Departures {
    const now = this.clock.monotonic();
    return new Departures(this.ahead(), () => 0, now, this.clock.now() - now);
  }

  forecast(orders: LeavingOrders): WaveForecast {
    const { endsInMs, limitedBy } = forecast(this.ahead(), [mixOf(orders)], this.clock.monotonic());
    return { endsAt: Number.isFinite(endsInMs) ? Math.round(this.clock.now() + endsInMs) : endsInMs, limitedBy };
  }

  announce(orders: LeavingOrders): () => void {
    this.announced.add(orders);
    return () => this.announced.delete(orders);
  }

  async readAccount(): Promise<void> {}

  comparisonsPerMinute(): number {
    return this.comparesElsewhere ? Number.POSITIVE_INFINITY : this.config.keptPerMinute.truth / READS_PER_COMPARISON;
  }

  standing(): EgressStanding {
    return standingOf(this.ahead(), ['key'], [this.refusals], this.clock.monotonic(), this.clock.now());
  }

  /** The key's minute as it stands, with what waits and what is announced in line. */
  private ahead(): EgressScheduler {
    const ahead = this.scheduler.copy();
    const waiting = this.budget.waitingOrders();
    for (const { reduction, entry } of [waiting, ...[...this.announced].map(mixOf)]) {
      const flow = ahead.open(IN_FRONT);
      ahead.ask(0, flow, 'reduction', { tokens: { length: 0 }, count: reduction });
      ahead.ask(0, flow, 'entry', { tokens: { length: 0 }, count: entry });
    }
    return ahead;
  }
}

function mixOf({ count, exit }: LeavingOrders): { readonly reduction: number; readonly entry: number } {
  let reduction = 0;
  for (let row = 0; row < count; row += 1) reduction += exit[row] === 1 ? 1 : 0;
  return { reduction, entry: count - reduction };
}
