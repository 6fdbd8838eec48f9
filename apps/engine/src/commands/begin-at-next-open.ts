import { EPISODE, type InstrumentSheet } from '@lockstep/replication';
import { type EngineScopedUnit, savePositionStates } from '@lockstep/storage';
import { positionStateOf } from '../books/position-state-of';
import type { EngineContext } from '../context';
import { intentOf } from '../state/intent';
import type { CopyRecord } from '../state/registry';

/** The beginning of a copy in the instruments its leader stands in, to be written with the copy's new state. */
export interface Beginning {
  write(unit: EngineScopedUnit): Promise<void>;
  /** Call it once that is committed. */
  written(): void;
}

/**
 * From here on the copy waits for the leader's next open in each instrument the leader stands in. That is written with the state which lets the copy
 * follow: a process that dies before the copy's first wave would otherwise leave one that follows increases of positions it was never in.
 */
export function beginAtNextOpen(ctx: EngineContext, copy: CopyRecord): Beginning {
  const { book } = copy.watched;
  book.beginAtNextOpen(copy.row);
  const waiting: readonly InstrumentSheet[] = [...book.allSheets()].filter(
    ({ rows }) => ((rows.episode[copy.row] ?? 0) & EPISODE.awaitingOpen) !== 0,
  );
  const intents = waiting.map((sheet) => ({ sheet, coin: sheet.instrument.coin, intent: intentOf(sheet, copy.row) }));
  return {
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
