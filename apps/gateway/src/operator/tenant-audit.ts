import { ENVIRONMENTS, type TenantId } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import type { GatewayContext } from '../app/context';

/** Writes what the operator did to a tenant where the tenant can read it: in the audit logs of both its environments. */
export async function noteForTenant(context: GatewayContext, tenantId: TenantId, actor: string, action: string, detail: unknown): Promise<void> {
  for (const environment of ENVIRONMENTS) {
    await context.storage.scoped(scopeFromPlatformList(tenantId, environment), (unit) =>
      unit.audit.insert({ id: context.ids.next('audit'), actor, action, targetId: tenantId, requestId: null, detail, createdAt: unit.now }),
    );
  }
}
