import { EPISODE, type InstrumentSheet } from '@lockstep/replication';
import { type EngineScopedUnit, savePositionStates } from '@lockstep/storage';
import type { Bookkeeper } from '../books/bookkeeper';
import { positionStateOf } from '../books/position-state-of';
import type { EngineContext } from '../context';
import { intentOf } from '../state/intent';
import type { CopyRecord } from '../state/registry';

/** The beginning of a copy in the instruments its leader stands in, to be written with the copy's new state. */
export interface Beginning {
  write(unit: EngineScopedUnit): Promise<void>;
  /** Call it once that is committed. */
  written(): void;
  /** Instruments in which the copy waits. */
  readonly waiting: number;
}

/**
 * From here on the copy waits for the leader's next open in each instrument the leader stands in. That is written with the state which lets the copy
 * follow: a process that dies before the copy's first wave would otherwise leave one that follows increases of positions it was never in.
 */
export function beginAtNextOpen(ctx: EngineContext, copy: CopyRecord): Beginning {
  const { book } = copy.watched;
  book.beginAtNextOpen(copy.row, ctx.clock.now());
  const waiting: readonly InstrumentSheet[] = [...book.allSheets()].filter(
    ({ rows }) => ((rows.episode[copy.row] ?? 0) & EPISODE.awaitingOpen) !== 0,
  );
  const intents = waiting.map((sheet) => ({ sheet, coin: sheet.instrument.coin, intent: intentOf(sheet, copy.row) }));
  return {
    waiting: intents.length,
    write: (unit) =>
      savePositionStates(
        unit,
        intents.map(({ sheet, coin, intent }) => positionStateOf(copy.no, sheet.instrument, ctx.booked.get(copy.no, coin).booked, intent)),
      ),
    written: () => {
      for (const { coin, intent } of intents) ctx.booked.set(copy.no, coin, { booked: ctx.booked.get(copy.no, coin).booked, intent });
    },
  };
}

/**
 * What the leader opened while the new state was being written is waited out too: call it in the same turn in which the copy is let follow. Resolves once that is
 * written; a write that fails is told, and the copy waits in memory all the same.
 */
export async function beginLate(ctx: EngineContext, books: Pick<Bookkeeper, 'run'>, copy: CopyRecord, before: Beginning): Promise<void> {
  const late = beginAtNextOpen(ctx, copy);
  if (late.waiting === before.waiting) return;
  const { scope } = copy.group;
  try {
    await books.run(scope, () => ctx.storage.scoped(scope, (unit) => late.write(unit)));
    late.written();
  } catch (failure) {
    ctx.log.error('an open of the leader while a copy began could not be written down', { copyNo: copy.no, error: failure });
  }
}
