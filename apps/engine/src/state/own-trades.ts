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

/** A reading of a clearinghouse: what the follower held in coins no copy had met is known as of it. */
interface UnmetRead {
  readonly at: EpochMs;
  /** Coins copies had met: of these it told nothing. */
  readonly met: ReadonlySet<string>;
  /** Coins traded in since, while no copy had met them. */
  readonly lost: Set<string>;
}

/** Trades that are taken for counting, signed lots together. */
export interface UncountedTrades {
  readonly lots: number;
  /** Null where they have no one price. */
  readonly trades: ForeignTrades | null;
}

/**
 * Fills that no order of ours explains, until they are counted: by themselves as soon as they are told (`count-own-trades.ts`), or by the comparison with a
 * reading of the account they are in. They tell at which price a follower, or a liquidation, closed against a copy, and against which. Each counts once: a comparison counts all
 * up to the time of its reading, told or not, and what is told of before that later is none any more. Before the first comparison nothing is known to be
 * counted, so only that one counts, but for a coin no copy had met when the account was read: what the follower held of it is known since then. Memory only: after
 * a restart those of before are gone, and the mark and what copies hold then stand for them.
 */
export class OwnTrades {
  private readonly trades = new Map<string, OwnTrade[]>();
  /** Up to which moment of the venue all trades are counted. */
  private readonly countedTo = new Map<string, EpochMs>();
  /** The newest reading of each clearinghouse, by dex, of an account, by its number. */
  private readonly unmet = new Map<number, Map<string, UnmetRead>>();

  add(account: AccountRecord, fill: VenueFill, held: HeldBefore): void {
    if (fill.time <= (this.countedTo.get(keyOf(account, fill.coin)) ?? Number.NEGATIVE_INFINITY)) return;
    const known = this.of(account, fill.coin);
    if (known.length < TRADES_MAX) known.push({ quantity: size(direction(fill.side) * fill.size), price: fill.price, at: fill.time, held });
    this.trades.set(keyOf(account, fill.coin), known);
  }

  /** What happened up to a moment. Null when that is nothing, or trades of both sides: those have no one price. */
  upTo(account: AccountRecord, instrument: Instrument, until: EpochMs): ForeignTrades | null {
    return together(
      instrument,
      this.of(account, instrument.coin).filter(({ at }) => at <= until),
    );
  }

  /** Coins of an account in which trades wait. */
  coinsOf(account: AccountRecord): readonly string[] {
    const prefix = keyOf(account, '');
    return [...this.trades.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  }

  /** Takes the trades that wait, to be counted by themselves; null: there are none, or some may be counted already. */
  take(account: AccountRecord, instrument: Instrument): UncountedTrades | null {
    const key = keyOf(account, instrument.coin);
    const waiting = this.of(account, instrument.coin);
    const countedTo = this.countedFor(account, instrument);
    // With more of them some are not known.
    if (waiting.length === 0 || waiting.length >= TRADES_MAX || countedTo === null) return null;
    this.trades.delete(key);
    this.countedTo.set(key, countedTo);
    const known = waiting.filter(({ at }) => at > countedTo);
    if (known.length === 0) return null;
    const quantity = known.reduce((sum, trade) => sum + trade.quantity, 0n);
    return { lots: toLots(instrument, size(quantity)), trades: together(instrument, known) };
  }

  /**
   * A clearinghouse of an account was read at `time`, and what the follower holds in coins no copy has met is noted from it (`noteUnmet`). What they trade there from
   * then on counts as soon as it is told, also where a copy meets the coin before the next reading.
   */
  readUnmet(account: AccountRecord, { dex, time }: { readonly dex: string; readonly time: EpochMs }, met: readonly Instrument[]): void {
    const here = met.filter((instrument) => instrument.dex === dex);
    // Of one that was met since the reading before, that one told last.
    for (const instrument of here) {
      const countedTo = this.countedFor(account, instrument);
      if (countedTo !== null) this.countedTo.set(keyOf(account, instrument.coin), countedTo);
    }
    const reads = this.unmet.get(account.no) ?? new Map<string, UnmetRead>();
    this.unmet.set(account.no, reads.set(dex, { at: time, met: new Set(here.map(({ coin }) => coin)), lost: new Set() }));
  }

  /** A close by the follower is booked to a copy: of the trades that still wait, all were told before that, and what it held before them is less by it. */
  closed(account: AccountRecord, coin: string, copyNo: number, quantity: Size): void {
    const key = keyOf(account, coin);
    const known = this.trades.get(key);
    if (known === undefined) return;
    const less = ({ held }: OwnTrade): HeldBefore => new Map(held).set(copyNo, size((held.get(copyNo) ?? 0n) + quantity));
    this.trades.set(
      key,
      known.map((trade) => ({ ...trade, held: less(trade) })),
    );
  }

  /** No copy has met the coin any more, or what is counted is not known: the next comparison tells. */
  lose(account: AccountRecord, coin: string): void {
    this.trades.delete(keyOf(account, coin));
    this.countedTo.delete(keyOf(account, coin));
    for (const { lost } of this.unmet.get(account.no)?.values() ?? []) lost.add(coin);
  }

  /** True while trades wait for the comparison that counts them. */
  has(account: AccountRecord, { coin }: Instrument): boolean {
    return this.of(account, coin).length > 0;
  }

  /** Lets go of what a comparison counted. */
  forget(account: AccountRecord, { coin }: Instrument, until: EpochMs): void {
    const key = keyOf(account, coin);
    this.countedTo.set(key, Math.max(until, this.countedTo.get(key) ?? until));
    const later = this.of(account, coin).filter(({ at }) => at > until);
    if (later.length > 0) this.trades.set(keyOf(account, coin), later);
    else this.trades.delete(keyOf(account, coin));
  }

  /** Up to when all trades of a coin are counted, or in what was noted before a copy met it; null: that is not known. */
  private countedFor(account: AccountRecord, { coin, dex }: Instrument): EpochMs | null {
    const compared = this.countedTo.get(keyOf(account, coin)) ?? null;
    const read = this.unmet.get(account.no)?.get(dex);
    if (read === undefined || read.met.has(coin) || read.lost.has(coin)) return compared;
    return Math.max(read.at, compared ?? read.at);
  }

  private of(account: AccountRecord, coin: string): OwnTrade[] {
    return this.trades.get(keyOf(account, coin)) ?? [];
  }
}

function together(instrument: Instrument, due: readonly OwnTrade[]): ForeignTrades | null {
  const quantity = due.reduce((sum, trade) => sum + trade.quantity, 0n);
  const oneSided = due.every((trade) => trade.quantity > 0n === quantity > 0n);
  if (quantity === 0n || !oneSided) return null;
  const value = due.reduce((sum, trade) => sum + trade.quantity * trade.price, 0n);
  const each = due.map((trade) => ({
    lots: toLots(instrument, trade.quantity),
    at: trade.at,
    held: new Map([...trade.held].map(([copyNo, held]) => [copyNo, toLots(instrument, held)])),
  }));
  return { lots: toLots(instrument, size(quantity)), price: toExact(value / quantity, 'price of own trades'), each };
}

const keyOf = (account: AccountRecord, coin: string): string => `${account.no} ${coin}`;
