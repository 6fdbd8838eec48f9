import { WAKEUP_CHANNELS, wakeupPayload } from '@lockstep/delivery';
import { ENVIRONMENTS, formatRate, type Rate, rate, type TenantId } from '@lockstep/kernel';
import { underContract } from '@lockstep/ledger';
import { feeVersionOf, type PlatformUnit, type ScopedUnit, type TenantContractRow } from '@lockstep/storage';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { z } from 'zod';
import type { GatewayContext } from '../app/context';
import { NO_CHANGE } from '../http/audit-change';

/** What the operator agrees with a tenant. */
export interface ContractChange {
  /** The operator's part of the execution markup, 0 to 1. */
  readonly operatorShare: Rate;
  /** The operator's own builder address; null: the tenant's receives the markup. */
  readonly builderAddress: string | null;
}

/** Writes the next version of a tenant's contract. It acts once it is carried over: see {@link carryContract}. */
export async function agreeContract(unit: PlatformUnit, tenantId: TenantId, change: ContractChange, actor: string): Promise<TenantContractRow> {
  const before = await unit.contracts.inForce(tenantId);
  const contract = { tenantId, version: (before?.version ?? 0) + 1, ...change, actor, createdAt: unit.now };
  await unit.contracts.insert(contract);
  return contract;
}

/**
 * Carries a tenant's contract in force into the fee schedules of both environments, where the engine reads it. The line in the audit log marks that it
 * was, so carrying over again what a process that died left behind changes nothing else.
 */
export async function carryContract(context: GatewayContext, tenantId: TenantId): Promise<void> {
  const contract = await context.storage.platform((unit) => unit.contracts.inForce(tenantId), { readOnly: true });
  if (contract === null) return;
  for (const environment of ENVIRONMENTS) {
    const scope = scopeFromPlatformList(tenantId, environment);
    await context.storage.scoped(scope, async (unit) => {
      if (!(await carryOver(context, unit, contract))) return;
      unit.afterCommit(() => context.wakeups.publish(WAKEUP_CHANNELS.commands, wakeupPayload(scope)).catch(() => undefined));
    });
  }
}

const AGREED = 'contract.agree';
const agreedDetail = z.object({ version: z.int() });

/** The newest contract version that was carried into a scope; 0: none. Others who carry one over wait until this unit ended. */
async function carriedVersion(unit: ScopedUnit): Promise<number> {
  await unit.query(`select pg_advisory_xact_lock(hashtextextended('contract|' || $1 || '|' || $2, 0))`, [...unit.scopeParameters]);
  const line = await unit.audit.findOne({ action: AGREED }, { orderBy: { createdAt: 'DESC' } });
  return agreedDetail.safeParse(line?.detail).data?.version ?? 0;
}

async function carryOver(context: GatewayContext, unit: ScopedUnit, row: TenantContractRow): Promise<boolean> {
  if ((await carriedVersion(unit)) >= row.version) return false;
  const { actor } = row;
  const rows = await unit.feeSchedules.versions();
  const tenantsOwn = rows.findLast((one) => one.builderOwner === 'tenant')?.builderAddress ?? null;
  const contract = {
    operatorShare: rate(row.operatorShare),
    builderOwner: row.builderAddress === null ? ('tenant' as const) : ('operator' as const),
    builderAddress: row.builderAddress ?? tenantsOwn,
  };
  unit.audit.note({
    id: context.ids.next('audit'),
    actor,
    action: AGREED,
    targetId: unit.scope.tenantId,
    // Whoever carries it over may be another request than the one that agreed it.
    requestId: null,
    detail: { version: row.version, operator_share: formatRate(contract.operatorShare), operator_builder_address: row.builderAddress },
    ...NO_CHANGE,
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
