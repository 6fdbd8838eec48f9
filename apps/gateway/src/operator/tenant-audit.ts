import { ENVIRONMENTS, type TenantId } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import type { GatewayContext } from '../app/context';
import { publish, type Told } from '../http/publish';

/** What the operator did, as a line of an audit log. */
export interface OperatorAct {
  readonly actor: string;
  readonly action: string;
  readonly targetId: string | null;
  readonly detail: unknown;
}

/** Writes what the operator did to a tenant where the tenant can read it: in the audit logs of both its environments, and in their events when there is one to tell. */
export async function noteForTenant(context: GatewayContext, tenantId: TenantId, act: OperatorAct, event?: Told): Promise<void> {
  for (const environment of ENVIRONMENTS) {
    await context.storage.scoped(scopeFromPlatformList(tenantId, environment), async (unit) => {
      await unit.audit.insert({ id: context.ids.next('audit'), requestId: null, createdAt: unit.now, ...act });
      if (event !== undefined) await publish(context, unit, event);
    });
  }
}
