import { hkdfSync } from 'node:crypto';
import { present, unwrap } from '@lockstep/kernel';
import { gatewayKeys, keyIdOfBox, makePepper, opener, Secret } from '@lockstep/platform';
import { formatApiKey, parseApiKey } from '@lockstep/tenancy';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { pepperId } from './auth/key-digest';
import { bodySha256, signatureOf } from './auth/request-signatures';
import { type GatewayProcess, startGateway } from './testing/gateway-process';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { endSockets, listen, open } from './testing/stream-client';

let rig: GatewayRig;
let tenant: RigTenant;
/** Gateways of a renewal, processes on one database: the rig's holds the old pepper alone. */
let behind: GatewayProcess;
let before: GatewayProcess;
let alone: GatewayProcess;

const NEW = makePepper().reveal();
const oldText = (): string => Buffer.from(present(rig.context.keys.keyPeppers[0], 'a pepper').reveal()).toString('base64url');
const idOf = (text: string): string => pepperId(new Uint8Array(Buffer.from(text, 'base64')));

beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Peppered');
  const start = (...peppers: readonly string[]) => startGateway(rig, { LOCKSTEP_KEY_PEPPER: peppers.join(',') });
  [behind, before, alone] = await Promise.all([start(oldText(), NEW), start(NEW, oldText()), start(NEW)]);
}, 300_000);
afterEach(endSockets);
afterAll(async () => {
  await Promise.all([behind, before, alone].map((one) => one?.stop()));
  await rig?.close();
});

const get = async (url: string, key: string, path = '/v1/tenant') => (await request(url).get(path).set('Authorization', `Bearer ${key}`)).status;
const post = (url: string, key: string, path: string, body: object, headers = {}) =>
  request(url)
    .post(path)
    .set({ Authorization: `Bearer ${key}`, ...headers })
    .send(body);
const keyAt = async (url: string, more: object = {}) => good(await post(url, tenant.key, '/v1/api-keys', { name: 'made', scopes: ['*'], ...more }));
const kidOf = (key: string): string => unwrap(parseApiKey(key), 'a key').kid;
const rowOf = (key: string) => rig.context.storage.platform(async (unit) => present(await unit.keyIndex.findOne({ kid: kidOf(key) }), 'the key'));
/** A renewal happens behind the answer. */
const PATIENCE = { timeout: 30_000 };
const renewed = (key: string) => vi.waitFor(async () => expect((await rowOf(key)).pepper).toBe(idOf(NEW)), PATIENCE);

describe('while the pepper is renewed', () => {
  it('keys of before are good at every gateway that holds the old one, and made anew by none that has the new one behind', async () => {
    const made = await keyAt(rig.url);
    const digest = (await rowOf(made.key)).digest;
    for (const url of [rig.url, behind.url]) expect(await get(url, made.key)).toBe(200);
    expect(await rowOf(made.key)).toMatchObject({ digest, pepper: idOf(oldText()) });
    expect(await get(alone.url, made.key)).toBe(401);
  });

  it('a key that is used where the new one stands first is digested under it, and needs the old one no longer', async () => {
    const made = await keyAt(rig.url);
    await Promise.all(Array.from({ length: 6 }, () => get(before.url, made.key).then((status) => expect(status).toBe(200))));
    await renewed(made.key);
    for (const url of [behind.url, before.url, alone.url]) expect(await get(url, made.key)).toBe(200);
    // A gateway of the first step has to hold the new one before any gateway puts it first.
    expect(await get(rig.url, made.key)).toBe(401);
  });

  it('keys made where the new one stands first are good wherever it is held', async () => {
    // The tenant's own key is renewed by being used here.
    const of = await rig.tenant('Made anew');
    const made = good(await post(before.url, of.key, '/v1/api-keys', { name: 'made', scopes: ['*'] }));
    expect((await rowOf(made.key)).pepper).toBe(idOf(NEW));
    for (const url of [behind.url, before.url, alone.url]) expect(await get(url, made.key)).toBe(200);
  });

  it('a wrong secret of a known key is refused under all peppers, and renews nothing', async () => {
    const made = await keyAt(rig.url);
    const wrong = formatApiKey('tenant', 'test', kidOf(made.key), 'W'.repeat(30));
    const row = await rowOf(made.key);
    for (const { url } of [behind, before, alone]) expect(await get(url, wrong)).toBe(401);
    expect(await rowOf(made.key)).toEqual(row);
  });

  it('what a key signs its requests with is sealed anew with it, and goes on signing', async () => {
    const signer = await keyAt(rig.url, { signed: 'changes' });
    const sign = (at: string) => {
      const timestamp = String(Date.now());
      const target = '/v1/followers';
      const signature = signatureOf(signer.signing_secret, { timestamp, method: 'POST', target, bodySha256: bodySha256('{}') });
      return post(at, signer.key, target, {}, { 'X-Timestamp': timestamp, 'X-Signature': `v1=${signature}` });
    };
    expect((await sign(before.url)).status).toBe(201);
    await renewed(signer.key);
    expect((await sign(alone.url)).status).toBe(201);
    const sealed = present((await rowOf(signer.key)).signingSecret, 'what it signs with');
    const { requestSigningKeys } = gatewayKeys({ ...rig.context.config, keyPepper: new Secret(NEW) });
    expect(keyIdOfBox(sealed)).toBe(opener(requestSigningKeys).keyIds[0]);
  });

  it('a ticket that one gateway gave is taken by another, whichever pepper stands first there', async () => {
    const of = await rig.tenant('Ticketed');
    for (const [given, taken] of [
      [behind, before],
      [before, behind],
    ] as const) {
      const from = { 'X-Forwarded-For': '198.18.9.1' };
      const { subprotocols } = good(await post(given.url, of.key, '/v1/stream-tickets', {}, from));
      await listen(open(taken.url, null, subprotocols, from), (frame) => frame.op === 'hello');
    }
  });

  it('a key that was found is revoked, under whichever pepper it is kept', async () => {
    const [old, fresh] = [await keyAt(rig.url), await keyAt(rig.url)];
    expect(await get(before.url, fresh.key)).toBe(200);
    await renewed(fresh.key);
    for (const { key } of [old, fresh]) {
      expect((await request(before.url).post('/v1/key-leaks').send({ key })).status).toBeLessThan(300);
      expect((await rowOf(key)).status).toBe('revoked');
    }
  });

  it('an operator’s key is renewed like a tenant’s', async () => {
    const made = good(await rig.operator('post', '/v1/operator/keys', { name: 'second', role: 'support' }));
    const path = '/v1/operator/tenants';
    expect(await get(before.operatorUrl, made.key, path)).toBe(200);
    await vi.waitFor(async () => expect(await get(alone.operatorUrl, made.key, path)).toBe(200), PATIENCE);
    expect(await get(alone.operatorUrl, rig.operatorKey, path)).toBe(401);
  });

  it('it is told how many good keys each one digests', async () => {
    const counts = () => rig.context.storage.platform((unit) => unit.keyIndex.peppers());
    const of = async (id: string) => (await counts()).get(id) ?? 0;
    const made = await keyAt(rig.url);
    const [old, fresh] = [await of(idOf(oldText())), await of(idOf(NEW))];
    await get(before.url, made.key);
    await renewed(made.key);
    expect([await of(idOf(oldText())), await of(idOf(NEW))]).toEqual([old - 1, fresh + 1]);
    good(await rig.call(tenant.key, 'post', `/v1/api-keys/${made.id}/revoke`));
    expect(await of(idOf(NEW))).toBe(fresh);
  });
});

it('the id of a pepper tells nothing of it, nor of the keys that follow from it', () => {
  const pepper = new Uint8Array(Buffer.from(NEW, 'base64'));
  const texts = [
    NEW,
    Buffer.from(pepper).toString('hex'),
    Buffer.from(hkdfSync('sha256', pepper, '', 'lockstep request signing 1', 32)).toString('hex'),
  ];
  for (const text of texts) expect(text).not.toContain(pepperId(pepper));
});
