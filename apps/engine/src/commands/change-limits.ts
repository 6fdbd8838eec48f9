import type { TenantScope } from '@lockstep/kernel';
import type { EngineContext } from '../context';
import { putLimits } from '../state/limit-chain';
import type { CopyRecord } from '../state/registry';
import { applied, type CommandEnd, type CommandParts, type LaterEnd, later } from './command-end';
import { keepWindows, shortened } from './keep-windows';

/**
 * Limits of the tenant, a leader or a follower changed: they are read anew and bind every copy below from the next decision on, in the middle of a wave too.
 * A copy that begins meanwhile meets them in the chain.
 */
export async function changeLimits(
  ctx: EngineContext,
  parts: Pick<CommandParts, 'books' | 'lanes'>,
  scope: TenantScope,
  targetId: string,
): Promise<CommandEnd | LaterEnd> {
  const row = await ctx.storage.scoped(scope, (unit) => unit.riskLimits.findOne({ targetId }), { readOnly: true });
  ctx.chain.take(scope, targetId, row);
  const bound: CopyRecord[] = [];
  for (const copy of ctx.registry.copies.values()) {
    const { group } = copy;
    if (group.scope.tenantId !== scope.tenantId || group.scope.environment !== scope.environment) continue;
    if (targetId !== scope.tenantId && targetId !== group.leaderId && targetId !== copy.followerId) continue;
    putLimits(ctx.chain, copy);
    bound.push(copy);
  }
  if (bound.length > 0) ctx.stops.changed();
  const end = applied({ copies: bound.length });
  if (shortened(ctx, bound).length === 0) return end;
  // They bind already: what comes after them waits for no lane.
  return later(0, async () => {
    await keepWindows(ctx, parts, bound);
    return end;
  });
}
