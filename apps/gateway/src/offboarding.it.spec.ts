import { present } from '@lockstep/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILE, FILE_SHA256 } from './testing/backoffice-work';
import { makeObjects } from './testing/objects';
import { archiveAsBackoffice, leavingTenant, suspendedTenant } from './testing/offboarding-work';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterAll(() => rig?.close());

const at = (tenant: RigTenant, end = ''): string => `/v1/operator/tenants/${tenant.id}/offboarding${end}`;
const begin = (tenant: RigTenant, body: object = {}) => rig.operator('post', at(tenant), body);

describe('an offboarding', () => {
  it('begins with a suspended tenant alone, once, and tells what it waits for', async () => {
    const active = await rig.tenant('Active');
    expect((await begin(active)).body).toMatchObject({ status: 409, code: 'state_conflict', detail: 'The tenant is active; suspend it first.' });
    expect((await rig.operator('get', at(active))).status).toBe(404);
    const objects = await makeObjects(rig, active);
    expect(objects.copy).toMatch(/^cpy_/);
    good(await rig.operator('patch', `/v1/operator/tenants/${active.id}`, { status: 'suspended' }));
    const begun = good(await begin(active, { waiting_days: 7 }));
    expect(begun).toMatchObject({ tenant_id: active.id, step: 'closing', waiting_days: 7, erase_at: null, closed_at: null, ended_at: null });
    const [live, test] = begun.environments;
    expect(live).toMatchObject({ livemode: true, copies_open: 0, followers_left: 0, files: [] });
    expect(test).toMatchObject({ livemode: false, copies_open: 1, positions_open: 0, followers_left: 1 });
    expect(begun.waits_for).toMatch(
      new RegExp(`^1 copies to end, 0 positions to be flat, \\d+ commands to be carried out, accounts that cannot sign: ${objects.venueAccount}$`),
    );
    expect((await begin(active)).body.code).toBe('state_conflict');
    // Everything is stopped from the beginning on, by whoever is there first.
    const got = good(await rig.operator('get', at(active)));
    expect(got).toMatchObject({ step: 'closing', began_at: begun.began_at });
    const commands = await rig.backoffice.scoped(active.scope, (unit) => unit.commands.find({ kind: 'tenant.close_all' }));
    expect(commands.map(({ targetId, actor }) => [targetId, actor])).toEqual([[active.id, 'offboarding']]);
    expect(got.environments[1].commands_pending).toBe(test.commands_pending + 1);
  });

  it.each([0, 31, 1.5])('takes no waiting period of %s days', async (waiting_days) => {
    expect((await begin(await suspendedTenant(rig), { waiting_days })).body.code).toBe('invalid_request');
  });

  it('lets its tenant’s keys read and stop, and change nothing else, and those of others do all of it', async () => {
    const [tenant, other] = [await rig.tenant('Reader'), await rig.tenant('Bystander')];
    const { copy, follower, leader } = await makeObjects(rig, tenant);
    good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}`, { status: 'suspended' }));
    expect((await rig.call(tenant.key, 'get', '/v1/followers')).body.code).toBe('tenant_suspended');
    good(await begin(tenant));
    expect(good(await rig.call(tenant.key, 'get', '/v1/followers')).data[0].external_id).toMatch(/^user-/);
    const stops = [
      '/v1/close-all',
      `/v1/copies/${copy}/stop`,
      `/v1/followers/${follower}/close-all`,
      `/v1/leaders/${leader}/close-all`,
      `/v1/leaders/${leader}/close`,
    ];
    for (const path of [...stops, `/v1/kill-switches/${tenant.id}/engage`]) good(await rig.call(tenant.key, 'post', path, {}));
    const others = [`/v1/copies/${copy}/resume`, `/v1/copies/${copy}/pause`, `/v1/kill-switches/${tenant.id}/release`];
    for (const path of [...others, '/v1/followers', '/v1/stream-tickets', '/v1/exports'])
      expect((await rig.call(tenant.key, 'post', path, {})).body, path).toMatchObject({ status: 403, code: 'tenant_offboarding' });
    good(await rig.call(other.key, 'post', '/v1/followers', {}));
  });

  it('gives its files to the tenant and to the operator, whole and the same', async () => {
    const tenant = await leavingTenant(rig, 'Fetching');
    const id = await archiveAsBackoffice(rig, tenant);
    const [test] = good(await rig.operator('get', at(tenant))).environments.filter((one: { livemode: boolean }) => !one.livemode);
    expect(test.files).toMatchObject([{ id, table: 'fills', status: 'ready', row_count: 400, sha256: FILE_SHA256.toString('hex') }]);
    const listed = good(await rig.call(tenant.key, 'get', '/v1/exports')).data;
    expect(listed).toMatchObject([{ id, kind: 'archive', file_name: 'archive_fills.csv' }]);
    expect(good(await rig.call(tenant.key, 'get', `/v1/exports/${id}/manifest`))).toMatchObject({ kind: 'archive', row_count: 400 });
    expect((await rig.call(tenant.key, 'get', `/v1/exports/${id}/file`)).text).toBe(FILE.toString());
    expect((await rig.operator('get', at(tenant, `/files/${id}`))).text).toBe(FILE.toString());
    // Another tenant's offboarding shows none of it.
    const stranger = await leavingTenant(rig, 'Stranger');
    for (const file of [id, `${id.slice(0, -4)}0000`]) expect((await rig.operator('get', at(stranger, `/files/${file}`))).status).toBe(404);
    expect((await rig.call(stranger.key, 'get', `/v1/exports/${id}`)).status).toBe(404);
  });

  it('is cancelled before anything is erased, and may be begun anew; the tenant stays suspended', async () => {
    const tenant = await leavingTenant(rig, 'Staying');
    expect((await rig.operator('patch', `/v1/operator/tenants/${tenant.id}`, { status: 'active' })).body).toMatchObject({
      code: 'state_conflict',
      detail: 'Its offboarding is underway (closing); cancel it first.',
    });
    const cancelled = good(await rig.operator('post', at(tenant, '/cancel')));
    expect(cancelled).toMatchObject({ step: 'cancelled', waits_for: null });
    expect(good(await rig.operator('post', at(tenant, '/cancel'))).ended_at).toBe(cancelled.ended_at);
    expect((await rig.call(tenant.key, 'get', '/v1/followers')).body.code).toBe('tenant_suspended');
    good(await begin(tenant));
    good(await rig.operator('post', at(tenant, '/cancel')));
    good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}`, { status: 'active' }));
    good(await rig.call(tenant.key, 'get', '/v1/followers'));
  });

  it.each(['erasing', 'erased'] as const)('is not cancelled when it is %s', async (step) => {
    const tenant = await leavingTenant(rig, 'Late');
    const { tenantId } = tenant.scope;
    await rig.backoffice.platform(async (unit) => {
      const ended = step === 'erased' ? { endedAt: unit.now } : {};
      await unit.offboardings.update({ tenantId }, { step, eraseAt: unit.now, ...ended });
    });
    expect((await rig.operator('post', at(tenant, '/cancel'))).body.detail).toBe(`It can no longer be cancelled: it is ${step}.`);
    expect((await rig.call(tenant.key, 'get', '/v1/followers')).body.code).toBe('tenant_suspended');
    expect((await begin(tenant)).body.code).toBe('state_conflict');
  });

  it('stands in both audit logs, which prove themselves', async () => {
    const tenant = await leavingTenant(rig, 'Told');
    good(await rig.operator('post', at(tenant, '/cancel')));
    const lines = good(await rig.operator('get', `/v1/operator/audit-log?target_id=${tenant.id}`)).data.map(
      (line: { action: string }) => line.action,
    );
    expect(lines.slice(0, 2)).toEqual(['tenant.offboard_cancel', 'tenant.offboard']);
    expect(good(await rig.operator('get', '/v1/operator/audit-log/verification')).intact).toBe(true);
    const own = await rig.backoffice.scoped(tenant.scope, (unit) => unit.audit.page({ limit: 10, after: null, order: 'newest_first' }, {}));
    expect(own.rows.map(({ action }) => action)).toContain('tenant.offboard');
    present(own.rows[0], 'a line');
  });

  it('exists for tenants that exist', async () => {
    const nobody = `${(await rig.tenant('Somebody')).id.slice(0, -4)}0000`;
    for (const [method, end, body] of [
      ['get', '', undefined],
      ['post', '', {}],
      ['post', '/cancel', undefined],
    ] as const)
      expect((await rig.operator(method, `/v1/operator/tenants/${nobody}/offboarding${end}`, body)).status).toBe(404);
  });

  it('asks for one connection at a time, however many are begun and cancelled at once', async () => {
    const tenants: RigTenant[] = [];
    for (let no = 0; no < 12; no += 1) tenants.push(await suspendedTenant(rig, `Crowd ${no}`));
    for (const begun of await Promise.all(tenants.map((tenant) => begin(tenant)))) expect(good(begun).step).toBe('closing');
    for (const done of await Promise.all(tenants.map((tenant) => rig.operator('post', at(tenant, '/cancel')))))
      expect(good(done).step).toBe('cancelled');
  });
});
