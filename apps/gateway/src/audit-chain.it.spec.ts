import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshAddress, makeObjects } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let owner: Client;
beforeAll(async () => {
  rig = await openRig();
  owner = await rig.owner();
}, 300_000);
afterAll(() => rig?.close());

const verify = async (tenant: RigTenant, query = '') => good(await rig.call(tenant.key, 'get', `/v1/audit-log/verification${query}`));
const lines = async (tenant: RigTenant, query = '') =>
  good(await rig.call(tenant.key, 'get', `/v1/audit-log?order=oldest_first&limit=1000${query}`)).data;

/** A tenant with ten lines and more. */
async function withLines(name: string): Promise<RigTenant> {
  const tenant = await rig.tenant(name);
  await makeObjects(rig, tenant);
  for (let no = 0; no < 6; no += 1) good(await rig.call(tenant.key, 'post', '/v1/followers', {}));
  return tenant;
}

/** As whoever owns the database can: no policy and no grant stands in the way. */
async function asOwner(table: string, statement: string, parameters: readonly unknown[]): Promise<void> {
  await owner.query(`alter table ${table} no force row level security`);
  await owner.query(statement, [...parameters]);
  await owner.query(`alter table ${table} force row level security`);
}

describe('the chain of a tenant’s audit log', () => {
  it('numbers the lines without holes, each on the one before it', async () => {
    const tenant = await withLines('Chained');
    const all = await lines(tenant);
    expect(all.map(({ no }: { no: string }) => Number(no))).toEqual(all.map((_: unknown, index: number) => index + 1));
    for (const [index, line] of all.entries()) expect(line.previous_digest).toBe(all[index - 1]?.digest ?? '0'.repeat(64));
    expect(await verify(tenant)).toEqual({
      intact: true,
      from_no: '1',
      to_no: String(all.length),
      lines: all.length,
      broken_at: null,
      digest: all.at(-1).digest,
      head_no: String(all.length),
      next_from_no: null,
    });
    expect(await verify(tenant, '?from_no=3&to_no=5')).toMatchObject({ intact: true, lines: 3, digest: all[4].digest, next_from_no: '6' });
  });

  it('has no hole and one order where many change something at once', async () => {
    const tenant = await rig.tenant('Busy');
    const answers = await Promise.all(Array.from({ length: 30 }, () => rig.call(tenant.key, 'post', '/v1/followers', {})));
    for (const answer of answers) good(answer);
    expect(await verify(tenant)).toMatchObject({ intact: true, lines: 31, head_no: '31' });
  });

  it('has one order, and nobody waits in a circle, where changes of every kind come at once', async () => {
    const tenant = await rig.tenant('Mixed');
    const { leader, follower, copy } = await makeObjects(rig, tenant);
    const before = Number((await verify(tenant)).head_no);
    const change = (method: 'post' | 'patch', path: string, body: object = {}) => rig.call(tenant.key, method, `/v1/${path}`, body);
    const kinds = [
      (no: number) => change('patch', `leaders/${leader}`, { name: `L${no}`, access: no % 2 === 0 ? 'granted' : 'everyone' }),
      () => change('post', 'entitlements', { leader_id: leader, follower_id: follower }),
      (no: number) => change('post', `kill-switches/${copy}/${no % 2 === 0 ? 'engage' : 'release'}`),
      (no: number) => change('patch', `copies/${copy}`, { settings: { max_age_ms: 2_000 + no } }),
      (no: number) => change('patch', `limits/${follower}`, { max_venue_leverage: 10 + no }),
      (no: number) => change('post', `leaders/${leader}/terms`, { document_url: `https://brand.example/${no}`, sha256: '0'.repeat(64) }),
      () => change('post', 'followers/bulk', { items: [{}, {}, {}] }),
    ];
    const answers = await Promise.all(Array.from({ length: 42 }, (_, no) => kinds[no % kinds.length]?.(no)));
    const refused = answers.flatMap((answer, no) => ((answer?.status ?? 0) < 300 ? [] : [[no % kinds.length, answer?.status, answer?.body.code]]));
    expect(refused).toEqual([]);
    const proof = await verify(tenant);
    expect([proof.intact, Number(proof.head_no) > before + 42]).toEqual([true, true]);
  });

  it('has no line of what was refused or rolled back', async () => {
    const tenant = await withLines('Refused');
    const before = (await verify(tenant)).head_no;
    expect(
      (
        await rig.call(tenant.key, 'post', '/v1/copies', {
          leader_id: `ldr_${'0'.repeat(26)}`,
          venue_account_id: `vac_${'0'.repeat(26)}`,
          allocation: '1',
        })
      ).status,
    ).toBe(404);
    good(await rig.call(tenant.key, 'post', '/v1/followers', { external_id: 'once' }));
    expect((await rig.call(tenant.key, 'post', '/v1/followers', { external_id: 'once' })).status).toBe(409);
    expect(await verify(tenant)).toMatchObject({ intact: true, head_no: String(Number(before) + 1) });
  });

  it.each<[string, string, string, number]>([
    ['another actor', `update audit_log set actor = 'key_somebody' where tenant_id = $1 and no = 4`, 'content', 4],
    ['other words in its detail', `update audit_log set detail = '{"forged":true}' where tenant_id = $1 and no = 5`, 'content', 5],
    ['another state before', `update audit_log set before = '{"status":"closed"}' where tenant_id = $1 and no = 5`, 'content', 5],
    ['another time', `update audit_log set created_at = created_at + interval '1 hour' where tenant_id = $1 and no = 2`, 'content', 2],
    ['a line taken out', `delete from audit_log where tenant_id = $1 and no = 6`, 'missing', 6],
    [
      'the newest line taken off',
      `delete from audit_log where tenant_id = $1 and no = (select max(no) from audit_log where tenant_id = $1)`,
      'missing',
      10,
    ],
  ])('tells of %s', async (what, statement, reason, no) => {
    const tenant = await withLines(what);
    expect((await verify(tenant)).intact).toBe(true);
    await asOwner('audit_log', statement, [tenant.id]);
    expect(await verify(tenant)).toMatchObject({ intact: false, broken_at: { no: expect.any(String), reason } });
    if (what !== 'the newest line taken off') expect((await verify(tenant)).broken_at.no).toBe(String(no));
  });

  it('tells of a line that was written anew with a digest that fits it', async () => {
    const tenant = await withLines('Forged');
    await asOwner(
      'audit_log',
      `update audit_log a set actor = 'key_somebody', digest = audit_digest(tenant_id || '/' || environment, no, previous, id, 'key_somebody', action, target_id,
         request_id, created_at, detail, before, after) where tenant_id = $1 and no = 3`,
      [tenant.id],
    );
    expect((await verify(tenant)).broken_at).toEqual({ no: '4', reason: 'link' });
  });

  it('tells of newer lines that were taken off together with the head’s number', async () => {
    const tenant = await withLines('Shortened');
    const head = await verify(tenant);
    await asOwner('audit_log', 'delete from audit_log where tenant_id = $1 and no > 8', [tenant.id]);
    await asOwner('audit_heads', 'update audit_heads set top_no = 8 where tenant_id = $1', [tenant.id]);
    expect((await verify(tenant)).broken_at).toEqual({ no: '8', reason: 'head' });
    expect(Number(head.head_no)).toBeGreaterThan(8);
  });

  it('keeps no other tenant waiting while one of them writes', async () => {
    const [one, other] = [await rig.tenant('One'), await rig.tenant('Other')];
    good(await rig.call(one.key, 'post', '/v1/followers', {}));
    await owner.query('alter table audit_heads no force row level security');
    await owner.query('begin');
    const held = await owner.query('select 1 from audit_heads where tenant_id = $1 for update', [one.id]);
    const waits = rig.call(one.key, 'post', '/v1/followers', {}).then((answer) => answer.status);
    good(await rig.call(other.key, 'post', '/v1/followers', {}));
    await owner.query('commit');
    await owner.query('alter table audit_heads force row level security');
    expect([held.rowCount, await waits]).toEqual([1, 201]);
  });
});

describe('a line', () => {
  it('tells the changed fields as they stood and as they stand, and nothing else', async () => {
    const tenant = await rig.tenant('Told');
    const { leader, copy } = await makeObjects(rig, tenant);
    const request = { 'X-Request-Id': 'rename-leader' };
    good(await rig.call(tenant.key, 'patch', `/v1/leaders/${leader}`, { name: 'Renamed', status: 'active' }, request));
    good(await rig.call(tenant.key, 'patch', `/v1/copies/${copy}`, { settings: { max_age_ms: 3_000 }, allocation: '1500' }));
    good(await rig.call(tenant.key, 'patch', `/v1/limits/${leader}`, { caps: { max_leverage: '5' } }));
    const of = async (action: string) => (await lines(tenant, `&action=${action}`))[0];
    expect(await of('leader.update')).toMatchObject({
      before: { name: 'Leader' },
      after: { name: 'Renamed' },
      request_id: 'rename-leader',
      target_id: leader,
    });
    expect(await of('copy.allocation')).toMatchObject({ before: { allocation: '1000' }, after: { allocation: '1500' } });
    const settings = await of('copy.settings');
    expect([Object.keys(settings.before).sort(), settings.before.max_age_ms, settings.after.max_age_ms]).toEqual([
      ['inherits', 'max_age_ms'],
      2_000,
      3_000,
    ]);
    expect((await of('limits.update')).after).toMatchObject({ caps: { max_leverage: '5' } });
    expect(await of('follower.create')).toMatchObject({ before: null, after: { status: 'active' } });
  });

  it('holds no secret, and nothing a follower could be known by', async () => {
    const tenant = await rig.tenant('Discreet');
    const follower = good(await rig.call(tenant.key, 'post', '/v1/followers', { external_id: 'anna@example.org' }));
    const address = freshAddress();
    const agent = `0x${'5'.repeat(64)}`;
    good(
      await rig.call(tenant.key, 'post', '/v1/venue-accounts/import', {
        follower_id: follower.id,
        network: 'sim',
        address,
        agent_private_key: agent,
      }),
    );
    const key = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'more', scopes: ['copies:read'] })).key;
    const ticket = good(await rig.call(tenant.key, 'post', '/v1/stream-tickets')).ticket;
    const written = JSON.stringify(await lines(tenant));
    for (const secret of [agent.slice(2), key, ticket, 'anna@example.org', address, tenant.key]) expect(written).not.toContain(secret);
    const operators = JSON.stringify(good(await rig.operator('get', '/v1/operator/audit-log?limit=1000')));
    expect(operators).not.toContain(tenant.key);
  });
});

describe('the operator’s audit log', () => {
  it('has what the operator changed with its request, in a chain of its own, and tells of tampering', async () => {
    const tenant = await rig.tenant('Operated');
    const headers = { 'X-Request-Id': 'operator-1' };
    good(await rig.operator('patch', `/v1/operator/tenants/${tenant.id}`, { name: 'Renamed' }, rig.operatorKey, headers));
    const page = good(await rig.operator('get', `/v1/operator/audit-log?target_id=${tenant.id}`));
    expect(page.data).toMatchObject([
      { action: 'tenant.update', request_id: 'operator-1', before: { name: 'Operated' }, after: { name: 'Renamed' } },
      { action: 'tenant.create', before: null, after: { name: 'Operated', status: 'active' } },
    ]);
    expect((await lines(tenant, '&action=tenant.update'))[0]).toMatchObject({ request_id: 'operator-1', before: { name: 'Operated' } });
    const verification = async () => good(await rig.operator('get', '/v1/operator/audit-log/verification'));
    expect(await verification()).toMatchObject({ intact: true, broken_at: null });
    const first = good(await rig.operator('get', '/v1/operator/audit-log?order=oldest_first&limit=1'));
    expect(first.data).toMatchObject([{ no: '1', action: 'operator_key.create', actor: 'machine' }]);
    const second = good(await rig.operator('get', `/v1/operator/audit-log?order=oldest_first&limit=1&cursor=${first.next_cursor}`));
    expect(second.data).toMatchObject([{ no: '2' }]);
    expect(good(await rig.operator('get', `/v1/operator/audit-log?order=oldest_first&limit=1&cursor=${second.prev_cursor}`)).data).toEqual(
      first.data,
    );
    await owner.query(`update platform_audit_log set action = 'tenant.read' where no = 2`);
    expect((await verification()).broken_at).toEqual({ no: '2', reason: 'content' });
  });
});
