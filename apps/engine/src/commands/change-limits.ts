import type { TenantScope } from '@lockstep/kernel';
import type { EngineContext } from '../context';
import { putLimits } from '../state/limit-chain';
import { applied, type CommandEnd } from './command-end';

/**
 * Limits of the tenant, a leader or a follower changed: they are read anew and bind every copy below from the next decision on, in the middle of a wave too.
 * A copy that begins meanwhile meets them in the chain.
 */
export async function changeLimits(ctx: EngineContext, scope: TenantScope, targetId: string): Promise<CommandEnd> {
  const row = await ctx.storage.scoped(scope, (unit) => unit.riskLimits.findOne({ targetId }), { readOnly: true });
  ctx.chain.take(scope, targetId, row);
  let copies = 0;
  for (const copy of ctx.registry.copies.values()) {
    const { group } = copy;
    if (group.scope.tenantId !== scope.tenantId || group.scope.environment !== scope.environment) continue;
    if (targetId !== scope.tenantId && targetId !== group.leaderId && targetId !== copy.followerId) continue;
    putLimits(ctx.chain, copy);
    copies += 1;
  }
  if (copies > 0) ctx.stops.changed();
  return applied({ copies });
}
