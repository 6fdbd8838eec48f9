import { CLOSE_CODES, SUBPROTOCOL } from '@lockstep/delivery';
import { present } from '@lockstep/kernel';
import { fallbackTier, type QuotaName } from '@lockstep/tenancy';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freshAddress } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { closed, endSockets, listen, open, refusal } from './testing/stream-client';

const TIER = 'starter';
const limitOf = (quota: QuotaName): number => fallbackTier(TIER).quotas[quota];

let rig: GatewayRig;
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterAll(() => rig?.close());
afterEach(endSockets);

const period = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
/** One more of a thing, by the API. */
const ONE_MORE = {
  followers: (tenant: RigTenant) => rig.call(tenant.key, 'post', '/v1/followers', {}),
  leaders: (tenant: RigTenant) => rig.call(tenant.key, 'post', '/v1/leaders', { name: 'L', network: 'sim', address: freshAddress() }),
  export_jobs: (tenant: RigTenant) => rig.call(tenant.key, 'post', '/v1/exports', { kind: 'fills', ...period }),
} as const;

/** Fills a quota up to its last place. Followers are written as rows: a thousand requests would say no more. */
async function fill(tenant: RigTenant, quota: keyof typeof ONE_MORE): Promise<void> {
  const places = limitOf(quota) - 1;
  if (quota !== 'followers') {
    for (let no = 0; no < places; no += 1) good(await ONE_MORE[quota](tenant));
    return;
  }
  await rig.context.storage.scoped(tenant.scope, async (unit) => {
    const row = { externalRef: null, status: 'active' as const, createdAt: unit.now, updatedAt: unit.now };
    await unit.followers.insertAll(Array.from({ length: places }, () => ({ id: rig.context.ids.next('follower'), ...row })));
  });
}

const used = async (tenant: RigTenant, quota: string): Promise<number> =>
  good(await rig.call(tenant.key, 'get', '/v1/usage')).quotas.find((one: { quota: string }) => one.quota === quota).used;

describe('the last place of a plan’s quota', () => {
  it.each(['followers', 'leaders', 'export_jobs'] as const)(
    'of %s is given once, whoever asks at the same time; the next is refused',
    async (quota) => {
      const [tenant, other] = [await rig.tenant('Full', TIER), await rig.tenant('Beside it', TIER)];
      await fill(tenant, quota);
      const answers = await Promise.all(Array.from({ length: 4 }, () => ONE_MORE[quota](tenant)));
      const refused = answers.filter((answer) => answer.status >= 300);
      expect(refused.length).toBe(3);
      const limit = limitOf(quota);
      for (const answer of [...refused, await ONE_MORE[quota](tenant)]) {
        expect(answer.body).toMatchObject({
          status: 429,
          code: 'quota_exceeded',
          retryable: false,
          'violated-policies': [quota],
          detail: `The plan \`${TIER}\` allows ${limit} ${quota.replaceAll('_', ' ')}; ${limit} exist.`,
        });
        expect(answer.headers['retry-after']).toBeUndefined();
      }
      expect(await used(tenant, quota)).toBe(limit);
      good(await ONE_MORE[quota](other));
    },
  );

  it('of stream connections is given once and again when it is free; the next is closed with the code, or refused before it opens', async () => {
    const tenant = await rig.tenant('Many streams', TIER);
    const limit = limitOf('stream_connections');
    const greeted = (socket: ReturnType<typeof open>): Promise<boolean> =>
      new Promise((resolve) => {
        socket.once('error', () => resolve(false));
        void listen(socket, (frame) => {
          if (frame.op === 'hello') resolve(true);
          return false;
        }).then(() => resolve(false));
      });
    const tickets = [];
    for (let no = 0; no < limit + 2; no += 1) tickets.push(good(await rig.call(tenant.key, 'post', '/v1/stream-tickets')).ticket);
    const tried = tickets.map((ticket) => {
      const socket = open(rig.url, null, [SUBPROTOCOL, ticket]);
      return { socket, ended: closed(socket), letIn: greeted(socket) };
    });
    const admitted = await Promise.all(tried.map((one) => one.letIn));
    expect(admitted.filter(Boolean).length).toBe(limit);
    for (const [index, one] of tried.entries()) if (admitted[index] === false) expect(await one.ended).toBe(CLOSE_CODES.connection_limit.code);
    // Whoever can read an answer to its upgrade gets one.
    expect(await refusal(open(rig.url, tenant.key))).toMatchObject({
      status: 429,
      body: { code: 'quota_exceeded', 'violated-policies': ['stream_connections'] },
    });
    present(
      tried.find((_one, index) => admitted[index]),
      'a stream that was let in',
    ).socket.close();
    await expect.poll(() => greeted(open(rig.url, tenant.key)), { timeout: 60_000, interval: 100 }).toBe(true);
  });
});
