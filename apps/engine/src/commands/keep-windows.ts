import type { InstrumentSheet } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import type { CommandParts } from './command-end';
import { writeIntents } from './take-on-positions';

/**
 * A shorter catch-up window holds for what is owed already, and is written down: a restart would find the longer one. In each instrument's lane, those of one brand
 * in one transaction.
 */
export async function keepWindows(ctx: EngineContext, parts: Pick<CommandParts, 'books' | 'lanes'>, copies: readonly CopyRecord[]): Promise<void> {
  for (const watched of new Set(shortened(ctx, copies).map((copy) => copy.watched))) {
    const mine = copies.filter((copy) => copy.watched === watched);
    for (const sheet of [...watched.book.allSheets()]) {
      const open = () => mine.filter((copy) => isShortened(ctx, copy, sheet));
      if (open().length === 0) continue;
      await parts.lanes.alone(watched, sheet.instrument.coin, () => writeIntents(ctx, parts.books, open(), sheet));
    }
  }
}

/** Those of the copies to which something is owed for another time than is written. */
export const shortened = (ctx: EngineContext, copies: readonly CopyRecord[]): readonly CopyRecord[] =>
  copies.filter((copy) => [...copy.watched.book.allSheets()].some((sheet) => isShortened(ctx, copy, sheet)));

function isShortened(ctx: EngineContext, { no, row, watched }: CopyRecord, { rows, instrument }: InstrumentSheet): boolean {
  const until = rows.owedUntil[row] ?? 0;
  return watched.book.copies.copyNo[row] === no && until !== 0 && until !== ctx.booked.newestIntent(no, instrument.coin).owedUntilMs;
}
