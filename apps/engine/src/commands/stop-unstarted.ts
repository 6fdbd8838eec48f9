import type { TenantScope } from '@lockstep/kernel';
import type { CopyStateReason } from '@lockstep/roster';
import { runningCopy, writeCopyState } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { applied, type CommandEnd, type CommandParts, refused } from './command-end';

/** A copy that never became active holds nothing: it is stopped as it stands. */
export async function stopUnstarted(
  ctx: EngineContext,
  parts: CommandParts,
  scope: TenantScope,
  copyId: string,
  reason: CopyStateReason,
): Promise<CommandEnd> {
  const copy = await ctx.storage.scoped(scope, (unit) => runningCopy(unit, copyId));
  if (copy === null) return refused('unknown_target');
  if (copy.state === 'stopped') return applied();
  if (copy.state !== 'preparing') return refused('wrong_state', copy.state);
  await parts.books.run(scope, async () => {
    await ctx.storage.scoped(scope, async (unit) => {
      const written = await writeCopyState(unit, copy.no, { from: copy.state, state: 'stopped', reason, stopped: true });
      if (!written) throw new Error(`copy ${copy.no} is no longer ${copy.state}`);
      await unit.events.append([
        newEvent(ctx, 'copy.state_changed', ctx.clock.now(), {
          copy_id: copy.id,
          leader_id: copy.leaderId,
          follower_id: copy.followerId,
          state: 'stopped',
          previous_state: copy.state,
          reason,
        }),
      ]);
    });
  });
  return applied();
}
