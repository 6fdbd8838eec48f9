import { pause } from '@lockstep/platform';
import { type Cross, findCrosses, type InstrumentSheet, mayCross, membersIn, revalue } from '@lockstep/replication';
import { nextWaveNumber } from '@lockstep/storage';
import { bookCross } from '../books/book-cross';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import type { AccountRecord, WatchedAccount } from '../state/registry';
import { planOptions, refreshPrices } from '../wave/plan-moves';
import type { WaveLanes } from '../wave/wave-lanes';

/**
 * Lets copies of one account that want the opposite of each other trade inside it, before a repair would send either to the venue (product §2.6). What a wave
 * sends is on its way already and does not wait for this. Nothing that closes waits for it long: lanes are held for one commit and only where they stood
 * idle, and a repair goes on after `crossWaitMaxMs` whatever became of it.
 */
export class InsideCrossing {
  /** What is being crossed, by account and coin. */
  private readonly running = new Set<string>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly lanes: Pick<WaveLanes, 'aloneInAll'>,
  ) {}

  /** Crosses what can be crossed in one instrument on the accounts of a leader's copies; resolves at once where nothing may, else when it is done or late. */
  async cross(watched: WatchedAccount, sheet: InstrumentSheet): Promise<void> {
    const { registry, limits, timers } = this.ctx;
    const { coin } = sheet.instrument;
    const crossing: Promise<void>[] = [];
    for (const account of registry.sharedAccountsOf(watched)) {
      if (crossing.length >= limits.crossesMax) break;
      if (mayCross(membersIn(registry.rowsOf(account), coin))) crossing.push(this.crossOnce(account, coin));
    }
    if (crossing.length > 0) await Promise.race([Promise.all(crossing), pause(timers, limits.crossWaitMaxMs)]);
  }

  /** A cross that cannot be written keeps nothing from the venue: it is as if it had not been found. */
  private async crossOnce(account: AccountRecord, coin: string): Promise<void> {
    const key = `${account.no} ${coin}`;
    if (this.running.has(key)) return;
    this.running.add(key);
    try {
      const no = await this.ctx.storage.platform((unit) => nextWaveNumber(unit));
      const watched = this.ctx.registry.copiesOf(account).map((copy) => copy.watched);
      // Lanes are taken once it is the books' turn, never while waiting for it.
      await this.books.run(account.scope, async () => {
        await this.lanes.aloneInAll(watched, coin, () => this.crossAlone(account, coin, no));
      });
    } catch (failure) {
      this.ctx.log.error('copies could not cross', { venueAccountNo: account.no, coin, error: failure });
    } finally {
      this.running.delete(key);
    }
  }

  private async crossAlone(account: AccountRecord, coin: string, no: number): Promise<void> {
    const { ctx } = this;
    const cross = this.first(account, coin);
    const buyer = cross && ctx.registry.copies.get(cross.buyer.copyNo);
    const seller = cross && ctx.registry.copies.get(cross.seller.copyNo);
    if (cross === undefined || buyer === undefined || seller === undefined) return;
    await bookCross(ctx, { no, cross, account, buyer, seller, coin });
    ctx.log.info('copies crossed inside their account', { venueAccountNo: account.no, coin, crossNo: no, lots: cross.lots });
  }

  /** The first of what can cross now; the next is found by the next repair. */
  private first(account: AccountRecord, coin: string): Cross | undefined {
    const { ctx } = this;
    const members = membersIn(ctx.registry.rowsOf(account), coin);
    if (!mayCross(members)) return undefined;
    const options = planOptions(ctx, account.network);
    for (const { watched } of ctx.registry.copiesOf(account)) refreshPrices(watched);
    for (const book of new Set(members.map((member) => member.book))) revalue(book, options.now, options.markMaxAgeMs);
    return findCrosses(members, options)[0];
  }
}
