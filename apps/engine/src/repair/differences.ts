import type { Instrument } from '@lockstep/kernel';
import { endByDelisting, membersIn, putOthers, type ReconcileEffect, reconcileMembers, type VenueNet } from '@lockstep/replication';
import type { Bookkeeper } from '../books/bookkeeper';
import { bookOwnPosition, bookUserClose } from '../books/user-close';
import type { EngineContext } from '../context';
import { type Intent, intentOf } from '../state/intent';
import type { AccountRecord } from '../state/registry';
import { ownLots } from '../state/shared-accounts';
import { refreshPrices } from '../wave/plan-moves';
import { noteCompared } from './account-nets';
import type { ForeignCloses } from './foreign-closes';

/** What an account holds in an instrument, however that is known. */
export type HeldNet = Pick<VenueNet, 'netLots' | 'foreignTrades' | 'unresolved'>;

/** Takes what an account holds otherwise than our record says into columns and books: what a follower closed against copies, and what is theirs beside them. */
export class Differences {
  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
    private readonly closes: ForeignCloses,
  ) {}

  /**
   * Call it while the lanes of all copies that have met the instrument are held. `held` is asked once their columns know each other. False where nothing could be
   * concluded, and nothing is changed; throws what could not be written.
   */
  async take(account: AccountRecord, instrument: Instrument, held: () => HeldNet): Promise<boolean> {
    const { registry } = this.ctx;
    const { coin } = instrument;
    const copies = registry.copiesOf(account).filter(({ watched }) => watched.book.findSheet(coin) !== undefined);
    const members = membersIn(registry.rowsOf(account), coin);
    if (copies.length > 1) putOthers(members, account.own.get(coin) ?? 0);
    for (const { watched } of copies) refreshPrices(watched);
    const wanted = new Map(copies.map((copy) => [copy.no, intentOf(copy.watched.book.sheet(instrument), copy.row)]));
    const effects = reconcileMembers(members, { venueAccount: account.index, ...held() });
    if (effects.some(isWaiting)) return false;
    const own = effects.find((effect) => effect.kind === 'own_position');
    noteCompared(account, coin, own?.lotsAfter ?? ownLots(registry, account, coin));
    await this.bookCloses(effects, instrument, wanted);
    if (own !== undefined && effects.length === 1) await bookOwnPosition(this.ctx, this.books, account, instrument);
    if (effects.length > 0) this.ctx.log.info('an account differed from our record', { venueAccountNo: account.no, coin, effects: effects.length });
    return true;
  }

  /**
   * Books what was closed against each copy. One that cannot be written keeps nothing from the others: it is as before, and seen again. All of them take their
   * turn of the books now: a copy that is flat from here on may be ended at once, and its end must find what closed it written.
   */
  private async bookCloses(effects: readonly ReconcileEffect[], instrument: Instrument, wanted: ReadonlyMap<number, Intent>): Promise<void> {
    const booked = effects.map(async (effect) => {
      if (effect.kind !== 'user_closed') return;
      const copy = this.ctx.registry.copies.get(effect.copyNo);
      const before = wanted.get(effect.copyNo);
      if (copy === undefined || before === undefined) return;
      const sheet = copy.watched.book.sheet(instrument);
      if (sheet.instrument.delisted) endByDelisting(sheet, copy.row);
      await bookUserClose(this.ctx, this.books, copy, sheet, effect, before);
      this.closes.note(copy, sheet);
    });
    for (const end of await Promise.allSettled(booked)) if (end.status === 'rejected') throw end.reason;
  }
}

const isWaiting = ({ kind }: ReconcileEffect): boolean => kind === 'wait_for_unknowns' || kind === 'wait_for_price';
