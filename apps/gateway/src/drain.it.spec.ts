import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GatewayProcess, startGateway } from './testing/gateway-process';
import { type Line, openLine } from './testing/raw-bytes';
import { type GatewayRig, HTTP_ADAPTERS, openRig, type RigTenant } from './testing/rig';

const PATIENCE = { timeout: 60_000, interval: 20 };

let rig: GatewayRig;
let tenant: RigTenant;
let owner: Client;
beforeAll(async () => {
  rig = await openRig();
  tenant = await rig.tenant('Draining');
  owner = await rig.owner();
}, 300_000);
afterAll(() => rig?.close());

const head = (request: string, ...fields: readonly string[]): string =>
  [`${request} HTTP/1.1`, 'Host: a', `Authorization: Bearer ${tenant.key}`, ...fields, '', ''].join('\r\n');
const answered = (line: Line, status: string, times = 1): Promise<void> =>
  vi.waitFor(() => expect(line.heard().split(`HTTP/1.1 ${status}`).length - 1).toBe(times), PATIENCE);
const refuses = (url: string): Promise<void> => vi.waitFor(() => expect(openLine(url)).rejects.toThrow('ECONNREFUSED'), PATIENCE);

/** Keeps every new follower waiting in the database until the lock is given back. */
async function holdFollowers(): Promise<() => Promise<unknown>> {
  await owner.query('begin');
  await owner.query('lock table followers in share mode');
  return () => owner.query('commit');
}
const waitsForFollowers = (many: number): Promise<void> =>
  vi.waitFor(async () => {
    const { rows } = await owner.query(`select count(*)::int as many from pg_locks where not granted and relation = 'followers'::regclass`);
    expect(rows).toEqual([{ many }]);
  }, PATIENCE);

/** Connections as a load balancer and as careless callers leave them behind. */
async function leaveBehind({ url }: GatewayProcess): Promise<readonly Line[]> {
  const said = async (text: string, status?: string): Promise<Line> => {
    const line = await openLine(url);
    line.say(text);
    if (status !== undefined) await answered(line, status);
    return line;
  };
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${'A'.repeat(22)}==`];
  return Promise.all([
    said(''),
    said(head('GET /v1/tenant'), '200'),
    // The edge answers these itself.
    said(head('DELETE /v1/tenant'), '405'),
    said(head('POST /v1/followers', 'Content-Type: text/plain', 'Content-Length: 2').concat('{}'), '415'),
    said(head('GET /openapi.json'), '200'),
    said('GET /v1/tenant HTTP/1.1\r\nHos'),
    said(head('POST /v1/followers', 'Content-Type: application/json', 'Content-Length: 100').concat('{')),
    // A stream whose reader answers nothing, and nobody's.
    said(head('GET /v1/stream', 'Sec-WebSocket-Protocol: copy-events.v1', ...upgrade), '101'),
    said(head('GET /v1/nowhere', ...upgrade), '404'),
  ]);
}

describe.each(HTTP_ADAPTERS)('a gateway on %s that is told to end', (adapter) => {
  it('finishes what is in flight on kept connections, and lets go of all others whatever they are', async () => {
    const gateway = await startGateway(rig, { LOCKSTEP_HTTP_ADAPTER: adapter });
    const left = await leaveBehind(gateway);
    const busy = await openLine(gateway.url);
    busy.say(head('GET /v1/tenant'));
    await answered(busy, '200');
    const release = await holdFollowers();
    busy.say(head('POST /v1/followers', 'Content-Length: 0'));
    await waitsForFollowers(1);
    const ended = gateway.stop();
    await refuses(gateway.url);
    await Promise.all(left.map((line) => line.closed));
    expect(busy.heard()).not.toContain('201 Created');
    await release();
    expect(await busy.closed).toMatch(/HTTP\/1\.1 201 Created\r\n(.+\r\n)*Connection: close\r\n/);
    expect(await ended, gateway.lines.join('')).toBe(0);
    await refuses(gateway.operatorUrl);
  });

  it('still serves for a moment, on connections that end with their answer', async () => {
    const gateway = await startGateway(rig, { LOCKSTEP_HTTP_ADAPTER: adapter, LOCKSTEP_DRAIN_TIMEOUT_MS: '60000' });
    const asked = [
      [gateway.url, 'GET /v1/tenant', 'HTTP/1.1 200', /Connection: close\r\n/],
      [gateway.url, 'DELETE /v1/tenant', 'HTTP/1.1 405', /Connection: close\r\n/],
      [gateway.url, 'GET /v1/stream', 'HTTP/1.1 426', /Connection: Upgrade, close\r\n/],
      [gateway.url, 'GET /health/ready', 'HTTP/1.1 503', /Connection: close\r\n/],
      [gateway.operatorUrl, 'GET /health/ready', 'HTTP/1.1 503', /Connection: close\r\n/],
    ] as const;
    const kept = await Promise.all(
      asked.map(async ([url]) => {
        const line = await openLine(url);
        line.say(head('GET /health/live'));
        await answered(line, '200');
        return line;
      }),
    );
    const ended = gateway.stop();
    await vi.waitFor(() => expect(gateway.lines.join('')).toContain('draining'), PATIENCE);
    for (const [index, [, request]] of asked.entries()) kept[index]?.say(head(request));
    for (const [index, [, , status, says]] of asked.entries()) {
      const heard = (await kept[index]?.closed) ?? '';
      expect(heard).toContain(status);
      expect(heard.match(/^Connection: .*close\r$/gim)).toHaveLength(1);
      expect(heard).toMatch(says);
    }
    expect(await ended).toBe(0);
  });
});
