import { FOLLOW, type InstrumentSheet, STATUS, zeroTarget } from '@lockstep/replication';
import type { EngineContext } from '../context';
import { intentOf } from '../state/intent';
import type { CopyRecord } from '../state/registry';
import type { CommandParts } from './command-end';
import { keepIntent } from './take-on-positions';

/**
 * Closes what a copy holds where its leader is flat or on the other side, once the copy follows its leader's exits (product §2.5: leader flat, copy flat). One that
 * followed increases only kept it, and no move of the leader would close it any more. Targets are set to zero and written down in each instrument's lane; the
 * next repair closes. Safe to repeat: a copy that follows exits already has nothing of the kind.
 */
export async function leaveWhatLeaderLeft(ctx: EngineContext, parts: Pick<CommandParts, 'books' | 'lanes'>, copy: CopyRecord): Promise<void> {
  const left = [...copy.watched.book.allSheets()].filter((sheet) => isLeft(copy, sheet));
  for (const sheet of left) {
    await parts.lanes.alone(copy.watched, sheet.instrument.coin, async () => {
      // A wave that ran before may have ended it, and settings that came meanwhile count.
      if (!isLeft(copy, sheet)) return;
      const before = intentOf(sheet, copy.row);
      zeroTarget(sheet, copy.row);
      await keepIntent(ctx, parts.books, copy, sheet, before);
    });
  }
}

function isLeft({ watched: { book }, row, no }: CopyRecord, { rows, leaderLots }: InstrumentSheet): boolean {
  const { copies } = book;
  const status = copies.status[row] ?? 0;
  if (copies.copyNo[row] !== no || (status & (STATUS.closing | STATUS.handingOver)) !== 0) return false;
  if (copies.follow[row] === FOLLOW.increasesOnly && (status & STATUS.windingDown) === 0) return false;
  const target = rows.target[row] ?? 0;
  return target !== 0 && target * leaderLots * (copies.direction[row] ?? 1) <= 0;
}
