import type { DepthUpdate, QuoteUpdate } from '@lockstep/venues/port';

/** The newest best bid and ask of a network's followed coins, and the books of those that are followed deep. Bounded by what is followed: a coin that no longer is, is forgotten. */
export class Quotes {
  private readonly byCoin = new Map<string, QuoteUpdate>();
  private readonly books = new Map<string, DepthUpdate>();

  take(update: QuoteUpdate): void {
    const known = this.byCoin.get(update.coin);
    if (known === undefined || known.receivedAt <= update.receivedAt) this.byCoin.set(update.coin, update);
  }

  takeDepth(update: DepthUpdate): void {
    const known = this.books.get(update.coin);
    if (known === undefined || known.receivedAt <= update.receivedAt) this.books.set(update.coin, update);
  }

  /** The book as it was last told; undefined: the coin is not followed deep, or nothing was told yet. */
  depth(coin: string): DepthUpdate | undefined {
    return this.books.get(coin);
  }

  get(coin: string): QuoteUpdate | undefined {
    return this.byCoin.get(coin);
  }

  /** The clock that books are stamped with was set back: they are as old as before. */
  setBack(byMs: number): void {
    for (const [coin, quote] of this.byCoin) this.byCoin.set(coin, { ...quote, receivedAt: quote.receivedAt - byMs });
    for (const [coin, book] of this.books) this.books.set(coin, { ...book, receivedAt: book.receivedAt - byMs });
  }

  /** Forgets every coin but these. */
  keep(coins: readonly string[]): void {
    const kept = new Set(coins);
    for (const coin of this.byCoin.keys()) if (!kept.has(coin)) this.byCoin.delete(coin);
    for (const coin of this.books.keys()) if (!kept.has(coin)) this.books.delete(coin);
  }
}
