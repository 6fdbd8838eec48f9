import { CLOSE_CODES, PROBLEM_CODES } from '@lockstep/delivery';
import { contrast, formatApiKey, OWN_HEADERS } from '@lockstep/tenancy';
import { jpegPicture, pngPicture, webpPicture } from '@lockstep/tenancy/testing/pictures';
import type { Response } from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Listener, listenPublic } from './app/listeners';
import { DOCUMENTATION_PATHS } from './brand/documentation-door';
import { STREAM_PATH } from './stream/door';
import { closeAsBackoffice, manifestOf, renderAsBackoffice } from './testing/backoffice-work';
import { makeObjects } from './testing/objects';
import { type GatewayRig, good, type Headers, type Method, openRig, type RigTenant } from './testing/rig';
import { closed, endSockets, open, refusal } from './testing/stream-client';

const ACME = 'api.acme.example';
const ACME_TEST = 'sandbox.acme.example';
const ACME_LIVE = 'live.acme.example';
const ZENITH = 'api.zenith.example';
const ZENITH_TEST = 'sandbox.zenith.example';
const BRAND = {
  name: 'Acme Trading',
  colors: { primary: '#aa3300', background: '#fffef8', text: '#101010' },
  support_email: 'help@acme.example',
  support_url: 'https://acme.example/help',
  terms_url: 'https://acme.example/terms',
  privacy_url: 'https://acme.example/privacy',
  header_prefix: 'Acme',
};
const logoOf = (bytes: Buffer) => ({ data: bytes.toString('base64') });

const unknown = formatApiKey('tenant', 'test', '0000000000', '0'.repeat(30));

let rig: GatewayRig;
/** Another gateway on the same database, with caches of its own. */
let second: Listener;
let acme: RigTenant;
let acmeLive: string;
let zenith: RigTenant;
let failures = 0;

beforeAll(async () => {
  rig = await openRig();
  second = await listenPublic(rig.context);
  [acme, zenith] = [await rig.tenant('Acme Incorporated'), await rig.tenant('Zenith Capital')];
  acmeLive = good(await rig.operator('post', `/v1/operator/tenants/${acme.id}/api-keys`, { name: 'live', livemode: true })).key;
  await add(acme, ACME, null);
  await add(acme, ACME_TEST, false);
  await add(acme, ACME_LIVE, true);
  await add(zenith, ZENITH, null);
  await add(zenith, ZENITH_TEST, false);
  for (const key of [acme.key, acmeLive]) good(await rig.call(key, 'patch', '/v1/tenant/branding', { ...BRAND, logo: logoOf(pngPicture(64, 32)) }));
  const shown = async () => expect((await at(ACME, null, 'get', '/openapi.json')).body.info.title).toBe('Acme Trading API');
  await vi.waitFor(shown, { timeout: 20_000 });
}, 300_000);
afterAll(async () => {
  await second?.close();
  await rig?.close();
});
afterEach(endSockets);

const domainsOf = ({ id }: RigTenant): string => `/v1/operator/tenants/${id}/domains`;
const add = async (tenant: RigTenant, host: string, livemode: boolean | null) =>
  good(await rig.operator('post', domainsOf(tenant), { host, ...(livemode !== null && { livemode }) }));
/** A call at a host; from an address of its own, so that no test uses up another's failed tries. */
const at = (host: string, key: string | null, method: Method, path: string, body?: object, headers: Headers = {}) => {
  failures += 1;
  return rig.call(key, method, path, body, { Host: host, 'X-Forwarded-For': `203.0.113.${failures % 250}`, ...headers });
};
const plain = ({ status, body, headers }: Response) => ({ status, body: { ...body, request_id: '' }, challenge: headers['www-authenticate'] });

describe('a host', () => {
  it.each<[string, string, () => string, boolean]>([
    ['its brand’s test key', ACME, () => acme.key, true],
    ['its brand’s live key', ACME, () => acmeLive, true],
    ['whatever the case of its name', ACME.toUpperCase(), () => acme.key, true],
    ['with a port and a closing dot', `${ACME}.:8443`, () => acme.key, true],
    ['for test a test key', ACME_TEST, () => acme.key, true],
    ['for test no live key', ACME_TEST, () => acmeLive, false],
    ['for live a live key', ACME_LIVE, () => acmeLive, true],
    ['for live no test key', ACME_LIVE, () => acme.key, false],
    ['no key of another brand', ACME, () => zenith.key, false],
    ['no key of another brand, whichever environment it is for', ACME_TEST, () => zenith.key, false],
    ['that is nobody’s every key', 'api.nobody.example', () => zenith.key, true],
    ['that is no name every key', '127.0.0.1', () => acme.key, true],
  ])('takes %s', async (_what, host, key, taken) => {
    const answer = await at(host, key(), 'get', '/v1/tenant');
    expect([answer.status, answer.body.id ?? answer.body.code]).toEqual(
      taken ? [200, key() === zenith.key ? zenith.id : acme.id] : [401, 'invalid_key'],
    );
  });

  it('answers another brand’s key as one that nobody has: on every kind of request, revoked or not', async () => {
    const revoked = good(await rig.call(acme.key, 'post', '/v1/api-keys', { name: 'gone', scopes: ['tenant:read'] }));
    good(await rig.call(acme.key, 'post', `/v1/api-keys/${revoked.id}/revoke`));
    const objects = await makeObjects(rig, acme);
    for (const [method, path] of [
      ['get', '/v1/tenant'],
      ['get', '/v1/leaders'],
      ['get', `/v1/leaders/${objects.leader}`],
      ['patch', `/v1/leaders/${objects.leader}`],
      ['post', '/v1/close-all'],
      ['post', '/v1/stream-tickets'],
      ['get', '/v1/tenant/branding'],
    ] as const) {
      const body = method === 'get' ? undefined : {};
      const nobodys = plain(await at(ZENITH, unknown, method, path, body));
      expect([path, nobodys.status]).toEqual([path, 401]);
      for (const key of [acme.key, acmeLive, revoked.key]) expect(plain(await at(ZENITH, key, method, path, body)), path).toEqual(nobodys);
    }
    expect((await at(ACME, revoked.key, 'get', '/v1/tenant')).body.code).toBe('key_revoked');
  });

  it('counts another brand’s key as a failed credential of the address', async () => {
    const headers = { 'X-Forwarded-For': '198.51.100.77' };
    const codes: number[] = [];
    rig.holdLimits(true);
    for (let time = 0; time < 25; time += 1) codes.push((await at(ZENITH, acme.key, 'get', '/v1/tenant', undefined, headers)).status);
    expect([codes[0], codes.at(-1)]).toEqual([401, 429]);
    expect((await at(ACME, acme.key, 'get', '/v1/tenant', undefined, headers)).status).toBe(429);
    rig.holdLimits(false);
    expect((await at(ACME, acme.key, 'get', '/v1/tenant')).status).toBe(200);
  });

  it('gives no scope: a brand’s key sees its own and nothing of the host’s', async () => {
    const objects = await makeObjects(rig, acme);
    const leaders: { id: string }[] = good(await at('api.nobody.example', zenith.key, 'get', '/v1/leaders')).data;
    expect(leaders).toEqual([]);
    expect(good(await at(ACME, acme.key, 'get', '/v1/leaders')).data.map(({ id }: { id: string }) => id)).toContain(objects.leader);
    expect((await at(ACME, null, 'get', '/v1/leaders')).body.code).toBe('missing_key');
  });

  it('opens its brand’s streams alone, by key and by ticket', async () => {
    const there = (host: string) => ({ Host: host });
    const ticket = async () => good(await rig.call(acme.key, 'post', '/v1/stream-tickets', {})).subprotocols;
    const socket = open(rig.url, acme.key, [], there(ACME));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const byTicket = open(rig.url, null, await ticket(), there(ACME));
    await new Promise((resolve, reject) => byTicket.once('open', resolve).once('error', reject));
    const refused = await refusal(open(rig.url, acme.key, [], there(ZENITH)));
    const nobodys = await refusal(open(rig.url, unknown, [], there(ZENITH)));
    expect([refused.status, { ...Object(refused.body), request_id: '' }]).toEqual([401, { ...Object(nobodys.body), request_id: '' }]);
    expect((await refusal(open(rig.url, null, await ticket(), there(ZENITH)))).body).toMatchObject({ code: 'ticket_invalid' });
    const own = await refusal(open(rig.url, zenith.key, [], there(ACME)));
    expect([own.status, own.headers['acme-request-id']]).toEqual([401, own.headers['x-request-id']]);
  });

  it('that goes to another brand has its streams closed', async () => {
    const host = 'moving.brand.example';
    await add(acme, host, null);
    await expect.poll(async () => (await at(host, zenith.key, 'get', '/v1/tenant')).status, { timeout: 20_000 }).toBe(401);
    const socket = open(rig.url, acme.key, [], { Host: host });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const end = closed(socket);
    good(await rig.operator('delete', `${domainsOf(acme)}/${host}`));
    await add(zenith, host, null);
    expect(await end).toBe(CLOSE_CODES.key_revoked.code);
    good(await rig.operator('delete', `${domainsOf(zenith)}/${host}`));
  });
});

describe('what a brand’s host shows', () => {
  it('carries no name but its own, in any header or body, and names no other host', async () => {
    const objects = await makeObjects(rig, acme);
    const period = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
    const exported = good(await rig.call(acme.key, 'post', '/v1/exports', { kind: 'fills', ...period }));
    await renderAsBackoffice(rig, acme, exported.id, manifestOf(acme, 'fills', 'fills_x.csv'));
    const settlement = good(await rig.call(acme.key, 'post', '/v1/settlements', period));
    await closeAsBackoffice(rig, acme, settlement.id);
    const asks: [string | null, Method, string, (object | undefined)?, Headers?][] = [
      ...DOCUMENTATION_PATHS.map((path): [null, 'get', string] => [null, 'get', path]),
      ...PROBLEM_CODES.map((code): [null, 'get', string] => [null, 'get', `/problems/${code.replaceAll('_', '-')}`]),
      [null, 'get', '/health/live'],
      [null, 'get', '/health/ready'],
      [null, 'get', '/brand/logo'],
      [null, 'get', '/nowhere'],
      [null, 'get', '/docs/index.html'],
      [null, 'get', '/metrics'],
      [null, 'get', '/v1/operator/tenants'],
      [null, 'put', '/v1/leaders', {}],
      [null, 'get', STREAM_PATH],
      [null, 'get', '/v1/tenant'],
      [zenith.key, 'get', '/v1/tenant'],
      [acme.key, 'get', '/v1/leaders?limit=x'],
      [acme.key, 'get', '/v1/leaders', undefined, { 'Api-Version': '2020-01-01' }],
      [acme.key, 'post', '/v1/leaders', { name: 'x'.repeat(200_000) }],
      [acme.key, 'post', '/v1/api-keys', { name: 'n', scopes: ['odd'] }],
      [acme.key, 'post', '/v1/stream-tickets', {}],
      [acme.key, 'post', '/v1/leaders', { name: 'L', network: 'sim', address: `0x${'1'.repeat(40)}` }, { 'Idempotency-Key': 'a' }],
      [acme.key, 'post', '/v1/leaders', { name: 'L', network: 'sim', address: `0x${'1'.repeat(40)}` }, { 'Idempotency-Key': 'a' }],
      ...['tenant', 'tenant/branding', 'events', 'audit-log', 'usage', 'detection', 'api-keys', `copies/${objects.copy}`, 'venue-accounts'].map(
        (path): [string, 'get', string] => [acme.key, 'get', `/v1/${path}`],
      ),
      ...['', '/manifest', '/file'].flatMap((end): [string, 'get', string][] => [
        [acme.key, 'get', `/v1/exports/${exported.id}${end}`],
        [acme.key, 'get', `/v1/settlements/${settlement.id}${end}`],
      ]),
    ];
    // Nothing of a quota comes back while the tries are used up, however slow the machine.
    rig.holdLimits(true);
    for (let time = 0; time < 22; time += 1) asks.push(['nonsense', 'get', '/v1/tenant', undefined, { 'X-Forwarded-For': '198.51.100.9' }]);
    const statuses = new Set<number>();
    for (const [key, method, path, body, headers] of asks) {
      const answer = await at(ACME, key, method, path, body, headers);
      statuses.add(answer.status);
      const shown = `${JSON.stringify(answer.headers)}\n${answer.text ?? ''}\n${JSON.stringify(answer.body)}`;
      expect(shown.match(/.{0,60}(lockstep|zenith).{0,60}/i)?.[0], `${method} ${path}`).toBeUndefined();
      if (typeof answer.body.type === 'string' && answer.body.code !== undefined)
        expect(answer.body.type).toMatch(/^(\/problems\/|https:\/\/iana\.org\/)/);
      if (answer.headers['x-request-id'] !== undefined && !path.startsWith('/health'))
        expect(answer.headers['acme-request-id'], path).toBe(answer.headers['x-request-id']);
    }
    rig.holdLimits(false);
    for (const status of [400, 401, 404, 405, 413, 426, 429]) expect(statuses).toContain(status);
  });

  it('is its document: name, links, this host as the server, and the prefix; the same operations as everywhere', async () => {
    const document = (await at(ACME, null, 'get', '/openapi.json', undefined, { Host: `${ACME}:8443`, 'X-Forwarded-Proto': 'https' })).body;
    expect(document.servers).toEqual([{ url: `https://${ACME}:8443` }]);
    expect(document.info).toMatchObject({
      title: 'Acme Trading API',
      contact: { name: 'Acme Trading', email: 'help@acme.example', url: 'https://acme.example/help' },
      termsOfService: 'https://acme.example/terms',
      'x-logo': { url: `https://${ACME}:8443/brand/logo`, altText: 'Acme Trading' },
    });
    expect(document.info.description).toContain('https://acme.example/privacy');
    expect(Object.keys(document.paths)).toEqual(Object.keys(rig.publicApi.document.paths));
    expect(Object.keys(document.paths).filter((path) => path.includes('operator'))).toEqual([]);
    const text = JSON.stringify(document);
    expect(text).toContain('"Acme-Api-Version"');
    for (const name of OWN_HEADERS) expect([name, text.includes(`"${name}"`), text.includes(`\`${name}\``)]).toEqual([name, false, false]);
    const elsewhere = (await at('api.nobody.example', null, 'get', '/openapi.json')).body;
    expect([elsewhere.info.title, elsewhere.servers]).toEqual(['Copy trading API', [{ url: '/' }]]);
    expect(JSON.stringify(elsewhere)).not.toMatch(/acme|nobody\.example|lockstep/i);
  });

  it('is its page, which may load and call this host alone', async () => {
    const page = await at(ACME, null, 'get', '/docs');
    for (const told of ['<title>Acme Trading API</title>', '/brand/logo?v=', 'mailto:help@acme.example', 'https://acme.example/terms', '_test_'])
      expect(page.text).toContain(told);
    expect(page.headers['content-security-policy']).toContain("connect-src 'self'");
    expect((await at(ACME, null, 'get', '/docs/brand.css')).text).toContain('background: #aa3300; color: #ffffff');
    expect((await at('api.nobody.example', null, 'get', '/docs')).text).not.toMatch(/acme/i);
  });

  it('is its logo, as a picture and nothing else, and none where there is none', async () => {
    const logo = await at(ACME, null, 'get', '/brand/logo');
    expect([logo.status, logo.headers['content-type'], Buffer.compare(logo.body, pngPicture(64, 32))]).toEqual([200, 'image/png', 0]);
    expect(logo.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox" });
    expect(logo.headers.etag).toMatch(/^"[0-9a-f]{64}"$/);
    expect((await at(ACME, null, 'get', '/brand/logo', undefined, { 'If-None-Match': logo.headers.etag ?? '' })).status).toBe(304);
    for (const host of [ZENITH, 'api.nobody.example']) expect((await at(host, null, 'get', '/brand/logo')).status).toBe(404);
  });
});

describe('header fields under a brand’s prefix', () => {
  it('are answered beside ours, and read as ours', async () => {
    const sent = { 'Acme-Request-Id': 'chosen-by-acme', 'Acme-Api-Version': '2026-11-01' };
    const answer = await at(ACME, acme.key, 'get', '/v1/tenant', undefined, sent);
    expect(answer.headers).toMatchObject({
      'acme-request-id': 'chosen-by-acme',
      'x-request-id': 'chosen-by-acme',
      'acme-api-version': '2026-11-01',
      'api-version': '2026-11-01',
    });
    expect(answer.headers).toHaveProperty('ratelimit');
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('acme-') && name.includes('rate'))).toEqual([]);
    const body = { external_id: 'once' };
    const repeat = { 'Idempotency-Key': 'prefix-1' };
    good(await at(ACME, acme.key, 'post', '/v1/followers', body, repeat));
    const again = await at(ACME, acme.key, 'post', '/v1/followers', body, repeat);
    expect([again.headers['acme-idempotency-replayed'], again.headers['acme-original-request-id']]).toEqual([
      'true',
      again.headers['x-original-request-id'],
    ]);
  });

  it('mean nothing at other hosts, and are refused where both names are sent and differ', async () => {
    const sent = { 'Acme-Request-Id': 'chosen-by-acme' };
    expect((await at(ZENITH, zenith.key, 'get', '/v1/tenant', undefined, sent)).headers['x-request-id']).not.toBe('chosen-by-acme');
    const both = await at(ACME, acme.key, 'get', '/v1/tenant', undefined, { ...sent, 'X-Request-Id': 'chosen-otherwise' });
    expect([both.status, both.body.errors]).toEqual([
      400,
      [{ pointer: 'header/acme-request-id', code: 'conflict', detail: expect.stringContaining('x-request-id') }],
    ]);
    const same = await at(ACME, acme.key, 'get', '/v1/tenant', undefined, { ...sent, 'X-Request-Id': 'chosen-by-acme' });
    expect(same.status).toBe(200);
  });
});

describe('a branding', () => {
  const patch = (body: object, key = zenith.key, headers: Headers = {}) => rig.call(key, 'patch', '/v1/tenant/branding', body, headers);

  it.each<[string, object, string, string]>([
    ['text that cannot be read', { colors: { primary: '#000000', background: '#ffffff', text: '#aaaaaa' } }, '/colors/text', 'text_too_faint'],
    [
      'buttons that cannot be seen',
      { colors: { primary: '#ffffee', background: '#ffffff', text: '#000000' } },
      '/colors/primary',
      'primary_too_faint',
    ],
    ['a colour that is none', { colors: { primary: 'red', background: '#ffffff', text: '#000000' } }, '/colors/primary', 'invalid_format'],
    ['half the colours', { colors: { primary: '#000000' } }, '/colors/background', 'invalid_type'],
    ['a reserved prefix', { header_prefix: 'Sec-Zenith' }, '/header_prefix', 'reserved'],
    ['a prefix that is no token', { header_prefix: 'Zen ith' }, '/header_prefix', 'not_a_token'],
    ['a prefix with a line of its own', { header_prefix: 'Zen\r\nSet-Cookie' }, '/header_prefix', 'not_a_token'],
    ['a link without TLS', { support_url: 'http://zenith.example' }, '/support_url', 'custom'],
    ['a link that is a script', { terms_url: 'javascript:alert(1)' }, '/terms_url', 'custom'],
    ['a link with a password', { privacy_url: 'https://a:b@zenith.example' }, '/privacy_url', 'custom'],
    ['a link to a machine within', { privacy_url: 'https://localhost/' }, '/privacy_url', 'custom'],
    ['an address that is no e-mail', { support_email: 'help@' }, '/support_email', 'invalid_format'],
    ['a name of two lines', { name: 'Zenith\nCapital' }, '/name', 'invalid_format'],
    ['a name that is too long', { name: 'x'.repeat(61) }, '/name', 'too_big'],
    ['a logo that is no base64', { logo: { data: '%%%%' } }, '/logo/data', 'invalid_format'],
    ['an SVG', { logo: logoOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')) }, '/logo/data', 'unknown_type'],
    ['a page behind a picture', { logo: logoOf(Buffer.concat([pngPicture(32, 32), Buffer.from('<script>')])) }, '/logo/data', 'cut'],
    ['a picture of one pixel', { logo: logoOf(pngPicture(1, 1)) }, '/logo/data', 'pixels'],
    ['a logo from an address', { logo: { url: 'https://zenith.example/logo.png' } }, '/logo/data', 'invalid_type'],
  ])('has no %s', async (_what, body, pointer, code) => {
    const before = (await rig.call(zenith.key, 'get', '/v1/tenant/branding')).text;
    const answer = await patch(body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    expect(answer.body.errors).toContainEqual({ pointer, code, detail: expect.any(String) });
    expect((await rig.call(zenith.key, 'get', '/v1/tenant/branding')).text).toBe(before);
  });

  it.each([
    ['JPEG', jpegPicture(48, 48), 'image/jpeg'],
    ['WebP', webpPicture(48, 48), 'image/webp'],
    ['PNG', pngPicture(48, 48), 'image/png'],
  ])('has a logo that is a %s, whatever it is called', async (_what, bytes, type) => {
    expect(good(await patch({ logo: logoOf(bytes) })).logo.media_type).toBe(type);
    await expect.poll(async () => (await at(ZENITH_TEST, null, 'get', '/brand/logo')).headers['content-type']).toBe(type);
  });

  it('keeps what a change leaves out, gives back what null takes away, and tells the audit log both', async () => {
    good(await patch({ name: 'Zenith', support_url: 'https://zenith.example', logo: logoOf(pngPicture(16, 16)) }));
    const changed = await patch({ support_url: null, header_prefix: 'Zenith' }, zenith.key, { 'Idempotency-Key': 'brand-1' });
    expect(good(changed)).toMatchObject({ name: 'Zenith', support_url: null, header_prefix: 'Zenith', logo: { media_type: 'image/png' } });
    const again = await patch({ support_url: null, header_prefix: 'Zenith' }, zenith.key, { 'Idempotency-Key': 'brand-1' });
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([changed.text, 'true']);
    const lines = good(await rig.call(zenith.key, 'get', '/v1/audit-log?action=branding.update')).data;
    expect(lines[0]).toMatchObject({
      before: { support_url: 'https://zenith.example', header_prefix: null },
      after: { support_url: null, header_prefix: 'Zenith' },
    });
    expect(good(await patch({ name: null, header_prefix: null, logo: null }))).toMatchObject({ name: 'Zenith Capital', logo: null });
  });

  it('is an environment’s own: test is tried out before live shows it', async () => {
    const key = good(await rig.operator('post', `/v1/operator/tenants/${zenith.id}/api-keys`, { name: 'live', livemode: true })).key;
    good(await patch({ name: 'Trying' }));
    expect(good(await rig.call(key, 'get', '/v1/tenant/branding'))).toMatchObject({ livemode: true, name: 'Zenith Capital', updated_at: null });
    good(await patch({ name: null }));
  });

  it('needs the scope, and shows a tenant its own hosts alone', async () => {
    const reader = good(await rig.call(acme.key, 'post', '/v1/api-keys', { name: 'reader', scopes: ['tenant:read'] })).key;
    expect((await patch({ name: 'Mine' }, reader)).body.code).toBe('missing_scope');
    expect(good(await rig.call(reader, 'get', '/v1/tenant/branding')).domains).toEqual([
      { host: ACME, livemode: null },
      { host: ACME_TEST, livemode: false },
    ]);
    expect(good(await rig.call(acmeLive, 'get', '/v1/tenant/branding')).domains).toEqual([
      { host: ACME, livemode: null },
      { host: ACME_LIVE, livemode: true },
    ]);
  });

  it('is set by the operator too, who is told in both logs', async () => {
    const path = `/v1/operator/tenants/${zenith.id}/branding/test`;
    const { etag = '' } = (await rig.operator('get', path)).headers;
    good(await rig.operator('patch', path, { name: 'By the operator' }, undefined, { 'If-Match': etag }));
    expect((await rig.operator('patch', path, { name: 'Late' }, undefined, { 'If-Match': etag })).status).toBe(412);
    expect(good(await rig.call(zenith.key, 'get', '/v1/tenant/branding')).name).toBe('By the operator');
    const lines = good(await rig.call(zenith.key, 'get', '/v1/audit-log?action=branding.update')).data;
    expect(lines[0]).toMatchObject({ actor: expect.stringMatching(/^operator:/), after: { name: 'By the operator' } });
    expect((await rig.operator('patch', path, { header_prefix: 'x' })).body.errors[0].pointer).toBe('/header_prefix');
    for (const [unknown, status] of [
      [`ten_${'0'.repeat(26)}`, 404],
      ['nobody', 400],
    ])
      expect((await rig.operator('get', `/v1/operator/tenants/${unknown}/branding/test`)).status).toBe(status);
    good(await rig.operator('patch', path, { name: null }));
  });

  it('has colours that can be read', () => {
    expect(contrast(BRAND.colors.text, BRAND.colors.background)).toBeGreaterThan(4.5);
  });
});

describe('a domain', () => {
  it('is one brand’s: taken by another it is refused, and not told by whom', async () => {
    for (const host of [ACME, 'API.ACME.example.', ACME_LIVE]) {
      const answer = await rig.operator('post', domainsOf(zenith), { host });
      expect([answer.status, answer.body.code]).toEqual([409, 'already_exists']);
      expect(JSON.stringify(answer.body)).not.toMatch(new RegExp(`acme|${acme.id}`, 'i'));
    }
    expect((await rig.operator('post', '/v1/operator/tenants', { name: 'Third', host: ACME })).status).toBe(409);
    expect((await rig.operator('delete', `${domainsOf(zenith)}/${ACME}`)).status).toBe(404);
  });

  it.each(['localhost', '127.0.0.1', 'acme.example:8080', 'https://acme.example', '*.acme.example', 'a..b.example', '', 'xn--a.example'])(
    'is not %j',
    async (host) => {
      expect((await rig.operator('post', domainsOf(zenith), { host })).body.code).toBe('invalid_request');
    },
  );

  it('of another alphabet is kept as DNS has it', async () => {
    const made = await add(zenith, 'Börse.Zenith.example', true);
    expect(made.host).toBe('xn--brse-5qa.zenith.example');
    expect(good(await rig.operator('get', domainsOf(zenith))).data).toContainEqual(made);
    good(await rig.operator('delete', `${domainsOf(zenith)}/${encodeURIComponent('börse.zenith.example')}`));
  });

  it('is one of twenty at most', async () => {
    const tenant = await rig.tenant('Many hosts');
    for (let no = 1; no <= 20; no += 1) await add(tenant, `h${no}.many.example`, null);
    expect((await rig.operator('post', domainsOf(tenant), { host: 'h21.many.example' })).body.code).toBe('business_rule');
  });

  it('and its branding are seen at another gateway within seconds, and so is their end', async () => {
    const elsewhere = async () => {
      const url = `http://127.0.0.1:${second.port}/openapi.json`;
      const answer = await fetch(url, { headers: { 'X-Forwarded-Host': 'new.zenith.example' } });
      return JSON.parse(await answer.text()).info.title;
    };
    expect(await elsewhere()).toBe('Copy trading API');
    await add(zenith, 'new.zenith.example', false);
    await expect.poll(elsewhere, { timeout: 20_000 }).toBe('Zenith Capital API');
    good(await rig.call(zenith.key, 'patch', '/v1/tenant/branding', { name: 'Renamed' }));
    await expect.poll(elsewhere, { timeout: 20_000 }).toBe('Renamed API');
    good(await rig.operator('delete', `${domainsOf(zenith)}/new.zenith.example`));
    await expect.poll(elsewhere, { timeout: 20_000 }).toBe('Copy trading API');
  });
});
