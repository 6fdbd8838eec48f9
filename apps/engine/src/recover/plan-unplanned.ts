import { toLots } from '@lockstep/kernel';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import type { OpenWave } from '../state/open-orders';
import type { CopyRecord } from '../state/registry';
import { planMove } from '../wave/plan-moves';
import { laneKey, type RecordedMove } from '../wave/recorded-move';
import { NOTHING_BEHIND, runWaves } from '../wave/run-wave';
import type { WaveLanes } from '../wave/wave-lanes';
import { type OpenJournal, readJournals } from './open-journals';

/** What stands in the journal of one recorded move, closed or not. */
interface Decided {
  readonly copies: ReadonlySet<number>;
  readonly nextPart: number;
}

/**
 * Plans the recorded moves that were not planned, or not for everyone, oldest first. They are old: entries may be stale, exits act. All moves of one
 * instrument go to its lane together, so that one wave covers them; of those that were planned for some of their copies the last alone is sent. `waves` are the
 * reopened ones: a move among them gets its missing copies added and is released only then, so that it cannot end before everyone was planned.
 */
export async function planUnplanned(
  ctx: EngineContext,
  books: Bookkeeper,
  lanes: WaveLanes,
  moves: readonly RecordedMove[],
  waves: ReadonlyMap<number, OpenWave>,
): Promise<void> {
  const decided = await decidedMoves(ctx, moves);
  const stood = new Set<string>();
  const fresh: RecordedMove[] = [];
  const newest = new Map(moves.map((move) => [placeOf(move), move]));
  for (const move of moves) {
    const known = decided.get(move.wave);
    const superseded = newest.get(placeOf(move)) !== move;
    if (known !== undefined) await planMissing(ctx, books, { recorded: move, decided: known, open: waves.get(move.wave) ?? null, superseded });
    else {
      standBefore(move, stood);
      fresh.push(move);
    }
  }
  for (const wave of waves.values()) ctx.openOrders.release(wave);
  lanes.push(fresh);
  await lanes.idle();
}

/** What one lane plans. */
const placeOf = ({ watched, move }: RecordedMove): string => laneKey(watched.no, move.coin);

/** The leader's position that planning of an instrument goes on from is the one before its first unplanned move. */
function standBefore(recorded: RecordedMove, stood: Set<string>): void {
  const { watched, move } = recorded;
  const key = placeOf(recorded);
  const sheet = watched.book.findSheet(move.coin);
  if (sheet !== undefined && !stood.has(key)) sheet.leaderLots = toLots(sheet.instrument, move.before);
  stood.add(key);
}

async function decidedMoves(ctx: EngineContext, moves: readonly RecordedMove[]): Promise<ReadonlyMap<number, Decided>> {
  const found = new Map<number, { readonly copies: Set<number>; nextPart: number }>();
  const ids = moves.map((move) => BigInt(move.wave));
  for (const scope of ids.length === 0 ? [] : ctx.scopes()) {
    const rows = await ctx.storage.scoped(scope, (unit) => unit.journal.ofMoves(ctx.shard, ids), { readOnly: true });
    for (const { row, packed } of readJournals(rows)) addDecisions(found, row.part, packed);
  }
  return found;
}

function addDecisions(found: Map<number, { readonly copies: Set<number>; nextPart: number }>, part: number, packed: OpenJournal['packed']): void {
  const entry = found.get(packed.wave) ?? { copies: new Set<number>(), nextPart: 0 };
  for (let index = 0; index < packed.decisions.count; index += 1) entry.copies.add(packed.decisions.copyNo[index] ?? 0);
  entry.nextPart = Math.max(entry.nextPart, part + 1);
  found.set(packed.wave, entry);
}

/** A move that was planned for some of its copies. */
interface PartlyPlanned {
  readonly recorded: RecordedMove;
  readonly decided: Decided;
  /** Its wave, where rows of it are open. */
  readonly open: OpenWave | null;
  /** A newer move of the instrument stands behind it: nothing of it leaves. */
  readonly superseded: boolean;
}

/**
 * A process may die when some tenants' journal rows of a wave are committed and others' are not: then nothing of the wave was sent. The copies with a
 * row keep what it decided; this plans the same move for the copies without one. The others are hidden from planning meanwhile.
 */
async function planMissing(ctx: EngineContext, books: Bookkeeper, { recorded, decided, open, superseded }: PartlyPlanned): Promise<void> {
  const { watched, move } = recorded;
  const missing: CopyRecord[] = [];
  for (const copy of ctx.registry.copies.values()) {
    if (copy.watched === watched && !decided.copies.has(copy.no) && copy.startedAt <= recorded.receivedAt) missing.push(copy);
  }
  const sheet = watched.book.findSheet(move.coin);
  if (missing.length === 0 || sheet === undefined) {
    // All rows are closed and only the move's own mark is missing.
    if (open === null) await ctx.storage.platform((unit) => unit.inbox.setMoveStatus([BigInt(recorded.wave)], 'done'));
    return;
  }
  ctx.log.warn('planning a wave for copies whose journal row was not written', { wave: recorded.wave, copies: missing.length });
  const { copies, rowCount } = watched.book;
  const hidden = copies.copyNo.slice(0, rowCount);
  const shown = new Set(missing.map((copy) => copy.row));
  for (let row = 0; row < rowCount; row += 1) if (!shown.has(row)) copies.copyNo[row] = 0;
  const leaderAfter = sheet.leaderLots;
  sheet.leaderLots = toLots(sheet.instrument, move.before);
  const planned = planMove(ctx, recorded, superseded);
  copies.copyNo.set(hidden);
  sheet.leaderLots = leaderAfter;
  if (open !== null) {
    open.open += 1;
    open.handed = false;
  }
  await runWaves(ctx, books, [open === null ? planned : { ...planned, open }], [recorded], NOTHING_BEHIND, decided.nextPart);
}
