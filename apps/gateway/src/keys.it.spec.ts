import { CLOSE_CODES } from '@lockstep/delivery';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { closed, endSockets, listen, open, refusal } from './testing/stream-client';

let rig: GatewayRig;
let tenant: RigTenant;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Keys');
}, 300_000);
afterAll(() => rig?.close());
afterEach(endSockets);

const from = (address: string) => ({ 'X-Forwarded-For': address });
const make = async (more: object, scopes: readonly string[] = ['*']) =>
  good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'k', scopes, ...more }));
const change = (id: string, body: object) => rig.call(tenant.key, 'patch', `/v1/api-keys/${id}`, body);

describe('a key that names addresses', () => {
  const LISTED = ['198.51.100.7', '2001:DB8::/32', '::ffff:192.0.2.0/120'];

  it('shows them in their one spelling and is good from them alone', async () => {
    const key = await make({ allowed_addresses: [...LISTED, '192.0.2.0/24'] });
    expect(key.allowed_addresses).toEqual(['198.51.100.7', '2001:db8::/32', '192.0.2.0/24']);
    for (const address of ['198.51.100.7', '::ffff:198.51.100.7', '2001:db8::9', '192.0.2.200'])
      expect([address, (await rig.call(key.key, 'get', '/v1/copies', undefined, from(address))).status]).toEqual([address, 200]);
    for (const address of ['198.51.100.8', '2001:db9::1', '192.0.3.1', 'fe80::1%eth0', 'nonsense', '198.51.100.7, 203.0.113.1']) {
      const answer = await rig.call(key.key, 'get', '/v1/copies', undefined, from(address));
      expect([address, answer.status, answer.body.code]).toEqual([address, 403, 'address_not_allowed']);
      expect(JSON.stringify([answer.body, answer.headers])).not.toMatch(/198\.51\.100|2001:db8|192\.0\.2/);
    }
  });

  it('believes no more proxies than there are: what a caller writes before them counts for nothing', async () => {
    const key = await make({ allowed_addresses: ['198.51.100.7'] });
    expect((await rig.call(key.key, 'get', '/v1/copies', undefined, from('198.51.100.7, 203.0.113.50'))).status).toBe(403);
    expect((await rig.call(key.key, 'get', '/v1/copies', undefined, from('203.0.113.50, 198.51.100.7'))).status).toBe(200);
  });

  it('costs the address it is refused from, not its tenant', async () => {
    const key = await make({ allowed_addresses: ['198.51.100.7'] });
    const ask = () => rig.call(key.key, 'get', '/v1/copies', undefined, from('203.0.113.77'));
    let last = await ask();
    expect(last.headers.ratelimit).toBeUndefined();
    for (let no = 0; no < 40 && last.status === 403; no += 1) last = await ask();
    expect([last.status, last.body.code]).toEqual([429, 'rate_limited']);
    expect((await rig.call(key.key, 'get', '/v1/copies', undefined, from('198.51.100.7'))).status).toBe(200);
  });

  it.each([
    ['no address', ['brand.example']],
    ['an address inside its range', ['198.51.100.7/24']],
    ['everybody', ['0.0.0.0/0']],
    ['too many', Array.from({ length: 51 }, (_, no) => `198.51.100.${no}`)],
  ])('is not made with %s', async (_what, allowed_addresses) => {
    const answer = await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'k', scopes: ['copies:read'], allowed_addresses });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  });

  it('is bound by a change at once, keeps its list when it is rotated, and does not shut out who changes it', async () => {
    const key = await make({});
    expect((await change(key.id, { allowed_addresses: ['198.51.100.7'] })).body).toMatchObject({ name: 'k', allowed_addresses: ['198.51.100.7'] });
    expect((await rig.call(key.key, 'get', '/v1/copies', undefined, from('203.0.113.4'))).status).toBe(403);
    const next = good(await rig.call(tenant.key, 'post', `/v1/api-keys/${key.id}/rotate`, {}));
    expect(next.allowed_addresses).toEqual(['198.51.100.7']);
    expect((await rig.call(next.key, 'get', '/v1/copies', undefined, from('203.0.113.4'))).status).toBe(403);
    const own = await rig.call(next.key, 'patch', `/v1/api-keys/${next.id}`, { allowed_addresses: ['203.0.113.4'] }, from('198.51.100.7'));
    expect([own.status, own.body.code]).toEqual([422, 'business_rule']);
    expect((await change(next.id, { allowed_addresses: [] })).status).toBe(200);
    expect((await rig.call(next.key, 'get', '/v1/copies', undefined, from('203.0.113.4'))).status).toBe(200);
  });

  it('opens streams from them alone, and closes those elsewhere once it is changed', async () => {
    const key = await make({ allowed_addresses: ['198.51.100.7', '198.51.100.8'] });
    expect(await refusal(open(rig.url, key.key, [], from('203.0.113.5')))).toMatchObject({ status: 403, body: { code: 'address_not_allowed' } });
    const behind = from('198.51.100.7, 203.0.113.5');
    expect(await refusal(open(rig.url, key.key, [], behind))).toMatchObject({ body: { code: 'address_not_allowed' } });
    const [stays, goes] = [open(rig.url, key.key, [], from('198.51.100.7')), open(rig.url, key.key, [], from('198.51.100.8'))];
    await Promise.all([stays, goes].map((socket) => listen(socket, (frame) => frame.op === 'hello')));
    const ended = closed(goes);
    good(await change(key.id, { allowed_addresses: ['198.51.100.7'] }));
    expect(await ended).toBe(CLOSE_CODES.address_not_allowed.code);
    expect(stays.readyState).toBe(stays.OPEN);
  });
});

describe('a stream ticket', () => {
  const ticketOf = async (key: string, address: string, body?: object) =>
    good(await rig.call(key, 'post', '/v1/stream-tickets', body, from(address))).subprotocols;

  it('is good from the address it was asked from, or from the one that was named, and stays good when others try it', async () => {
    for (const [asked, body, good] of [
      ['198.51.100.20', undefined, '198.51.100.20'],
      ['198.51.100.20', { address: '203.0.113.21' }, '203.0.113.21'],
      ['198.51.100.20', { address: '::ffff:203.0.113.22' }, '203.0.113.22'],
    ] as const) {
      const ticket = await ticketOf(tenant.key, asked, body);
      expect(await refusal(open(rig.url, null, ticket, from('203.0.113.99')))).toMatchObject({ status: 401, body: { code: 'ticket_invalid' } });
      await listen(open(rig.url, null, ticket, from(good)), (frame) => frame.op === 'hello');
      expect(await refusal(open(rig.url, null, ticket, from(good)))).toMatchObject({ status: 401 });
    }
  });

  it('is good nowhere that its key is not, also when the key is bound after it was given', async () => {
    const key = await make({});
    const ticket = await ticketOf(key.key, '198.51.100.30');
    good(await change(key.id, { allowed_addresses: ['198.51.100.31'] }));
    expect(await refusal(open(rig.url, null, ticket, from('198.51.100.30')))).toMatchObject({ status: 401, body: { code: 'ticket_invalid' } });
  });
});
