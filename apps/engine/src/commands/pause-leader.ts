import type { LeaderId, TenantScope } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import type { EngineContext } from '../context';
import { applied, type CommandEnd, refused } from './command-end';

/** Copies of a paused leader take no new risk, in the middle of a wave too; their exits go on. Copies that begin later find it at the leader's group. */
export async function pauseLeader(ctx: EngineContext, scope: TenantScope, leaderId: string, paused: boolean): Promise<CommandEnd> {
  const leader = await ctx.storage.scoped(scope, (unit) => unit.leaders.findOne({ id: leaderId as LeaderId }));
  if (leader === null) return refused('unknown_target');
  const group = ctx.registry.group(scope, leader.id);
  group.leaderPaused = paused;
  const copies = [...ctx.registry.copies.values()].filter((copy) => copy.group === group);
  for (const copy of copies) copy.watched.book.setStatus(copy.row, STATUS.leaderPaused, paused);
  if (paused) ctx.stops.changed();
  return applied({ copies: copies.length });
}
