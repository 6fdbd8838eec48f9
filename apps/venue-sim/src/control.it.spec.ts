import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type AccountWish, createControlClient, type VenueProcess } from '@lockstep/simulation';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { account, listen, postJson, startServer } from './testing/clients';

const KEY = 'a-key-of-sixteen-characters';
const LEADER = account(301).address.toLowerCase();
const OTHER = account(302).address.toLowerCase();

let venue: VenueProcess;
let limited: VenueProcess;
beforeAll(async () => {
  venue = await startServer('--seed', '13', '--path', 'still', '--block-ms', '50');
  limited = await startServer('--limits', 'on', '--users-per-ip', '15', '--control-key', KEY, '--verify', 'sample:10');
});
afterAll(async () => {
  await venue.stop();
  await limited.stop();
});

describe('control port', () => {
  it('sets up thousands of accounts with agents and builders in one call', async () => {
    const hex = (number: number): string => `0x${number.toString(16).padStart(40, '0')}`;
    const accounts: AccountWish[] = Array.from({ length: 2_500 }, (_, index) => ({
      address: hex(0x10_000 + index),
      credits: { '': '1000' },
      agent: { address: hex(0x900_000 + index), name: 'copy' },
      builder: { address: hex(0xb), maxTenthsBp: 100 },
    }));
    await venue.control.credit('main', hex(0xb), '500');
    await venue.control.setUpAccounts('main', accounts);
    await venue.control.setUpAccounts('main', accounts.slice(0, 10));
    expect((await venue.control.stats()).worlds).toMatchObject([{ name: 'main', accounts: 2_501 }]);
    const agents = await postJson(`${venue.httpUrl()}/info`, { type: 'extraAgents', user: hex(0x10_000 + 2_499) });
    expect(JSON.parse(agents.text)).toMatchObject([{ name: 'copy', address: hex(0x900_000 + 2_499) }]);
    await expect(venue.control.setUpAccounts('main', [{ address: hex(1), agent: { address: hex(0x900_000) } }])).rejects.toThrow(
      'belongs to another account',
    );
  });

  it('sets the mode, the volume and the end of an agent of an account', async () => {
    const read = async (request: object): Promise<unknown> => JSON.parse((await postJson(`${venue.httpUrl()}/info`, request)).text);
    const [user, agent] = [account(311).address.toLowerCase(), account(312).address.toLowerCase()];
    const validUntil = Date.now() + 7_200_000;
    const wish: AccountWish = {
      address: user,
      credits: { '': '100' },
      agent: { address: agent, name: 'copy', validUntil },
      mode: 'unifiedAccount',
      volume: '250.5',
    };
    await venue.control.setUpAccounts('main', [wish]);
    expect(await read({ type: 'userAbstraction', user })).toBe('unifiedAccount');
    expect(await read({ type: 'extraAgents', user })).toEqual([{ name: 'copy', address: agent, validUntil }]);
    expect(await read({ type: 'userRateLimit', user })).toMatchObject({ cumVlm: '250.5', nRequestsCap: 10_250 });
  });

  it('makes a new address a sub-account, and never one that stands elsewhere', async () => {
    const read = async (user: string): Promise<unknown> => JSON.parse((await postJson(`${venue.httpUrl()}/info`, { type: 'userRole', user })).text);
    const [master, sub, other] = [313, 314, 315].map((number) => account(number).address.toLowerCase()) as [string, string, string];
    const wish: AccountWish = { address: sub, credits: { '': '100', 'spot:USDH': '7' }, master };
    await venue.control.setUpAccounts('main', [wish]);
    await venue.control.setUpAccounts('main', [{ address: sub, credits: { xyz: '50' }, master }]);
    expect(await read(sub)).toEqual({ role: 'subAccount', data: { master } });
    const subs = JSON.parse((await postJson(`${venue.httpUrl()}/info`, { type: 'subAccounts', user: master })).text);
    expect(subs).toMatchObject([{ subAccountUser: sub, master, name: sub.slice(-12) }]);
    for (const [address, above] of [
      [sub, other],
      [master, other],
      [other, sub],
      [other, other],
    ] as const)
      await expect(venue.control.setUpAccounts('main', [{ address, master: above }])).rejects.toThrow('cannot become a sub-account');
  });

  it('forces trades at their exact price, in order, and shows them in the books', async () => {
    const outcomes = await venue.control.forceTrades('main', [
      { address: LEADER, coin: 'BTC', side: 'buy', price: '65000', size: '0.5', orderId: 71 },
      { address: LEADER, coin: 'BTC', side: 'sell', price: '66000', size: '0.2' },
      { address: LEADER, coin: 'NOPE', side: 'sell', price: '66000', size: '0.2' },
    ]);
    expect(outcomes).toMatchObject([{ tradeId: expect.any(Number) }, { tradeId: expect.any(Number) }, { error: 'unknown coin NOPE' }]);
    const [positions] = await venue.control.truth('main', 'positions', LEADER);
    expect(positions).toMatchObject({ address: LEADER, positions: [{ coin: 'BTC', szi: '0.3' }] });
    const [fills] = await venue.control.truth('main', 'fills', LEADER);
    expect(JSON.stringify(fills)).toContain('"px":"65000.0"');
    expect((await venue.control.truth('main', 'positions')).length).toBe(1);
    expect(await venue.control.conservation('main')).toHaveProperty('netLots');
  });

  it('tells every mark a coin had', async () => {
    const url = `http://127.0.0.1:${venue.controlPort}/worlds/main/marks`;
    await venue.control.movePrices('main', [{ coin: 'SOL', price: '77' }]);
    await vi.waitFor(async () => {
      const answer: unknown = await (await fetch(`${url}?coin=SOL`)).json();
      expect(answer).toMatchObject({
        coin: 'SOL',
        marks: expect.arrayContaining([
          [0, expect.any(String)],
          [expect.any(Number), expect.stringMatching(/^77(\.0+)?$/)],
        ]),
      });
    });
    expect((await fetch(`${url}?coin=NOPE`)).status).toBe(404);
  });

  it('moves prices and forces trades in one block', async () => {
    const url = `http://127.0.0.1:${venue.controlPort}/worlds/main/trades`;
    const trades = [{ address: LEADER, coin: 'UNI', side: 'buy', price: '8.5', size: '3' }];
    const done = JSON.parse((await postJson(url, { trades, prices: [{ coin: 'UNI', price: '8.5' }] })).text);
    expect(done.results).toMatchObject([{ tradeId: expect.any(Number) }]);
    const mids = JSON.parse((await postJson(`${venue.httpUrl()}/info`, { type: 'allMids' })).text);
    expect(Number(mids.UNI)).toBeCloseTo(8.5, 1);
    expect((await postJson(url, { trades, prices: [{ coin: 'NOPE', price: '1' }] })).text).toContain('coin: unknown NOPE');
  });

  it('plays entries one block after another, and nothing behind a refused trade', async () => {
    await venue.control.credit('main', OTHER, '1000');
    const url = `http://127.0.0.1:${venue.controlPort}/worlds/main/blocks`;
    const entry = (price: string, coin = 'AERO', priced = 'AERO') => ({
      trades: [{ address: OTHER, coin, side: 'buy', price, size: '1' }],
      prices: [{ coin: priced, price }],
    });
    const { blocks } = JSON.parse((await postJson(url, { blocks: [entry('12'), entry('13'), entry('14', 'NOPE'), entry('15')] })).text);
    expect(blocks).toMatchObject([
      { results: [{ time: expect.any(Number) }] },
      { results: [{ time: expect.any(Number) }] },
      { results: [{ error: 'unknown coin NOPE' }] },
    ]);
    expect(blocks[1].results[0].time).toBeGreaterThan(blocks[0].results[0].time);
    const [positions] = await venue.control.truth('main', 'positions', OTHER);
    expect(positions).toMatchObject({ positions: [{ coin: 'AERO', szi: '2.0' }] });
    expect((await postJson(url, { blocks: [entry('12', 'AERO', 'NOPE')] })).text).toContain('coin: unknown NOPE');
    const halt = (on: boolean) => postJson(`http://127.0.0.1:${venue.controlPort}/worlds/main/halt`, { on });
    await halt(true);
    expect(JSON.parse((await postJson(url, { blocks: [entry('12')] })).text)).toEqual({ ok: true, queued: 1 });
    await halt(false);
  });

  it('moves prices, stops and starts makers', async () => {
    await venue.control.movePrices('main', [{ coin: 'ETH', price: '2500' }]);
    const mids = async (): Promise<Readonly<Record<string, string>>> =>
      JSON.parse((await postJson(`${venue.httpUrl()}/info`, { type: 'allMids' })).text);
    expect(Number((await mids()).ETH)).toBeCloseTo(2500, 0);
    const bids = async (): Promise<number> =>
      JSON.parse((await postJson(`${venue.httpUrl()}/info`, { type: 'l2Book', coin: 'SOL' })).text).levels[0].length;
    await venue.control.setMakers('main', false, 'SOL');
    expect(await bids()).toBe(0);
    await venue.control.setMakers('main', true, 'SOL');
    expect(await bids()).toBeGreaterThan(0);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['an unknown coin', () => venue.control.movePrices('main', [{ coin: 'NOPE', price: '1' }]), 'coin: unknown NOPE'],
    ['a price that is none', () => venue.control.movePrices('main', [{ coin: 'BTC', price: '-1' }]), 'prices.0.price'],
    ['an unknown world', () => venue.control.credit('nowhere', LEADER, '1'), 'no world nowhere'],
    ['an unknown dex', () => venue.control.credit('main', LEADER, '1', 'zzz'), 'dex: unknown zzz'],
    ['a bad address', () => venue.control.credit('main', '0x1', '1'), 'an address is 0x and 40 hex digits'],
    ['a taken name', () => venue.control.openWorld({ name: 'main' }), 'name_taken'],
    ['an unknown setting', () => venue.control.openWorld({ name: 'x', settings: { nope: 1 } }), 'settings'],
    ['moving a real clock', () => venue.control.advance('main', { ms: 1 }), 'wall clock'],
  ])('refuses %s, saying so', async (_what, act, text) => {
    await expect(act()).rejects.toThrow(text);
  });

  it('asks for its key when one is set, and names its verify mode', async () => {
    await expect(limited.control.stats()).rejects.toThrow('401');
    const control = createControlClient(`http://127.0.0.1:${limited.controlPort}`, KEY);
    expect(await control.stats()).toMatchObject({ verify: 'sample:10' });
  });

  it('ends on request', async () => {
    const short = await startServer();
    await short.control.shutdown();
    await short.stop();
    await expect(short.control.stats()).rejects.toThrow();
  });
});

describe('limits per remote address', () => {
  it('answer 429 with null after 1200 weight, each address on its own', async () => {
    const read = (ip: string) => postJson(`${limited.httpUrl()}/info`, { type: 'userRole', user: LEADER }, { 'x-test-ip': ip });
    const statuses: number[] = [];
    for (let turn = 0; turn < 21; turn += 1) statuses.push((await read('10.0.0.1')).status);
    expect(statuses).toEqual([...new Array<number>(20).fill(200), 429]);
    expect(await read('10.0.0.1')).toEqual({ status: 429, text: 'null' });
    expect((await read('10.0.0.2')).status).toBe(200);
  });

  it('admit 10 connections and 15 users', async () => {
    const headers = { 'x-test-ip': '10.0.1.1' };
    const listeners = await Promise.all(Array.from({ length: 10 }, () => listen(limited.wsUrl(), headers)));
    await expect(listen(limited.wsUrl(), headers)).rejects.toThrow('no connection');
    const [listener] = listeners;
    for (let user = 0; user < 16; user += 1)
      listener?.say({ method: 'subscribe', subscription: { type: 'userFills', user: account(400 + user).address } });
    expect((await listener?.hear((frame) => frame.channel === 'error'))?.data).toBe('Cannot track more than 15 total users.');
    for (const each of listeners) each.close();
  });
});

describe('command line', () => {
  it.each([
    ['--port', 'x'],
    ['--block-ms', '1'],
    ['--verify', 'some'],
    ['--candles', '/does/not/exist'],
    ['--nope', '1'],
    ['--control-host', '0.0.0.0'],
  ])('refuses %s %s with an error that names it', (flag, value) => {
    const run = spawnSync(process.execPath, [join(process.cwd(), 'dist/apps/venue-sim/src/main.js'), flag, value], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(run.status).toBe(2);
    expect(run.stderr).toContain(flag);
    expect(run.stdout).toBe('');
  });
});
