import type { TenantScope } from '@lockstep/kernel';
import type { CommandRow } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { type CommandEnd, type CommandParts, refused } from './command-end';
import { handOverCopy } from './hand-over';
import { field } from './payload';
import { stopCopy, windDownCopy } from './stop-copy';
import { unwindCopy } from './unwind-copy';

/** Stops a copy in the mode its command names; one without a mode closes everything. */
export async function stopBy(ctx: EngineContext, parts: CommandParts, scope: TenantScope, { targetId, payload }: CommandRow): Promise<CommandEnd> {
  switch (field(payload, 'mode') ?? 'close_now') {
    case 'close_now':
      return stopCopy(ctx, parts, scope, targetId, 'stop_close_now');
    case 'follow_to_close':
      return windDownCopy(ctx, parts, scope, targetId);
    case 'hand_over':
      return handOverCopy(ctx, parts, scope, targetId);
    case 'unwind_by': {
      const by = field(payload, 'by');
      return typeof by === 'number' && Number.isSafeInteger(by) ? unwindCopy(ctx, parts, scope, targetId, by) : refused('bad_payload', 'by');
    }
    default:
      // A mode of a later version must neither close nor keep anything by mistake.
      return refused('bad_payload', 'mode');
  }
}
