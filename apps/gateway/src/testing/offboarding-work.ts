import { type Id, present } from '@lockstep/kernel';
import { ARCHIVE_KIND, archiveFiles } from '@lockstep/storage';
import { manifestOf, renderAsBackoffice } from './backoffice-work';
import { type GatewayRig, good, type RigTenant } from './rig';

/** A new tenant that is suspended. */
export async function suspendedTenant(rig: GatewayRig, name = 'Leaving'): Promise<RigTenant> {
  const tenant = await rig.tenant(name);
  good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}`, { status: 'suspended' }));
  return tenant;
}

/** A new tenant whose offboarding was begun. */
export async function leavingTenant(rig: GatewayRig, name = 'Leaving'): Promise<RigTenant> {
  const tenant = await suspendedTenant(rig, name);
  good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/offboarding`, {}));
  return tenant;
}

/** Makes one file of a tenant's archive as the back office does, and returns its id. */
export async function archiveAsBackoffice(rig: GatewayRig, tenant: RigTenant, table = 'fills'): Promise<Id<'export'>> {
  const id = rig.context.ids.next('export');
  await rig.backoffice.scoped(tenant.scope, async (unit) => {
    const offboarding = present(await unit.offboardings.of(tenant.scope.tenantId), 'the offboarding');
    await unit.exports.begin({ id, kind: ARCHIVE_KIND, params: { table, begunAtMs: offboarding.beganAt, fromMs: 0, toMs: unit.now } }, 'running');
    present((await archiveFiles(unit, offboarding.beganAt)).get(table), 'the file just begun');
  });
  await renderAsBackoffice(rig, tenant, id, manifestOf(tenant, ARCHIVE_KIND, `archive_${table}.csv`));
  return id;
}
