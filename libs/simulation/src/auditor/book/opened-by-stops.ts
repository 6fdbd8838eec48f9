import { abs, type EpochMs, min, sign } from '@lockstep/kernel';

/** The part of a protective stop's fill that went beyond flat. */
interface Opened {
  /** The fill it is of. */
  readonly fill: object;
  /** Signed; what was closed of it since is off. */
  left: bigint;
  /** When an engine has booked it at the latest. */
  bookedBy: EpochMs;
}

/**
 * What protective stops of a copy opened in one coin. A stop goes by what its account holds: where another copy holds the same side, it may fill although its own
 * copy has closed. Until the fill is booked an engine knows nothing of it: a stop is none of the orders that are on their way.
 */
export class OpenedByStops {
  private parts: Opened[] = [];

  /** A fill comes to what is held, signed both. */
  filling(fill: { readonly signed: bigint }, held: bigint, ofStop: boolean): void {
    const { signed } = fill;
    const closing = sign(signed) === -sign(held) ? min(abs(held), abs(signed)) : 0n;
    this.closed(sign(held), closing);
    const left = signed - sign(signed) * closing;
    if (ofStop && left !== 0n) this.parts.push({ fill, left, bookedBy: Number.POSITIVE_INFINITY });
  }

  /** An engine was told a fill, and has booked it within `bookingMs`. */
  told(fill: object, at: EpochMs, bookingMs: number): void {
    for (const part of this.parts) if (part.fill === fill) part.bookedBy = at + bookingMs;
  }

  /** How much of it is on a side and may not be booked yet. */
  unbooked(at: EpochMs, buy: boolean): bigint {
    if (this.parts.length === 0) return 0n;
    this.parts = this.parts.filter(({ bookedBy }) => bookedBy > at);
    return this.parts.reduce((sum, { left }) => (left > 0n === buy ? sum + abs(left) : sum), 0n);
  }

  flat(): void {
    this.parts = [];
  }

  /** So much of a side was closed: what stops opened there goes first, because whoever closes that knows of it. */
  private closed(side: bigint, size: bigint): void {
    if (this.parts.length === 0) return;
    let rest = size;
    for (const part of this.parts) {
      if (sign(part.left) !== side) continue;
      const taken = min(rest, abs(part.left));
      part.left -= side * taken;
      rest -= taken;
    }
    this.parts = this.parts.filter(({ left }) => left !== 0n);
  }
}
