import type { LeaderId, TenantScope } from '@lockstep/kernel';
import type { WatchResult } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';

/** Starts watching the account behind a leader. Several brands may list one address: it is watched once. */
export async function watchLeader(ctx: EngineContext, parts: CommandParts, scope: TenantScope, leaderId: string): Promise<CommandEnd> {
  const leader = await ctx.storage.scoped(scope, (unit) => unit.leaders.findOne({ id: leaderId as LeaderId }));
  if (leader === null) return refused('unknown_target');
  const watched = await parts.directory.watched(ctx, Number(leader.watchedNo));
  if (watched === null) return refused('network_unknown');
  watched.leaders.add(leader.id);
  if (parts.watch.watch(watched) === 'seat_refused') return refused('seat_refused');
  // False while its state is not known: it goes on being watched, and copies begin once it is.
  const result: WatchResult = { watching: (await parts.watch.synced(watched)) === 'synced' };
  return applied(result);
}
