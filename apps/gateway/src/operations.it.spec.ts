import { CLOSE_CODES } from '@lockstep/delivery';
import { present } from '@lockstep/kernel';
import { traceOfCommand } from '@lockstep/platform';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SHED_FROM_MS } from './auth/load-shed';
import { type GatewayRig, good, openRig, type RigTenant } from './testing/rig';
import { append, closed, endSockets, listen, numberOf, open, refusal, subscribe } from './testing/stream-client';

let rig: GatewayRig;
let tenant: RigTenant;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Northwind');
}, 300_000);
afterEach(() => {
  vi.restoreAllMocks();
  endSockets();
});
afterAll(() => rig?.close());

/** The value of a series at this moment; 0 where it was never counted. */
async function metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const text = (await request(rig.operatorUrl).get('/metrics').expect(200)).text;
  const line = text
    .split('\n')
    .find((one) => one.startsWith(name) && Object.entries(labels).every(([label, value]) => one.includes(`${label}="${value}"`)));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** By how much a series grows while something is done. */
async function growth(name: string, labels: Readonly<Record<string, string>>, work: () => Promise<unknown>): Promise<number> {
  const before = await metric(name, labels);
  await work();
  return (await metric(name, labels)) - before;
}

const overloaded = (delayMs: number): void => void vi.spyOn(rig.context.load, 'sustainedMs').mockReturnValue(delayMs);

describe('the metrics', () => {
  it.each([
    ['a read', { door: 'public', method: 'GET', status: '2xx' }, () => rig.call(tenant.key, 'get', '/v1/tenant')],
    ['what nobody serves', { door: 'public', method: 'GET', status: '4xx' }, () => request(rig.url).get('/nowhere')],
    ['a made object', { door: 'public', method: 'POST', status: '2xx' }, () => rig.call(tenant.key, 'post', '/v1/followers', { external_id: 'm1' })],
    ['a method nobody serves', { door: 'public', method: 'other', status: '4xx' }, () => request(rig.url).options('/v1/tenant')],
    ['the operator’s request', { door: 'operator', method: 'GET', status: '2xx' }, () => rig.operator('get', '/v1/operator/networks')],
  ])('count %s', async (_what, labels, send) => {
    // The scrape itself is a request of the operator’s door.
    const scrapes = labels.door === 'operator' ? 1 : 0;
    expect(await growth('lockstep_http_requests_total', labels, async () => await send())).toBe(1 + scrapes);
  });

  it('tell the time of requests by what they were let in as', async () => {
    const reads = { door: 'public', class: 'reads' };
    expect(await growth('lockstep_http_request_ms_count', reads, async () => await rig.call(tenant.key, 'get', '/v1/leaders'))).toBe(1);
    const refused = { door: 'public', class: 'none' };
    expect(await growth('lockstep_http_request_ms_count', refused, async () => await request(rig.url).get('/v1/leaders'))).toBe(1);
  });

  it('count refusals by the kind of limit, and answers that were given again', async () => {
    const small = await rig.tenant('Small', 'starter');
    rig.holdLimits(true);
    const flood = async (): Promise<void> => {
      for (let sent = 0; sent < 400; sent += 1) if ((await rig.call(small.key, 'get', '/v1/tenant')).status === 429) return;
      throw new Error('no limit was met');
    };
    expect(await growth('lockstep_rate_limited_total', { kind: 'rate' }, flood)).toBe(1);
    rig.holdLimits(false);
    const headers = { 'Idempotency-Key': 'again' };
    const twice = async (): Promise<void> => {
      for (let sent = 0; sent < 2; sent += 1) good(await rig.call(tenant.key, 'post', '/v1/followers', { external_id: 'again' }, headers));
    };
    expect(await growth('lockstep_idempotent_replays_total', {}, twice)).toBe(1);
  });

  it('tell the open streams, what was sent on them and why we closed one', async () => {
    const socket = open(rig.url, tenant.key);
    subscribe(socket, null);
    await listen(socket, ({ op }) => op === 'subscribed');
    expect(await metric('lockstep_stream_connections')).toBe(1);
    const sent = await growth('lockstep_stream_events_total', {}, async () => {
      const third = listen(socket, (frame) => numberOf(frame) === 2);
      await append(rig, tenant, 0, 3);
      await third;
    });
    expect(sent).toBe(3);
    const faults = await growth('lockstep_stream_closes_total', { reason: 'client_fault' }, async () => {
      socket.send('not a frame');
      expect(await closed(socket)).toBe(CLOSE_CODES.bad_frame.code);
    });
    expect(faults).toBe(1);
    await vi.waitFor(async () => expect(await metric('lockstep_stream_connections')).toBe(0), { timeout: 20_000 });
  });
});

describe('the traces', () => {
  it('tell of a request by its route, its tenant and its id, and hold no key and no address', async () => {
    const object = `cpy_${'0'.repeat(26)}`;
    const { headers } = await rig.call(tenant.key, 'get', `/v1/copies/${object}`);
    const span = rig.spans.find(({ facts }) => facts['request.id'] === headers['x-request-id']);
    expect(span).toMatchObject({ name: 'GET /v1/copies/{id}', kind: 'server', failed: false });
    expect(span?.facts).toMatchObject({ 'tenant.id': tenant.id, 'request.class': 'reads', 'http.response.status_code': 404 });
    expect(JSON.stringify(rig.spans)).not.toContain(tenant.key.slice(-20));
    expect(JSON.stringify(rig.spans)).not.toContain(object);
  });

  it('of a command begin with the request that asked, and tell of its events on the stream', async () => {
    const socket = open(rig.url, tenant.key);
    subscribe(socket, null);
    await listen(socket, ({ op }) => op === 'subscribed');
    const leader = { name: 'Traced', network: 'sim', address: `0x${'7c'.repeat(20)}` };
    const answer = await rig.call(tenant.key, 'post', '/v1/leaders', leader);
    const { id } = good(answer);
    const no = await rig.engine.scoped(tenant.scope, async (unit) => (await unit.commands.latestFor(id))?.no ?? 0n);
    const { cause, whole } = traceOfCommand(tenant.scope, no.toString());
    const asked = rig.spans.find(({ facts }) => facts['request.id'] === answer.headers['x-request-id']);
    expect(asked).toMatchObject({ ...cause, name: 'POST /v1/leaders', parent: null, facts: { 'command.no': no.toString() } });
    const told = listen(socket, (frame) => JSON.stringify(frame).includes('command.applied'));
    await rig.engine.scoped(tenant.scope, async (unit) => {
      // The client of these tests reads settings changes; the rest is a command's.
      const data = { command_no: no.toString(), kind: 'leader.watch', target_id: id, reason: null, changed: [], settings_version: 0 };
      const event = { id: rig.context.ids.next('event'), type: 'command.applied', version: 1, occurredAt: unit.now, data: JSON.stringify(data) };
      await unit.events.append([event]);
      unit.afterCommit(() => rig.wakeups.publish('events', `${tenant.scope.tenantId}|${tenant.scope.environment}`));
    });
    await told;
    const delivered = rig.spans.filter(({ name, parent }) => name === 'deliver events' && parent?.traceId === whole.traceId);
    expect(delivered).toMatchObject([{ parent: whole, facts: { 'delivery.events': 1, 'tenant.id': tenant.id } }]);
  });
});

describe('a gateway that cannot keep up', () => {
  it('refuses what can wait longest first, with when to come back', async () => {
    overloaded(SHED_FROM_MS.reads);
    const refused = await rig.call(tenant.key, 'get', '/v1/leaders');
    expect([refused.status, refused.body.code, refused.body.retryable]).toEqual([503, 'unavailable', true]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    good(await rig.call(tenant.key, 'post', '/v1/followers', { external_id: 'while it is late' }));
    expect(await metric('lockstep_shed_total', { class: 'reads' })).toBeGreaterThan(0);
  });

  it('refuses before a key is looked up: the answer says nothing of it', async () => {
    overloaded(SHED_FROM_MS.reads);
    expect((await rig.call('nonsense', 'get', '/v1/leaders')).status).toBe(503);
  });

  it('takes no new streams', async () => {
    overloaded(SHED_FROM_MS.reads);
    expect(await refusal(open(rig.url, tenant.key))).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  });

  it('never refuses what takes risk away, nor health, nor the operator', async () => {
    overloaded(60_000);
    const stop = await rig.call(tenant.key, 'post', `/v1/copies/cpy_${'0'.repeat(26)}/stop`, { mode: 'close_now' });
    expect(stop.status).toBe(404);
    good(await rig.call(tenant.key, 'post', `/v1/kill-switches/${tenant.id}/engage`, { reason: 'late' }));
    expect((await request(rig.url).get('/health/live')).status).toBe(200);
    expect((await rig.operator('get', '/v1/operator/networks')).status).toBe(200);
    vi.restoreAllMocks();
    good(await rig.call(tenant.key, 'post', `/v1/kill-switches/${tenant.id}/release`, { reason: 'in time again' }));
  });
});

describe('deep health', () => {
  const look = async () => good(await rig.operator('get', '/v1/operator/health'));

  it('names what does not work: here an engine that never ran', async () => {
    const body = await look();
    expect(body.ok).toBe(false);
    expect(statusesOf(body)).toEqual({ database: 'ok', schema: 'ok', redis: 'not_configured', wake_ups: 'ok', engine: 'none', event_loop: 'ok' });
  });

  it('knows an engine that runs from one that fell silent and one that ended', async () => {
    const claimed = await rig.engine.platform((unit) => unit.engines.claimInstance('one', 1_000));
    const { no } = present(claimed.ok ? claimed.value : null, 'an instance');
    const well = await look();
    expect([well.ok, well.parts.engine.status, well.parts.engine.instance]).toEqual([true, 'ok', no]);
    await rig.engine.platform((unit) => unit.engines.instances.update({ no }, { heartbeatAt: unit.now - 60_000 }));
    expect([(await look()).ok, (await look()).parts.engine.status]).toEqual([false, 'silent']);
    await rig.engine.platform((unit) => unit.engines.stopped(no));
    expect((await look()).parts.engine.status).toBe('none');
  });

  it('tells that this process is late, that wake-ups are lost, and that Redis is away', async () => {
    overloaded(1_000);
    vi.spyOn(rig.context.wakeups, 'publish').mockRejectedValue(new Error('away'));
    const redis = { command: () => Promise.reject(new Error('away')) };
    Object.assign(rig.context, { redis });
    const { ok, parts } = await look();
    Object.assign(rig.context, { redis: null });
    expect([ok, parts.event_loop.status, parts.wake_ups.status, parts.redis.status]).toEqual([false, 'late', 'failing', 'failing']);
  });

  const statusesOf = ({ parts }: { readonly parts: Readonly<Record<string, { readonly status: string }>> }) =>
    Object.fromEntries(Object.entries(parts).map(([name, { status }]) => [name, status]));
});
