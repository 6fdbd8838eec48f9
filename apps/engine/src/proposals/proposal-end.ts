import { EPISODE, isOver, STATUS } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { OpenProposal } from './open-proposals';
import type { ProposalEnd } from './proposal-changes';

/** A copy with one of these enters nothing any more, or not before it begins anew. */
const ENDING = STATUS.breaker | STATUS.closing | STATUS.windingDown | STATUS.handingOver;

/** Nothing is entered before the leader opens anew. */
const OUT = EPISODE.userClosed | EPISODE.awaitingOpen;

/**
 * How a proposal ends by itself now; null: it may be approved. It is withdrawn where its copy ends, where the follower closed against the copy, and where what it
 * would enter is not the side of the copy any more, because the direction was changed.
 */
export function proposalEnd(ctx: Pick<EngineContext, 'clock' | 'registry'>, { row, asked }: OpenProposal): ProposalEnd | null {
  const copy = ctx.registry.copies.get(Number(row.copyNo));
  const sheet = copy?.watched.book.findSheet(row.coin);
  if (copy === undefined || sheet === undefined) return 'withdrawn';
  const { copies } = copy.watched.book;
  if (((copies.status[copy.row] ?? 0) & ENDING) !== 0 || ((sheet.rows.episode[copy.row] ?? 0) & OUT) !== 0) return 'withdrawn';
  if (sheet.leaderLots * (copies.direction[copy.row] ?? 1) > 0 !== asked.buy) return 'withdrawn';
  return isOver(asked, ctx.clock.now()) ? 'ended' : null;
}
