import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setState } from './testing/engine-work';
import { freshAddress, makeObjects, type TenantObjects } from './testing/objects';
import { type GatewayRig, good, type Headers, openRig, type RigTenant } from './testing/rig';

let rig: GatewayRig;
let tenant: RigTenant;
let objects: TenantObjects;

beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
  objects = await makeObjects(rig, tenant);
}, 300_000);
afterAll(() => rig?.close());

/** A thing that can be changed, and two changes of it that differ. */
interface Changeable {
  readonly path: () => string;
  readonly changes: readonly [object, object];
  readonly operator?: true;
  /** Where its changes are sent, when not by PATCH to its own address. */
  readonly method?: 'post';
}

const CHANGEABLE: Readonly<Record<string, Changeable>> = {
  'the settings of a copy': {
    path: () => `/v1/copies/${objects.copy}`,
    changes: [{ settings: { max_age_ms: 4_000 } }, { settings: { max_age_ms: 5_000 } }],
  },
  'the allocation of a copy': { path: () => `/v1/copies/${objects.copy}`, changes: [{ allocation: '1100' }, { allocation: '1200' }] },
  'a leader': { path: () => `/v1/leaders/${objects.leader}`, changes: [{ name: 'One' }, { name: 'Two' }] },
  'limits of a follower': {
    path: () => `/v1/limits/${objects.follower}`,
    changes: [{ caps: { max_leverage: '4' } }, { caps: { max_leverage: '5' } }],
  },
  'the fee schedules': {
    path: () => '/v1/fee-schedules',
    method: 'post',
    changes: [
      { execution_markup_bps: '2', builder_address: freshAddress() },
      { execution_markup_bps: '1', builder_address: freshAddress() },
    ],
  },
  'a tenant': { path: () => `/v1/operator/tenants/${tenant.id}`, operator: true, changes: [{ name: 'Brand one' }, { name: 'Brand two' }] },
  'a branding': { path: () => '/v1/tenant/branding', changes: [{ name: 'Acme' }, { name: 'Acme, again' }] },
  'a tenant’s branding': {
    path: () => `/v1/operator/tenants/${tenant.id}/branding/live`,
    operator: true,
    changes: [{ header_prefix: 'Acme' }, { header_prefix: 'Brand' }],
  },
  'a tier': { path: () => '/v1/operator/tiers/growth', operator: true, changes: [{ concurrency: 101 }, { concurrency: 102 }] },
  'the operator’s limits': {
    path: () => `/v1/operator/limits/${tenant.id}`,
    operator: true,
    changes: [{ max_venue_leverage: 30 }, { max_venue_leverage: 31 }],
  },
};

const read = ({ operator, path }: Changeable, headers: Headers = {}) =>
  operator === true ? rig.operator('get', path(), undefined, rig.operatorKey, headers) : rig.call(tenant.key, 'get', path(), undefined, headers);
const change = ({ operator, method, path }: Changeable, body: object, headers: Headers) => {
  const verb = method ?? 'patch';
  return operator === true ? rig.operator(verb, path(), body, rig.operatorKey, headers) : rig.call(tenant.key, verb, path(), body, headers);
};

describe.each(Object.entries(CHANGEABLE))('%s', (_what, thing) => {
  it('has an entity tag: known it is 304 without a body, and every change gives another', async () => {
    const first = await read(thing);
    const tag = first.headers.etag ?? '';
    expect(tag).toMatch(/^"[0-9a-f]{16}-[0-9a-f]{16}"$/);
    for (const known of [tag, `"other", ${tag}`, `W/${tag}`, '*']) {
      const same = await read(thing, { 'If-None-Match': known });
      expect([known, same.status, same.text, same.headers.etag]).toEqual([known, 304, '', tag]);
    }
    expect((await read(thing, { 'If-None-Match': '"other"' })).status).toBe(200);
    const changed = await change(thing, thing.changes[0], { 'If-Match': tag });
    good(changed);
    const now = (await read(thing)).headers.etag;
    expect(now).not.toBe(tag);
    if (thing.method === undefined) expect(changed.headers.etag).toBe(now);
  });

  it('is changed under the tag it has or `*`, and not at all under an older, a weak or a foreign one', async () => {
    const before = await read(thing);
    const old = before.headers.etag ?? '';
    good(await change(thing, thing.changes[1], { 'If-Match': `"other", ${old}` }));
    const standing = await read(thing);
    for (const stale of [old, `W/${standing.headers.etag}`, '"foreign"']) {
      const refused = await change(thing, thing.changes[0], { 'If-Match': stale });
      expect([refused.status, refused.body.code, refused.headers.etag]).toEqual([412, 'precondition_failed', standing.headers.etag]);
    }
    expect((await read(thing)).text).toBe(standing.text);
    good(await change(thing, thing.changes[0], { 'If-Match': '*' }));
    expect((await read(thing)).headers.etag).not.toBe(standing.headers.etag);
  });

  it('refuses a condition that is none', async () => {
    for (const malformed of ['abc', '"open', '', '"a" "b"', '*, "a"']) {
      const refused = await change(thing, thing.changes[0], { 'If-Match': malformed });
      expect([malformed, refused.status, refused.body.code]).toEqual([malformed, 400, 'precondition_invalid']);
      expect((await read(thing, { 'If-None-Match': malformed })).status).toBe(400);
    }
  });

  it('of many writers with one tag is changed by exactly one', async () => {
    for (let round = 0; round < 3; round += 1) {
      const tag = (await read(thing)).headers.etag ?? '';
      const last = JSON.stringify((await read(thing)).body);
      // Both differ from what stands, so that whoever comes second meets another revision.
      const wanted = round % 2 === 0 ? thing.changes[1] : thing.changes[0];
      const answers = await Promise.all(Array.from({ length: 8 }, () => change(thing, wanted, { 'If-Match': tag })));
      expect(answers.map(({ status }) => status).sort()).toEqual([thing.method === undefined ? 200 : 201, ...Array(7).fill(412)]);
      expect(JSON.stringify((await read(thing)).body)).not.toBe(last);
    }
  });
});

describe('a change under a tag', () => {
  it('is not refused because the engine wrote meanwhile, though the tag of the whole is another', async () => {
    const copy = CHANGEABLE['the settings of a copy'] as Changeable;
    const tag = (await read(copy)).headers.etag ?? '';
    await setState(rig, tenant, objects.copy, 'active');
    expect((await read(copy)).headers.etag).not.toBe(tag);
    expect((await read(copy, { 'If-None-Match': tag })).status).toBe(200);
    good(await change(copy, { settings: { max_age_ms: 4_100 } }, { 'If-Match': tag }));
  });

  it('that is repeated with its Idempotency-Key gives the first answer with its tag: it is the same change', async () => {
    const leader = CHANGEABLE['a leader'] as Changeable;
    const tag = (await read(leader)).headers.etag ?? '';
    const send = () => change(leader, { name: 'Renamed once' }, { 'If-Match': tag, 'Idempotency-Key': 'tag-1' });
    const first = await send();
    good(await change(leader, { name: 'Renamed later' }, {}));
    const again = await send();
    expect([again.status, again.text, again.headers.etag]).toEqual([200, first.text, first.headers.etag]);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(good(await read(leader)).name).toBe('Renamed later');
  });

  it('of another object with a tag, which only shows it, is 304 too', async () => {
    for (const path of ['/v1/tenant', `/v1/followers/${objects.follower}`, `/v1/venue-accounts/${objects.venueAccount}`]) {
      const { headers } = await rig.call(tenant.key, 'get', path);
      expect((await rig.call(tenant.key, 'get', path, undefined, { 'If-None-Match': headers.etag ?? '' })).status).toBe(304);
    }
  });
});
