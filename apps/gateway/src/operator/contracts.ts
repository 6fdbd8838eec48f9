import { WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import { ENVIRONMENTS, formatRate, type Rate, type TenantId } from '@lockstep/kernel';
import { underContract } from '@lockstep/ledger';
import { feeVersionOf, type ScopedUnit } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import type { GatewayContext } from '../app/context';

/** What the operator agrees with a tenant. */
export interface ContractChange {
  /** The operator's part of the execution markup, 0 to 1. */
  readonly operatorShare: Rate;
  /** The operator's own builder address; null: the tenant's receives the markup. */
  readonly builderAddress: string | null;
}

/** Writes the next version of a tenant's contract and carries it into the fee schedules of both environments, where the engine reads it. */
export async function agreeContract(context: GatewayContext, tenantId: TenantId, change: ContractChange, actor: string): Promise<void> {
  await context.storage.platform(async (unit) => {
    const before = await unit.contracts.inForce(tenantId);
    await unit.contracts.insert({ tenantId, version: (before?.version ?? 0) + 1, ...change, actor, createdAt: unit.now });
  });
  for (const environment of ENVIRONMENTS) {
    const scope = scopeFromPlatformList(tenantId, environment);
    await context.storage.scoped(scope, async (unit) => {
      if (!(await carryOver(context, unit, change, actor))) return;
      unit.afterCommit(() => context.wakeups.publish(WAKEUP_CHANNELS.commands, wakeupPayload(scope)).catch(() => undefined));
    });
  }
}

async function carryOver(context: GatewayContext, unit: ScopedUnit, change: ContractChange, actor: string): Promise<boolean> {
  const rows = await unit.feeSchedules.versions();
  const tenantsOwn = rows.findLast((row) => row.builderOwner === 'tenant')?.builderAddress ?? null;
  const contract = {
    operatorShare: change.operatorShare,
    builderOwner: change.builderAddress === null ? ('tenant' as const) : ('operator' as const),
    builderAddress: change.builderAddress ?? tenantsOwn,
  };
  await unit.audit.insert({
    id: context.ids.next('audit'),
    actor,
    action: 'contract.agree',
    targetId: unit.scope.tenantId,
    requestId: null,
    detail: { operator_share: formatRate(change.operatorShare), operator_builder_address: change.builderAddress },
    createdAt: unit.now,
  });
  const versions = underContract(rows.map(feeVersionOf), contract, unit.now);
  for (const version of versions) {
    await unit.feeSchedules.insert({
      id: context.ids.next('feeSchedule'),
      version: version.version,
      markupTenths: version.markupTenthsBp,
      flow: version.flow,
      builderAddress: version.builderAddress,
      builderOwner: version.builderOwner,
      operatorShare: version.operatorShare,
      missingApproval: version.missingApproval,
      actor,
      createdAt: unit.now,
      effectiveFrom: version.effectiveFromMs,
    });
  }
  const latest = await unit.feeSchedules.latest();
  if (versions.length === 0 || latest === null) return false;
  await unit.commands.append({ kind: 'fees.changed', targetId: latest.id, payload: {}, actor });
  return true;
}
