import type { RawTrade } from '../wire/trades';

/** Trades not processed before, oldest first. `lost`: some before them may have been missed. */
export interface TapeReading {
  readonly fresh: readonly RawTrade[];
  readonly lost: boolean;
}

const NOTHING: TapeReading = { fresh: [], lost: false };
/** Trades of one connection that wait for the other one to catch up. */
const HELD_MAX = 4_096;
/** Trades remembered per coin, to tell a late repetition from a trade that was overtaken. */
const SEEN_MAX = 2_048;

interface Link {
  /** True once it continues what was processed: from then on nothing is missing on it. */
  joined: boolean;
  held: RawTrade[];
}

/**
 * The public trades of one coin from several connections as one gapless tape. A connection that comes back is used once what it tells reaches back to
 * what was processed: the venue begins with the newest trades from before the subscription (thirty, recorded), or the other connection fills in between.
 * Without either, trades may be missing, and that is said. Trades of a block stand together on each connection, blocks in rising time.
 */
export class CoinTape {
  private readonly links = new Map<number, Link>();
  private readonly seen = new Map<string, number>();
  /** Time of the newest block processed; below zero before the first. */
  private head = -1;
  /** Nothing older than this was ever looked at. */
  private floor = -1;

  take(link: number, trades: readonly RawTrade[]): TapeReading {
    const [first] = trades;
    if (first === undefined) return NOTHING;
    const mine = this.links.get(link) ?? { joined: false, held: [] };
    this.links.set(link, mine);
    if (mine.joined) return this.withJoins(this.process(trades));
    mine.held = mine.held.length + trades.length > HELD_MAX ? [...trades] : [...mine.held, ...trades];
    if (this.reachesBack(mine.held)) return this.withJoins(this.join(mine, false));
    return this.hasJoined() ? NOTHING : this.withJoins(this.join(mine, true));
  }

  /** A connection was lost. What another one held back is processed if nobody is left to fill in before it. */
  down(link: number): TapeReading {
    this.links.delete(link);
    if (this.hasJoined()) return NOTHING;
    const [waiting] = [...this.links.values()].filter(({ held }) => held.length > 0);
    return waiting === undefined ? NOTHING : this.withJoins(this.join(waiting, true));
  }

  private hasJoined(): boolean {
    for (const { joined } of this.links.values()) if (joined) return true;
    return false;
  }

  /** Held trades that begin at or before what was processed continue it. */
  private reachesBack(held: readonly RawTrade[]): boolean {
    const [first] = held;
    return first !== undefined && this.head >= 0 && (first.time < this.head || this.seen.has(keyOf(first)));
  }

  private join(link: Link, lost: boolean): TapeReading {
    const { held } = link;
    link.joined = true;
    link.held = [];
    const reading = this.process(held);
    return { fresh: reading.fresh, lost: reading.lost || lost };
  }

  /** After progress of one connection, others may reach back to it. */
  private withJoins(reading: TapeReading): TapeReading {
    let { lost } = reading;
    const fresh = [...reading.fresh];
    for (const link of this.links.values()) {
      if (link.joined || !this.reachesBack(link.held)) continue;
      const more = this.join(link, false);
      fresh.push(...more.fresh);
      lost ||= more.lost;
    }
    return { fresh, lost };
  }

  private process(trades: readonly RawTrade[]): TapeReading {
    const fresh: RawTrade[] = [];
    let lost = false;
    if (this.floor < 0) this.floor = trades[0]?.time ?? 0;
    for (const trade of trades) {
      const key = keyOf(trade);
      if (this.seen.has(key)) continue;
      // Overtaken by a newer block: too late to stand in its place.
      if (trade.time < this.head) lost ||= trade.time >= this.floor;
      else {
        this.head = trade.time;
        this.remember(key, trade.time);
        fresh.push(trade);
      }
    }
    return { fresh, lost };
  }

  private remember(key: string, time: number): void {
    this.seen.set(key, time);
    if (this.seen.size <= SEEN_MAX) return;
    for (const [oldest, at] of this.seen) {
      // A block is forgotten whole, or the rest of it would look new; the newest one never is.
      if (this.seen.size <= SEEN_MAX / 2 || at >= this.head) break;
      this.seen.delete(oldest);
      this.floor = at + 1;
    }
  }
}

const keyOf = (trade: RawTrade): string => `${trade.time}:${trade.tid}`;
