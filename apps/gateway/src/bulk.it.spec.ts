import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshAddress } from './testing/objects';
import { type GatewayRig, good, type Headers, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
}, 300_000);
afterAll(() => rig?.close());

interface Item {
  readonly index: number;
  readonly id: string | null;
  readonly problem: { readonly code: string; readonly existing_id: string | null; readonly errors: readonly { readonly pointer: string }[] } | null;
}
/** Longest a request may take to be answered. */
const REQUEST_TIMEOUT_MS = 30_000;

const bulk = (path: string, items: readonly object[], headers: Headers = {}, key = tenant.key) =>
  rig.call(key, 'post', `/v1/${path}/bulk`, { items }, headers);
const post = async (path: string, body: object, key = tenant.key) => good(await rig.call(key, 'post', path, body));
const count = async (key: string, path: string): Promise<number> => good(await rig.call(key, 'get', `/v1/${path}?limit=1000`)).data.length;
const codes = (body: { data: readonly Item[] }) => body.data.map(({ problem }) => problem?.code ?? 'made');

async function accounts(of: RigTenant, many: number): Promise<readonly string[]> {
  const follower = await post('/v1/followers', {}, of.key);
  const made = [];
  for (let no = 0; no < many; no += 1)
    made.push((await post('/v1/venue-accounts', { follower_id: follower.id, network: 'sim', address: freshAddress() }, of.key)).id);
  return made;
}
const leader = async (of: RigTenant, more: object = {}): Promise<string> =>
  (await post('/v1/leaders', { name: 'L', network: 'sim', address: freshAddress(), ...more }, of.key)).id;

describe('followers by one call', () => {
  it('are made in order, each as if it had been made alone', async () => {
    const made = good(await bulk('followers', [{ external_id: 'a' }, {}, { external_id: 'b' }]));
    expect(made).toMatchObject({ made: 3, refused: 0 });
    expect(made.data.map(({ index }: Item) => index)).toEqual([0, 1, 2]);
    const shown = [];
    for (const { id } of made.data) shown.push(good(await rig.call(tenant.key, 'get', `/v1/followers/${id}`)).external_id);
    expect(shown).toEqual(['a', null, 'b']);
    const lines = good(await rig.call(tenant.key, 'get', `/v1/audit-log?target_id=${made.data[2].id}`)).data;
    expect(lines).toMatchObject([{ action: 'follower.create', after: { status: 'active' } }]);
  });

  it('are not made twice by a name that is taken, of before or of the same call: the item names who has it', async () => {
    const first = good(await bulk('followers', [{ external_id: 'taken' }]));
    const again = good(await bulk('followers', [{ external_id: 'new' }, { external_id: 'taken' }, { external_id: 'new' }]));
    expect(codes(again)).toEqual(['made', 'already_exists', 'already_exists']);
    expect(again.data[1].problem).toMatchObject({ existing_id: first.data[0].id, errors: [{ pointer: '/items/1/external_id' }] });
    expect(again.data[2].problem.existing_id).toBe(again.data[0].id);
  });

  it('fill the plan’s quota exactly and are refused one by one beyond it, also when calls race', async () => {
    const small = await rig.tenant('Small', 'starter');
    const limit: number = good(await rig.call(small.key, 'get', '/v1/usage')).quotas.find(
      ({ quota }: { quota: string }) => quota === 'followers',
    ).limit;
    const already = limit - 7;
    for (let from = 0; from < already; from += 1_000) good(await bulk('followers', Array(Math.min(1_000, already - from)).fill({}), {}, small.key));
    const racing = await Promise.all([0, 1].map(() => bulk('followers', Array(5).fill({}), {}, small.key)));
    const results = racing.map((answer) => good(answer));
    expect(results.map(({ made }) => made).sort()).toEqual([2, 5]);
    const refused = results.find(({ made }) => made === 2);
    expect(codes(refused)).toEqual(['made', 'made', 'quota_exceeded', 'quota_exceeded', 'quota_exceeded']);
    expect(refused.data[4].problem.errors[0].pointer).toBe('/items/4');
    const { used } = good(await rig.call(small.key, 'get', '/v1/usage')).quotas.find(({ quota }: { quota: string }) => quota === 'followers');
    expect(used).toBe(limit);
  });

  it('are refused as a whole where the body is not valid, with a pointer to the item', async () => {
    const before = await count(tenant.key, 'followers');
    const wrong = await bulk('followers', [{ external_id: 'fine' }, { external_id: '' }, { name: 'x' }]);
    expect([wrong.status, wrong.body.code]).toEqual([400, 'invalid_request']);
    expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/items/1/external_id', '/items/2']);
    for (const items of [[], Array(1_001).fill({})]) expect((await bulk('followers', items)).body.code).toBe('invalid_request');
    expect(await count(tenant.key, 'followers')).toBe(before);
  });

  it('have a body of up to 256 kB, other routes theirs', async () => {
    const items = Array.from({ length: 1_000 }, (_, no) => ({ external_id: `${String(no).padStart(4, '0')}${'x'.repeat(110)}` }));
    const other = await rig.tenant('Large');
    expect(JSON.stringify({ items }).length).toBeGreaterThan(130_000);
    expect(good(await bulk('followers', items, {}, other.key))).toMatchObject({ made: 1_000 });
    const tooLarge = { items: [{ external_id: 'y'.repeat(262_144) }] };
    expect((await rig.call(tenant.key, 'post', '/v1/followers/bulk', tooLarge)).body.code).toBe('body_too_large');
    expect((await rig.call(tenant.key, 'post', '/v1/followers', { external_id: 'y'.repeat(110_000) })).body.code).toBe('body_too_large');
  });
});

describe('copies by one call', () => {
  it('are made or refused each by what stands and by the items before it', async () => {
    const [one, two, restricted] = [await leader(tenant), await leader(tenant), await leader(tenant, { access: 'granted' })];
    const [account = '', other = ''] = await accounts(tenant, 2);
    const item = (leader_id: string, venue_account_id: string, more: object = {}) => ({ leader_id, venue_account_id, allocation: '100', ...more });
    const body = good(
      await bulk('copies', [
        item(one, account),
        item(one, account),
        item(two, account, { settings: { venue_leverage: 7 } }),
        item(two, account),
        item(restricted, other),
        item(`ldr_${'0'.repeat(26)}`, other),
        item(one, `vac_${'0'.repeat(26)}`),
        item(one, other, { consent_version: 1 }),
        item(one, other),
      ]),
    );
    expect(codes(body)).toEqual([
      'made',
      'leader_already_copied',
      'leverage_conflict',
      'made',
      'entitlement_missing',
      'not_found',
      'not_found',
      'terms_unknown',
      'made',
    ]);
    expect(body).toMatchObject({ made: 3, refused: 6 });
    expect(body.data[1].problem.existing_id).toBe(body.data[0].id);
    const pointers = body.data.map(({ problem }: Item) => problem?.errors[0]?.pointer ?? null);
    expect(pointers.slice(4, 8)).toEqual(['/items/4', '/items/5/leader_id', '/items/6/venue_account_id', '/items/7/consent_version']);
    const copy = good(await rig.call(tenant.key, 'get', `/v1/copies/${body.data[3].id}`));
    expect(copy).toMatchObject({ leader_id: two, state: 'preparing', settings_version: 1, command: { kind: 'copy.activate', status: 'pending' } });
  });

  it('are none where one has settings that are not valid, and each fault is named by its place', async () => {
    const [one, [account = '']] = [await leader(tenant), await accounts(tenant, 1)];
    const item = (settings: object) => ({ leader_id: one, venue_account_id: account, allocation: '100', settings });
    const before = await count(tenant.key, 'copies');
    const refused = await bulk('copies', [item({ venue_leverage: 0 }), item({}), item({ caps: { max_leverage: '-1' } })]);
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_request']);
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/items/0/settings/venue_leverage',
      '/items/2/settings/caps/max_leverage',
    ]);
    expect(await count(tenant.key, 'copies')).toBe(before);
    const many = await bulk(
      'copies',
      Array.from({ length: 60 }, () => item({ venue_leverage: 0 })),
    );
    expect(many.body.errors).toHaveLength(50);
  });

  it('of another tenant’s leader or account are the same refusal as of none at all', async () => {
    const stranger = await rig.tenant('Stranger');
    const [theirs, [account = '']] = [await leader(tenant), await accounts(tenant, 1)];
    const [own, [mine = '']] = [await leader(stranger), await accounts(stranger, 1)];
    const items = [
      { leader_id: theirs, venue_account_id: mine, allocation: '1' },
      { leader_id: own, venue_account_id: account, allocation: '1' },
      { leader_id: `ldr_${'0'.repeat(26)}`, venue_account_id: mine, allocation: '1' },
    ];
    const body = good(await bulk('copies', items, {}, stranger.key));
    expect(codes(body)).toEqual(['not_found', 'not_found', 'not_found']);
    expect(body.data[0].problem.detail).toBe(body.data[2].problem.detail);
  });

  it('take the plan’s last places in the order of the items', async () => {
    const small = await rig.tenant('Small copies', 'starter');
    const quota = async () =>
      good(await rig.call(small.key, 'get', '/v1/usage')).quotas.find((one: { quota: string }) => one.quota === 'active_copies');
    const { limit } = await quota();
    const of = await leader(small);
    const items = (await accounts(small, Math.min(limit + 2, 40))).map((id) => ({ leader_id: of, venue_account_id: id, allocation: '1' }));
    const body = good(await bulk('copies', items, {}, small.key));
    expect(body.made).toBe(Math.min(limit, items.length));
    expect((await quota()).used).toBe(body.made);
    expect(codes(body).slice(limit)).toEqual(items.slice(limit).map(() => 'quota_exceeded'));
  });

  it('are as many as a call may name, well inside the time a request has', async () => {
    const large = await rig.tenant('Thousand');
    const of = await leader(large);
    const followers: Item[] = good(await bulk('followers', Array(1_000).fill({}), {}, large.key)).data;
    const made = await accountsAtOnce(large, followers);
    const items = made.map((id) => ({ leader_id: of, venue_account_id: id, allocation: '250.5' }));
    const begun = performance.now();
    const body = good(await bulk('copies', items, { 'Idempotency-Key': 'thousand' }, large.key));
    const took = performance.now() - begun;
    expect(body).toMatchObject({ made: 1_000, refused: 0 });
    process.stdout.write(`${JSON.stringify({ bulk_copies: { rows: 1_000, ms: Math.round(took), rows_per_s: Math.round(1_000_000 / took) } })}\n`);
    expect(took).toBeLessThan(REQUEST_TIMEOUT_MS / 2);
    const again = await bulk('copies', items, { 'Idempotency-Key': 'thousand' }, large.key);
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([body, 'true']);
    const without = good(await bulk('copies', items, {}, large.key));
    expect([without.made, new Set(codes(without))]).toEqual([0, new Set(['leader_already_copied'])]);
    expect(without.data.map(({ problem }: Item) => problem?.existing_id)).toEqual(body.data.map(({ id }: Item) => id));
    const commands = good(await rig.call(large.key, 'get', '/v1/commands/1001'));
    expect(commands).toMatchObject({ kind: 'copy.activate', target_id: body.data[999].id });
    expect(good(await rig.call(large.key, 'get', '/v1/audit-log/verification'))).toMatchObject({ intact: true });
  }, 300_000);
});

/** Accounts as the gateway writes them, without making a key for each, which costs more than all else. */
async function accountsAtOnce(of: RigTenant, followers: readonly Item[]): Promise<readonly string[]> {
  const [pattern = ''] = await accounts(of, 1);
  return rig.context.storage.scoped(of.scope, async (unit) => {
    const row = await unit.venueAccounts.findOne({ id: pattern as never });
    if (row === null) throw new Error('the pattern is there');
    const { no: _no, tenantId: _tenant, environment: _environment, ...rest } = row;
    const rows = followers.map(({ id }) => {
      const address = freshAddress();
      return { ...rest, id: rig.context.ids.next('venueAccount'), followerId: id as never, address, agentAddress: address };
    });
    await unit.venueAccounts.insertAll(rows);
    return rows.map(({ id }) => id);
  });
}
