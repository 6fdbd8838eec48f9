import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import { environmentKey, KILL_SWITCH } from '@lockstep/risk';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeObjects, type TenantObjects } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;
let objects: TenantObjects;

beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
  objects = await makeObjects(rig, tenant);
}, 300_000);
afterAll(() => rig?.close());

const turn = (id: string, end: 'engage' | 'release', body: object = {}, headers = {}, of = tenant) =>
  rig.call(of.key, 'post', `/v1/kill-switches/${id}/${end}`, body, headers);
const stands = async (id: string, of = tenant) => good(await rig.call(of.key, 'get', `/v1/kill-switches/${id}`));
const operatorTurns = (id: string, end: 'engage' | 'release', body: object = {}) =>
  rig.operator('post', `/v1/operator/kill-switches/${id}/${end}`, body);
const listed = async (of = tenant) => good(await rig.call(of.key, 'get', '/v1/kill-switches')).data;
/** Names of the switches that are on, by the call and the role the engine reads them with. */
const asEngine = async (): Promise<string[]> => (await rig.engine.platform((unit) => unit.engines.activeFlags())).map((flag) => flag.name).sort();
/** A tenant's events of a type, oldest first. */
const events = async (type: string, of = tenant): Promise<{ data: object }[]> =>
  good(await rig.call(of.key, 'get', '/v1/events?limit=1000'))
    .data.map((row: { event: { type: string; data: object } }) => row.event)
    .filter((event: { type: string }) => event.type === type);
const audited = async (action: string, of = tenant): Promise<object[]> => good(await rig.call(of.key, 'get', `/v1/audit-log?action=${action}`)).data;

describe('a tenant’s kill switch', () => {
  it.each([
    ['leader', () => objects.leader, () => objects.leader],
    ['follower', () => objects.follower, () => objects.follower],
    ['copy', () => objects.copy, () => objects.copy],
    ['environment', () => tenant.id, () => environmentKey(tenant.id, 'test')],
  ])('of a %s stands where the engine reads it, says who set it, and is told once', async (target, idOf, keyOf) => {
    const [id, name] = [idOf(), `${KILL_SWITCH}:${keyOf()}`];
    const never = { target, target_id: id, livemode: false, active: false, reason: null, actor: null, changed_at: null };
    expect(await stands(id)).toEqual(never);
    expect(good(await turn(id, 'release'))).toEqual(never);
    const before = (await events('kill_switch.changed')).length;

    const engaged = good(await turn(id, 'engage', { reason: 'odd fills' }));
    expect(engaged).toMatchObject({ target, target_id: id, active: true, reason: 'odd fills', actor: expect.stringMatching(/^key_/) });
    expect(await asEngine()).toEqual([name]);
    expect(good(await turn(id, 'engage', { reason: 'again' }))).toEqual(engaged);
    expect(await stands(id)).toEqual(engaged);
    expect(await listed()).toEqual([engaged]);

    expect(good(await turn(id, 'release', { reason: 'looked at' }))).toMatchObject({ active: false, reason: 'looked at' });
    expect(await asEngine()).toEqual([]);
    good(await turn(id, 'release'));
    expect(await listed()).toEqual([]);
    expect((await events('kill_switch.changed')).slice(before).map((event) => event.data)).toEqual([
      { target, target_id: id, active: true, reason: 'odd fills', actor: engaged.actor },
      { target, target_id: id, active: false, reason: 'looked at', actor: engaged.actor },
    ]);
    const lines = async (action: string) => (await audited(action)).filter((line) => Reflect.get(line, 'target_id') === id);
    expect([(await lines('kill_switch.engage')).length, (await lines('kill_switch.release')).length]).toEqual([1, 1]);
  });

  it('turned by many requests at the same time is turned once', async () => {
    const before = (await events('kill_switch.changed')).length;
    const answers = await Promise.all(Array.from({ length: 8 }, () => turn(objects.copy, 'engage')));
    expect(answers.map((answer) => [answer.status, answer.body.active])).toEqual(answers.map(() => [200, true]));
    expect((await events('kill_switch.changed')).length).toBe(before + 1);
    good(await turn(objects.copy, 'release'));
  });

  it('takes an Idempotency-Key as every change does: the answer is the first one, also when the switch was turned back since', async () => {
    const key = { 'Idempotency-Key': 'switch-1' };
    const first = good(await turn(objects.leader, 'engage', {}, key));
    good(await turn(objects.leader, 'release'));
    const again = await turn(objects.leader, 'engage', {}, key);
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first, 'true']);
    expect((await stands(objects.leader)).active).toBe(false);
    expect((await turn(objects.leader, 'release', {}, key)).body.code).toBe('idempotency_key_reused');
  });

  it('of one environment is not the other’s', async () => {
    const order = { name: 'live', livemode: true, scopes: ['*'] };
    const live = good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/api-keys`, order)).key;
    const inLive: RigTenant = { id: tenant.id, key: live, scope: scopeFromPlatformList(tenant.scope.tenantId, 'live') };
    expect(good(await turn(tenant.id, 'engage', {}, {}, inLive))).toMatchObject({ livemode: true, active: true });
    expect((await stands(tenant.id)).active).toBe(false);
    expect([await listed(), (await listed(inLive)).length]).toEqual([[], 1]);
    expect(await asEngine()).toEqual([`${KILL_SWITCH}:${environmentKey(tenant.id, 'live')}`]);
    good(await turn(tenant.id, 'release', {}, {}, inLive));
  });

  it('needs the key’s scope to be turned and a well-formed request', async () => {
    const reader = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'reader', scopes: ['kill_switches:read', 'copies:write'] })).key;
    expect((await rig.call(reader, 'get', '/v1/kill-switches')).status).toBe(200);
    expect((await rig.call(reader, 'post', `/v1/kill-switches/${objects.copy}/engage`)).body).toMatchObject({ status: 403, code: 'missing_scope' });
    for (const [id, body] of [
      ['platform', {}],
      [objects.venueAccount, {}],
      [objects.copy, { reason: '' }],
      [objects.copy, { reason: 'x'.repeat(501) }],
      [objects.copy, { active: true }],
    ] as const)
      expect((await turn(id, 'engage', body)).body, `${id} ${JSON.stringify(body).slice(0, 40)}`).toMatchObject({
        status: 400,
        code: 'invalid_request',
      });
    expect(await asEngine()).toEqual([]);
  });

  it('is listed by pages in the order they were turned', async () => {
    const ids = [objects.leader, objects.follower, objects.copy, tenant.id];
    for (const id of ids) good(await turn(id, 'engage'));
    const seen: string[] = [];
    for (let cursor: string | null = null, more = true; more; ) {
      const query: string = `order=oldest_first&limit=3${cursor === null ? '' : `&cursor=${cursor}`}`;
      const page = good(await rig.call(tenant.key, 'get', `/v1/kill-switches?${query}`));
      seen.push(...page.data.map((row: { target_id: string }) => row.target_id));
      cursor = page.next_cursor;
      more = page.has_more;
    }
    expect(seen).toEqual(ids);
    for (const id of ids) good(await turn(id, 'release'));
  });
});

describe('the operator’s kill switch', () => {
  it('for a tenant stops it in both environments, is told to it alone, and is not the tenant’s to release', async () => {
    const other = await rig.tenant('Beside it');
    const engaged = good(await operatorTurns(tenant.id, 'engage', { reason: 'under review' }));
    expect(engaged).toMatchObject({
      tenant_id: tenant.id,
      livemode: null,
      target: 'tenant',
      active: true,
      actor: expect.stringMatching(/^operator:/),
    });
    expect(await asEngine()).toEqual([`${KILL_SWITCH}:${tenant.id}`]);
    expect(good(await operatorTurns(tenant.id, 'engage', { reason: 'again' }))).toEqual(engaged);
    expect(good(await turn(tenant.id, 'release'))).toMatchObject({ target: 'environment', active: false });
    expect(await asEngine()).toEqual([`${KILL_SWITCH}:${tenant.id}`]);
    const { tenant_id: _whose, livemode: _where, ...shared } = engaged;
    expect(await listed()).toEqual([{ ...shared, livemode: false }]);
    expect(await listed(other)).toEqual([]);
    expect((await events('kill_switch.changed', other)).length).toBe(0);
    expect((await events('kill_switch.changed')).at(-1)?.data).toMatchObject({ target: 'tenant', active: true, reason: 'under review' });
    expect(await audited('kill_switch.engage')).toContainEqual(expect.objectContaining({ actor: engaged.actor, target_id: tenant.id }));
    expect(good(await operatorTurns(tenant.id, 'release'))).toMatchObject({ active: false });
    expect(await asEngine()).toEqual([]);
  });

  it('for the platform reaches everybody and is told to each', async () => {
    const other = await rig.tenant('Also told');
    expect(good(await rig.operator('get', '/v1/operator/kill-switches/platform'))).toMatchObject({ active: false, actor: null });
    good(await operatorTurns('platform', 'engage', { reason: 'venue outage' }));
    good(await turn(objects.copy, 'engage'));
    expect(await asEngine()).toEqual([KILL_SWITCH, `${KILL_SWITCH}:${objects.copy}`]);
    const all = good(await rig.operator('get', '/v1/operator/kill-switches')).data;
    expect(all).toMatchObject([
      { target: 'platform', target_id: null, tenant_id: null, livemode: null },
      { target: 'copy', target_id: objects.copy, tenant_id: tenant.id, livemode: false },
    ]);
    for (const each of [tenant, other]) {
      expect(await listed(each)).toContainEqual(expect.objectContaining({ target: 'platform', reason: 'venue outage' }));
      expect((await events('kill_switch.changed', each)).map((event) => event.data)).toContainEqual(
        expect.objectContaining({ target: 'platform', target_id: null, active: true }),
      );
      expect(await audited('kill_switch.engage', each)).toContainEqual(expect.objectContaining({ target_id: null }));
    }
    good(await operatorTurns('platform', 'release'));
    good(await turn(objects.copy, 'release'));
    expect(await asEngine()).toEqual([]);
  });

  it('names a tenant that exists', async () => {
    const nobody = `${tenant.id.slice(0, -4)}0000`;
    expect((await operatorTurns(nobody, 'engage')).body).toMatchObject({ status: 404, code: 'not_found' });
    expect((await operatorTurns(objects.copy, 'engage')).body).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('a suspension', () => {
  it('stands where the engine reads it, and is in the tenant’s log and events once it can read them again', async () => {
    const brand = await rig.tenant('Suspended');
    const patch = async (status: string) => good(await rig.operator('patch', `/v1/operator/tenants/${brand.id}`, { status }));
    const asRead = async () => (await rig.engine.platform((unit) => unit.tenants.open())).find((row) => row.id === brand.id)?.status;
    for (const status of ['suspended', 'suspended', 'active', 'active']) {
      await patch(status);
      expect(await asRead()).toBe(status);
    }
    expect((await events('tenant.changed', brand)).map((event) => event.data)).toEqual([
      { tenant_id: brand.id, status: 'suspended' },
      { tenant_id: brand.id, status: 'active' },
    ]);
    expect((await audited('tenant.update', brand)).length).toBe(4);
  });

  it('wakes engines by its name as it is set, without one as it ends, and by nothing that changes neither', async () => {
    const brand = await rig.tenant('Woken');
    const woken: string[] = [];
    const unsubscribe = await rig.wakeups.subscribe(WAKEUP_CHANNELS.stops, (payload) => woken.push(payload));
    const patch = async (status: string) => good(await rig.operator('patch', `/v1/operator/tenants/${brand.id}`, { status }));
    for (const status of ['suspended', 'suspended', 'active']) await patch(status);
    await rig.wakeups.publish(WAKEUP_CHANNELS.stops, 'last');
    await vi.waitFor(() => expect(woken).toContain('last'));
    expect(woken).toEqual([`suspension:${brand.id}`, '', 'last']);
    await unsubscribe();
  });
});
