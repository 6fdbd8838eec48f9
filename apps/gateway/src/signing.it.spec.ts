import { connectRedis, hasRedisServer, type OwnRedis, ownRedis, silentLogger } from '@lockstep/platform';
import { FAILED_AUTH_POLICY } from '@lockstep/tenancy';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bodySha256, signatureOf } from './auth/request-signatures';
import { type GatewayProcess, startGateway } from './testing/gateway-process';
import { freshAddress, makeObjects } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { endSockets, listen, open, refusal } from './testing/stream-client';

let rig: GatewayRig;
let tenant: RigTenant;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Signing');
}, 300_000);
afterAll(() => rig?.close());
afterEach(endSockets);

interface Signer {
  readonly id: string;
  readonly key: string;
  readonly signing_secret: string;
}
const make = async (signed: string, more: object = {}): Promise<Signer> =>
  good(await rig.call(tenant.key, 'post', '/v1/api-keys', { name: 'signer', scopes: ['*'], signed, ...more }));

let last = 0;
/** A time that no other signature of this run has. */
const freshTime = (): string => {
  last = Math.max(Date.now(), last + 1);
  return String(last);
};
const headersOf = (secret: string, method: string, target: string, body = '', timestamp = freshTime()) => ({
  'X-Timestamp': timestamp,
  'X-Signature': `v1=${signatureOf(secret, { timestamp, method, target, bodySha256: bodySha256(body) })}`,
});
/** An address of its own for each test, so that refused signatures of one do not use up another's tries. */
let address = 0;
const fresh = () => ({ 'X-Forwarded-For': `198.18.0.${++address}` });

const leader = () => JSON.stringify({ name: 'Leader', network: 'sim', address: freshAddress() });
const send = (url: string, key: string, path: string, body: string, headers: Readonly<Record<string, string>>) =>
  request(url)
    .post(path)
    .set({ Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...fresh(), ...headers })
    .send(body);
const postLeader = (signer: Signer, body: string, headers: Readonly<Record<string, string>>, url = rig.url) =>
  send(url, signer.key, '/v1/leaders', body, headers);

describe('a key that signs changes', () => {
  it('makes them with a signature over the bytes it sends, whatever their spacing, and reads without', async () => {
    const signer = await make('changes');
    for (const body of [leader(), leader().replaceAll(',', ' ,\n '), leader().replace('Leader', 'Müller')]) {
      const answer = await postLeader(signer, body, headersOf(signer.signing_secret, 'POST', '/v1/leaders', body));
      expect([answer.status, answer.body.name]).toEqual([201, JSON.parse(body).name]);
    }
    expect((await rig.call(signer.key, 'get', '/v1/leaders?limit=1')).status).toBe(200);
    const { copy } = await makeObjects(rig, tenant);
    const target = `/v1/kill-switches/${copy}/engage`;
    expect((await rig.call(signer.key, 'post', target, undefined, headersOf(signer.signing_secret, 'POST', target))).status).toBe(200);
  });

  it('signs bulk bodies like all others, the largest too', async () => {
    const signer = await make('changes');
    const body = JSON.stringify({ items: Array.from({ length: 900 }, (_, no) => ({ external_id: `${'x'.repeat(110)}-${no}` })) });
    expect(body.length).toBeGreaterThan(102_400);
    const target = '/v1/followers/bulk';
    const answer = await send(rig.url, signer.key, target, body, headersOf(signer.signing_secret, 'POST', target, body));
    expect([answer.status, answer.body.code]).toEqual([200, undefined]);
    const other = await send(rig.url, signer.key, target, body, headersOf(signer.signing_secret, 'POST', target, `${body} `));
    expect(other.body.code).toBe('signature_invalid');
  });

  it('is refused without, and told what to send', async () => {
    const signer = await make('changes');
    const answer = await rig.call(signer.key, 'post', '/v1/followers', { external_id: 'x' }, fresh());
    expect(answer.body).toMatchObject({ status: 401, code: 'signature_missing', detail: expect.stringContaining('X-Timestamp') });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"');
    expect(good(await rig.call(tenant.key, 'get', '/v1/followers')).data.filter((one: { external_id: string }) => one.external_id === 'x')).toEqual(
      [],
    );
  });

  it.each<[string, (secret: string, body: string) => Readonly<Record<string, string>>]>([
    ['of another body', (secret, body) => headersOf(secret, 'POST', '/v1/leaders', body.replace('Leader', 'Other'))],
    ['of the same values in other bytes', (secret, body) => headersOf(secret, 'POST', '/v1/leaders', body.replace(',', ', '))],
    ['of no body', (secret) => headersOf(secret, 'POST', '/v1/leaders')],
    ['of another path', (secret, body) => headersOf(secret, 'POST', '/v1/leaders?x=1', body)],
    ['of another method', (secret, body) => headersOf(secret, 'PATCH', '/v1/leaders', body)],
    ['of another time', (secret, body) => ({ ...headersOf(secret, 'POST', '/v1/leaders', body), 'X-Timestamp': freshTime() })],
    ['by another secret', (secret, body) => headersOf(`${secret}x`, 'POST', '/v1/leaders', body)],
    ['of another form', (secret, body) => ({ ...headersOf(secret, 'POST', '/v1/leaders', body), 'X-Signature': 'v1=abc' })],
    ['with a time in seconds', (secret, body) => headersOf(secret, 'POST', '/v1/leaders', body, String(Math.floor(Date.now() / 1_000)))],
  ])('is refused with a signature %s', async (_what, headers) => {
    const signer = await make('changes');
    const body = leader();
    const answer = await postLeader(signer, body, headers(signer.signing_secret, body));
    expect([answer.status, answer.body.code]).toEqual([401, 'signature_invalid']);
    expect(JSON.stringify(answer.body)).not.toContain(signer.signing_secret);
  });

  it.each([
    ['too old', -31_000],
    ['from the future', 35_000],
  ])('is refused with a signature %s, and told our time', async (_what, offset) => {
    const signer = await make('changes');
    const body = leader();
    const headers = headersOf(signer.signing_secret, 'POST', '/v1/leaders', body, String(Date.now() + offset));
    expect((await postLeader(signer, body, headers)).body).toMatchObject({
      code: 'signature_expired',
      detail: expect.stringMatching(/\d{4}-\d\d-\d\dT/),
    });
  });

  it('is refused when a signature comes again, and does nothing twice when it signs anew under the same Idempotency-Key', async () => {
    const signer = await make('changes');
    const body = leader();
    const once = { ...headersOf(signer.signing_secret, 'POST', '/v1/leaders', body), 'Idempotency-Key': 'signed-1' };
    const first = await postLeader(signer, body, once);
    expect(first.status).toBe(201);
    expect((await postLeader(signer, body, once)).body.code).toBe('signature_replayed');
    const again = await postLeader(signer, body, { ...headersOf(signer.signing_secret, 'POST', '/v1/leaders', body), 'Idempotency-Key': 'signed-1' });
    expect([again.status, again.body.id, again.headers['idempotency-replayed']]).toEqual([201, first.body.id, 'true']);
  });

  it('lets one of the same requests through that come at once', async () => {
    const signer = await make('changes');
    const body = leader();
    const headers = headersOf(signer.signing_secret, 'POST', '/v1/leaders', body);
    const answers = await Promise.all(Array.from({ length: 8 }, () => postLeader(signer, body, headers)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 401)]);
  });

  it('costs the address that its failed signatures come from', async () => {
    const signer = await make('changes');
    const from = fresh();
    const ask = () => rig.call(signer.key, 'post', '/v1/followers', { external_id: 'y' }, from);
    let answer = await ask();
    for (let no = 0; no < 40 && answer.status === 401; no += 1) answer = await ask();
    expect([answer.status, answer.body.code]).toEqual([429, 'rate_limited']);
  });

  it('cannot be freed of it, or get another secret, by its key alone', async () => {
    const signer = await make('changes');
    for (const [path, body] of [
      [`/v1/api-keys/${signer.id}/signing`, { signed: 'nothing' }],
      [`/v1/api-keys/${signer.id}/rotate`, {}],
      ['/v1/api-keys', { name: 'unsigned', scopes: ['*'] }],
      ['/v1/stream-tickets', {}],
    ] as const)
      expect([path, (await rig.call(signer.key, 'post', path, body, fresh())).body.code]).toEqual([path, 'signature_missing']);
  });

  it('gets another secret with its rotation, and both keys are good with their own', async () => {
    const old = await make('changes');
    const next: Signer = good(await rig.call(tenant.key, 'post', `/v1/api-keys/${old.id}/rotate`, {}));
    expect([next.signing_secret === old.signing_secret, next.signing_secret]).toEqual([false, expect.stringMatching(/^sgs_[\w-]{43}$/)]);
    for (const [signer, secret, status] of [
      [old, old.signing_secret, 201],
      [next, next.signing_secret, 201],
      [next, old.signing_secret, 401],
    ] as const) {
      const body = leader();
      expect((await postLeader(signer, body, headersOf(secret, 'POST', '/v1/leaders', body))).status).toBe(status);
    }
  });

  it('begins and ends at once by a change of the key', async () => {
    const signer = await make('nothing');
    expect(signer.signing_secret).toBeNull();
    const body = leader();
    expect((await postLeader(signer, body, {})).status).toBe(201);
    const set = async (signed: string) => good(await rig.call(tenant.key, 'post', `/v1/api-keys/${signer.id}/signing`, { signed }));
    const { signing_secret } = await set('changes');
    const next = leader();
    expect((await postLeader(signer, next, {})).body.code).toBe('signature_missing');
    expect((await postLeader(signer, next, headersOf(signing_secret, 'POST', '/v1/leaders', next))).status).toBe(201);
    expect((await set('nothing')).signing_secret).toBeNull();
    expect((await postLeader(signer, leader(), {})).status).toBe(201);
  });
});

describe('a key that signs everything', () => {
  it('reads with a signature over path and query, and no signature is taken for another query', async () => {
    const signer = await make('everything');
    const target = '/v1/leaders?limit=2&order=oldest_first';
    expect((await rig.call(signer.key, 'get', target, undefined, fresh())).body.code).toBe('signature_missing');
    expect((await rig.call(signer.key, 'get', target, undefined, headersOf(signer.signing_secret, 'GET', target))).status).toBe(200);
    const other = headersOf(signer.signing_secret, 'GET', '/v1/leaders?order=oldest_first&limit=2');
    expect((await rig.call(signer.key, 'get', target, undefined, { ...fresh(), ...other })).body.code).toBe('signature_invalid');
  });

  it('opens the stream with a signed upgrade, and with a ticket that was asked for with a signature', async () => {
    const signer = await make('everything');
    expect(await refusal(open(rig.url, signer.key, [], fresh()))).toMatchObject({ status: 401, body: { code: 'signature_missing' } });
    const signed = headersOf(signer.signing_secret, 'GET', '/v1/stream');
    await listen(open(rig.url, signer.key, [], signed), (frame) => frame.op === 'hello');
    expect(await refusal(open(rig.url, signer.key, [], { ...fresh(), ...signed }))).toMatchObject({ body: { code: 'signature_replayed' } });
    const from = fresh();
    const asked = { ...from, ...headersOf(signer.signing_secret, 'POST', '/v1/stream-tickets') };
    const { subprotocols } = good(await rig.call(signer.key, 'post', '/v1/stream-tickets', undefined, asked));
    await listen(open(rig.url, null, subprotocols, from), (frame) => frame.op === 'hello');
  });
});

describe('a replay at a gateway that saw nothing of the first', () => {
  let other: GatewayProcess;
  let url: string;
  beforeAll(async () => {
    // It shares nothing with the rig's but the database, as two gateways do whose Redis is away or was emptied. In one process they would share Passport's strategy.
    other = await startGateway(rig);
    url = other.url;
  }, 300_000);
  afterAll(() => other?.stop());

  it.each<[string, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ['without an Idempotency-Key', {}, {}],
    ['under the same one', { 'Idempotency-Key': 'replay-1' }, { 'Idempotency-Key': 'replay-1' }],
    ['under another one, which no signature covers', { 'Idempotency-Key': 'replay-2' }, { 'Idempotency-Key': 'replay-3' }],
    ['with the one taken away', { 'Idempotency-Key': 'replay-4' }, {}],
  ])('changes nothing: %s', async (_what, first, second) => {
    const signer = await make('changes');
    // Without an external id each such request would make a follower.
    const target = '/v1/followers';
    const headers = headersOf(signer.signing_secret, 'POST', target, '{}');
    const followers = () => rig.context.storage.scoped(tenant.scope, (unit) => unit.followers.count({}));
    const before = await followers();
    expect((await send(rig.url, signer.key, target, '{}', { ...headers, ...first })).status).toBe(201);
    const replayed = await send(url, signer.key, target, '{}', { ...headers, ...second });
    expect([replayed.status, replayed.body.code, replayed.headers['www-authenticate']]).toEqual([401, 'signature_replayed', 'Bearer realm="api"']);
    expect(await followers()).toBe(before + 1);
    const anew = await send(url, signer.key, target, '{}', headersOf(signer.signing_secret, 'POST', target, '{}'));
    expect(anew.status).toBe(201);
  });

  it('changes nothing where both come at once', async () => {
    const signer = await make('changes');
    const headers = headersOf(signer.signing_secret, 'POST', '/v1/followers', '{}');
    const answers = await Promise.all([rig.url, url].map((at) => send(at, signer.key, '/v1/followers', '{}', headers)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401]);
  });

  it.each(['/v1/followers', '/v1/stream-tickets'])(
    'is charged to the address it came from, as any credential that is refused: %s',
    async (target) => {
      const signer = await make('everything');
      const from = fresh();
      const codes: unknown[] = [];
      // Tries come back while the test runs.
      while (codes.at(-1) !== 'rate_limited' && codes.length < 3 * FAILED_AUTH_POLICY.quota) {
        const headers = headersOf(signer.signing_secret, 'POST', target, '{}');
        expect((await send(rig.url, signer.key, target, '{}', headers)).status).toBe(201);
        codes.push((await send(url, signer.key, target, '{}', { ...headers, ...from })).body.code);
      }
      expect(codes.slice(0, FAILED_AUTH_POLICY.quota)).toEqual(Array(FAILED_AUTH_POLICY.quota).fill('signature_replayed'));
      expect(codes.at(-1)).toBe('rate_limited');
      const good = headersOf(signer.signing_secret, 'POST', target, '{}');
      expect((await send(url, signer.key, target, '{}', good)).status).toBe(201);
    },
  );

  it('gives no further ticket', async () => {
    const signer = await make('everything');
    const headers = headersOf(signer.signing_secret, 'POST', '/v1/stream-tickets', '{}');
    expect((await send(rig.url, signer.key, '/v1/stream-tickets', '{}', headers)).status).toBe(201);
    expect((await send(url, signer.key, '/v1/stream-tickets', '{}', headers)).body.code).toBe('signature_replayed');
  });
});

describe('a signing secret', () => {
  it('is shown once, kept sealed, and stands in no log line or list', async () => {
    const signer = await make('changes');
    const body = leader();
    expect((await postLeader(signer, body, headersOf(signer.signing_secret, 'POST', '/v1/leaders', body))).status).toBe(201);
    const rows = await rig.context.storage.platform((unit) => unit.query(`select encode(signing_secret, 'escape') as text from key_index`));
    const shown = [JSON.stringify(rows), JSON.stringify(good(await rig.call(tenant.key, 'get', '/v1/api-keys'))), rig.logged.join('\n')];
    for (const text of shown) expect(text.includes(signer.signing_secret) || text.includes(signer.signing_secret.slice(4))).toBe(false);
  });

  it('does not open for another key', async () => {
    const [one, other] = [await make('changes'), await make('changes')];
    await rig.context.storage.platform((unit) =>
      unit.execute('update key_index set signing_secret = (select signing_secret from key_index where key_id = $1) where key_id = $2', [
        one.id,
        other.id,
      ]),
    );
    const body = leader();
    expect((await postLeader(other, body, headersOf(one.signing_secret, 'POST', '/v1/leaders', body))).status).toBe(500);
  });
});

describe.skipIf(!hasRedisServer())('a replay at another gateway (needs redis-server in the PATH)', () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await ownRedis();
  });
  afterAll(() => redis?.close());

  it('is refused by way of Redis, and by that of the database when Redis forgot or is away', async () => {
    const gateways = await Promise.all([startGateway(rig, { REDIS_URL: redis.url }), startGateway(rig, { REDIS_URL: redis.url })]);
    const [first, second] = gateways;
    if (first === undefined || second === undefined) throw new Error('two gateways');
    const signer = await make('changes');
    const once = async () => {
      const body = leader();
      const headers = headersOf(signer.signing_secret, 'POST', '/v1/leaders', body);
      expect((await postLeader(signer, body, headers, first.url)).status).toBe(201);
      return (url: string) => postLeader(signer, body, headers, url).then((answer) => answer.body.code);
    };
    const replay = await once();
    for (const url of [second.url, first.url]) expect(await replay(url)).toBe('signature_replayed');
    const forgotten = await once();
    const flushing = await connectRedis({ url: redis.url, log: silentLogger });
    await flushing.command(['FLUSHALL']);
    await flushing.close();
    for (const url of [first.url, second.url]) expect(await forgotten(url)).toBe('signature_replayed');
    await redis.stop();
    const away = await once();
    for (const url of [first.url, second.url]) expect(await away(url)).toBe('signature_replayed');
    await Promise.all(gateways.map((gateway) => gateway.stop()));
  });
});
