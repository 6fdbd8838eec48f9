import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshAddress } from './testing/objects';
import { type GatewayRig, good, openRig } from './testing/rig';

let rig: GatewayRig;

beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterAll(() => rig?.close());

const once = (key: string, method: 'post' | 'patch', path: string, body: object) =>
  rig.operator(method, `/v1/operator/${path}`, body, undefined, { 'Idempotency-Key': key });
const named = async (name: string): Promise<{ id: string }[]> =>
  good(await rig.operator('get', '/v1/operator/tenants')).data.filter((tenant: { name: string }) => tenant.name === name);
const agreements = async (key: string): Promise<number> => good(await rig.call(key, 'get', '/v1/audit-log?action=contract.agree')).data.length;

describe('an Idempotency-Key of the operator', () => {
  it('makes one tenant with its contract, however often it is sent, and gives the same answer', async () => {
    const body = { name: 'Once', operator_share: '0.25' };
    const first = await once('op-1', 'post', 'tenants', body);
    const again = await once('"op-1"', 'post', 'tenants', body);
    expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', 'x-original-request-id': first.headers['x-request-id'] });
    expect(await named('Once')).toHaveLength(1);
    const key = good(await rig.operator('post', `/v1/operator/tenants/${first.body.id}/api-keys`, { name: 'first' })).key;
    expect([await agreements(key), good(await rig.call(key, 'get', '/v1/tenant')).operator_share]).toEqual([1, '0.25']);
  });

  it('of requests sent at the same time is done once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => once('op-2', 'post', 'tenants', { name: 'Together' })));
    for (const answer of answers.filter(({ status }) => status !== 201)) expect(answer.body.code).toBe('idempotency_key_in_use');
    expect(await named('Together')).toHaveLength(1);
  });

  it('used with another request is refused, one that is no key is too, and a refusal does not use it up', async () => {
    const host = 'brand.example';
    good(await once('op-3', 'post', 'tenants', { name: 'First', host }));
    expect((await once('op-3', 'post', 'tenants', { name: 'Other', host })).body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect((await once('', 'post', 'tenants', { name: 'Other' })).body.code).toBe('idempotency_key_invalid');
    expect((await once('op-4', 'post', 'tenants', { name: 'Second', host })).body.code).toBe('already_exists');
    expect((await once('op-4', 'post', 'tenants', { name: 'Second' })).status).toBe(201);
  });

  it('lets no repeated change undo a later one', async () => {
    const tenant = await rig.tenant('Changed');
    const agree = (key: string, share: string) => once(key, 'patch', `tenants/${tenant.id}`, { operator_share: share });
    good(await agree('op-5', '0.1'));
    good(await agree('op-6', '0.2'));
    const again = await agree('op-5', '0.1');
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect(good(await rig.operator('get', `/v1/operator/tenants/${tenant.id}`)).operator_share).toBe('0.2');
    expect(await agreements(tenant.key)).toBe(2);
    const turn = (key: string, end: string) => once(key, 'post', `kill-switches/${tenant.id}/${end}`, {});
    expect(good(await turn('op-7', 'engage')).active).toBe(true);
    expect(good(await turn('op-8', 'release')).active).toBe(false);
    expect((await turn('op-7', 'engage')).headers['idempotency-replayed']).toBe('true');
    expect(good(await rig.operator('get', `/v1/operator/kill-switches/${tenant.id}`)).active).toBe(false);
  });

  it('carries a contract over that was agreed when the gateway could not go on', async () => {
    const tenant = await rig.tenant('Carried');
    good(await rig.call(tenant.key, 'post', '/v1/fee-schedules', { execution_markup_bps: '3', builder_address: freshAddress() }));
    const agree = () => once('op-9', 'patch', `tenants/${tenant.id}`, { operator_share: '0.5' });
    const lost = vi.spyOn(rig.context.storage, 'scoped').mockRejectedValue(new Error('the database is away'));
    expect((await agree()).status).toBe(500);
    lost.mockRestore();
    const shares = async (): Promise<string[]> =>
      good(await rig.call(tenant.key, 'get', '/v1/fee-schedules')).data.map((version: { operator_share: string }) => version.operator_share);
    expect(await shares()).toEqual(['0']);
    for (let time = 0; time < 2; time += 1) expect((await agree()).headers['idempotency-replayed']).toBe('true');
    expect(await shares()).toEqual(['0', '0.5']);
  });

  it('has no effect on a key’s creation: each request makes another key, and no secret is kept', async () => {
    const tenant = await rig.tenant('Keys');
    const make = async () => good(await once('op-10', 'post', `tenants/${tenant.id}/api-keys`, { name: 'again' })).key;
    const [first, second] = [await make(), await make()];
    expect(first).not.toBe(second);
    const kept = JSON.stringify(await rig.context.storage.platform((unit) => unit.query('select key, body from operator_idempotency_keys')));
    expect([kept.includes('op-1'), kept.includes('op-10'), kept.includes('ctk_')]).toEqual([true, false, false]);
  });
});
