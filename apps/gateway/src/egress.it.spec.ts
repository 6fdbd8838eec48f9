import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellEgressAsEngine } from './testing/engine-work';
import { makeObjects } from './testing/objects';
import { type GatewayRig, good, openRig } from './testing/rig';

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterAll(() => rig?.close());

describe('egress', () => {
  it('is unlimited until an engine tells limits', async () => {
    const tenant = await rig.tenant('Unlimited');
    expect(good(await rig.call(tenant.key, 'get', '/v1/egress?network=sim'))).toMatchObject({ limited: false, addresses: [] });
    const told = good(await rig.call(tenant.key, 'post', '/v1/egress/forecast', { network: 'sim', orders: 5 }));
    expect(told).toMatchObject({ limited: false, orders: 5, ends_in_ms: null, addresses_needed: null });
  });

  it('tells what is free, how long a wave takes and how many addresses a target needs', async () => {
    const tenant = await rig.tenant('Limited');
    await tellEgressAsEngine(rig);
    const standing = good(await rig.call(tenant.key, 'get', '/v1/egress?network=sim'));
    expect(standing.addresses.map((address: { meters: { free_for_entries: number }[] }) => address.meters[0]?.free_for_entries)).toEqual([0, 840]);
    expect(JSON.stringify(standing)).not.toContain('203.0.113.7');
    const wanted = { network: 'sim', orders: 2_000, reductions: 200, target_ms: 60_000 };
    const told = good(await rig.call(tenant.key, 'post', '/v1/egress/forecast', wanted));
    expect(told).toMatchObject({ limited: true, orders: 2_000, reductions: 200, limited_by: 'weight', addresses_needed: 3 });
    expect(told.addresses.map(({ no, orders }: { no: number; orders: number }) => [no, orders])).toEqual([
      [1, 1_000],
      [2, 1_000],
    ]);
    // The spent address is free again a minute after its wave; then it sends what the rested one sends in its second minute.
    expect(told.ends_in_ms).toBeGreaterThan(60_000);
    expect(told.reductions_end_in_ms).toBeLessThan(told.ends_in_ms);
  });

  it('of a leader is one order for each active copy; either he or a number is given, and only one’s own', async () => {
    const tenant = await rig.tenant('Leading');
    const objects = await makeObjects(rig, tenant);
    const ask = (body: object) => rig.call(tenant.key, 'post', '/v1/egress/forecast', { network: 'sim', ...body });
    expect(good(await ask({ leader_id: objects.leader })).orders).toBe(0);
    expect((await ask({})).body.code).toBe('invalid_request');
    expect((await ask({ orders: 1, leader_id: objects.leader })).body.code).toBe('invalid_request');
    const other = await rig.tenant('Other');
    const foreign = await rig.call(other.key, 'post', '/v1/egress/forecast', { network: 'sim', leader_id: objects.leader });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found']);
    expect((await rig.call(tenant.key, 'get', '/v1/egress?network=mainnet')).status).toBe(404);
  });
});
