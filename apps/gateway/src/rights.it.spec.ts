import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setState } from './testing/engine-work';
import { freshAddress, makeObjects, type TenantObjects } from './testing/objects';
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

const DOCUMENT = { document_url: 'https://brand.example/terms.pdf', sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' };
const FAR = '2099-01-01T00:00:00.000Z';
const post = (path: string, body: object = {}, of = tenant, headers = {}) => rig.call(of.key, 'post', `/v1/${path}`, body, headers);
const get = async (path: string, of = tenant) => good(await rig.call(of.key, 'get', `/v1/${path}`));
const made = async (path: string, body: object) => good(await post(path, body));
const leaderWith = async (more: object = {}): Promise<string> =>
  (await made('leaders', { name: 'Leader', network: 'sim', address: freshAddress(), ...more })).id;
const accountOf = async (follower: string): Promise<string> =>
  (await made('venue-accounts', { follower_id: follower, network: 'sim', address: freshAddress() })).id;
const copyOf = async (leader: string, more: object = {}, follower = objects.follower) =>
  post('copies', { leader_id: leader, venue_account_id: await accountOf(follower), allocation: '100', ...more });
const commandsOf = async (target: string) =>
  (await rig.engine.scoped(tenant.scope, (unit) => unit.commands.find({ targetId: target }, { orderBy: { no: 'ASC' } }))).map(({ kind }) => kind);
const eventsOf = async <T = { leader_id: string; copy_id: string; entitlement_id: string; status: string; version: number }>(
  type: string,
): Promise<{ data: T }[]> =>
  (await get('events?limit=1000')).data
    .map((row: { event: { type: string; data: T } }) => row.event)
    .filter((event: { type: string }) => event.type === type);

describe('access to a leader', () => {
  it('is for everyone unless said otherwise, and turned by a command, an event and a line of the audit log', async () => {
    const leader = await leaderWith();
    expect((await get(`leaders/${leader}`)).access).toBe('everyone');
    const turn = (access: string) => rig.call(tenant.key, 'patch', `/v1/leaders/${leader}`, { access });
    for (const access of ['granted', 'granted', 'everyone']) expect(good(await turn(access)).access).toBe(access);
    expect(await commandsOf(leader)).toEqual(['leader.watch', 'leader.restrict', 'leader.open']);
    expect((await turn('nobody')).status).toBe(400);
    const told = (await eventsOf('leader.access_changed')).map(({ data }) => data);
    expect(told).toMatchObject([
      { leader_id: leader, access: 'granted' },
      { leader_id: leader, access: 'everyone' },
    ]);
    expect((await get('audit-log')).data).toContainEqual(expect.objectContaining({ action: 'leader.update', target_id: leader }));
  });

  it('that is granted refuses copies of followers without an entitlement, and takes those with one', async () => {
    const leader = await leaderWith({ access: 'granted' });
    const refused = await copyOf(leader);
    expect([refused.status, refused.body.code]).toEqual([422, 'entitlement_missing']);
    const entitlement = await made('entitlements', { leader_id: leader, follower_id: objects.follower });
    const copy = await copyOf(leader);
    expect(good(copy).rights.entitlement).toEqual({ status: 'granted', id: entitlement.id, until: null });
    const activate = await rig.engine.scoped(tenant.scope, (unit) => unit.commands.findOne({ targetId: copy.body.id, kind: 'copy.activate' }));
    expect(activate?.payload).toMatchObject({ needs: expect.arrayContaining([entitlement.id]) });
    good(await post(`entitlements/${entitlement.id}/revoke`));
    expect((await copyOf(leader)).body.code).toBe('entitlement_missing');
    expect((await get(`copies/${copy.body.id}`)).rights.entitlement).toEqual({ status: 'revoked', id: entitlement.id, until: null });
  });
});

describe('entitlements', () => {
  it('are one of a leader and a follower: granting again renews, shortens, or gives back what was revoked', async () => {
    const leader = await leaderWith({ access: 'granted' });
    const grant = (until: string | null) => made('entitlements', { leader_id: leader, follower_id: objects.follower, until });
    const first = await grant(FAR);
    expect(first).toMatchObject({
      leader_id: leader,
      follower_id: objects.follower,
      status: 'granted',
      until: FAR,
      revoked_at: null,
      livemode: false,
    });
    const { id } = first;
    expect(await grant(null)).toMatchObject({ id, until: null, command: { kind: 'entitlement.grant', status: 'pending' } });
    expect(await grant(FAR)).toMatchObject({ id, until: FAR });
    const revoked = good(await post(`entitlements/${id}/revoke`));
    expect(revoked).toMatchObject({ id, status: 'revoked', until: FAR, revoked_at: expect.stringMatching(/Z$/) });
    expect((await post(`entitlements/${id}/revoke`)).body.code).toBe('state_conflict');
    expect(await grant(FAR)).toMatchObject({ id, status: 'granted', revoked_at: null });
    expect(await commandsOf(id)).toEqual([
      'entitlement.grant',
      'entitlement.grant',
      'entitlement.shorten',
      'entitlement.revoke',
      'entitlement.grant',
    ]);
    const told = (await eventsOf('entitlement.changed')).map(({ data }) => data);
    expect(told.filter((data) => data.entitlement_id === id).map(({ status }) => status)).toEqual([
      'granted',
      'granted',
      'granted',
      'revoked',
      'granted',
    ]);
  });

  it('granted many times in the same moment are one', async () => {
    const [leader, follower] = [await leaderWith(), (await made('followers', {})).id];
    const grant = () => made('entitlements', { leader_id: leader, follower_id: follower });
    const granted = await Promise.all(Array.from({ length: 8 }, grant));
    expect(new Set(granted.map(({ id }) => id)).size).toBe(1);
  });

  it('are listed by leader and by follower, a page at a time', async () => {
    const [one, two] = [await leaderWith(), await leaderWith()];
    const second = (await made('followers', { external_id: `user-${freshAddress()}` })).id;
    const granted: string[] = [];
    for (const [leader, follower] of [
      [one, objects.follower],
      [one, second],
      [two, second],
    ])
      granted.push((await made('entitlements', { leader_id: leader, follower_id: follower })).id);
    const ids = async (query: string) => (await get(`entitlements?order=oldest_first&${query}`)).data.map((row: { id: string }) => row.id);
    expect(await ids(`leader_id=${one}`)).toEqual(granted.slice(0, 2));
    expect(await ids(`follower_id=${second}`)).toEqual(granted.slice(1));
    const page = await get(`entitlements?order=oldest_first&limit=1&leader_id=${one}`);
    expect(await ids(`limit=1&leader_id=${one}&cursor=${page.next_cursor}`)).toEqual(granted.slice(1, 2));
  });

  it('that end with a time have ended at it, without a call', async () => {
    const leader = await leaderWith({ access: 'granted' });
    const until = new Date(Date.now() + 700).toISOString();
    const { id } = await made('entitlements', { leader_id: leader, follower_id: objects.follower, until });
    const copy = good(await copyOf(leader));
    expect(copy.rights.entitlement.status).toBe('granted');
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect((await get(`entitlements/${id}`)).status).toBe('ended');
    expect((await get(`copies/${copy.id}`)).rights.entitlement).toEqual({ status: 'ended', id, until });
    expect((await copyOf(leader)).body.code).toBe('entitlement_missing');
  });

  it('are made once per key, and refused where they make no sense', async () => {
    const leader = await leaderWith();
    const body = { leader_id: leader, follower_id: objects.follower, until: FAR };
    const key = { 'Idempotency-Key': `grant-${leader}` };
    const first = good(await post('entitlements', body, tenant, key));
    expect(good(await post('entitlements', body, tenant, key))).toEqual(first);
    expect((await post('entitlements', { ...body, until: null }, tenant, key)).body.code).toBe('idempotency_key_reused');
    expect(await commandsOf(first.id)).toEqual(['entitlement.grant']);
    expect((await post('entitlements', { ...body, until: '2020-01-01T00:00:00.000Z' })).body.code).toBe('invalid_request');
    expect((await post('entitlements', { ...body, until: 'soon' })).status).toBe(400);
    good(await post(`leaders/${leader}/close`));
    expect((await post('entitlements', body)).body.code).toBe('state_conflict');
  });

  it('are nobody else’s: not to see, to grant for, or to take back', async () => {
    const foreign = await makeObjects(rig, other);
    const mine = await leaderWith({ access: 'granted' });
    const { id } = await made('entitlements', { leader_id: mine, follower_id: objects.follower });
    for (const body of [
      { leader_id: mine, follower_id: foreign.follower },
      { leader_id: foreign.leader, follower_id: objects.follower },
    ])
      expect((await post('entitlements', body)).status).toBe(404);
    expect((await post(`entitlements/${id}/revoke`, {}, other)).status).toBe(404);
    expect((await get(`entitlements?leader_id=${mine}`, other)).data).toEqual([]);
    expect((await get(`entitlements/${id}`)).status).toBe('granted');
  });

  it('need scopes of their own', async () => {
    const key = (await made('api-keys', { name: 'reader', scopes: ['entitlements:read', 'leaders:write'] })).key;
    expect((await rig.call(key, 'get', '/v1/entitlements')).status).toBe(200);
    const body = { leader_id: objects.leader, follower_id: objects.follower };
    expect((await rig.call(key, 'post', '/v1/entitlements', body)).body.code).toBe('missing_scope');
  });
});

describe('terms of a leader', () => {
  it('are numbered, never change, and are shown as what is in force and what is announced', async () => {
    const leader = await leaderWith();
    expect(await get(`leaders/${leader}`)).toMatchObject({ terms_in_force: null, terms_announced: [] });
    const first = await made(`leaders/${leader}/terms`, DOCUMENT);
    expect(first).toMatchObject({ leader_id: leader, version: 1, ...DOCUMENT });
    const second = await made(`leaders/${leader}/terms`, { ...DOCUMENT, binding_from: FAR });
    expect(second).toMatchObject({ version: 2, binding_from: FAR });
    expect(await get(`leaders/${leader}`)).toMatchObject({ terms_in_force: first, terms_announced: [second] });
    expect((await get(`leaders/${leader}/terms`)).data).toEqual([second, first]);
    expect(await commandsOf(leader)).toEqual(['leader.watch', 'terms.bind', 'terms.announce']);
    const told = (await eventsOf('leader.terms_published')).filter(({ data }) => data.leader_id === leader);
    expect(told.map(({ data }) => data.version)).toEqual([1, 2]);
  });

  it.each([[{ document_url: 'http://brand.example/terms' }], [{ sha256: 'abc' }], [{ binding_from: '2020-01-01T00:00:00.000Z' }], [{ version: 3 }]])(
    'are not published with %j',
    async (part) => {
      expect((await post(`leaders/${objects.leader}/terms`, { ...DOCUMENT, ...part })).status).toBe(400);
    },
  );

  it('in force are needed to copy: the newest, or newer ones that are announced', async () => {
    const leader = await leaderWith();
    const codeOf = async (more: object) => (await copyOf(leader, more)).body.code;
    expect(await codeOf({ consent_version: 1 })).toBe('terms_unknown');
    await made(`leaders/${leader}/terms`, { ...DOCUMENT, binding_from: FAR });
    expect(good(await copyOf(leader)).rights.consent).toMatchObject({ status: 'announced', version: null, needed_version: 1, needed_from: FAR });
    await made(`leaders/${leader}/terms`, DOCUMENT);
    expect([await codeOf({}), await codeOf({ consent_version: 1 }), await codeOf({ consent_version: 3 })]).toEqual([
      'consent_missing',
      'terms_outdated',
      'terms_unknown',
    ]);
    const copy = good(await copyOf(leader, { consent_version: 2 }));
    expect(copy.rights.consent).toMatchObject({ status: 'given', version: 2, needed_version: null, needed_from: null });
    expect((await get(`copies/${copy.id}/consents`)).data).toMatchObject([{ copy_id: copy.id, leader_id: leader, version: 2 }]);
    expect((await get('audit-log')).data).toContainEqual(
      expect.objectContaining({ action: 'copy.create', target_id: copy.id, detail: expect.objectContaining({ consent_version: 2 }) }),
    );
  });
});

describe('consent', () => {
  it('is kept for each version, with when it was given and by which key, and is asked for again by newer terms', async () => {
    const leader = await leaderWith();
    await made(`leaders/${leader}/terms`, DOCUMENT);
    const copy = good(await copyOf(leader, { consent_version: 1 })).id;
    const consent = (version: number, headers = {}) => post(`copies/${copy}/consent`, { version }, tenant, headers);
    const status = async () => (await get(`copies/${copy}`)).rights.consent.status;
    await made(`leaders/${leader}/terms`, DOCUMENT);
    await made(`leaders/${leader}/terms`, { ...DOCUMENT, binding_from: FAR });
    expect([await status(), (await consent(1)).body.code, (await consent(9)).body.code]).toEqual(['missing', 'terms_outdated', 'terms_unknown']);
    const key = { 'Idempotency-Key': `consent-${copy}` };
    const given = good(await consent(2, key));
    expect(given).toMatchObject({
      id: copy,
      command: { kind: 'copy.consent' },
      rights: { consent: { status: 'announced', version: 2, needed_version: 3 } },
    });
    expect(good(await consent(2, key))).toEqual(given);
    const [proof] = (await get(`copies/${copy}/consents`)).data;
    good(await consent(2));
    expect((await get(`copies/${copy}/consents`)).data[0]).toEqual(proof);
    expect(good(await consent(3)).rights.consent).toMatchObject({ status: 'given', version: 3 });
    expect((await get(`copies/${copy}/consents`)).data.map((row: { version: number }) => row.version)).toEqual([3, 2, 1]);
    expect(await commandsOf(copy)).toEqual(['copy.activate', 'copy.consent', 'copy.consent']);
    const told = (await eventsOf('copy.consented')).filter(({ data }) => data.copy_id === copy);
    expect(told.map(({ data }) => data.version)).toEqual([1, 2, 3]);
  });

  it('cannot be changed or removed in the database by the gateway, nor terms', async () => {
    const leader = await leaderWith();
    await made(`leaders/${leader}/terms`, DOCUMENT);
    const change = rig.context.storage.scoped(tenant.scope, (unit) =>
      unit.leaderTerms.update({ leaderId: leader as never }, { sha256: '0'.repeat(64) }),
    );
    await expect(change).rejects.toThrow(/permission denied/);
    const consents = rig.context.storage.scoped(tenant.scope, (unit) => unit.copyConsents.update({ version: 1 }, { actor: 'somebody' }));
    await expect(consents).rejects.toThrow(/permission denied/);
  });

  it('is of no copy that is stopped, and of nobody else’s', async () => {
    const foreign = await makeObjects(rig, other);
    expect((await post(`copies/${foreign.copy}/consent`, { version: 1 })).status).toBe(404);
    expect((await post(`leaders/${foreign.leader}/terms`, DOCUMENT)).status).toBe(404);
    const leader = await leaderWith();
    const copy = good(await copyOf(leader)).id;
    await made(`leaders/${leader}/terms`, DOCUMENT);
    await setState(rig, tenant, copy, 'stopped');
    expect((await post(`copies/${copy}/consent`, { version: 1 })).body.code).toBe('state_conflict');
  });
});
