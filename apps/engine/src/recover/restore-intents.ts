import { intentAfter, STATUS } from '@lockstep/replication';
import { isClosing } from '@lockstep/roster';
import type { EngineContext } from '../context';
import { askFollower, intentTermsOf } from '../proposals/ask-followers';
import type { ProposalChange } from '../proposals/proposal-changes';
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

/** What an earlier process decided and did not write. */
export interface Found {
  readonly intents: readonly FoundIntent[];
  readonly proposals: readonly ProposalChange[];
}

/**
 * Puts the intents of journal rows whose outcomes were never written into columns and memory, in the order they were decided: what was decided stands,
 * whatever became of its orders. Rows whose outcomes are written are passed over: what is stored of their copies is as new or newer.
 */
export function restoreIntents(ctx: EngineContext, journals: readonly OpenJournal[], moves: ReadonlyMap<number, RecordedMove>): Found {
  const proposals: ProposalChange[] = [];
  const found = new Map<string, FoundIntent>();
  for (const { row, packed } of journals) {
    if (row.writtenAt !== null) continue;
    const move = moves.get(packed.wave)?.move;
    const facts = { incrementPrice: Number(move?.incrementPrice ?? 0n), newOrders: move?.newOrders ?? 0 };
    const { decisions, coin } = packed;
    for (let index = 0; index < decisions.count; index += 1) {
      const place = placeOf(ctx, decisions.copyNo[index] ?? 0, coin);
      if (place === null) continue;
      const { copy, sheet } = place;
      const kept = ctx.booked.get(copy.no, coin);
      const terms = { closing: closes(copy), ...intentTermsOf(copy, sheet, facts) };
      const intent = intentAfter(kept.intent, packed, index, terms);
      restoreIntent(sheet, copy.row, intent);
      ctx.booked.set(copy.no, coin, { booked: kept.booked, intent });
      found.set(`${copy.no} ${coin}`, { copy, coin });
      proposals.push(...askFollower(ctx, copy, sheet, packed, { index, move: facts, adds: intent.adds }));
    }
  }
  return { intents: [...found.values()], proposals };
}

/** Whether everything of a copy is being closed, by its state or by a breaker that is not written yet. */
export function closes({ state: text, watched, row }: CopyRecord): boolean {
  const state = copyStateOf(text);
  return (state !== null && isClosing(state)) || ((watched.book.copies.status[row] ?? 0) & STATUS.breaker) !== 0;
}
