import type { EpochMs } from '@lockstep/kernel';
import type { CopyState, CopyStateReason } from '@lockstep/roster';
import { type EngineScopedUnit, writeCopyState } from '@lockstep/storage';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import type { CopyRecord } from '../state/registry';

/**
 * Writes a copy's new state with its event, in the order of everything else written for the tenant. The copy in memory has the new state once it is
 * written, not before: what throws here may be done again as it stands, and its outcome is the database's. What stops risk acts on the columns before.
 * Throws when the copy is not in `previous` any more, or not traded by then.
 */
export async function writeState(
  ctx: EngineContext,
  books: Bookkeeper,
  copy: CopyRecord,
  previous: string,
  state: CopyState,
  reason: CopyStateReason,
  also?: (unit: EngineScopedUnit) => Promise<void>,
  unwindBy?: EpochMs,
): Promise<void> {
  const event = newEvent(ctx, 'copy.state_changed', ctx.clock.now(), {
    copy_id: copy.id,
    leader_id: copy.group.leaderId,
    follower_id: copy.followerId,
    state,
    previous_state: previous,
    reason,
  });
  const change = {
    from: previous,
    state,
    reason,
    started: state === 'active',
    stopped: state === 'stopped',
    ...(unwindBy === undefined ? {} : { unwindBy }),
  };
  await books.run(copy.group.scope, async () => {
    // The beginning of a copy that could not be written took it out of memory: what waited behind it would leave a state here that nobody goes on from.
    if (!ctx.registry.holds(copy)) throw new Error(`copy ${copy.no} is not traded`);
    await ctx.storage.scoped(copy.group.scope, async (unit) => {
      if (!(await writeCopyState(unit, copy.no, change))) throw new Error(`copy ${copy.no} is no longer ${previous}`);
      await also?.(unit);
      await unit.events.append([event]);
    });
    copy.state = state;
  });
}
