import { createServer, type Server } from 'node:http';
import { API_CALENDAR, calendarFaults, servedVersions } from '@lockstep/delivery';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EXAMPLES } from './app/examples';
import { STREAM_PATH } from './stream/door';
import { documented, type Operation } from './testing/documented';
import { setState } from './testing/engine-work';
import { fromSomewhere, ofNobody } from './testing/nobody';
import { freshAddress, makeObjects, type TenantObjects } from './testing/objects';
import { sendBytes, sendDropByDrop } from './testing/raw-bytes';
import { requestBounds } from './testing/request-schema';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

/*
 * The OWASP API Security Top 10 (2023), row by row: what is there to be reached (API4, 6, 7, 8 and 9). What a row asks for and another file proves stands beside it in docs/security.md.
 */

let rig: GatewayRig;
let tenant: RigTenant;
let objects: TenantObjects;
let slow: readonly Promise<string>[];
beforeAll(async () => {
  rig = await openRig();
  // They take as long as the gateway lets them; the other tests run meanwhile.
  const halfBody = 'POST /v1/leaders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{';
  slow = ['GET /v1/tenant HTTP/1.1\r\nHost: a', halfBody].map((begin) => sendDropByDrop(rig.url, begin));
  tenant = await rig.tenant('Brand');
  objects = await makeObjects(rig, tenant);
}, 300_000);
afterAll(() => rig?.close());

const tenants = (): Operation[] => documented(rig.publicApi).filter(({ path }) => path.startsWith('/v1/') && path !== STREAM_PATH);
const operators = (): Operation[] => documented(rig.operatorApi).filter(({ path }) => path.startsWith('/v1/'));

describe('API4, resources: everything a caller sends and asks for is bounded', () => {
  /** Free texts of a partner's own, bounded by the size and the depth of a body. */
  const FREE: ReadonlySet<string> = new Set([
    'POST /v1/leaders /terms',
    'POST /v1/sandbox/scenarios /params',
    'POST /v1/venue-accounts/{id}/approvals /signatures/[]/signature',
  ]);

  it('every text, list, number and object of every request has a bound in the document', () => {
    const unbounded = [rig.publicApi, rig.operatorApi].flatMap(({ document }) => requestBounds(document).filter((at) => !FREE.has(at)));
    expect(unbounded).toEqual([]);
    const free = [rig.publicApi, rig.operatorApi].flatMap(({ document }) => requestBounds(document));
    expect([...FREE].filter((at) => !free.includes(at))).toEqual([]);
  });

  it.each<[string, () => object | string, number, string]>([
    ['a body of more than 100 kB', () => ({ name: 'x'.repeat(110_000), network: 'sim', address: freshAddress() }), 413, 'body_too_large'],
    ['a body nested deeper than 20 levels', () => nested(30), 400, 'invalid_request'],
    ['a body nested so deep that reading it could end the process', () => `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, 413, 'body_too_large'],
  ])('%s is refused', async (_what, body, status, code) => {
    const sent = rig.call(tenant.key, 'post', '/v1/leaders', undefined, { 'Content-Type': 'application/json' });
    const answer = await sent.send(body());
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('a bulk call takes 1,000 items and 256 kB, a list 1,000 rows', async () => {
    const items = Array.from({ length: 1_001 }, () => ({}));
    expect((await rig.call(tenant.key, 'post', '/v1/followers/bulk', { items })).status).toBe(400);
    const large = [{ external_id: 'x'.repeat(300_000) }];
    expect((await rig.call(tenant.key, 'post', '/v1/followers/bulk', { items: large })).status).toBe(413);
    const lists = tenants().filter(({ method, body }) => method === 'get' && JSON.stringify(body.parameters ?? []).includes('"name":"limit"'));
    expect(lists.length).toBeGreaterThan(10);
    for (const { path } of lists) expect([path, (await rig.call(tenant.key, 'get', `${ofNobody(path)}?limit=1001`)).status]).toEqual([path, 400]);
  });
});

describe('API6, business flows: nobody’s copies feed on themselves', () => {
  const leaderAt = async (address: string): Promise<string> =>
    good(await rig.call(tenant.key, 'post', '/v1/leaders', { name: 'Leader', network: 'sim', address })).id;
  const accountAt = async (address: string): Promise<string> =>
    good(await rig.call(tenant.key, 'post', '/v1/venue-accounts', { follower_id: objects.follower, network: 'sim', address })).id;
  const seat = async () => {
    const address = freshAddress();
    return { leader: await leaderAt(address), account: await accountAt(address) };
  };
  const draft = (leader: string, account: string) => ({ leader_id: leader, venue_account_id: account, allocation: '100' });
  const copy = (leader: string, account: string) => rig.call(tenant.key, 'post', '/v1/copies', draft(leader, account));

  it('an account does not copy itself', async () => {
    const one = await seat();
    const refused = await copy(one.leader, one.account);
    expect([refused.status, refused.body.code]).toEqual([409, 'copy_loop']);
  });

  it('nor its own follower, over however many others; once a copy between has stopped it may', async () => {
    const [a, b, c] = [await seat(), await seat(), await seat()];
    const first = good(await copy(a.leader, b.account));
    good(await copy(b.leader, c.account));
    for (const account of [a.account, b.account]) expect((await copy(c.leader, account)).body.code).toBe('copy_loop');
    await setState(rig, tenant, first.id, 'stopped');
    expect((await copy(c.leader, a.account)).status).toBe(201);
    expect((await copy(a.leader, b.account)).body.code).toBe('copy_loop');
  });

  it('nor by a bulk call, whose items are judged with those before them', async () => {
    const [a, b] = [await seat(), await seat()];
    const items = [draft(a.leader, b.account), draft(b.leader, a.account), draft(a.leader, a.account)];
    const answer = good(await rig.call(tenant.key, 'post', '/v1/copies/bulk', { items }));
    const codes = answer.data.map(({ problem }: { problem: { code: string } | null }) => problem?.code ?? 'made');
    expect(codes).toEqual(['made', 'copy_loop', 'copy_loop']);
  });

  it('nor by requests that come at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [a, b] = [await seat(), await seat()];
      const answers = await Promise.all([copy(a.leader, b.account), copy(b.leader, a.account)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    }
  });
});

describe('API7, requests made for a caller: none', () => {
  it('an address in a request is kept or refused, never asked, however it is written', async () => {
    let asked = 0;
    const canary: Server = createServer((_request, response) => response.end()).on('connection', () => {
      asked += 1;
    });
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
    const port = portOf(canary);
    const spellings = [
      '127.0.0.1',
      'localhost',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '127.0.0.1.nip.example',
      'user@127.0.0.1',
    ];
    const urls = [...spellings.map((host) => `https://${host}:${port}/`), `http://127.0.0.1:${port}/`, `file://127.0.0.1:${port}/etc/passwd`];
    const fields = Object.entries(EXAMPLES).flatMap(([id, example]) =>
      Object.entries(example).flatMap(([field, value]) =>
        typeof value === 'string' && value.startsWith('https://') ? [[id, field, example] as const] : [],
      ),
    );
    expect(fields.map(([id, field]) => `${id}.${field}`)).toEqual(
      expect.arrayContaining(['keyLeaks.report.found_at', 'leaderTerms.publish.document_url']),
    );
    for (const [id, field, example] of fields) {
      const open = [...tenants().map((one) => ['public', one] as const), ...operators().map((one) => ['operator', one] as const)].find(
        ([, one]) => one.id === id,
      );
      if (open === undefined) throw new Error(`${id} is documented`);
      const [side, { method, path }] = open;
      const at = path.replace('{environment}', 'test').replace('{id}', side === 'operator' ? tenant.id : objects.leader);
      for (const url of urls) {
        const body = { ...example, [field]: url };
        const { status } = side === 'public' ? await rig.call(tenant.key, method, at, body, fromSomewhere()) : await rig.operator(method, at, body);
        expect([id, field, url, status < 500]).toEqual([id, field, url, true]);
      }
    }
    expect(asked).toBe(0);
    await fetch(`http://127.0.0.1:${port}/`);
    expect(asked).toBe(1);
    canary.close();
  });
});

describe('API8, configuration: answers say what they must and nothing of how they are made', () => {
  const own = new Set([
    'api-version',
    'cache-control',
    'content-length',
    'content-type',
    'connection',
    'date',
    'etag',
    'keep-alive',
    'referrer-policy',
    'x-content-type-options',
    'x-request-id',
    'ratelimit',
    'ratelimit-policy',
    'retry-after',
    'allow',
    'www-authenticate',
    'content-security-policy',
    'transfer-encoding',
    'vary',
    'location',
    'accept',
  ]);
  it.each<[string, () => Promise<{ status: number; headers: Record<string, string>; text: string }>, number]>([
    ['an object', () => plain(rig.call(tenant.key, 'get', `/v1/copies/${objects.copy}`)), 200],
    ['a list', () => plain(rig.call(tenant.key, 'get', '/v1/copies')), 200],
    ['no key', () => plain(rig.call(null, 'get', '/v1/copies', undefined, fromSomewhere())), 401],
    ['no such path', () => plain(rig.call(null, 'get', '/v1/nothing')), 404],
    ['another method', () => plain(rig.call(tenant.key, 'put', '/v1/copies')), 405],
    ['no JSON', () => plain(rig.call(tenant.key, 'post', '/v1/leaders', undefined, { 'Content-Type': 'application/json' }).send('{')), 400],
    ['health', () => plain(rig.call(null, 'get', '/health/live')), 200],
    ['the document', () => plain(rig.call(null, 'get', '/openapi.json')), 200],
  ])('the headers of an answer to %s are known ones', async (_what, send, status) => {
    const answer = await send();
    expect(answer.status).toBe(status);
    expect(Object.keys(answer.headers).filter((name) => !own.has(name))).toEqual([]);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.text).not.toMatch(/node_modules|\.ts:|\.js:|at [A-Z]\w+\.|stack/);
  });

  it('another site’s page is allowed nothing', async () => {
    for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }])
      for (const [method, path] of [
        ['get', '/v1/copies'],
        ['get', '/openapi.json'],
        ['post', '/v1/copies'],
      ] as const) {
        const answer = await rig.call(tenant.key, method, path, method === 'post' ? {} : undefined, headers);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    const preflight = await fetch(`${rig.url}/v1/copies`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
  });

  it('methods nobody serves are refused', async () => {
    for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'PUT', 'DELETE', 'PATCH', 'QUERY', 'LINK']) {
      const answer = await sendBytes(
        rig.url,
        `${method} /v1/copies HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${tenant.key}\r\nConnection: close\r\n\r\n`,
      );
      expect([method, answer.split('\r\n')[0]]).toEqual([method, expect.stringMatching(/^(HTTP\/1\.1 (400|404|405|501) .*|)$/)]);
      expect(answer).not.toContain(tenant.key);
    }
  });

  it('what breaks inside is told as broken, with a name to ask for and nothing of what broke', async () => {
    const failure = new Error('relation "hidden_table" is missing in /srv/app/copies.ts');
    // What runs beside requests may ask first: everything fails meanwhile.
    const broken = vi.spyOn(rig.context.storage, 'scoped').mockRejectedValue(failure);
    const answer = await rig.call(tenant.key, 'get', '/v1/leaders');
    expect(broken).toHaveBeenCalled();
    broken.mockRestore();
    expect([answer.status, answer.body.code]).toEqual([500, 'internal']);
    expect(answer.text).not.toMatch(/hidden_table|srv|copies\.ts/);
    const told = rig.logged.filter((line) => line.includes('hidden_table'));
    expect(told.some((line) => line.includes(answer.body.request_id))).toBe(true);
  });

  it('nothing is redirected', async () => {
    for (const base of [rig.url, rig.operatorUrl])
      for (const path of ['/', '//v1/copies', '/v1//copies', '/v1/copies/', '/docs', '/docs/', '/v1/copies/..%2f', '/%2e%2e/v1', '/openapi.json']) {
        const answer = await fetch(`${base}${path}`, { redirect: 'manual' });
        const to = answer.headers.get('location');
        expect([path, to === null || (to.startsWith('/') && !to.startsWith('//'))]).toEqual([path, true]);
      }
  });
});

describe('API9, inventory: what is served is known, and nothing else is there', () => {
  it('no version or operation has passed its sunset unnoticed', () => {
    expect(calendarFaults(API_CALENDAR, new Set(documented(rig.publicApi).map(({ id }) => id)))).toEqual([]);
    expect(servedVersions(API_CALENDAR, Date.now())).toEqual(API_CALENDAR.versions.map(({ version }) => version));
  });

  it.each([
    '/v0/copies',
    '/v2/copies',
    '/api/v1/copies',
    '/copies',
    '/metrics',
    '/admin',
    '/debug',
    '/.env',
    '/.git/config',
    '/graphql',
    '/actuator',
    '/swagger',
    '/v1',
    '/v1/operator/tenants',
    '/health/deep/x',
  ])('%s is nothing, with a key and without', async (path) => {
    for (const key of [null, tenant.key]) expect((await rig.call(key, 'get', path)).status).toBe(404);
  });
});

describe('API4, a caller that sends its request drop by drop', () => {
  it('is let go of, and holds up nobody', async () => {
    const answers = await Promise.all(slow);
    expect(answers.map((answer) => answer.split('\r\n')[0])).toEqual(['HTTP/1.1 408 Request Timeout', 'HTTP/1.1 408 Request Timeout']);
    expect((await rig.call(tenant.key, 'get', '/v1/tenant')).status).toBe(200);
  });
});

function nested(levels: number): object {
  return levels === 0 ? {} : { deeper: nested(levels - 1) };
}

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

async function plain(call: ReturnType<GatewayRig['call']>) {
  const { status, headers, text } = await call;
  return { status, headers, text: text ?? '' };
}
