import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';
import type { Bookkeeper } from './bookkeeper';

/**
 * Reads fills from the venue's truth, the only place that knows fees, and hands them to the books. Level-triggered: whatever is owed (lots the venue
 * said it filled, minus lots booked) is read again until it is booked. Reads run side by side within the context's places.
 */
export class FillCollector {
  private readonly reading = new Set<number>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => this.collect(), this.ctx.limits.collectIntervalMs);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Reads every account that is owed fills. Returns at once. */
  collect(): void {
    for (const account of this.ctx.openOrders.accountsToRead()) void this.read(account);
  }

  /** Reads one account now, owed or not; resolves when its fills are handed to the books, false when the venue could not be read. */
  async read(account: AccountRecord): Promise<boolean> {
    if (this.reading.has(account.index)) return true;
    this.reading.add(account.index);
    try {
      return await this.ctx.truthReads.run(() => this.readNow(account));
    } finally {
      this.reading.delete(account.index);
    }
  }

  /** Reads the accounts and resolves once all that was read is booked. */
  async settle(accounts: Iterable<AccountRecord>): Promise<void> {
    await Promise.all([...accounts].map((account) => this.read(account)));
    await this.books.idle();
  }

  private async readNow(account: AccountRecord): Promise<boolean> {
    const answer = await account.network.venue.truth.fills(account.address, account.fillsReadTo);
    if (!answer.ok) {
      this.ctx.log.warn('fills could not be read', { venueAccountNo: account.no, code: answer.error.code, detail: answer.error.detail });
      return false;
    }
    const fresh = answer.value.filter((fill) => fill.time >= account.fillsReadTo);
    if (fresh.length > 0) this.books.takeFills({ account, fills: fresh });
    return true;
  }
}
