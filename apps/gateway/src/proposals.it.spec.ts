import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAsEngine } from './testing/engine-work';
import { makeObjects, type TenantObjects } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;
let other: RigTenant;
let objects: TenantObjects;

beforeAll(async () => {
  rig = await openRig();
  [tenant, other] = [await rig.tenant('Brand'), await rig.tenant('Other')];
  objects = await makeObjects(rig, tenant);
}, 300_000);
afterAll(() => rig?.close());

const over = { leftMicro: 0n, leftSize: 0n } as const;
const get = (path: string, of = tenant) => rig.call(of.key, 'get', `/v1/proposals${path}`);
const approve = (id: string, body: object = { size: '0.4' }, headers = {}, of = tenant) =>
  rig.call(of.key, 'post', `/v1/proposals/${id}/approve`, body, headers);
const decline = (id: string, of = tenant) => rig.call(of.key, 'post', `/v1/proposals/${id}/decline`);
const command = async (no: string) => good(await rig.call(tenant.key, 'get', `/v1/commands/${no}`));

describe('proposals', () => {
  it('are listed by copy and by what became of them, and shown as the engine left them', async () => {
    const ended = await askAsEngine(rig, tenant, objects, { ...over, status: 'ended', createdAt: Date.now() - 5_000 });
    const open = await askAsEngine(rig, tenant, objects, { coin: 'ETH' });
    const ids = async (query: string) => good(await get(query)).data.map((row: { id: string }) => row.id);
    expect(await ids('')).toEqual([open, ended]);
    expect(await ids('?status=open')).toEqual([open]);
    expect(await ids(`?copy_id=${objects.copy}&status=ended&limit=1`)).toEqual([ended]);
    expect(good(await get(`/${open}`))).toMatchObject({
      id: open,
      livemode: false,
      copy_id: objects.copy,
      coin: 'ETH',
      side: 'buy',
      asked_size: '0.5',
      size: '0.4',
      approved_size: '0.1',
      price: '64000',
      status: 'open',
    });
  });

  it('are approved by a command that names what was shown, once per key', async () => {
    const id = await askAsEngine(rig, tenant, objects, { coin: 'SOL' });
    const key = { 'Idempotency-Key': 'approve-once' };
    const first = await approve(id, { size: '0.4' }, key);
    expect(first.status).toBe(202);
    expect(first.body.proposal).toMatchObject({ id, status: 'open', size: '0.4' });
    expect(good(await approve(id, { size: '0.4' }, key))).toEqual(first.body);
    expect((await approve(id, { size: '0.3' }, key)).status).toBe(422);
    const given = await command(first.body.command_no);
    expect(given).toMatchObject({ kind: 'proposal.approve', target_id: objects.copy, status: 'pending' });
    const again = good(await decline(id));
    expect(BigInt(again.command_no)).toBe(BigInt(first.body.command_no) + 1n);
    expect(await command(again.command_no)).toMatchObject({ kind: 'proposal.decline', target_id: objects.copy });
  });

  it.each([[{}], [{ size: '0' }], [{ size: '-1' }], [{ size: 'all' }], [{ size: 1 }], [{ size: '1', price: '1' }], [{ size: '0.000000001' }]])(
    'are not approved by %j',
    async (body) => {
      const id = await askAsEngine(rig, tenant, objects, { coin: `X${JSON.stringify(body).length}`, ...over, status: 'declined' });
      expect((await approve(id, body)).status).toBe(400);
    },
  );

  it.each(['approved', 'declined', 'ended', 'withdrawn'] as const)('that are %s take no answer any more', async (status) => {
    const id = await askAsEngine(rig, tenant, objects, { ...over, status });
    for (const answer of [await approve(id), await decline(id)]) expect([answer.status, answer.body.code]).toEqual([409, 'state_conflict']);
  });

  it('whose time is over take none either, whether that is written yet or not', async () => {
    const id = await askAsEngine(rig, tenant, objects, { coin: 'LATE', endsAt: Date.now() - 1 });
    expect((await approve(id)).status).toBe(409);
  });

  it('are nobody else’s to see or to answer', async () => {
    const id = await askAsEngine(rig, tenant, objects, { coin: 'OURS' });
    for (const answer of [await get(`/${id}`, other), await approve(id, { size: '0.4' }, {}, other), await decline(id, other)])
      expect(answer.status).toBe(404);
    expect(good(await get('', other)).data).toEqual([]);
    // Row-level security says the same without the gateway.
    await rig.engine.scoped(other.scope, async (unit) => expect(await unit.records.proposalById(id)).toBe(null));
  });

  it('are answered with the right to change copies, and read with the right to read them', async () => {
    const id = await askAsEngine(rig, tenant, objects, { coin: 'RIGHT' });
    const made = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'reader', scopes: ['copies:read'] }));
    const reader = { ...tenant, key: made.key };
    expect((await get(`/${id}`, reader)).status).toBe(200);
    for (const answer of [await approve(id, { size: '0.4' }, {}, reader), await decline(id, reader)]) expect(answer.status).toBe(403);
  });
});

describe('approval of each trade', () => {
  it('binds by whoever asks for it, the shortest time acts, and `effective` names who set it', async () => {
    const effective = async () => {
      const body = good(await rig.call(tenant.key, 'get', `/v1/copies/${objects.copy}`));
      const source = body.effective.sources.find(({ limit }: { limit: string }) => limit === 'approve_within_ms');
      return [body.settings.approve_within_ms, body.effective.settings.approve_within_ms, source.from];
    };
    expect(await effective()).toEqual([null, null, []]);
    good(await rig.call(tenant.key, 'patch', `/v1/copies/${objects.copy}`, { settings: { approve_within_ms: 60_000 } }));
    expect(await effective()).toEqual([60_000, 60_000, ['copy']]);
    good(await rig.call(tenant.key, 'patch', `/v1/limits/${objects.follower}`, { approve_within_ms: 90_000 }));
    good(await rig.operator('patch', `/v1/operator/limits/${tenant.id}`, { approve_within_ms: 30_000 }));
    expect(await effective()).toEqual([60_000, 30_000, ['platform']]);
    good(await rig.call(tenant.key, 'patch', `/v1/copies/${objects.copy}`, { settings: { approve_within_ms: null } }));
    good(await rig.operator('patch', `/v1/operator/limits/${tenant.id}`, { approve_within_ms: null }));
    expect(await effective()).toEqual([null, 90_000, ['follower']]);
    expect((await rig.call(tenant.key, 'patch', `/v1/limits/${objects.follower}`, { approve_within_ms: 999 })).status).toBe(400);
    expect((await rig.call(tenant.key, 'patch', `/v1/copies/${objects.copy}`, { settings: { approve_within_ms: 604_800_001 } })).status).toBe(400);
  });
});
