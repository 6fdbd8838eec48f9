import type { VenueProcess } from '@lockstep/simulation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BODY_MAX_BYTES } from './http-door';
import { account, type Listener, limit, listen, postJson, type SignedBody, signed, startServer } from './testing/clients';

const TRADER = account(801);
const USER = TRADER.address;
const UNREADABLE = 'Failed to deserialize the JSON body into the target type';

let venue: VenueProcess;
let listener: Listener;
let nonce = Date.now();
let id = 0;
beforeAll(async () => {
  venue = await startServer('--seed', '18', '--path', 'still', '--block-ms', '50');
  await venue.control.setUpAccounts('main', [{ address: USER, credits: { '': '100000' } }]);
  listener = await listen(venue.wsUrl());
});
afterAll(async () => {
  listener.close();
  await venue.stop();
});

const body = (action: Readonly<Record<string, unknown>> = { type: 'noop' }): Promise<SignedBody> => {
  nonce += 1;
  return signed(TRADER, action, nonce);
};

/** What both transports say to one request: the answer's text, or the status and text of a refusal. */
type Said = { readonly status: number; readonly text: string };
const overHttp =
  (route: '/info' | '/exchange') =>
  (payload: unknown): Promise<Said> =>
    postJson(`${venue.httpUrl()}${route}`, payload);
const overSocket =
  (type: 'info' | 'action') =>
  async (payload: unknown): Promise<Said> => {
    id += 1;
    const mine = id;
    listener.say({ method: 'post', id: mine, request: { type, payload } });
    const { data } = await listener.hear((frame) => frame.channel === 'post');
    const { response } = data as { readonly response: { readonly type: string; readonly payload: unknown } };
    expect(data).toMatchObject({ id: mine });
    if (response.type === 'error')
      return { status: Number.parseInt(String(response.payload), 10), text: String(response.payload).replace(/^\d+ [A-Z][\w ]+: /, '') };
    expect(response.type).toBe(type);
    const answer = type === 'action' ? response.payload : (response.payload as { readonly data: unknown }).data;
    return { status: 200, text: JSON.stringify(answer) };
  };

describe('one code path answers HTTP and the socket', () => {
  it.each<[string, unknown]>([
    ['a read', { type: 'meta' }],
    ['a read of nothing', { type: 'l2Book', coin: 'NOPE' }],
    ['a read of an account', { type: 'openOrders', user: USER }],
    ['a read that is unknown', { type: 'nonsense' }],
    ['a read without its user', { type: 'openOrders' }],
    ['a read without a type', {}],
    ['a read that is a list', []],
  ])('%s', async (_what, payload) => {
    const plain = await overHttp('/info')(payload);
    expect(await overSocket('info')(payload)).toEqual(plain);
    expect([200, 422]).toContain(plain.status);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['an action of unknown form', async () => ({ ...(await body()), action: { type: 'nonsense' } })],
    ['an order without its grouping', async () => body({ type: 'order', orders: [] })],
    ['a body without a signature', async () => ({ action: { type: 'noop' }, nonce: 1 })],
    ['a nonce that is text', async () => ({ ...(await body()), nonce: String(nonce) })],
    ['a signature nobody can have made', async () => ({ ...(await body()), signature: { r: '0x0', s: '0x1', v: 27 } })],
    ['a nonce too old', async () => signed(TRADER, { type: 'noop' }, 1)],
    ['an empty batch', async () => signed(TRADER, { type: 'order', orders: [], grouping: 'na' }, Date.now() + 40_000)],
  ])('%s', async (what, make) => {
    const payload = await make();
    const plain = await overHttp('/exchange')(payload);
    const again = await overSocket('action')(payload);
    const known = plain.text.includes('batch') ? { ...plain, text: expect.stringContaining('duplicate nonce') } : plain;
    expect([what, again]).toEqual([what, normalised(known)]);
  });
  /** A nonce bound moves with the block's time. */
  const normalised = (said: unknown): unknown => {
    const text = typeof said === 'object' && said !== null && 'text' in said ? said.text : '';
    if (typeof text !== 'string' || !text.includes('nonce too low')) return said;
    return { status: 200, text: expect.stringContaining('nonce too low 1 <') };
  };
});

describe.each([
  ['HTTP', overHttp('/exchange')],
  ['the socket', overSocket('action')],
] as const)('the envelope of an action over %s', (_transport, send) => {
  const DONE = { status: 200, text: '{"status":"ok","response":{"type":"default"}}' };
  const minimal = (hex: string): string => hex.replace(/^0x0+/, '0x');

  it.each<[string, (signedBody: SignedBody) => object]>([
    ['without vault and expiry', (signedBody) => signedBody],
    ['with both null', (signedBody) => ({ ...signedBody, vaultAddress: null, expiresAfter: null })],
    ['with keys it does not know', (signedBody) => ({ ...signedBody, isFrontend: true })],
    ['in another order', ({ action, nonce: moment, signature }) => ({ signature, nonce: moment, action })],
  ])('may come %s', async (_what, change) => {
    expect(await send(change(await body()))).toEqual(DONE);
  });

  it('may carry r and s in minimal hex', async () => {
    let found: SignedBody | undefined;
    while (found === undefined) {
      const candidate = await body();
      if (candidate.signature.r.startsWith('0x0') || candidate.signature.s.startsWith('0x0')) found = candidate;
    }
    const { r, s, v } = found.signature;
    expect(await send({ ...found, signature: { r: minimal(r), s: minimal(s), v } })).toEqual(DONE);
  });

  it('may carry an action whose keys stand in another order than was signed', async () => {
    const order = limit('Gtc', true, '50000', '0.001');
    const signedBody = await body({ type: 'order', orders: [order], grouping: 'na' });
    const { a, b, p, s, r, t } = order;
    const answer = await send({ ...signedBody, action: { grouping: 'na', orders: [{ t, s, r, p, b, a }], type: 'order' } });
    expect(answer.text).toContain('resting');
  });

  it('names an unknown address where the client signed another order of keys than the venue’s', async () => {
    const { a, b, p, s, r, t } = limit('Gtc', true, '50000', '0.001');
    const answer = await send(await body({ type: 'order', grouping: 'na', orders: [{ b, a, p, s, r, t }] }));
    expect(answer.text).toMatch(/^\{"status":"err","response":"User or API Wallet 0x[0-9a-f]{40} does not exist\."\}$/);
  });

  it('names an unknown address where it signed trailing zeros', async () => {
    const answer = await send(await body({ type: 'order', orders: [limit('Gtc', true, '50000.0', '0.001')], grouping: 'na' }));
    expect(answer.text).toMatch(/User or API Wallet 0x[0-9a-f]{40} does not exist\./);
  });
});

describe('HTTP', () => {
  const url = (path: string): string => `${venue.httpUrl()}${path}`;
  const ask = async (path: string, init: RequestInit): Promise<readonly [number, string, Headers]> => {
    const response = await fetch(url(path), init);
    return [response.status, await response.text(), response.headers];
  };
  const META = { method: 'POST', body: '{"type":"exchangeStatus"}', headers: { 'content-type': 'application/json' } };

  it.each(['/info', '/info/', '/info//', '/info?x=1'])('answers at %s', async (path) => expect((await ask(path, META))[0]).toBe(200));

  it('lets pages of every origin ask', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
    const [status, , allowed] = await ask('/exchange', { method: 'OPTIONS', headers });
    expect(status).toBe(204);
    expect(['origin', 'methods', 'headers'].map((each) => allowed.get(`access-control-allow-${each}`))).toEqual(['*', 'GET, POST, OPTIONS', '*']);
    for (const init of [META, { method: 'POST', body: '{' }]) expect((await ask('/info', init))[2].get('access-control-allow-origin')).toBe('*');
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('does not know %s', async (method) => {
    const [status, text, headers] = await ask('/info', { method });
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
    expect(text).toBe(method === 'HEAD' ? '' : 'Method Not Allowed');
  });

  it('does not know other paths, nor a plain request at the socket’s', async () => {
    for (const path of ['/', '/explorer', '/w/nowhere/info', '/infos']) expect((await ask(path, META))[0]).toBe(404);
    expect((await ask('/ws', META))[0]).toBe(404);
  });

  it.each(['', '{', 'null', '7', '"meta"', '[]', '{"type":7}'])('answers 422 to the body %j', async (text) => {
    const [status, answer, headers] = await ask('/info', { ...META, body: text });
    expect([status, answer, headers.get('content-type')]).toEqual([422, UNREADABLE, 'text/plain; charset=utf-8']);
  });

  it('takes bodies up to its bound', async () => {
    const padded = (bytes: number): string => `{"type":"exchangeStatus","x":"${'x'.repeat(bytes)}"}`;
    expect((await ask('/info', { ...META, body: padded(BODY_MAX_BYTES - 100) }))[0]).toBe(200);
    const tooLarge = await ask('/info', { ...META, body: padded(BODY_MAX_BYTES) }).catch((): readonly [number] => [413]);
    expect(tooLarge[0]).toBe(413);
    expect((await ask('/info', META))[0]).toBe(200);
  });
});

describe('frames that are no requests', () => {
  it.each([
    '{"method":"post","id":-1,"request":{"type":"info","payload":{}}}',
    '{"method":"post","id":1.5,"request":{"type":"info","payload":{}}}',
    '{"method":"post","id":1,"request":{"type":"explorer","payload":{}}}',
    '{"method":"post","id":1}',
    '{"method":"login"}',
    '[]',
    'hello',
  ])('are told so, in full: %s', async (text) => {
    listener.say(text);
    const { data } = await listener.hear(({ channel }) => channel === 'error');
    expect(data).toBe(`Error parsing JSON into valid websocket request: ${text}`);
  });

  it('do not end the connection', async () => {
    listener.say({ method: 'ping' });
    await listener.hear(({ channel }) => channel === 'pong');
  });
});

describe('posts in flight', () => {
  it('are at most a hundred an address; the one too many is named by its id', async () => {
    const limited = await startServer('--seed', '19', '--path', 'still', '--limits', 'on');
    const client = await listen(limited.wsUrl());
    await limited.control.halt('main', true);
    for (let post = 1; post <= 101; post += 1) {
      nonce += 1;
      client.say({ method: 'post', id: post, request: { type: 'action', payload: await signed(TRADER, { type: 'noop' }, nonce) } });
    }
    expect((await client.hear(({ channel }) => channel === 'error')).data).toBe('too many pending post requests id=101');
    await limited.control.halt('main', false);
    for (let post = 1; post <= 100; post += 1) await client.hear(({ channel }) => channel === 'post');
    client.say({ method: 'post', id: 102, request: { type: 'info', payload: { type: 'exchangeStatus' } } });
    expect((await client.hear(({ channel }) => channel === 'post')).data).toMatchObject({ id: 102, response: { type: 'info' } });
    client.close();
    await limited.stop();
  });
});
