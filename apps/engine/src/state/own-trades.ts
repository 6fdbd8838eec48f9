import { direction, type EpochMs, type Instrument, type Size, size, toExact, toLots } from '@lockstep/kernel';
import type { ForeignTrades } from '@lockstep/replication';
import type { VenueFill } from '@lockstep/venues/port';
import type { AccountRecord } from './registry';

interface OwnTrade {
  /** Signed. */
  readonly quantity: Size;
  readonly price: bigint;
  readonly at: EpochMs;
  readonly held: HeldBefore;
}

/** What each copy of an account held in a coin before a trade, signed, by copy number, as booked: fills are booked in the order they happened. */
export type HeldBefore = ReadonlyMap<number, Size>;

/** Trades kept per account and coin; with more of them in one comparison the mark is taken. */
const TRADES_MAX = 1_000;

/**
 * Fills that no order of ours explains, until the comparison that counts them: they tell at which price a follower, or a liquidation, closed against a
 * copy, and against which. Memory only: after a restart those of before are gone, and the mark and what copies hold then stand for them.
 */
export class OwnTrades {
  private readonly trades = new Map<string, OwnTrade[]>();

  add(account: AccountRecord, fill: VenueFill, held: HeldBefore): void {
    const known = this.of(account, fill.coin);
    if (known.length < TRADES_MAX) known.push({ quantity: size(direction(fill.side) * fill.size), price: fill.price, at: fill.time, held });
    this.trades.set(keyOf(account, fill.coin), known);
  }

  /** What happened up to a moment. Null when that is nothing, or trades of both sides: those have no one price. */
  upTo(account: AccountRecord, instrument: Instrument, until: EpochMs): ForeignTrades | null {
    const due = this.of(account, instrument.coin).filter(({ at }) => at <= until);
    const quantity = due.reduce((sum, trade) => sum + trade.quantity, 0n);
    const oneSided = due.every((trade) => trade.quantity > 0n === quantity > 0n);
    if (quantity === 0n || !oneSided) return null;
    const value = due.reduce((sum, trade) => sum + trade.quantity * trade.price, 0n);
    const each = due.map((trade) => ({
      lots: toLots(instrument, trade.quantity),
      held: new Map([...trade.held].map(([copyNo, held]) => [copyNo, toLots(instrument, held)])),
    }));
    return { lots: toLots(instrument, size(quantity)), price: toExact(value / quantity, 'price of own trades'), each };
  }

  /** True while trades wait for the comparison that counts them. */
  has(account: AccountRecord, { coin }: Instrument): boolean {
    return this.of(account, coin).length > 0;
  }

  /** Lets go of what a comparison counted. */
  forget(account: AccountRecord, { coin }: Instrument, until: EpochMs): void {
    const later = this.of(account, coin).filter(({ at }) => at > until);
    if (later.length > 0) this.trades.set(keyOf(account, coin), later);
    else this.trades.delete(keyOf(account, coin));
  }

  private of(account: AccountRecord, coin: string): OwnTrade[] {
    return this.trades.get(keyOf(account, coin)) ?? [];
  }
}

const keyOf = (account: AccountRecord, coin: string): string => `${account.no} ${coin}`;
