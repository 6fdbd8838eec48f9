import { type AccountMember, type Cross, findCrosses, type InstrumentSheet, mayCross, revalue } from '@lockstep/replication';
import { nextWaveNumber } from '@lockstep/storage';
import { bookCross } from '../books/book-cross';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import type { AccountRecord, CopyRecord, WatchedAccount } from '../state/registry';
import { membersOf } from '../state/shared-accounts';
import { planOptions, refreshPrices } from '../wave/plan-moves';
import type { WaveLanes } from '../wave/wave-lanes';

/**
 * Lets copies of one account that want the opposite of each other trade inside it, before a repair would send either to the venue (product §2.6). What a wave
 * sends is on its way already and does not wait for this.
 */
export class InsideCrossing {
  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly lanes: Pick<WaveLanes, 'aloneInAll'>,
  ) {}

  /**
   * Crosses what can be crossed in one instrument on the accounts of a leader's copies. It never keeps a repair waiting: where nothing may cross, where a wave
   * of another leader runs, or where it cannot be written down, it resolves at once and the venue is asked.
   */
  async cross(watched: WatchedAccount, sheet: InstrumentSheet): Promise<void> {
    const { registry } = this.ctx;
    const { coin } = sheet.instrument;
    for (const account of [...registry.sharedAccountsOf(watched)]) {
      if (!mayCross(membersOf(registry, account, coin))) continue;
      const books = registry.copiesOf(account).map((copy) => copy.watched);
      await this.lanes
        .aloneInAll(books, coin, () => this.crossAlone(account, coin))
        ?.catch((failure: unknown) => this.ctx.log.error('copies could not cross', { venueAccountNo: account.no, coin, error: failure }));
    }
  }

  private async crossAlone(account: AccountRecord, coin: string): Promise<void> {
    const { ctx } = this;
    const no = await ctx.storage.platform((unit) => nextWaveNumber(unit));
    // Prices are looked at only once it is the books' turn, so that these are not old when the cross is made.
    await this.books.run(account.scope, async () => {
      const cross = this.first(account, coin);
      if (cross === undefined) return;
      const [buyer, seller] = [this.copyOf(cross.buyer.copyNo), this.copyOf(cross.seller.copyNo)];
      if (buyer === undefined || seller === undefined) return;
      await bookCross(ctx, { no, cross, account, buyer, seller, coin });
      ctx.log.info('copies crossed inside their account', { venueAccountNo: account.no, coin, crossNo: no, lots: cross.lots });
    });
  }

  /** The first of what can cross now; the next is found by the next repair. */
  private first(account: AccountRecord, coin: string): Cross | undefined {
    const { ctx } = this;
    const members: readonly AccountMember[] = membersOf(ctx.registry, account, coin);
    if (!mayCross(members)) return undefined;
    const options = planOptions(ctx, account.network);
    for (const { watched } of ctx.registry.copiesOf(account)) refreshPrices(watched);
    for (const book of new Set(members.map((member) => member.book))) revalue(book, options.now, options.markMaxAgeMs);
    return findCrosses(members, options)[0];
  }

  private copyOf(copyNo: number): CopyRecord | undefined {
    return this.ctx.registry.copies.get(copyNo);
  }
}
