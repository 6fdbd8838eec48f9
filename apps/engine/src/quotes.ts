import type { QuoteUpdate } from '@lockstep/venues/port';

/** The newest best bid and ask of a network's followed coins. Bounded by what is followed: a coin that no longer is, is forgotten. */
export class Quotes {
  private readonly byCoin = new Map<string, QuoteUpdate>();

  take(update: QuoteUpdate): void {
    const known = this.byCoin.get(update.coin);
    if (known === undefined || known.receivedAt <= update.receivedAt) this.byCoin.set(update.coin, update);
  }

  get(coin: string): QuoteUpdate | undefined {
    return this.byCoin.get(coin);
  }

  /** Forgets every coin but these. */
  keep(coins: readonly string[]): void {
    const kept = new Set(coins);
    for (const coin of this.byCoin.keys()) if (!kept.has(coin)) this.byCoin.delete(coin);
  }
}
