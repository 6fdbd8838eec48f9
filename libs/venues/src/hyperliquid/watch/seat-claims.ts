import type { Address } from '../../port';

/** When a seat counts as not given, in ms. */
export interface SeatTimes {
  /** After asking for its stream without an answer. */
  readonly answerMaxMs: number;
  /** How long a seat that was not given, or whose stream cannot be read, is not asked for again. */
  readonly againMs: number;
}

/**
 * Which seats the venue really gave. A stream that was asked for and never began looks like one that has nothing to tell: the venue may have lost the request,
 * or may count more users than we do, and its refusal names nobody (facts §10.1). Such a seat is given back, so that the sweep sees the address.
 */
export class SeatClaims {
  /** Seats without a stream, since when, over all connections. */
  private readonly asked = new Map<Address, number>();
  /** Addresses that get no seat, until when. */
  private readonly barred = new Map<Address, number>();
  /** Most seats to ask for while the venue gives no more, until when. */
  private cap: { readonly seats: number; readonly until: number } | null = null;
  /** Streams that began on the present connection, and since when it stands; null without one. */
  private begun = 0;
  private openedAt: number | null = null;

  constructor(
    private readonly times: SeatTimes,
    private readonly monotonic: () => number,
  ) {}

  ask(address: Address): void {
    if (!this.asked.has(address)) this.asked.set(address, this.monotonic());
  }

  opened(): void {
    this.openedAt = this.monotonic();
  }

  /** Its stream began. */
  answered(address: Address): void {
    if (this.asked.delete(address)) this.begun += 1;
  }

  drop(address: Address): void {
    this.asked.delete(address);
  }

  /** The connection is gone, and with it the streams of these. */
  down(seated: Iterable<Address>): void {
    for (const address of seated) this.ask(address);
    this.begun = 0;
    this.openedAt = null;
  }

  /** Whether the present connection stands so long that what is overdue was refused; else the connection itself is what is wanting. */
  get hadTime(): boolean {
    return this.openedAt !== null && this.openedAt <= this.monotonic() - this.times.answerMaxMs;
  }

  /** Whether any stream began on the present connection. */
  get answers(): boolean {
    return this.begun > 0;
  }

  /** Addresses whose stream should have begun long ago. */
  overdue(): readonly Address[] {
    const before = this.monotonic() - this.times.answerMaxMs;
    return [...this.asked].flatMap(([address, since]) => (since <= before ? [address] : []));
  }

  /** An address gets no seat for a while. */
  bar(address: Address): void {
    this.asked.delete(address);
    this.barred.set(address, this.monotonic() + this.times.againMs);
  }

  isBarred(address: Address): boolean {
    return this.barred.has(address);
  }

  /** The venue gives no more than so many for now. */
  limit(seats: number): void {
    this.cap = { seats, until: this.monotonic() + this.times.againMs };
  }

  /** Of so many seats, those that may be asked for now. */
  most(seats: number): number {
    return this.cap === null ? seats : Math.min(seats, this.cap.seats);
  }

  /** Forgets what ended; true when something did: seats may be asked for again. */
  renew(): boolean {
    const now = this.monotonic();
    let ended = false;
    for (const [address, until] of this.barred) if (until <= now) ended = this.barred.delete(address) || ended;
    if (this.cap !== null && this.cap.until <= now) {
      this.cap = null;
      ended = true;
    }
    return ended;
  }
}
