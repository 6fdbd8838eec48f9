import { toLots } from '@lockstep/kernel';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import { planMove } from '../wave/plan-moves';
import type { RecordedMove } from '../wave/recorded-move';
import { runWaves } from '../wave/run-wave';
import type { OpenJournal } from './recover';

/** Parts of a wave's journal rows that a restart adds begin here, above any that the first process wrote. */
const FIRST_PART = 1_000;

/**
 * A process may die when some tenants' journal rows of a wave are committed and others' are not: then nothing of the wave was sent. The copies with a
 * row keep what it decided; this plans the same move for the copies without one. The others are hidden from planning meanwhile.
 */
export async function planMissing(ctx: EngineContext, books: Bookkeeper, recorded: RecordedMove, journals: readonly OpenJournal[]): Promise<void> {
  const { watched, move } = recorded;
  const decided = decidedCopies(recorded.wave, journals);
  const missing: CopyRecord[] = [];
  for (const copy of ctx.registry.copies.values()) {
    if (copy.watched === watched && !decided.has(copy.no) && copy.startedAt <= recorded.receivedAt) missing.push(copy);
  }
  const sheet = watched.book.findSheet(move.coin);
  if (missing.length === 0 || sheet === undefined) return;
  ctx.log.warn('planning a wave for copies whose journal row was not written', { wave: recorded.wave, copies: missing.length });
  const { copies, rowCount } = watched.book;
  const hidden = copies.copyNo.slice(0, rowCount);
  const shown = new Set(missing.map((copy) => copy.row));
  for (let row = 0; row < rowCount; row += 1) if (!shown.has(row)) copies.copyNo[row] = 0;
  const leaderAfter = sheet.leaderLots;
  sheet.leaderLots = toLots(sheet.instrument, move.before);
  const wave = planMove(ctx, recorded, false);
  copies.copyNo.set(hidden);
  sheet.leaderLots = leaderAfter;
  await runWaves(ctx, books, [wave], [recorded], () => false, FIRST_PART);
}

function decidedCopies(wave: number, journals: readonly OpenJournal[]): Set<number> {
  const copies = new Set<number>();
  for (const { row, packed } of journals) {
    if (Number(row.moveId) !== wave) continue;
    for (let index = 0; index < packed.decisions.count; index += 1) copies.add(packed.decisions.copyNo[index] ?? 0);
  }
  return copies;
}
