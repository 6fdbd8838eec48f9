import { systemRandom } from '@lockstep/platform';
import { API_SCOPES, formatApiKey, keyChecksum, newApiKey, parseApiKey, SECRET_LENGTH } from '@lockstep/tenancy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES } from './app/examples';
import { STREAM_PATH } from './stream/door';
import { documented, type Operation } from './testing/documented';
import { fromSomewhere, ofNobody } from './testing/nobody';
import { makeObjects, type TenantObjects } from './testing/objects';
import { sendBytes } from './testing/raw-bytes';
import { bodyFields } from './testing/request-schema';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { endSockets, open, refusal } from './testing/stream-client';

/*
 * The OWASP API Security Top 10 (2023), row by row: who may do what (API1, 2, 3 and 5). What a row asks for and another file proves stands beside it in docs/security.md.
 */

let rig: GatewayRig;
let tenant: RigTenant;
let objects: TenantObjects;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
  objects = await makeObjects(rig, tenant);
}, 300_000);
afterAll(() => {
  endSockets();
  return rig?.close();
});

const tenants = (): Operation[] => documented(rig.publicApi).filter(({ path }) => path.startsWith('/v1/') && path !== STREAM_PATH);
const operators = (): Operation[] => documented(rig.operatorApi).filter(({ path }) => path.startsWith('/v1/'));

describe('API1, object level: whose object it is decides, and nothing else', () => {
  it('a key without the scope learns nothing of an object: own, another’s and none are one answer', async () => {
    const stranger = await rig.tenant('Stranger');
    const theirs = await makeObjects(rig, stranger);
    const blind = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'blind', scopes: ['usage:read'] })).key;
    for (const [own, foreign, path] of [
      [objects.leader, theirs.leader, '/v1/leaders'],
      [objects.follower, theirs.follower, '/v1/followers'],
      [objects.venueAccount, theirs.venueAccount, '/v1/venue-accounts'],
      [objects.copy, theirs.copy, '/v1/copies'],
      [objects.copy, theirs.copy, '/v1/kill-switches'],
    ] as const) {
      const answers = [];
      for (const id of [own, foreign, `${own.slice(0, -4)}0000`]) {
        const { status, body } = await rig.call(blind, 'get', `${path}/${id}`);
        answers.push({ status, body: { ...body, request_id: '' } });
      }
      expect(answers[0]).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
      expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    }
  });
});

describe('API2, authentication: only a whole, living key in its header is one', () => {
  const lastBut = (text: string, at: number, by: string): string =>
    `${text.slice(0, -at)}${text.at(-at) === by ? 'Z' : by}${text.slice(text.length - at + 1)}`;
  const resealed = (key: string, change: (text: string) => string): string => {
    const body = change(key.slice(0, -6));
    return body + keyChecksum(body);
  };
  const kidOf = (key: string): string => {
    const parsed = parseApiKey(key);
    return parsed.ok ? parsed.value.kid : '';
  };
  it.each<[string, () => string | null, string]>([
    ['nothing', () => null, 'missing_key'],
    ['an empty one', () => 'Bearer ', 'missing_key'],
    ['another scheme', () => `Basic ${Buffer.from(`${tenant.key}:`).toString('base64')}`, 'missing_key'],
    ['a key without its scheme', () => tenant.key, 'missing_key'],
    ['words', () => 'Bearer let me in', 'missing_key'],
    ['a key cut short', () => `Bearer ${tenant.key.slice(0, -1)}`, 'invalid_key'],
    ['a key and more', () => `Bearer ${tenant.key}a`, 'invalid_key'],
    ['a wrong checksum', () => `Bearer ${lastBut(tenant.key, 1, '0')}`, 'invalid_key'],
    ['another secret with its right checksum', () => `Bearer ${resealed(tenant.key, (text) => lastBut(text, 1, 'A'))}`, 'invalid_key'],
    [
      'another environment with its right checksum',
      () => `Bearer ${resealed(tenant.key, (text) => text.replace('_test_', '_live_'))}`,
      'invalid_key',
    ],
    ['an operator’s prefix with its right checksum', () => `Bearer ${resealed(tenant.key, (text) => text.replace('ctk_', 'lop_'))}`, 'invalid_key'],
    ['a key nobody made', () => `Bearer ${newApiKey('tenant', 'test', systemRandom).key}`, 'invalid_key'],
    [
      'a known name with a guessed secret',
      () => `Bearer ${formatApiKey('tenant', 'test', kidOf(tenant.key), 'A'.repeat(SECRET_LENGTH))}`,
      'invalid_key',
    ],
    ['an operator’s key', () => `Bearer ${rig.operatorKey}`, 'invalid_key'],
    ['two keys', () => `Bearer ${tenant.key}, Bearer ${tenant.key}`, 'missing_key'],
  ])('%s is refused with 401 and no word on which it was', async (_what, authorization, code) => {
    const sent = authorization();
    const answer = await rig.call(null, 'get', '/v1/tenant', undefined, { ...fromSomewhere(), ...(sent !== null && { Authorization: sent }) });
    expect([answer.status, answer.body.code, answer.headers['www-authenticate']]).toEqual([401, code, 'Bearer realm="api"']);
    expect([answer.headers.ratelimit, answer.headers['x-ratelimit-limit']]).toEqual([undefined, undefined]);
  });

  it('a key in an address, a cookie, a form or another header is no key', async () => {
    const at = `/v1/tenant?${['api_key', 'key', 'access_token', 'token'].map((name) => `${name}=${tenant.key}`).join('&')}`;
    for (const [path, headers] of [
      [at, {}],
      ['/v1/tenant', { Cookie: `api_key=${tenant.key}; Authorization=Bearer ${tenant.key}` }],
      ['/v1/tenant', { 'X-Api-Key': tenant.key, 'Proxy-Authorization': `Bearer ${tenant.key}` }],
    ] as const)
      expect((await rig.call(null, 'get', path, undefined, { ...fromSomewhere(), ...headers })).body.code).toBe('missing_key');
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`;
    const { 'X-Forwarded-For': from } = fromSomewhere();
    const asked = `GET ${STREAM_PATH}?api_key=${tenant.key}&access_token=${tenant.key} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${from}\r\n${upgrade}\r\n\r\n`;
    expect((await sendBytes(rig.url, asked)).split('\r\n')[0]).toBe('HTTP/1.1 401 Unauthorized');
    expect(await refusal(open(rig.url, null, ['copy-events.v1', tenant.key], fromSomewhere()))).toMatchObject({ status: 401 });
    expect(rig.logged.filter((line) => line.includes(tenant.key) || line.includes(tenant.key.slice(20, -6)))).toEqual([]);
  });

  it('a key that ended is refused everywhere, and says nothing but that', async () => {
    const ended = good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'ended', scopes: ['*'] }));
    good(await rig.call(tenant.key, 'post', `/v1/api-keys/${ended.id}/revoke`));
    for (const { name, method, path } of tenants().filter(({ id }) => id !== 'keyLeaks.report')) {
      const answer = await rig.call(ended.key, method, ofNobody(path), undefined, fromSomewhere());
      expect([name, answer.status, answer.body.code]).toEqual([name, 401, 'key_revoked']);
    }
  });
});

describe('API3, property level: what an object has beyond a request’s fields nobody writes', () => {
  it('every field that answers have and requests have not is refused by name, on every operation with a body', async () => {
    const NEVER = ['tenant_id', 'environment', 'livemode', 'no', 'created_at', 'updated_at', 'role', 'is_admin', '__proto__x', 'constructor'];
    let tried = 0;
    for (const [side, operation] of [...tenants().map((one) => ['public', one] as const), ...operators().map((one) => ['operator', one] as const)]) {
      const example = EXAMPLES[operation.id];
      if (example === undefined) continue;
      const { asked, answered } = bodyFields((side === 'public' ? rig.publicApi : rig.operatorApi).document, operation);
      const fields = [...new Set([...answered, ...NEVER])].filter((field) => !asked.has(field));
      const body = { ...example, ...Object.fromEntries(fields.map((field) => [field, 'mine'])) };
      const [method, path] = [operation.method, ofNobody(operation.path)];
      const answer = side === 'public' ? await rig.call(tenant.key, method, path, body) : await rig.operator(method, path, body);
      expect([operation.id, answer.status, answer.body.code]).toEqual([operation.id, 400, 'invalid_request']);
      const named = JSON.stringify(answer.body.errors);
      expect([operation.id, fields.filter((field) => !named.includes(field))]).toEqual([operation.id, []]);
      tried += fields.length;
    }
    expect(tried).toBeGreaterThan(300);
  });
});

describe('API5, function level: a key does what its scopes say, and no tenant’s key does an operator’s work', () => {
  const guarded = (): readonly (readonly [Operation, readonly string[]])[] =>
    tenants()
      .filter(({ id }) => id !== 'keyLeaks.report')
      .map((operation) => [operation, scopesOf(operation)]);
  const keyOf = async (name: string, scopes: readonly string[]): Promise<string> =>
    good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name, scopes })).key;
  const ask = async (key: string, { method, path }: Operation) => {
    const { status, body } = await rig.call(key, method, ofNobody(path), method === 'get' || method === 'delete' ? undefined : {});
    return [status, body.code];
  };

  it('with every scope but one it needs, an operation is refused; with those it needs alone, it is not', async () => {
    const keys = new Map<string, string>();
    const known = async (name: string, scopes: readonly string[]): Promise<string> => {
      const key = keys.get(name) ?? (await keyOf(name, scopes));
      keys.set(name, key);
      return key;
    };
    for (const [operation, needed] of guarded()) {
      expect(needed.length, operation.name).toBeGreaterThan(0);
      for (const scope of needed) {
        const key = await known(
          `without ${scope}`,
          API_SCOPES.filter((other) => other !== scope),
        );
        expect([operation.name, scope, ...(await ask(key, operation))]).toEqual([operation.name, scope, 403, 'missing_scope']);
      }
      const [status, code] = await ask(await known(`only ${needed.join(' ')}`, needed), operation);
      expect([operation.name, status === 401 || code === 'missing_scope']).toEqual([operation.name, false]);
    }
  });

  it('no key of a tenant opens an operation of the operator, and none is on the public listener', async () => {
    for (const { name, method, path } of operators()) {
      const at = ofNobody(path);
      expect([name, (await rig.operator(method, at, undefined, tenant.key, fromSomewhere())).status]).toEqual([name, 401]);
      expect([name, (await rig.call(rig.operatorKey, method, at)).status]).toEqual([name, 404]);
    }
  });
});

const scopesOf = ({ body }: Operation): string[] => (Array.isArray(body.security) ? body.security : []).flatMap((one) => Object(one).bearer ?? []);
