import { type Money, money, type Price, type Size } from '@lockstep/kernel';
import { applyFill, FLAT, type PositionBook } from '@lockstep/ledger';
import { type Intent, NO_INTENT } from './intent';

/** What one copy has in one instrument as booked from the venue's own fills. */
export interface BookedPosition {
  readonly book: PositionBook;
  readonly realised: Money;
  readonly fees: Money;
  readonly funding: Money;
  /** Counts episodes: grows each time the position leaves flat. */
  readonly episodeNo: bigint;
}

/** A copy in one instrument: what is booked, and what the last journaled wave intends. */
export interface KeptPosition {
  readonly booked: BookedPosition;
  readonly intent: Intent;
}

export const NOTHING_BOOKED: BookedPosition = { book: FLAT, realised: money(0n), fees: money(0n), funding: money(0n), episodeNo: 0n };

/** Books a signed fill with its whole fee and tells the profit it closed. */
export function bookFill(
  before: BookedPosition,
  quantity: Size,
  price: Price,
  fee: Money,
): { readonly after: BookedPosition; readonly closedPnl: Money } {
  const { book, closedPnl } = applyFill(before.book, quantity, price);
  const opened = before.book.quantity === 0n || (book.quantity !== 0n && book.quantity > 0n !== before.book.quantity > 0n);
  const after: BookedPosition = {
    book,
    realised: money(before.realised + closedPnl),
    fees: money(before.fees + fee),
    funding: before.funding,
    episodeNo: opened ? before.episodeNo + 1n : before.episodeNo,
  };
  return { after, closedPnl };
}

const NOTHING_KEPT: KeptPosition = { booked: NOTHING_BOOKED, intent: NO_INTENT };

/**
 * The positions of all copies as `copy_positions` holds them: changed only after the transaction that wrote them committed.
 * Planning does not read it: planning goes on from outcomes, which are known earlier; this is what money is counted on.
 */
export class CopyLedger {
  private readonly byCopy = new Map<number, Map<string, KeptPosition>>();
  private readonly handedIntents = new Map<number, Map<string, Intent>>();

  get(copyNo: number, coin: string): KeptPosition {
    return this.byCopy.get(copyNo)?.get(coin) ?? NOTHING_KEPT;
  }

  set(copyNo: number, coin: string, position: KeptPosition): void {
    const coins = this.byCopy.get(copyNo) ?? new Map<string, KeptPosition>();
    coins.set(coin, position);
    this.byCopy.set(copyNo, coins);
  }

  /** Notes an intent that is on its way into the books: what a later one is compared with, long before it is written. */
  hand(copyNo: number, coin: string, intent: Intent): void {
    const coins = this.handedIntents.get(copyNo) ?? new Map<string, Intent>();
    coins.set(coin, intent);
    this.handedIntents.set(copyNo, coins);
  }

  /** The newest intent that is written or on its way there. */
  newestIntent(copyNo: number, coin: string): Intent {
    return this.handedIntents.get(copyNo)?.get(coin) ?? this.get(copyNo, coin).intent;
  }

  /** Adds funding (signed) to a position; one that is not kept here stays so. */
  addFunding(copyNo: number, coin: string, amount: Money): void {
    const kept = this.byCopy.get(copyNo)?.get(coin);
    if (kept === undefined) return;
    this.set(copyNo, coin, { ...kept, booked: { ...kept.booked, funding: money(kept.booked.funding + amount) } });
  }

  coins(copyNo: number): IterableIterator<[string, KeptPosition]> {
    return (this.byCopy.get(copyNo) ?? new Map<string, KeptPosition>()).entries();
  }

  /** Realised PnL − fees + funding over all instruments. */
  netPnl(copyNo: number): Money {
    let total = 0n;
    for (const [, { booked }] of this.coins(copyNo)) total += booked.realised - booked.fees + booked.funding;
    return money(total);
  }

  drop(copyNo: number): void {
    this.byCopy.delete(copyNo);
    this.handedIntents.delete(copyNo);
  }
}
