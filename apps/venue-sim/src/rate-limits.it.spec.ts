import type { VenueProcess } from '@lockstep/simulation';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { account, limit, listen, postJson, signed, startServer } from './testing/clients';

/* Limits on, posts weighed too, and every address held to its budget. */

const LEADER = account(1_701).address.toLowerCase();
const BUSY = account(1_702);
const FILLS = 1_000;

let venue: VenueProcess;
beforeAll(async () => {
  venue = await startServer(
    ...['--limits', 'on', '--posts-spend-weight', 'on', '--address-limits', 'on'],
    ...['--path', 'still', '--block-ms', '50', '--seed', '19'],
  );
  const trade = { address: LEADER, coin: 'BTC', side: 'buy', price: '66344', size: '0.001' } as const;
  await venue.control.forceTrades('main', new Array(FILLS).fill(trade));
  await venue.control.setUpAccounts('main', [{ address: BUSY.address.toLowerCase(), credits: { '': '1000' } }]);
});
afterAll(() => venue.stop());

/** 19 times 60 and 20 of a minute's 1,200: the fifty that a thousand rows add pass the limit. */
const ROLES = new Array(19).fill({ type: 'userRole', user: LEADER });
const ROWS = { type: 'userFills', user: LEADER };
const CHEAPEST = { type: 'allMids' };

describe('the rows of an answer', () => {
  it('count above the limit over HTTP', async () => {
    const read = async (body: unknown) => (await postJson(`${venue.httpUrl()}/info`, body, { 'x-test-ip': '10.1.0.1' })).status;
    for (const body of ROLES) expect(await read(body)).toBe(200);
    expect(await read(ROWS)).toBe(200);
    expect(await read(CHEAPEST)).toBe(429);
  });

  it('count over the socket as over HTTP', async () => {
    const listener = await listen(venue.wsUrl(), { 'x-test-ip': '10.1.0.2' });
    let id = 0;
    const read = async (payload: unknown) => {
      id += 1;
      listener.say({ method: 'post', id, request: { type: 'info', payload } });
      const { data } = await listener.hear(({ channel }) => channel === 'post');
      return (data as { readonly response: { readonly type: string; readonly payload: unknown } }).response;
    };
    for (const body of ROLES) expect((await read(body)).type).toBe('info');
    expect((await read(ROWS)).type).toBe('info');
    expect(await read(CHEAPEST)).toEqual({ type: 'error', payload: '429 Too Many Requests' });
    listener.close();
  });
});

describe('posts in flight', () => {
  it('are those without an answer, for as long as their connection is open', async () => {
    const headers = { 'x-test-ip': '10.1.0.3' };
    await venue.control.addFault('main', { target: 'info', effect: { kind: 'silence' }, type: 'exchangeStatus', transport: 'socket', count: 100 });
    const silent = await listen(venue.wsUrl(), headers);
    for (let id = 1; id <= 50; id += 1) silent.say({ method: 'post', id, request: { type: 'info', payload: { type: 'exchangeStatus' } } });
    const other = await listen(venue.wsUrl(), headers);
    for (let id = 51; id <= 101; id += 1) other.say({ method: 'post', id, request: { type: 'info', payload: CHEAPEST } });
    silent.say({ method: 'ping' });
    await silent.hear(({ channel }) => channel === 'pong');
    for (let id = 51; id <= 101; id += 1) expect((await other.hear(({ channel }) => channel === 'post')).data).toMatchObject({ id });
    for (let id = 102; id <= 151; id += 1) silent.say({ method: 'post', id, request: { type: 'info', payload: { type: 'exchangeStatus' } } });
    silent.say({ method: 'ping' });
    await silent.hear(({ channel }) => channel === 'pong');
    other.say({ method: 'post', id: 152, request: { type: 'info', payload: CHEAPEST } });
    expect(await other.hear(({ channel }) => channel !== 'pong')).toEqual({ channel: 'error', data: 'too many pending post requests id=152' });
    silent.close();
    await silent.closed;
    await vi.waitFor(async () => {
      other.say({ method: 'post', id: 153, request: { type: 'info', payload: CHEAPEST } });
      expect((await other.hear(({ channel }) => channel !== 'pong')).channel).toBe('post');
    });
    other.close();
  });
});

describe('the budget of an address', () => {
  it('holds in the main world and in one that says nothing else', async () => {
    await venue.control.openWorld({ name: 'same', path: 'still', blockMs: 50 });
    await venue.control.openWorld({ name: 'free', path: 'still', blockMs: 50, settings: { addressLimits: false } });
    const texts: string[] = [];
    for (const world of ['main', 'same', 'free']) {
      await venue.control.setUpAccounts(world, [{ address: BUSY.address.toLowerCase(), credits: { '': '1000' } }]);
      const spend = async (turn: number, count: number): Promise<string> => {
        const orders = new Array(count).fill(limit('Gtc', true, '50000', '0.00001'));
        const body = await signed(BUSY, { type: 'order', orders, grouping: 'na' }, Date.now() + turn);
        return (await postJson(`${venue.httpUrl(world)}/exchange`, body, { 'x-test-ip': `10.1.1.${world.length}` })).text;
      };
      expect(await spend(1, 5_000)).toContain('Order must have minimum value of $10.');
      await spend(2, 5_000);
      texts.push((await spend(3, 1)).slice(0, 60));
    }
    const over = '{"status":"err","response":"Too many cumulative requests sen';
    expect(texts).toEqual([over, over, expect.stringContaining('"status":"ok"')]);
  });
});
