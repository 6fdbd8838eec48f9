import type { InstrumentSheet } from './instrument-columns';
import type { PlanOptions } from './wave-options';

/** Best price at which an order of this side would execute, when the book is fresh; 0: not known. */
export function quoteFor(sheet: InstrumentSheet, buy: boolean, options: Pick<PlanOptions, 'now' | 'bookMaxAgeMs'>): number {
  if (sheet.bookAt === 0 || options.now - sheet.bookAt > options.bookMaxAgeMs) return 0;
  return buy ? sheet.bestAsk : sheet.bestBid;
}
