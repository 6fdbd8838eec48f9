import { beginClosing, noteOwedUnsure } from '@lockstep/replication';
import type { JournalRow } from '@lockstep/storage';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import type { Breakers } from '../breakers';
import type { EngineContext } from '../context';
import { forgetStrayAhead, settleStrayAhead } from '../mirrors/mirror-totals';
import type { Repairs } from '../repair/repair';
import type { UnknownResolver } from '../repair/resolve-unknowns';
import { OPEN_MOVES_MAX, restoreMove } from '../watch/inbox';
import type { RecordedMove } from '../wave/recorded-move';
import type { WaveLanes } from '../wave/wave-lanes';
import { carryBreakers } from './carry-breakers';
import { readJournals } from './open-journals';
import { planUnplanned } from './plan-unplanned';
import { reopenOrders } from './reopen-orders';
import { closes, restoreIntents } from './restore-intents';
import { settleReopened } from './settle-reopened';

/** Longest wait for the orders an earlier process left unknown before new ones are taken on. */
const RECOVERY_MAX_MS = 60_000;

/** What a recovery works with. */
export interface RecoverParts {
  readonly books: Bookkeeper;
  readonly collector: FillCollector;
  readonly resolver: UnknownResolver;
  readonly lanes: WaveLanes;
  readonly repairs: Pick<Repairs, 'open'>;
  readonly breakers: Pick<Breakers, 'carryOn'>;
}

/**
 * Goes on where an earlier process ended, at whatever moment that was (see `run-wave.ts` for the order of commits). Dying in the middle of it and
 * doing it again is the same as doing it once: every step writes under keys that it meets again.
 */
export async function recover(ctx: EngineContext, parts: RecoverParts, rows: readonly JournalRow[]): Promise<void> {
  const moves = await openMoves(ctx);
  const byWave = new Map(moves.map((move) => [move.wave, move]));
  const journals = readJournals(rows);
  await carryBreakers(ctx, parts.breakers, journals);
  const found = restoreIntents(ctx, journals, byWave);
  closeWhatCloses(ctx);
  if (journals.length > 0 || moves.length > 0) {
    ctx.log.info('settling what an earlier process left open', { journalRows: journals.length, moves: moves.length });
  }
  parts.collector.start();
  const { accounts, waves } = await reopenOrders(ctx, journals, found, byWave);
  for (const copy of ctx.registry.copies.values()) {
    settleStrayAhead(copy);
    noteOwedUnsure(copy.watched.book, copy.row);
  }
  parts.repairs.open();
  await settleReopened(ctx, accounts, parts.resolver, parts.collector, ctx.clock.now() + RECOVERY_MAX_MS);
  await planUnplanned(ctx, parts.books, parts.lanes, moves, waves);
}

/** Moves that nobody finished, oldest first. */
async function openMoves(ctx: EngineContext): Promise<RecordedMove[]> {
  const rows = await ctx.storage.platform((unit) => unit.inbox.openMoves(OPEN_MOVES_MAX));
  return rows.flatMap((row) => {
    const watched = ctx.registry.watched.get(Number(row.watchedNo));
    const move = watched === undefined ? null : restoreMove(watched, row);
    if (watched !== undefined && move === null) ctx.log.error('a recorded move cannot be read', { moveId: row.id.toString() });
    return move === null ? [] : [move];
  });
}

/**
 * One that is being closed has no target, whatever its last intent says. Nor has one whose loss limit was met, in this process or by an exit in the journal, though
 * that is not written yet.
 */
export function closeWhatCloses(ctx: Pick<EngineContext, 'registry'>): void {
  for (const copy of ctx.registry.copies.values()) {
    if (closes(copy)) beginClosing(copy.watched.book, copy.row);
    forgetStrayAhead(copy);
  }
}
