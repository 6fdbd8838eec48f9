import { ENVIRONMENTS, type TenantId, type TenantScope } from '@lockstep/kernel';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import type { GatewayContext } from '../app/context';
import { type AuditChange, NO_CHANGE } from '../http/audit-change';
import { publish, type Told } from '../http/publish';

/** What the operator did, as a line of an audit log. */
export interface OperatorAct {
  readonly actor: string;
  readonly action: string;
  readonly targetId: string | null;
  readonly requestId: string;
  readonly detail: unknown;
  /** Nothing for what is not the tenant's own: it changed elsewhere. */
  readonly change?: AuditChange;
}

/** Writes what the operator did to a tenant where the tenant can read it: in the audit logs of both its environments, and in their events when there is one to tell. */
export async function noteForTenant(context: GatewayContext, tenantId: TenantId, act: OperatorAct, event?: Told): Promise<void> {
  for (const environment of ENVIRONMENTS) await noteInScope(context, scopeFromPlatformList(tenantId, environment), act, event);
}

/** The same in one environment, where it concerns no other. */
export async function noteInScope(context: GatewayContext, scope: TenantScope, act: OperatorAct, event?: Told): Promise<void> {
  const { change = NO_CHANGE, ...line } = act;
  await context.storage.scoped(scope, async (unit) => {
    unit.audit.note({ id: context.ids.next('audit'), createdAt: unit.now, ...line, ...change });
    if (event !== undefined) await publish(context, unit, event);
  });
}
