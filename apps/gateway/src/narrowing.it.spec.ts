import { type Narrowing, narrowingOf } from '@lockstep/tenancy';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NARROWED_OPERATIONS, reachOf } from './auth/narrowed-routes';
import { documented, type Operation } from './testing/documented';
import { askAsEngine } from './testing/engine-work';
import { freshAddress, makeObjects, type TenantObjects, tradeAsEngine } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { endSockets, open } from './testing/stream-client';

/** The objects of one leader, one follower and their copy. */
interface World extends TenantObjects {
  readonly order: string;
  readonly fill: string;
  readonly proposal: string;
  readonly entitlement: string;
  readonly commands: Readonly<Record<string, string>>;
}

let rig: GatewayRig;
let tenant: RigTenant;
let inside: World;
let outside: World;
let operations: readonly Operation[];
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Narrowed');
  inside = await makeWorld();
  outside = await makeWorld();
  operations = documented(rig.publicApi).filter(({ id, path }) => path.startsWith('/v1/') && !['stream.open', 'keyLeaks.report'].includes(id));
}, 300_000);
afterAll(() => rig?.close());
afterEach(endSockets);

async function makeWorld(): Promise<World> {
  const objects = await makeObjects(rig, tenant);
  const traded = await tradeAsEngine(rig, tenant, objects, 2);
  const grant = { leader_id: objects.leader, follower_id: objects.follower };
  const entitlement = good(await rig.call(tenant.key, 'post', '/v1/entitlements', grant)).id;
  const rows = await rig.context.storage.scoped(tenant.scope, (unit) => unit.commands.pending(1_000));
  const commands = Object.fromEntries(rows.map((row) => [row.targetId, row.no.toString()]));
  return {
    ...objects,
    order: traded.orders[0] ?? '',
    fill: traded.fills[0] ?? '',
    proposal: await askAsEngine(rig, tenant, objects),
    entitlement,
    commands,
  };
}

const KINDS = [
  ['leader', 'leaders'],
  ['follower', 'followers'],
  ['copy', 'copies'],
] as const;
type Kind = Narrowing['kind'];
const keyOf = async (kind: Kind, more: object = {}): Promise<string> => {
  const list = KINDS.find(([one]) => one === kind)?.[1] ?? '';
  const made = good(
    await rig.call(tenant.key, 'post', '/v1/api-keys', { name: kind, scopes: ['*'], narrowed_to: { [list]: [inside[kind]] }, ...more }),
  );
  expect(made.narrowed_to).toEqual({ [list]: [inside[kind]] });
  return made.key;
};

/** The id an operation of this first path segment is asked with. */
const idIn = (world: World, kind: Kind, path: string): string =>
  ({
    leaders: world.leader,
    followers: world.follower,
    copies: world.copy,
    'venue-accounts': world.venueAccount,
    entitlements: world.entitlement,
    proposals: world.proposal,
    orders: world.order,
    fills: world.fill,
    'kill-switches': world[kind],
    commands: world.commands[kind === 'leader' ? world.leader : world.copy] ?? '',
  })[path.split('/')[2] ?? ''] ?? 'none';
const at = (path: string, id: string): string => path.replace(/\{(id|no)\}/, id).replace('{waveId}', '1');
const bodyIn = (world: World, id: string): object =>
  ({
    'preview.preview': { leader_id: world.leader, allocation: '1000' },
    'venueAccounts.create': { follower_id: world.follower, network: 'sim', address: freshAddress() },
    'venueAccounts.import': { follower_id: world.follower, network: 'sim', address: freshAddress(), agent_private_key: `0x${'4'.repeat(64)}` },
    'entitlements.grant': { leader_id: world.leader, follower_id: world.follower },
    'copies.create': { leader_id: world.leader, venue_account_id: world.venueAccount, allocation: '10' },
    'proposals.approve': { size: '0.4' },
    'leaderTerms.publish': { document_url: 'https://brand.example/terms', sha256: '0'.repeat(64) },
    'consents.give': { version: 1 },
    'leaders.patch': { name: 'Renamed' },
  })[id] ?? {};

describe.each(KINDS)('a key that is narrowed to a %s', (kind) => {
  it('is refused on every operation that cannot be kept inside, whatever its scopes', async () => {
    const key = await keyOf(kind);
    const refused = operations.filter(({ id }) => reachOf(id, kind) === undefined);
    expect(refused.length).toBeGreaterThan(20);
    for (const { id, method, path } of refused) {
      const { status, body } = await rig.call(key, method, at(path, 'x'), {});
      expect([id, status, body.code]).toEqual([id, 403, 'key_narrowed']);
    }
  });

  it('lists what lies inside and nothing else, also where it asks for more', async () => {
    const key = await keyOf(kind);
    const lists = operations.filter(({ id }) => reachOf(id, kind) === 'pages');
    expect(lists.length).toBeGreaterThan(2);
    for (const { id, path } of lists) {
      const own = idIn(inside, kind, path);
      for (const query of ['', '?limit=1', '?order=oldest_first']) {
        const data: { id: string }[] = good(await rig.call(key, 'get', `${path}${query}`)).data;
        const text = JSON.stringify(data);
        expect([id, data.length > 0, query === '' ? text.includes(own) : true]).toEqual([id, true, true]);
        for (const foreign of [outside.copy, outside.leader, outside.follower, outside.venueAccount, outside.order, outside.fill, outside.proposal])
          expect([id, query, text.includes(foreign)]).toEqual([id, query, false]);
      }
    }
    for (const query of [`leader_id=${outside.leader}`, `follower_id=${outside.follower}`])
      expect(good(await rig.call(key, 'get', `/v1/copies?${query}`)).data).toEqual([]);
    for (const path of ['orders', 'fills', 'proposals'])
      expect(good(await rig.call(key, 'get', `/v1/${path}?copy_id=${outside.copy}`)).data).toEqual([]);
  });

  it('pages through what lies inside without gap or repeat', async () => {
    const key = await keyOf(kind);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = good(await rig.call(key, 'get', `/v1/orders?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`));
      seen.push(...page.data.map((order: { id: string; copy_id: string }) => `${order.copy_id} ${order.id}`));
      cursor = page.next_cursor;
    }
    expect([seen.length, new Set(seen).size, seen.every((one) => one.startsWith(inside.copy))]).toEqual([2, 2, true]);
  });

  it('meets the same 404 for what lies outside as for what is not there, and none for what lies inside', async () => {
    const key = await keyOf(kind);
    const naming = operations.filter(({ id }) => typeof reachOf(id, kind) === 'object');
    expect(naming.length).toBeGreaterThan(10);
    for (const { id, name, method, path } of naming) {
      const reach = reachOf(id, kind);
      const place = typeof reach === 'object' ? reach : null;
      const ask = async (world: World, nobody = false) => {
        const fake = (real: string): string => (nobody ? (/^\d/.test(real) ? '999999' : `${real.slice(0, -6)}000000`) : real);
        const body = Object.fromEntries(
          Object.entries(bodyIn(world, id)).map(([field, value]) => [field, field === place?.name ? fake(String(value)) : value]),
        );
        const query = place?.in === 'query' ? `?${place.name}=${fake(world.copy)}` : '';
        const answer = await rig.call(key, method, at(path, fake(idIn(world, kind, path))) + query, body);
        return { status: answer.status, body: { ...answer.body, request_id: '' } };
      };
      const [foreign, none] = [await ask(outside), await ask(inside, true)];
      expect([name, foreign.status]).toEqual([name, 404]);
      expect(foreign, name).toEqual(none);
    }
    // What is there may still refuse by its state: only the narrowing must not.
    const reads = naming.filter(({ method }) => method === 'get');
    for (const { id, name, method, path } of reads) {
      const reach = reachOf(id, kind);
      const query = typeof reach === 'object' && reach.in === 'query' ? `?copy_id=${inside.copy}` : '';
      const answer = await rig.call(key, method, at(path, idIn(inside, kind, path)) + query);
      expect([name, id === 'receipts.get' ? 200 : answer.status]).toEqual([name, 200]);
    }
  });
});

describe('a narrowed key', () => {
  it('makes and changes what lies inside', async () => {
    const [ofLeader, ofFollower, ofCopy] = [await keyOf('leader'), await keyOf('follower'), await keyOf('copy')];
    const address = freshAddress();
    const account = good(await rig.call(ofFollower, 'post', '/v1/venue-accounts', { follower_id: inside.follower, network: 'sim', address }));
    const copy = { leader_id: outside.leader, venue_account_id: account.id, allocation: '10' };
    expect((await rig.call(ofFollower, 'post', '/v1/copies', copy)).status).toBe(201);
    expect((await rig.call(ofLeader, 'post', '/v1/copies', { ...copy, leader_id: outside.leader })).status).toBe(404);
    expect((await rig.call(ofLeader, 'patch', `/v1/leaders/${inside.leader}`, { name: 'Ours' })).body.name).toBe('Ours');
    expect((await rig.call(ofCopy, 'post', `/v1/kill-switches/${inside.copy}/engage`)).body.active).toBe(true);
    good(await rig.call(ofCopy, 'post', `/v1/kill-switches/${inside.copy}/release`));
    for (const id of [tenant.id, inside.leader, outside.copy])
      expect((await rig.call(ofCopy, 'post', `/v1/kill-switches/${id}/engage`)).status).toBe(404);
  });

  it('names its object as text, else the request is not valid', async () => {
    const key = await keyOf('leader');
    for (const body of [{}, { leader_id: [inside.leader] }, { leader_id: { id: inside.leader } }])
      expect((await rig.call(key, 'post', '/v1/copies', body)).body).toMatchObject({ status: 400, code: 'invalid_request' });
    expect((await rig.call(await keyOf('copy'), 'get', `/v1/positions?copy_id=${inside.copy}&copy_id=${outside.copy}`)).status).toBe(400);
  });

  it('stays narrowed when it is rotated, and cannot make a key that is not', async () => {
    const made = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'n', scopes: ['*'], narrowed_to: { copies: [inside.copy] } }));
    const next = good(await rig.call(tenant.key, 'post', `/v1/api-keys/${made.id}/rotate`, {}));
    expect(next.narrowed_to).toEqual({ copies: [inside.copy] });
    for (const path of ['/v1/api-keys', `/v1/api-keys/${made.id}/rotate`, `/v1/api-keys/${made.id}/revoke`])
      expect((await rig.call(made.key, 'post', path, { name: 'wide', scopes: ['*'] })).body.code).toBe('key_narrowed');
  });

  it.each<[string, () => object, number, string]>([
    ['nothing', () => ({ leaders: [] }), 400, 'invalid_request'],
    ['two kinds', () => ({ leaders: [inside.leader], copies: [inside.copy] }), 400, 'invalid_request'],
    ['ids of another kind', () => ({ leaders: [inside.copy] }), 400, 'invalid_request'],
    ['more than the bound', () => ({ leaders: Array.from({ length: 101 }, () => inside.leader) }), 400, 'invalid_request'],
    ['what is not there', () => ({ leaders: [`${inside.leader.slice(0, -6)}000000`] }), 404, 'not_found'],
  ])('is not made for %s', async (_what, narrowed_to, status, code) => {
    const answer = await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'n', scopes: ['copies:read'], narrowed_to: narrowed_to() });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('of another tenant’s objects is not made', async () => {
    const stranger = await rig.tenant('Stranger');
    const answer = await rig.call(stranger.key, 'post', '/v1/api-keys', { name: 'n', scopes: ['*'], narrowed_to: { leaders: [inside.leader] } });
    expect(answer.status).toBe(404);
  });
});

describe.each(KINDS)('the events of a key that is narrowed to a %s', (kind) => {
  const event = (type: string, data: object) => ({ id: rig.context.ids.next('event'), type, version: 1, data: JSON.stringify(data) });
  const consented = (world: World) => event('copy.consented', { copy_id: world.copy, leader_id: world.leader, version: 1, actor: 'key' });
  const changed = (world: World) => event('copy.settings_changed', { copy_id: world.copy, settings_version: 2, changed: [] });
  const append = () =>
    rig.engine.scoped(tenant.scope, async (unit) => {
      const events = [outside, inside, outside].flatMap((world) => [consented(world), changed(world)]);
      const price = { size: '1', price: '1', bid: '1', ask: '1', coin: 'BTC' };
      const parties = { venue_account_id: inside.venueAccount, buyer_copy_id: inside.copy, seller_copy_id: outside.copy };
      const both = event('copy.crossed', { cross_no: '1', ...parties, ...price });
      await unit.events.append([...events, both].map((one) => ({ ...one, occurredAt: unit.now })));
      unit.afterCommit(() => rig.wakeups.publish('events', `${tenant.scope.tenantId}|${tenant.scope.environment}`));
    });
  interface Shown {
    readonly event: { readonly type: string; readonly data: { readonly copy_id?: string } };
  }
  const summary = ({ event: { type, data } }: Shown): string => `${type} ${data.copy_id === inside.copy ? 'inside' : JSON.stringify(data)}`;
  const EXPECTED = ['copy.consented inside', 'copy.settings_changed inside'];

  it('are those of what lies inside, by REST and on the stream, live and resumed, by key and by ticket', async () => {
    const key = await keyOf(kind);
    const before = good(await rig.call(tenant.key, 'get', '/v1/events?limit=1000'));
    const start = before.position;
    const [epoch = '', seq = ''] = start.split(':');
    const { subprotocols } = good(await rig.call(key, 'post', '/v1/stream-tickets'));
    const frames = (socket: ReturnType<typeof open>): { readonly seen: string[]; readonly done: Promise<void> } => {
      const seen: string[] = [];
      const last = (frame: { op: string; seq?: string | undefined }): boolean => frame.op === 'heartbeat' || frame.op === 'pong';
      const done = new Promise<void>((resolve) => {
        socket.on('message', (text) => {
          const frame = JSON.parse(String(text));
          if (frame.op === 'event') seen.push(summary(frame));
          if (seen.length >= EXPECTED.length || last(frame)) resolve();
        });
      });
      socket.once('open', () => socket.send(JSON.stringify({ op: 'subscribe', after: { epoch, seq } })));
      return { seen, done };
    };
    const live = [frames(open(rig.url, key)), frames(open(rig.url, null, subprotocols))];
    await append();
    await Promise.all(live.map(({ done }) => done));
    const resumed = frames(open(rig.url, key));
    await resumed.done;
    const page = good(await rig.call(key, 'get', `/v1/events?after=${start}`));
    // Whatever comes after the last one that is shown would be here by now.
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const { seen } of [...live, resumed]) expect(seen).toEqual(EXPECTED);
    expect(page.data.map(summary)).toEqual(EXPECTED);
    expect([page.position, page.has_more]).toEqual([page.top, false]);
  });

  it('are passed over in pages, whose position goes on', async () => {
    const key = await keyOf(kind);
    const start = good(await rig.call(tenant.key, 'get', '/v1/events?limit=1000')).position;
    await append();
    const seen: string[] = [];
    let at = start;
    for (let more = true; more; ) {
      const page = good(await rig.call(key, 'get', `/v1/events?after=${at}&limit=2`));
      seen.push(...page.data.map(summary));
      [at, more] = [page.position, page.has_more];
    }
    expect(seen).toEqual(EXPECTED);
  });
});

describe('the table of narrowed operations', () => {
  it('names operations that there are, and keys that nobody can read reach nothing', () => {
    const ids = operations.map(({ id }) => id);
    expect(NARROWED_OPERATIONS.filter((id) => !ids.includes(id))).toEqual([]);
    expect(narrowingOf(['odd'])).toEqual({ kind: 'copy', ids: [] });
  });
});
