import { createHealth, systemClock } from '@lockstep/platform';
import { type SilentLine, silentLine } from '@lockstep/platform/testing/silent-line';
import { openStorage, resolveRoleUrls, type Storage, type StorageOptions } from '@lockstep/storage';
import request, { type Response } from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, listenPublic } from './app/listeners';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { endSockets, open, refusal } from './testing/stream-client';

const PATIENCE = { timeout: 60_000, interval: 100 };

let rig: GatewayRig;
let tenant: RigTenant;
const cleanups: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Brand');
}, 300_000);
afterEach(async () => {
  endSockets();
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
afterAll(() => rig?.close());

const appUrl = (): string => resolveRoleUrls(rig.environ.DATABASE_URL ?? '').app.url;

/** A gateway beside the rig's whose way to the database, and whose bounds, are the test's. */
async function gatewayOn(url: string, bounds: Omit<StorageOptions, 'url' | 'role' | 'clock'>): Promise<string> {
  const storage: Storage = await openStorage({ url, role: 'app', clock: systemClock, ...bounds });
  const health = createHealth({ clock: systemClock });
  health.addCheck('database', () => storage.ping());
  const listener: Listener = await listenPublic({ ...rig.context, storage, health });
  cleanups.push(
    () => storage.close(),
    () => listener.close(),
  );
  return `http://127.0.0.1:${listener.port}`;
}

const get = (url: string, path: string) => request(url).get(path).set('Authorization', `Bearer ${tenant.key}`);
const follow = (url: string, externalId: string) =>
  request(url)
    .post('/v1/followers')
    .set({ Authorization: `Bearer ${tenant.key}`, 'Idempotency-Key': externalId })
    .send({ external_id: externalId });
const statusOf = async (url: string, path: string): Promise<number> => (await get(url, path)).status;

function expectAway(answer: Response): void {
  expect([answer.status, answer.body.code, answer.body.retryable]).toEqual([503, 'unavailable', true]);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
}

describe('a database that takes connections and says nothing any more', () => {
  it('makes whatever needs it 503 until it is there again, and a change that is repeated then is made once', async () => {
    const line: SilentLine = await silentLine(appUrl());
    cleanups.push(() => line.close());
    const url = await gatewayOn(line.url, { poolMax: 2, statementTimeoutMs: 8_000, connectionWaitMaxMs: 5_000, silenceMaxMs: 500 });
    // A busy machine may make the first look late.
    await expect.poll(() => statusOf(url, '/health/ready'), PATIENCE).toBe(200);
    expect(await statusOf(url, '/v1/tenant')).toBe(200);
    line.silence();
    // Of these some meet connections that went silent, some such as are opened to the silent server, and some wait for one.
    const answers = await Promise.all([
      get(url, '/v1/tenant'),
      follow(url, 'silent'),
      get(url, '/v1/copies'),
      get(url, '/v1/followers'),
      follow(url, 'silent too'),
    ]);
    for (const answer of answers) expectAway(answer);
    expectAway(await get(url, '/v1/tenant'));
    expect(await refusal(open(url, tenant.key))).toMatchObject({ status: 503, body: { code: 'unavailable', retryable: true } });
    expect([await statusOf(url, '/health/ready'), await statusOf(url, '/health/live')]).toEqual([503, 200]);
    line.restore();
    await expect.poll(() => statusOf(url, '/health/ready'), PATIENCE).toBe(200);
    await expect.poll(() => statusOf(url, '/v1/tenant'), PATIENCE).toBe(200);
    const made = good(await follow(url, 'silent'));
    const again = await follow(url, 'silent');
    expect([again.body.id, again.headers['idempotency-replayed']]).toEqual([made.id, 'true']);
    const followers: { external_id: string }[] = good(await get(url, '/v1/followers')).data;
    expect(followers.map((one) => one.external_id)).toEqual(['silent']);
  });
});

describe('a gateway whose connections are all in use', () => {
  it('answers 503 to who waits too long for one, and serves again once they are free', async () => {
    // Of two connections one is for units that read.
    const url = await gatewayOn(appUrl(), { poolMax: 2, statementTimeoutMs: 60_000, connectionWaitMaxMs: 5_000 });
    const owner = await rig.owner();
    await owner.query('begin');
    await owner.query('lock table followers in access exclusive mode');
    const waiting = async (): Promise<number | null> =>
      (await owner.query(`select from pg_locks where not granted and relation = 'followers'::regclass`)).rowCount;
    const held = get(url, '/v1/followers').then((answer) => answer);
    await expect.poll(waiting, PATIENCE).toBe(1);
    expectAway(await get(url, '/v1/tenant'));
    expect([await statusOf(url, '/health/ready'), await statusOf(url, '/health/live')]).toEqual([503, 200]);
    await owner.query('commit');
    expect((await held).status).toBe(200);
    await expect.poll(() => statusOf(url, '/health/ready'), PATIENCE).toBe(200);
    expect(await statusOf(url, '/v1/tenant')).toBe(200);
  });
});
