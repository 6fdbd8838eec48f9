import { type Instrument, present } from '@lockstep/kernel';
import { membersIn, netRange } from '@lockstep/replication';
import type { EngineContext } from '../context';
import { readAllNext } from '../state/real-equity';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { ownLots } from '../state/shared-accounts';
import type { WaveLanes } from '../wave/wave-lanes';
import type { Differences } from './differences';

/**
 * Counts what a follower trades beside the copies as soon as the venue's fills tell it. A comparison needs a reading with nothing on its way, and while exits that
 * the follower's trade made void are tried again there is none; a fill needs nothing: it is not ours, and says by how much the account changed. Until then the
 * copies' exits would be sized by what is not there any more.
 */
export class OwnTradeCounter {
  /** Accounts of which something waits for orders of ours. */
  private readonly behind = new Set<AccountRecord>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly lanes: Pick<WaveLanes, 'alone' | 'aloneOnceAllIdle'>,
    private readonly differences: Pick<Differences, 'take'>,
  ) {}

  /** Resolves once what is known now is counted, or left to the next comparison. */
  async count(account: AccountRecord): Promise<void> {
    await Promise.all(this.ctx.ownTrades.coinsOf(account).map((coin) => this.countCoin(account, coin)));
  }

  /** Takes the accounts of which something had to wait for orders of ours: what of it can be counted by now is to be counted again. */
  takeBehind(): readonly AccountRecord[] {
    const found = [...this.behind];
    this.behind.clear();
    return found;
  }

  private async countCoin(account: AccountRecord, coin: string): Promise<void> {
    const copies = this.copiesIn(account, coin);
    const [only] = copies;
    // What nobody has met is read, not counted.
    if (only === undefined) {
      readAllNext(account);
      return this.ctx.ownTrades.lose(account, coin);
    }
    const sheet = present(only.watched.book.findSheet(coin), `sheet of ${coin}`);
    const work = (): Promise<void> => this.takeTold(account, sheet.instrument);
    if (copies.length === 1) return this.lanes.alone(only.watched, coin, work);
    const watched = () => this.copiesIn(account, coin).map((copy) => copy.watched);
    return this.lanes.aloneOnceAllIdle(`own trades of ${account.no}`, watched, coin, work);
  }

  private copiesIn(account: AccountRecord, coin: string): readonly CopyRecord[] {
    return this.ctx.registry.copiesOf(account).filter(({ watched }) => watched.book.findSheet(coin) !== undefined);
  }

  private async takeTold(account: AccountRecord, instrument: Instrument): Promise<void> {
    const { registry, ownTrades } = this.ctx;
    const { coin } = instrument;
    if (this.copiesIn(account, coin).length === 0) return;
    if (this.isBehind(account, coin)) {
      this.behind.add(account);
      return;
    }
    const told = ownTrades.take(account, instrument);
    if (told === null) return;
    // A reading that is older than this tells another position than the columns from here on.
    account.touched += 1;
    const held = () => {
      const known = netRange(membersIn(registry.rowsOf(account), coin), ownLots(registry, account, coin)).net;
      return { netLots: known + told.lots, foreignTrades: told.trades, unresolved: false };
    };
    const lost = (): void => ownTrades.lose(account, coin);
    const isOver = await this.differences.take(account, instrument, held).catch((failure: unknown) => {
      lost();
      throw failure;
    });
    if (!isOver) lost();
  }

  /** Orders of unknown outcome filled before, and the columns do not hold that yet: how much there was to trade against is not known. */
  private isBehind(account: AccountRecord, coin: string): boolean {
    const open = [...this.ctx.openOrders.ofAccount(account.index)];
    return open.some(
      ({ sheet, filledLots, bookedLots, ledBooked }) => sheet.instrument.coin === coin && filledLots === null && bookedLots > ledBooked,
    );
  }
}
