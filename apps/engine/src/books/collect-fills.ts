import { type Timer } from '@lockstep/kernel';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';
import type { Bookkeeper } from './bookkeeper';
import { nameFills } from './name-fills';

/**
 * Reads fills from the venue's truth, the only place that knows fees, and hands them to the books. Level-triggered: whatever is owed (lots the venue
 * said it filled, minus lots booked) is read again until it is booked. Reads run side by side within the context's places.
 */
export class FillCollector {
  private readonly reading = new Map<number, Promise<boolean>>();
  private timer: Timer | null = null;

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
  ) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.collectIntervalMs, () => this.collect());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Reads every account that is owed fills, once no wave is on its way. Returns at once. */
  collect(): void {
    if (this.ctx.sending.busy) return;
    for (const account of this.ctx.openOrders.accountsToRead()) void this.read(account);
  }

  /** Reads one account now, owed or not; resolves when its fills are booked, false when the venue could not be read. Joins a reading that runs. */
  read(account: AccountRecord): Promise<boolean> {
    const running = this.reading.get(account.index);
    if (running !== undefined) return running;
    const reading = this.readAndBook(account).finally(() => this.reading.delete(account.index));
    this.reading.set(account.index, reading);
    return reading;
  }

  /** Reads the accounts and resolves once all that was read is booked. */
  async settle(accounts: Iterable<AccountRecord>): Promise<void> {
    await Promise.all([...accounts].map((account) => this.read(account)));
    await this.books.idle();
  }

  /** An account is read again only after what was read is booked: until then its orders look owed, and every look would ask the venue anew. */
  private async readAndBook(account: AccountRecord): Promise<boolean> {
    const answer = await this.ctx.truthReads.run(async () => {
      await this.ctx.sending.quiet();
      return account.network.venue.truth.fills(account.address, account.fillsReadTo);
    });
    if (!answer.ok) {
      this.ctx.log.warn('fills could not be read', { venueAccountNo: account.no, code: answer.error.code, detail: answer.error.detail });
      return false;
    }
    const fresh = await nameFills(
      this.ctx,
      account,
      answer.value.filter((fill) => fill.time >= account.fillsReadTo),
    );
    if (fresh.length > 0) await this.books.takeFills({ account, fills: fresh });
    return true;
  }
}
