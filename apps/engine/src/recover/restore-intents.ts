import { type InstrumentSheet, type IntentTerms, intentAfter, NO_LIMIT } from '@lockstep/replication';
import { isClosing } from '@lockstep/roster';
import type { EngineContext } from '../context';
import { restoreIntent } from '../state/intent';
import { copyStateOf } from '../state/load-scope';
import type { CopyRecord } from '../state/registry';
import type { RecordedMove } from '../wave/recorded-move';
import { type OpenJournal, placeOf } from './open-journals';

/** A position whose intent came out of the journal and is not stored yet. */
export interface FoundIntent {
  readonly copy: CopyRecord;
  readonly coin: string;
}

/**
 * Puts the intents of journal rows whose outcomes were never written into columns and memory, in the order they were decided: what was decided stands,
 * whatever became of its orders. Rows whose outcomes are written are passed over: what is stored of their copies is as new or newer.
 */
export function restoreIntents(ctx: EngineContext, journals: readonly OpenJournal[], moves: ReadonlyMap<number, RecordedMove>): FoundIntent[] {
  const found = new Map<string, FoundIntent>();
  for (const { row, packed } of journals) {
    if (row.writtenAt !== null) continue;
    const move = moves.get(packed.wave)?.move;
    const incrementPrice = Number(move?.incrementPrice ?? 0n);
    const newOrders = move?.newOrders ?? 0;
    const { decisions, coin } = packed;
    for (let index = 0; index < decisions.count; index += 1) {
      const place = placeOf(ctx, decisions.copyNo[index] ?? 0, coin);
      if (place === null) continue;
      const { copy, sheet } = place;
      const kept = ctx.booked.get(copy.no, coin);
      const state = copyStateOf(copy.state);
      const terms = { incrementPrice, closing: state !== null && isClosing(state), ...termsOf(copy, sheet, newOrders) };
      const intent = intentAfter(kept.intent, packed, index, terms);
      restoreIntent(sheet, copy.row, intent);
      ctx.booked.set(copy.no, coin, { booked: kept.booked, intent });
      found.set(`${copy.no} ${coin}`, { copy, coin });
    }
  }
  return [...found.values()];
}

/** How the copy's mode and choices turn the leader's change into its own. */
function termsOf(
  { settings, startedAt }: CopyRecord,
  { lotsPerUnit }: InstrumentSheet,
  newOrders: number,
): Omit<IntentTerms, 'incrementPrice' | 'closing'> {
  const { mode, direction, follow, catchUpMs } = settings;
  const byAmount = mode.kind !== 'fixed_amount' ? null : { amount: Number(mode.amount), maxAdds: mode.maxAdds ?? NO_LIMIT, newOrders, lotsPerUnit };
  const beganAt = settings.start.kind === 'next_open' ? startedAt : 0;
  return { catchUpMs, beganAt, direction: direction === 'inverse' ? -1 : 1, keeps: follow === 'increases_only', byAmount };
}
