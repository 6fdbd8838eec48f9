import type { Instrument } from '@lockstep/kernel';
import { leverageOf } from '@lockstep/replication';
import type { AccountState, VenuePosition } from '@lockstep/venues/port';
import { setLeverageIn, settlesLeverage } from '../accounts/leverage';
import type { EngineContext } from '../context';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { positionIn } from './position-in';

/**
 * Sets the leverage of instruments the leader first traded after the copy began: once per account and instrument, when a position in it is first seen.
 * A follower who changes it later keeps the choice until the engine starts again.
 */
export class LeverageKeeper {
  /** Accounts by index with the coins that need no further look. */
  private readonly kept = new Map<number, Set<string>>();

  constructor(private readonly ctx: EngineContext) {}

  /** Compares the leverage of what the copies hold with their settings. What the venue leaves unanswered is asked for again at the next call. */
  async keep(account: AccountRecord, copies: readonly CopyRecord[], states: readonly AccountState[]): Promise<void> {
    if (!account.signs) return;
    for (const copy of copies) {
      for (const sheet of copy.watched.book.allSheets()) {
        const { instrument } = sheet;
        if (this.isKept(account, instrument.coin)) continue;
        const position = positionIn(states, instrument);
        if (position === undefined || (sheet.rows.position[copy.row] ?? 0) === 0) continue;
        const leverage = leverageOf(copy.watched.book.copies, sheet, copy.row);
        if (await this.bring(account, instrument, position, leverage)) this.setKept(account, instrument.coin);
      }
    }
  }

  /** True when the leverage stands or the venue has refused it; a refusal is not repeated. */
  private async bring(account: AccountRecord, instrument: Instrument, position: VenuePosition, leverage: number): Promise<boolean> {
    if (position.leverage === leverage) return true;
    // The margin mode of an open position cannot be changed.
    const outcome = await setLeverageIn(this.ctx, account, instrument, leverage, position.cross);
    const seen = { venueAccountNo: account.no, coin: instrument.coin, from: position.leverage, to: leverage };
    if (outcome.kind === 'rejected') this.ctx.log.warn('a leverage was refused', { ...seen, text: outcome.text });
    else this.ctx.log.info('a leverage was set', { ...seen, outcome: outcome.kind });
    return settlesLeverage(outcome);
  }

  private isKept(account: AccountRecord, coin: string): boolean {
    return this.kept.get(account.index)?.has(coin) ?? false;
  }

  private setKept(account: AccountRecord, coin: string): void {
    const coins = this.kept.get(account.index) ?? new Set();
    this.kept.set(account.index, coins.add(coin));
  }
}
