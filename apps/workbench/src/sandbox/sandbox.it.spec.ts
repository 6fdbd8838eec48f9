import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { advanceThroughDeath, fundingRows, makeCopy, openSandboxStack, type Partner, type SandboxStack, WAIT } from './testing/sandbox-stack';

const LEADER = `0x${'1eade4'.padStart(40, '0')}`;
const WALLET = `0x${'a1'.repeat(32)}` as const;
const TERMS = { allocation: '1000', settings: { mode: { kind: 'fixed_ratio', ratio: '0.1' } } };

let sandbox: SandboxStack;
let red: Partner;
let blue: Partner;
beforeAll(async () => {
  sandbox = await openSandboxStack();
  red = await sandbox.partner('Red');
  blue = await sandbox.partner('Blue');
}, 300_000);
afterAll(() => sandbox?.close());

const markOf = async (partner: Partner, coin: string): Promise<number> => {
  const { data } = await partner.ask('get', 'sandbox/markets');
  return Number(data?.find((market) => market.coin === coin)?.mark);
};

describe('a sandbox', () => {
  it('is opened before its network is used, and is `sim` to its tenant alone', async () => {
    const leader = { name: 'Too soon', network: 'sim', address: LEADER };
    expect((await red.call('post', 'leaders', leader)).body).toMatchObject({ code: 'business_rule', detail: expect.stringContaining('/v1/sandbox') });
    for (const [partner, seed] of [
      [red, 7],
      [blue, 8],
    ] as const)
      await partner.ask('post', 'sandbox', { seed });
    const [mine, theirs] = [await red.until('sandbox', { status: 'open' }), await blue.until('sandbox', { status: 'open' })];
    expect(mine).toMatchObject({ livemode: false, network: 'sim', seed: 7, epoch: 1, clock: { frozen: false } });
    expect(mine.id).not.toBe(theirs.id);
    for (const network of [`sim.${theirs.id}`, `${theirs.id}`]) {
      const { status } = await red.call('post', 'leaders', { ...leader, network });
      expect([network, status === 400 || status === 422]).toEqual([network, true]);
    }
  });

  it('has prices and money of its own, and a scenario moves no other', async () => {
    const before = [await markOf(red, 'BTC'), await markOf(blue, 'BTC')] as const;
    const { status, result } = await red.task('scenarios', { name: 'gap', params: { coin: 'BTC', percent: 20 } });
    expect([status, result?.did?.length]).toEqual(['done', 1]);
    expect((await markOf(red, 'BTC')) / before[0]).toBeLessThan(0.85);
    expect((await markOf(blue, 'BTC')) / before[1]).toBeGreaterThan(0.95);
    await red.task('credits', { credits: [{ address: LEADER, amount: '1234.5' }] });
    expect(await red.ask('get', `sandbox/account?address=${LEADER}`)).toMatchObject({ equity: '1234.5', positions: [] });
    expect(Number((await blue.ask('get', `sandbox/account?address=${LEADER}`)).equity)).toBe(0);
    expect((await blue.ask('get', 'sandbox/tasks')).data).toMatchObject([{ kind: 'open', status: 'done' }]);
  });

  it('refuses a live key on every route, by the same problem', async () => {
    const live = await sandbox.keyOf(red, true);
    const document = await (await fetch(`${sandbox.stack.gatewayUrl}/openapi.json`)).text();
    const paths: Record<string, Record<string, object>> = JSON.parse(document).paths;
    const routes = Object.entries(paths).filter(([path]) => path.startsWith('/v1/sandbox'));
    const bodies: Readonly<Record<string, object>> = {
      '/v1/sandbox/credits': { credits: [{ address: LEADER, amount: '1' }] },
      '/v1/sandbox/trades': { trades: [{ address: LEADER, coin: 'BTC', side: 'buy', size: '1' }] },
      '/v1/sandbox/clock/advance': { ms: 1 },
      '/v1/sandbox/scenarios': { name: 'halt' },
      '/v1/sandbox/faults': { kind: 'slow' },
    };
    const [task] = (await red.ask('get', 'sandbox/tasks')).data ?? [];
    let asked = 0;
    for (const [path, methods] of routes)
      for (const method of Object.keys(methods)) {
        const at = path.replace('/v1/', '').replace('{id}', path.includes('/faults/') ? `flt_${'0'.repeat(26)}` : (task?.id ?? ''));
        const query = path.endsWith('/account') ? `?address=${LEADER}` : '';
        const { status, body } = await sandbox.send(live, method, `${at}${query}`, method === 'get' ? undefined : (bodies[path] ?? {}));
        expect([method, path, status, body.code]).toEqual([method, path, 403, 'test_environment_only']);
        asked += 1;
      }
    expect(asked).toBeGreaterThanOrEqual(14);
  });

  it('copies what its leader does there', async () => {
    const made = await makeCopy(red, LEADER, WALLET, TERMS);
    expect(await red.ask('get', `leaders/${made.leader}`)).toMatchObject({ network: 'sim' });
    const traded = await red.task('trades', { trades: [{ address: LEADER, coin: 'BTC', side: 'buy', size: '0.05' }] });
    expect(traded).toMatchObject({ status: 'done', result: { trades: [{ coin: 'BTC', side: 'buy', size: '0.05', price: expect.any(String) }] } });
    await vi.waitFor(async () => {
      const { data } = await red.ask('get', `positions?copy_id=${made.copy}`);
      expect(data).toMatchObject([{ coin: 'BTC', position: '0.005' }]);
    }, WAIT);
    expect(await red.ask('get', `sandbox/account?address=${made.address}`)).toMatchObject({ positions: [{ coin: 'BTC', size: '0.005' }] });
  });
});

describe('a copy that was made before its account was active', () => {
  it('begins once the account is', async () => {
    const later = await makeCopy(blue, LEADER, WALLET, TERMS, 'copy first');
    expect(await blue.ask('get', `copies/${later.copy}`)).toMatchObject({ state: 'active', command: { kind: 'copy.activate', status: 'applied' } });
  });
});

describe('the test clock', () => {
  const HOUR = 3_600_000;
  const worldTime = async (partner: Partner): Promise<number> =>
    Number((await sandbox.control(`/worlds/${(await partner.ask('get', 'sandbox')).id}`)).time);
  const shownBy = async (partner: Partner): Promise<number> => Date.parse((await partner.ask('get', 'sandbox/clock')).business_time ?? '');

  it('stops its world while it is frozen, and no other', async () => {
    const elsewhere = await worldTime(blue);
    expect(await red.task('clock/freeze')).toMatchObject({ status: 'done' });
    const [venue, business] = [await worldTime(red), await shownBy(red)];
    await vi.waitFor(async () => expect(await worldTime(blue)).toBeGreaterThan(elsewhere + 1_000), WAIT);
    // A block more for what the engine still had on its way (an agent's nonce, a leverage) is the venue's to execute; time itself stands.
    expect((await worldTime(red)) - venue).toBeLessThanOrEqual(500);
    expect(await shownBy(red)).toBe(business);
    expect(await red.ask('get', 'sandbox/clock')).toMatchObject({ frozen: true });
    expect(await blue.ask('get', 'sandbox/clock')).toMatchObject({ frozen: false });
  });

  it('lets leaders trade and be copied while it is frozen', async () => {
    const [copy] = (await red.ask('get', 'copies')).data ?? [];
    const sold = await red.task('trades', { trades: [{ address: LEADER, coin: 'BTC', side: 'sell', size: '0.02' }] });
    expect(sold).toMatchObject({ status: 'done' });
    await vi.waitFor(async () => {
      expect((await red.ask('get', `positions?copy_id=${copy?.id}`)).data).toMatchObject([{ position: '0.003' }]);
    }, WAIT);
    const played = await red.task('scenarios', { name: 'leader_opens', params: { leader: LEADER, coin: 'ETH', size: '0.5' } });
    expect(played).toMatchObject({ status: 'done', result: { did: [{ trade: { coin: 'ETH', size: '0.5' } }] } });
    await vi.waitFor(async () => {
      const { data } = await red.ask('get', `positions?copy_id=${copy?.id}`);
      expect(data?.find(({ coin }) => coin === 'ETH')).toMatchObject({ position: '0.05' });
    }, WAIT);
  });

  it('charges each hour’s funding and ends rights when it is advanced, never twice too far, although the back office dies in the middle', async () => {
    const [copy] = (await red.ask('get', 'copies')).data ?? [];
    const before = await shownBy(red);
    const until = new Date(before + HOUR).toISOString();
    const granted = await red.ask('post', 'entitlements', { leader_id: copy?.leader_id, follower_id: copy?.follower_id, until });
    expect(granted.status).toBe('granted');
    await advanceThroughDeath(sandbox, red, 2 * HOUR);
    expect(await shownBy(red)).toBe(before + 2 * HOUR);
    // The world took some blocks of its own for what was done while it stood.
    expect((await worldTime(red)) - before - 2 * HOUR).toBeLessThan(60_000);
    expect(await red.ask('get', `entitlements/${granted.id}`)).toMatchObject({ status: 'ended' });
    await vi.waitFor(async () => expect(await fundingRows(red, before, 2 * HOUR)).toBe(2 * 2), WAIT);
  });

  it('refuses what is beyond its cap, and a live scope has none', async () => {
    const beyond = await red.call('post', 'sandbox/clock/advance', { ms: 31 * 24 * HOUR });
    expect(beyond).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer: '/ms' }] } });
  });

  it('runs on from where it stood', async () => {
    const stood = await shownBy(red);
    await red.task('clock/resume');
    await vi.waitFor(async () => expect(await shownBy(red)).toBeGreaterThan(stood + 500), WAIT);
    expect(await shownBy(red)).toBeLessThan(stood + 600_000);
  });
});
