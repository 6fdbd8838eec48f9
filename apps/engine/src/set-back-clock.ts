import type { Clock, EpochMs } from '@lockstep/kernel';
import type { Registry } from './state/registry';

/** Wall time behind what elapsed by so much is a clock that was set back; less is how the two are rounded, or one that goes slower, until it adds up to this. */
const SET_BACK_MS = 20;

/**
 * A wall clock that tells when it was set back, before anybody reads the earlier time. What is as old as it looks would be younger by that: a mark of long ago
 * would still let new risk in, and newer ones would be taken for older.
 */
export class SetBackClock implements Clock {
  /** Wall less elapsed time, at its highest since the clock was set back last. */
  private ahead: number;

  constructor(
    private readonly clock: Clock,
    private readonly onSetBack: (byMs: number) => void,
  ) {
    this.ahead = clock.now() - clock.monotonic();
  }

  now(): EpochMs {
    const now = this.clock.now();
    const ahead = now - this.clock.monotonic();
    const by = this.ahead - ahead;
    if (by > SET_BACK_MS) {
      this.ahead = ahead;
      this.onSetBack(Math.ceil(by));
    } else if (by < 0) this.ahead = ahead;
    return now;
  }

  monotonic(): number {
    return this.clock.monotonic();
  }
}

/** The clock was set back: prices and readings of accounts stay as old as they are. */
export function keepAges(registry: Pick<Registry, 'watched' | 'accounts'>, byMs: number): void {
  const accounts = [...registry.accounts()];
  const books = [...registry.watched.values()].map(({ book }) => book);
  const networks = new Set([...registry.watched.values(), ...accounts].map(({ network }) => network));
  for (const { markets, quotes } of networks) {
    markets.setBack(byMs);
    quotes.setBack(byMs);
  }
  for (const book of books) book.setBack(byMs);
  for (const account of accounts) account.truthReadAt -= byMs;
}
