import { setTimeout as sleep } from 'node:timers/promises';
import { putRequests } from '@lockstep/storage';
import { DEFAULT_TIER, fallbackTier, TIER_CLASSES } from '@lockstep/tenancy';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { RequestCounts } from './auth/request-counts';
import { limitsBody } from './auth/tiers';
import { type GatewayProcess, startGateway } from './testing/gateway-process';
import { freshAddress } from './testing/objects';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';

/** What a killed gateway may lose at most. */
const LOST_MAX_MS = 5_000;

let rig: GatewayRig;
const processes: GatewayProcess[] = [];
const start = async (): Promise<GatewayProcess> => {
  const made = await startGateway(rig);
  processes.push(made);
  return made;
};
beforeAll(async () => {
  rig = await openRig();
}, 300_000);
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.stop()));
});
afterAll(() => rig?.close());

const lineSchema = z.object({
  time: z.string(),
  message: z.literal('request'),
  requestId: z.string().min(1),
  operation: z.string(),
  status: z.number(),
  ms: z.number(),
  tenant: z.string().optional(),
  keyId: z.string().optional(),
  class: z.string().optional(),
  counted: z.boolean(),
  aborted: z.boolean().optional(),
});
type Line = z.output<typeof lineSchema>;

/** The request log of a process, as a log collector would read it. */
const logOf = ({ lines }: GatewayProcess): Line[] =>
  lines.flatMap((text) => {
    const read = lineSchema.safeParse(JSON.parse(text));
    return read.success ? [read.data] : [];
  });

/** A further key, made by the operator. */
const makeKey = async (tenant: RigTenant, scopes = ['*']): Promise<{ id: string; key: string }> =>
  good(await rig.operator('post', `/v1/operator/tenants/${tenant.id}/api-keys`, { name: 'further', livemode: false, scopes }));

/** The daily sums of some keys, one line per day, key and class. */
async function sums(reader: string, keyIds: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const keyId of keyIds) {
    const { daily, daily_complete } = good(await rig.call(reader, 'get', `/v1/usage?key_id=${keyId}`));
    expect(daily_complete).toBe(true);
    for (const row of daily) {
      for (const [name, many] of Object.entries(row.by_class)) if (many !== 0) found.push(`${row.day} ${row.key_id} ${name} ${many}`);
      expect(row.requests).toBe(Object.values<number>(row.by_class).reduce((sum, many) => sum + many, 0));
    }
  }
  return found.sort();
}

function sumsOf(log: readonly Line[]): string[] {
  const found = new Map<string, number>();
  for (const line of log.filter((each) => each.counted)) {
    const name = `${line.time.slice(0, 10)} ${line.keyId} ${line.class}`;
    found.set(name, (found.get(name) ?? 0) + 1);
  }
  return [...found].map(([name, many]) => `${name} ${many}`).sort();
}

const ask = (gateway: GatewayProcess, key: string, method: 'get' | 'post' | 'patch', path: string, body?: object) => {
  const sent = request(gateway.url)[method](path).set('Authorization', `Bearer ${key}`);
  return body === undefined ? sent : sent.send(body);
};

describe('usage', () => {
  it('agrees with the request log after a graceful end: every request that was let in, by day, key and class, and no other', async () => {
    const tenant = await rig.tenant('Counted');
    const [all, narrow, reader] = [await makeKey(tenant), await makeKey(tenant, ['copies:read']), await makeKey(tenant)];
    const gateway = await start();
    for (let no = 0; no < 20; no += 1) await ask(gateway, all.key, 'get', '/v1/copies');
    await Promise.all(Array.from({ length: 20 }, () => ask(gateway, narrow.key, 'get', '/v1/copies').then((answer) => answer)));
    for (let no = 0; no < 3; no += 1) await ask(gateway, all.key, 'post', '/v1/leaders', { name: 'L', network: 'sim', address: freshAddress() });
    await ask(gateway, all.key, 'post', '/v1/leaders', {});
    await ask(gateway, all.key, 'post', '/v1/close-all');
    await ask(gateway, all.key, 'post', `/v1/kill-switches/${tenant.id}/engage`);
    await ask(gateway, all.key, 'post', `/v1/kill-switches/${tenant.id}/release`);
    await ask(gateway, all.key, 'get', '/v1/exports/exp_0/file');
    // Let in, and then refused for what they are.
    await ask(gateway, narrow.key, 'get', '/v1/leaders');
    await ask(gateway, all.key, 'get', `/v1/copies/cpy_${'0'.repeat(26)}`);
    // Not let in.
    for (const path of ['/v1/copies', '/v1/nothing', '/health/ready', '/openapi.json']) await ask(gateway, 'nonsense', 'get', path);
    await ask(gateway, all.key, 'patch', '/v1/exports', {});
    expect(await gateway.stop()).toBe(0);

    const log = logOf(gateway);
    expect(await sums(reader.key, [all.id, narrow.id])).toEqual(sumsOf(log));
    expect(sumsOf(log).map((line) => line.split(' ').slice(1).join(' '))).toEqual(
      [
        `${all.id} exports 1`,
        `${all.id} kill_switches 1`,
        `${all.id} orders 1`,
        `${all.id} reads 21`,
        `${all.id} stops 1`,
        `${all.id} writes 4`,
        `${narrow.id} reads 21`,
      ].sort(),
    );
    expect(log.filter((line) => !line.counted).map((line) => [line.operation, line.status])).toEqual([
      ['GET /v1/copies', 401],
      ['unmatched', 404],
      ['GET /health/ready', 200],
      ['GET /openapi.json', 200],
      ['unmatched', 405],
    ]);
    expect(log.filter((line) => line.operation === 'GET /v1/copies/{id}')).toMatchObject([{ tenant: tenant.id, keyId: all.id, status: 404 }]);
    for (const { key } of [all, narrow, reader]) expect(gateway.lines.join()).not.toContain(key);
  });

  it('does not count what the tier refuses, which the log shows with its status', async () => {
    const standard = limitsBody(fallbackTier(DEFAULT_TIER));
    // None of it comes back in a test, however slow the machine.
    const requests = [{ name: 'twenty', per: 'key', classes: TIER_CLASSES, quota: 20, window_ms: 86_400_000 }];
    good(await rig.operator('post', '/v1/operator/tiers', { ...standard, name: 'twenty', requests }));
    const tenant = await rig.tenant('Refused', 'twenty');
    const [busy, reader] = [await makeKey(tenant), await makeKey(tenant)];
    const gateway = await start();
    const statuses: number[] = [];
    for (let no = 0; no < 30; no += 1) statuses.push((await ask(gateway, busy.key, 'get', '/v1/tenant')).status);
    await gateway.stop();
    expect(statuses).toEqual(Array.from({ length: 30 }, (_, no) => (no < 20 ? 200 : 429)));
    const log = logOf(gateway);
    expect(log.filter((line) => line.status === 429 && !line.counted && line.keyId === busy.id)).toHaveLength(10);
    expect(await sums(reader.key, [busy.id])).toEqual(sumsOf(log));
  });

  it('of a gateway that is killed lacks nothing older than five seconds, and has nothing too much', async () => {
    const tenant = await rig.tenant('Killed');
    const [busy, reader] = [await makeKey(tenant), await makeKey(tenant)];
    const gateway = await start();
    const from = Date.now();
    while (Date.now() - from < LOST_MAX_MS + 3_000) {
      await ask(gateway, busy.key, 'get', '/v1/tenant');
      await sleep(20);
    }
    const killedAt = Date.now();
    await gateway.kill();
    const log = logOf(gateway).filter((line) => line.counted);
    const old = log.filter((line) => Date.parse(line.time) < killedAt - LOST_MAX_MS);
    expect(old.length).toBeGreaterThan(10);
    const found = good(await rig.call(reader.key, 'get', `/v1/usage?key_id=${busy.id}`)).daily;
    const counted = found.reduce((sum: number, row: { requests: number }) => sum + row.requests, 0);
    expect(counted).toBeGreaterThanOrEqual(old.length);
    expect(counted).toBeLessThanOrEqual(log.length);
  });

  it('counts once what was committed although its answer was lost, and goes on from there', async () => {
    const tenant = await rig.tenant('Lost answer');
    const [busy, reader] = [await makeKey(tenant), await makeKey(tenant)];
    const ask3 = async (): Promise<void> => {
      for (let no = 0; no < 3; no += 1) good(await rig.call(busy.key, 'get', '/v1/tenant'));
    };
    const requests = async (): Promise<number> => good(await rig.call(reader.key, 'get', `/v1/usage?key_id=${busy.id}`)).daily[0]?.requests ?? 0;
    const { storage } = rig.context;
    const scoped = storage.scoped.bind(storage);
    const counts = rig.publicApi.app.get(RequestCounts, { strict: false });
    let asked = 0;
    let lost = false;
    // The gateway's own timer may write them first, and a request is counted as its answer ends, which may be after it was read: then there is nothing to lose.
    for (let attempt = 0; !lost && attempt < 20; attempt += 1) {
      await ask3();
      asked += 3;
      const losing = vi.spyOn(storage, 'scoped').mockImplementation(async (...given) => {
        await scoped(...given);
        throw new Error('the connection is gone');
      });
      lost = !(await counts.write());
      losing.mockRestore();
    }
    expect(lost).toBe(true);
    await ask3();
    asked += 3;
    await expect.poll(requests, { timeout: 60_000 }).toBe(asked);
    expect(await counts.write()).toBe(true);
    expect(await requests()).toBe(asked);
  });

  it('counts once what is written twice, because the first answer was lost, and adds up what several gateways counted', async () => {
    const tenant = await rig.tenant('Twice');
    const put = (counter: string, requests: number) =>
      rig.context.storage.scoped(tenant.scope, (unit) =>
        putRequests(unit, counter, [{ day: '2026-02-03', keyId: 'key_x', routeClass: 'reads', requests }]),
      );
    for (const requests of [3, 3, 5, 4]) await put('one', requests);
    await put('two', 7);
    const usage = good(await rig.call(tenant.key, 'get', '/v1/usage?month=2026-02'));
    expect([usage.requests, usage.daily.length]).toEqual(['12', 1]);
    expect(usage.daily[0]).toMatchObject({ day: '2026-02-03', key_id: 'key_x', requests: 12, by_class: { reads: 12, writes: 0 } });
  });
});
