import type { TenantScope } from '@lockstep/kernel';
import { pause } from '@lockstep/platform';
import {
  type Cross,
  type CrossDesire,
  type CrossOptions,
  EXIT_BAND,
  findCrosses,
  type InstrumentSheet,
  mayCross,
  membersIn,
  revalue,
} from '@lockstep/replication';
import { nextWaveNumber } from '@lockstep/storage';
import { bookCross } from '../books/book-cross';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import type { EngineContext } from '../context';
import type { OpenOrder } from '../state/open-orders';
import type { AccountRecord, WatchedAccount } from '../state/registry';
import { stopsUntouched } from '../stops/settle-stops';
import { mayHaveTraded } from '../stops/standing-stops';
import { readStops } from '../unheard-stops';
import { refreshPrices } from '../wave/plan-moves';
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
    private readonly fills: Pick<FillCollector, 'read'>,
  ) {}

  /** Crosses what can be crossed in one instrument on the accounts of a leader's copies; resolves at once where nothing can, else when it is done or late. */
  async cross(watched: WatchedAccount, sheet: InstrumentSheet): Promise<void> {
    const { registry, limits, timers } = this.ctx;
    const { coin } = sheet.instrument;
    const willing: AccountRecord[] = [];
    for (const account of registry.sharedAccountsOf(watched)) {
      if (willing.length >= limits.crossesMax) break;
      if (!this.running.has(keyOf(account, coin)) && mayCross(membersIn(registry.rowsOf(account), coin))) willing.push(account);
    }
    if (willing.length === 0) return;
    const options = this.value(willing);
    const crossing = willing.filter((account) => this.first(account, coin, options) !== undefined).map((account) => this.crossOnce(account, coin));
    if (crossing.length > 0) await Promise.race([Promise.all(crossing), pause(timers, limits.crossWaitMaxMs)]);
  }

  /** Brings prices and values of all books the accounts' copies stand in up to now, each once. */
  private value(accounts: readonly AccountRecord[]): CrossOptions {
    const { registry, clock, limits } = this.ctx;
    const { markMaxAgeMs, bookMaxAgeMs } = limits;
    const options = { now: Math.floor(clock.now()), markMaxAgeMs, bookMaxAgeMs, exitBand: EXIT_BAND };
    for (const watched of new Set(accounts.flatMap((account) => registry.copiesOf(account).map((copy) => copy.watched)))) {
      refreshPrices(watched);
      revalue(watched.book, options.now, markMaxAgeMs);
    }
    return options;
  }

  /** A cross that cannot be written keeps nothing from the venue: it is as if it had not been found. */
  private async crossOnce(account: AccountRecord, coin: string): Promise<void> {
    const key = keyOf(account, coin);
    this.running.add(key);
    try {
      if (this.openOrders(account, coin).some(({ filledLots }) => filledLots !== null)) await this.fills.read(account);
      // An order that stands is none of those under way: what it closed is closed once more by a cross, which no venue refuses as it does an exit. Mirrors stand
      // here as long as one from before the copies shared the account is not cancelled.
      if (!(await stopsUntouched(this.ctx, account, coin))) return;
      const no = await this.ctx.storage.platform((unit) => nextWaveNumber(unit));
      const watched = this.ctx.registry.copiesOf(account).map((copy) => copy.watched);
      // Lanes are taken once it is the books' turn, never while waiting for it.
      await this.books.run(account.scope, async () => {
        await this.meetStops(account.scope);
        await this.lanes.aloneInAll(watched, coin, () => this.crossAlone(account, coin, no));
      });
    } catch (failure) {
      this.ctx.log.error('copies could not cross', { venueAccountNo: account.no, coin, error: failure });
    } finally {
      this.running.delete(key);
    }
  }

  /** What is entered by a cross is new risk as any: a stop that no wake-up told of is met before it is decided on (product §3). */
  private async meetStops(scope: TenantScope): Promise<void> {
    await readStops(this.ctx, scope);
  }

  private async crossAlone(account: AccountRecord, coin: string, no: number): Promise<void> {
    const { ctx } = this;
    const cross = this.first(account, coin, this.value([account]));
    const buyer = cross && ctx.registry.copies.get(cross.buyer.copyNo);
    const seller = cross && ctx.registry.copies.get(cross.seller.copyNo);
    if (cross === undefined || buyer === undefined || seller === undefined) return;
    // Until a breaker is written, exits in the journal are all a restart knows of it, and a cross leaves none there: the venue is asked.
    if (ctx.unwrittenBreakers.has(buyer) || ctx.unwrittenBreakers.has(seller)) return;
    // What filled before the cross is booked before it: a copy's profit is reckoned on its average entry (product §2.6).
    if (this.openOrders(account, coin).some(({ copy }) => copy === buyer || copy === seller)) return;
    // The venue was asked about what stands before the books' turn came, which a slow database makes long.
    if (ctx.standingStops.ofAccount(account).some((stop) => stop.instrument.coin === coin && mayHaveTraded(stop))) return;
    await bookCross(ctx, { no, cross, account, buyer, seller, coin });
    ctx.log.info('copies crossed inside their account', { venueAccountNo: account.no, coin, crossNo: no, lots: cross.lots });
  }

  /** Orders of an account that have no outcome, or fills that are not booked. */
  private openOrders(account: AccountRecord, coin: string): OpenOrder[] {
    return [...this.ctx.openOrders.ofAccount(account.index)].filter(({ sheet }) => sheet.instrument.coin === coin);
  }

  /** The first of what can cross; the next is found by the next repair. */
  private first(account: AccountRecord, coin: string, options: CrossOptions): Cross | undefined {
    const crosses = findCrosses(membersIn(this.ctx.registry.rowsOf(account), coin), options);
    return crosses.find(({ buyer, seller }) => !this.isOpposed(buyer, coin) && !this.isOpposed(seller, coin));
  }

  /** Nothing is entered behind a leader of whom it is told that he leaves: while the database is slow that may not be recorded for long. */
  private isOpposed({ copyNo, exit }: CrossDesire, coin: string): boolean {
    return !exit && this.ctx.registry.copies.get(copyNo)?.watched.leaving.has(coin) === true;
  }
}

const keyOf = (account: AccountRecord, coin: string): string => `${account.no} ${coin}`;
