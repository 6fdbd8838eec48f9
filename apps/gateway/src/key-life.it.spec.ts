import { CLOSE_CODES } from '@lockstep/delivery';
import { formatApiKey, KID_LENGTH } from '@lockstep/tenancy';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeOperatorKey } from './operator/first-key';
import { type GatewayProcess, startGateway } from './testing/gateway-process';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { closed, endSockets, listen, open } from './testing/stream-client';

const REST_WITHIN_MS = 1_000;
const SOCKETS_WITHIN_MS = 2_000;

let rig: GatewayRig;
let tenant: RigTenant;
let other: GatewayProcess;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Key life');
  other = await startGateway(rig);
}, 300_000);
afterAll(async () => {
  await other?.stop();
  await rig?.close();
});
afterEach(endSockets);

const post = (path: string, body: object = {}, key = tenant.key) => rig.call(key, 'post', path, body);
const make = async (more: object = {}, scopes: readonly string[] = ['events:read', 'copies:read']) =>
  good(await post('/v1/api-keys', { name: 'k', scopes, ...more }));
const urls = () => [rig.url, other.url];
const codeAt = async (url: string, key: string): Promise<string> =>
  (await request(url).get('/v1/copies').set('Authorization', `Bearer ${key}`)).body.code ?? 'good';
const ms = (since: number): number => performance.now() - since;

/** Opens a stream of the key at both gateways, runs `end`, and tells how long REST and the sockets took at each. */
async function endAtBoth(key: string, end: () => Promise<unknown>, code: string) {
  const sockets = urls().map((url) => open(url, key));
  const greeted = sockets.map((socket) => listen(socket, (frame) => frame.op === 'hello'));
  await Promise.all(greeted);
  for (const socket of sockets) expect(socket.readyState).toBe(socket.OPEN);
  for (const url of urls()) expect(await codeAt(url, key)).toBe('good');
  const ended = sockets.map((socket) => closed(socket).then((why) => ({ why, at: performance.now() })));
  await end();
  const since = performance.now();
  const rest = urls().map(async (url) => {
    while ((await codeAt(url, key)) !== code) if (ms(since) > 30_000) throw new Error(`${url} still answers`);
    return ms(since);
  });
  return { rest: await Promise.all(rest), sockets: (await Promise.all(ended)).map(({ why, at }) => ({ why, took: at - since })) };
}

describe('a key that ends, at two gateways', () => {
  const judge = ({ rest, sockets }: Awaited<ReturnType<typeof endAtBoth>>, why: number): void => {
    for (const took of rest) expect(took).toBeLessThan(REST_WITHIN_MS);
    for (const socket of sockets) {
      expect(socket.why).toBe(why);
      expect(socket.took).toBeLessThan(SOCKETS_WITHIN_MS);
    }
  };

  it('because it is revoked is refused within a second and its streams are closed within two', async () => {
    const key = await make();
    judge(await endAtBoth(key.key, async () => good(await post(`/v1/api-keys/${key.id}/revoke`)), 'key_revoked'), CLOSE_CODES.key_revoked.code);
  });

  it('because it is revoked, but no wake-up reaches anybody, all the same', async () => {
    const key = await make();
    const silently = () => rig.context.storage.platform((unit) => unit.keyIndex.update({ keyId: key.id }, { status: 'revoked' }));
    judge(await endAtBoth(key.key, silently, 'key_revoked'), CLOSE_CODES.key_revoked.code);
  });

  it('because it expires', async () => {
    const at = Date.now() + 4_000;
    const key = await make({ expires_at: new Date(at).toISOString() });
    const expires = () => new Promise((resolve) => setTimeout(resolve, at - Date.now()));
    judge(await endAtBoth(key.key, expires, 'key_expired'), CLOSE_CODES.key_expired.code);
  });

  it('because it was rotated without an overlap', async () => {
    const key = await make();
    const rotate = async () => good(await post(`/v1/api-keys/${key.id}/rotate`, { overlap_seconds: 0 }));
    judge(await endAtBoth(key.key, rotate, 'key_expired'), CLOSE_CODES.key_expired.code);
  });

  it('because somebody found it', async () => {
    const key = await make();
    const report = async () => good(await request(other.url).post('/v1/key-leaks').send({ key: key.key }));
    judge(await endAtBoth(key.key, report, 'key_revoked'), CLOSE_CODES.key_revoked.code);
  });
});

describe('a rotation', () => {
  const rotate = (id: string, body: object = {}, key = tenant.key) => post(`/v1/api-keys/${id}/rotate`, body, key);
  const lifeOf = (key: { created_at: string; expires_at: string }): number => Date.parse(key.expires_at) - Date.parse(key.created_at);
  const days = (many: number): string => new Date(Date.now() + many * 86_400_000).toISOString();

  it('leaves both keys good for the overlap that is chosen, and names each other', async () => {
    const old = await make();
    const next = good(await rotate(old.id, { overlap_seconds: 600 }));
    for (const key of [old.key, next.key]) expect(await codeAt(rig.url, key)).toBe('good');
    const shown = good(await rig.call(tenant.key, 'get', `/v1/api-keys/${old.id}`));
    expect(shown.replaced_by).toBe(next.id);
    expect(Math.abs(Date.parse(shown.expires_at) - Date.now() - 600_000)).toBeLessThan(30_000);
    expect((await rotate(next.id, { overlap_seconds: 604_801 })).body.code).toBe('invalid_request');
  });

  it('lets the old key live no longer than it would have, and the new one as long as the old one was to live', async () => {
    const old = await make({ expires_at: days(2) });
    const next = good(await rotate(old.id, { overlap_seconds: 604_800 }));
    expect(good(await rig.call(tenant.key, 'get', `/v1/api-keys/${old.id}`)).expires_at).toBe(old.expires_at);
    expect(Math.abs(lifeOf(next) - lifeOf(old))).toBeLessThan(1_000);
    expect(good(await rotate(next.id, { expires_at: null })).expires_at).toBeNull();
  });

  it('is not made of an ended key, twice of one, or for a caller with fewer rights than the key, whose secret it would get', async () => {
    const expiring = await make({ expires_at: new Date(Date.now() + 500).toISOString() });
    await expect.poll(() => codeAt(rig.url, expiring.key)).toBe('key_expired');
    expect((await rotate(expiring.id)).body.code).toBe('state_conflict');
    const old = await make();
    good(await rotate(old.id));
    expect((await rotate(old.id)).body.code).toBe('state_conflict');
    const manager = await make({}, ['keys:write', 'events:read']);
    const strong = await make();
    expect((await rotate(strong.id, {}, manager.key)).body).toMatchObject({ status: 403, code: 'missing_scope' });
    expect((await rotate((await make({}, ['events:read'])).id, {}, manager.key)).status).toBe(201);
  });

  it('has no use for a moment behind us, nor has a key', async () => {
    expect((await rotate((await make()).id, { expires_at: days(-1) })).body.code).toBe('invalid_request');
    expect((await post('/v1/api-keys', { name: 'k', scopes: ['copies:read'], expires_at: days(-1) })).body.code).toBe('invalid_request');
  });
});

describe('a plan', () => {
  it('counts no key that has expired', async () => {
    const small = await rig.tenant('Expiring keys', 'starter');
    const one = (more: object = {}) => post('/v1/api-keys', { name: 'k', scopes: ['copies:read'], ...more }, small.key);
    const soon = { expires_at: new Date(Date.now() + 1_500).toISOString() };
    for (let no = 2; no <= 5; no += 1) good(await one(soon));
    expect((await one()).body.code).toBe('quota_exceeded');
    await expect.poll(async () => (await one()).status, { timeout: 30_000 }).toBe(201);
  });
});

describe('a report of a found key', () => {
  const report = (key: string, from: string, found_at?: string) =>
    rig.call(null, 'post', '/v1/key-leaks', { key, ...(found_at === undefined ? {} : { found_at }) }, { 'X-Forwarded-For': from });
  const wrongSecret = (key: string): string => {
    const [, environment = '', body = ''] = key.split('_');
    return formatApiKey('tenant', environment === 'live' ? 'live' : 'test', body.slice(0, KID_LENGTH), 'A'.repeat(30));
  };

  it('gets the same answer whatever it names, and none before the others', async () => {
    const [key, revoked] = [await make(), await make()];
    good(await post(`/v1/api-keys/${revoked.id}/revoke`));
    const nobody = formatApiKey('tenant', 'live', 'nobody0001', 'A'.repeat(30));
    const answers = [];
    for (const text of [key.key, revoked.key, nobody, wrongSecret(tenant.key), 'no key at all']) {
      const since = performance.now();
      const { status, body, headers } = await report(text, '203.0.113.60');
      expect(ms(since)).toBeGreaterThanOrEqual(490);
      answers.push({ status, body, type: headers['content-type'], names: Object.keys(headers).sort() });
    }
    expect(answers[0]).toMatchObject({ status: 202, body: { received: true } });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect([await codeAt(rig.url, key.key), await codeAt(rig.url, tenant.key)]).toEqual(['key_revoked', 'good']);
  });

  it('is told to the tenant once, in events and the audit log, without the key, and is in no log line', async () => {
    const key = await make();
    for (let time = 0; time < 2; time += 1) good(await report(key.key, '203.0.113.61', `https://pastes.example/?text=${key.key}`));
    const lines = good(await rig.call(tenant.key, 'get', `/v1/audit-log?target_id=${key.id}&action=api_key.leaked`)).data;
    expect(lines).toMatchObject([{ actor: 'leak_report', detail: { found_at: `https://pastes.example/?text=${key.hint}` } }]);
    const events = good(await rig.call(tenant.key, 'get', '/v1/events?limit=1000')).data.map((row: { event: object }) => row.event);
    const told = events.filter(
      (event: { type: string; data: { key_id?: string } }) => event.type === 'api_key.revoked' && event.data.key_id === key.id,
    );
    expect(told).toMatchObject([{ data: { key_id: key.id, hint: key.hint, reason: 'leaked', actor: 'leak_report' } }]);
    expect(good(await rig.call(tenant.key, 'get', `/v1/api-keys/${key.id}`)).status).toBe('revoked');
    const logged = [...rig.logged, ...other.lines].join('\n');
    expect(logged).toContain('a key was found by somebody');
    for (const part of [key.key, key.key.slice(-36)]) expect(logged).not.toContain(part);
  });

  it('tells what an earlier report of the same key had no time to tell', async () => {
    const key = await make();
    await rig.context.storage.platform((unit) => unit.keyIndex.update({ keyId: key.id }, { status: 'revoked' }));
    good(await report(key.key, '203.0.113.62'));
    expect(good(await rig.call(tenant.key, 'get', `/v1/api-keys/${key.id}`)).status).toBe('revoked');
    expect(good(await rig.call(tenant.key, 'get', `/v1/audit-log?target_id=${key.id}&action=api_key.leaked`)).data).toHaveLength(1);
  });

  it('ends an operator’s key too', async () => {
    const { storage, digest, random } = rig.context;
    const key = (await makeOperatorKey(storage, digest, random, true))?.key ?? '';
    expect((await rig.operator('get', '/v1/operator/tiers', undefined, key)).status).toBe(200);
    good(await report(key, '203.0.113.63'));
    expect((await rig.operator('get', '/v1/operator/tiers', undefined, key)).body.code).toBe('key_revoked');
  });

  it('is bounded by address', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => report('nonsense', '203.0.113.64')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { body, headers } of refused) expect([body.code, Number(headers['retry-after']) > 0]).toEqual(['rate_limited', true]);
    expect((await rig.call(tenant.key, 'get', '/v1/copies', undefined, { 'X-Forwarded-For': '203.0.113.64' })).status).toBe(200);
  });
});
