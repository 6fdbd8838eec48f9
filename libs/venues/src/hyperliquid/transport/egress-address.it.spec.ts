import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { DEFAULT_EGRESS, type EgressAddress, parseEgressAddress } from './egress-address';
import { HttpClient } from './http';
import { WsConnection } from './ws-connection';

const HTTP_LIMITS = { connections: 1, connectTimeoutMs: 10_000, answerTimeoutMs: 10_000, answerBytesMax: 1_000 };
const WS_LIMITS = { connectTimeoutMs: 10_000, pingIntervalMs: 60_000, silenceTimeoutMs: 120_000, reconnectMinMs: 50, reconnectMaxMs: 100 };

interface Seen {
  readonly from: string;
  readonly claimed: string;
}

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(server: Server): Promise<number> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A venue that writes down where requests and sockets come from. */
async function venue() {
  const seen: Seen[] = [];
  const see = (remote: string | undefined, claimed: unknown): void => {
    seen.push({ from: remote ?? '', claimed: String(claimed ?? '') });
  };
  const server = createServer((request, response) => {
    see(request.socket.remoteAddress, request.headers['x-test-ip']);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, raw, head) => {
    see(request.socket.remoteAddress, request.headers['x-test-ip']);
    sockets.handleUpgrade(request, raw, head, (socket) => socket.send('hello'));
  });
  return { port: await listening(server), seen };
}

/** A proxy that opens tunnels and writes down what it was asked, with which credentials. */
async function proxy() {
  const tunnels: { readonly to: string; readonly auth: string }[] = [];
  const server = createServer();
  server.on('connect', (request, client, head) => {
    tunnels.push({ to: request.url ?? '', auth: request.headers['proxy-authorization'] ?? '' });
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const side of [client, upstream]) side.on('error', () => side.destroy());
    client.on('close', () => upstream.destroy());
  });
  return { port: await listening(server), tunnels };
}

async function askBoth(port: number, egress: EgressAddress): Promise<string> {
  const http = new HttpClient(`http://127.0.0.1:${port}`, HTTP_LIMITS, egress);
  const outcome = await http.post('/info', '{}');
  await http.close();
  const greeted = await new Promise<string>((resolve) => {
    const socket: WsConnection = new WsConnection(
      `ws://127.0.0.1:${port}/ws`,
      WS_LIMITS,
      () => 0,
      () => 0,
      {
        onOpen: () => undefined,
        onMessage: (text) => void socket.close().then(() => resolve(text)),
        onDown: (reason) => void socket.close().then(() => resolve(reason)),
      },
      undefined,
      { address: egress, waitMs: () => 0 },
    );
    socket.start();
  });
  return `${outcome.kind} ${greeted}`;
}

describe('an egress address', () => {
  it.each([
    ['default', { kind: 'default', label: 'default' }],
    ['203.0.113.7', { kind: 'local', label: '203.0.113.7', address: '203.0.113.7' }],
    ['2001:db8::7', { kind: 'local', label: '2001:db8::7', address: '2001:db8::7' }],
    ['test:203.0.113.7', { kind: 'claimed', label: 'test:203.0.113.7', address: '203.0.113.7' }],
    ['http://me:secret@proxy.example:3128', { kind: 'proxy', label: 'proxy proxy.example:3128', url: 'http://me:secret@proxy.example:3128/' }],
  ])('%s is read', (text, expected) => {
    expect(parseEgressAddress(text)).toEqual({ ok: true, value: expected });
  });

  it.each(['', '203.0.113', 'test:', 'ftp://proxy.example', 'proxy.example:3128'])('"%s" is none, and the error does not repeat it', (text) => {
    expect(parseEgressAddress(text)).toEqual({ ok: false, error: 'not_an_egress_address' });
  });

  it.each<[string, EgressAddress, Seen]>([
    ['the default', DEFAULT_EGRESS, { from: '127.0.0.1', claimed: '' }],
    ['another local address', { kind: 'local', label: '127.0.0.2', address: '127.0.0.2' }, { from: '127.0.0.2', claimed: '' }],
    ['a claimed one', { kind: 'claimed', label: 'test', address: '203.0.113.7' }, { from: '127.0.0.1', claimed: '203.0.113.7' }],
  ])('requests and sockets leave from %s', async (_what, egress, expected) => {
    const { port, seen } = await venue();
    expect(await askBoth(port, egress)).toBe('answer hello');
    expect(seen).toEqual([expected, expected]);
  });

  it('requests and sockets leave through a proxy, which is given the credentials', async () => {
    const { port, seen } = await venue();
    const through = await proxy();
    const egress: EgressAddress = { kind: 'proxy', label: 'proxy', url: `http://me:secret@127.0.0.1:${through.port}/` };
    expect(await askBoth(port, egress)).toBe('answer hello');
    expect(seen.length).toBe(2);
    const auth = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(through.tunnels).toEqual([1, 2].map(() => ({ to: `127.0.0.1:${port}`, auth })));
  });

  it.each<[string, (client: Duplex) => void]>([
    ['hangs up', (client) => client.destroy()],
    ['refuses the tunnel', (client) => void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')],
    ['says nothing', () => undefined],
  ])('a proxy that %s: certainly nothing was sent, and it is not asked again', async (_what, onTunnel) => {
    let asked = 0;
    const server = createServer();
    server.on('connect', (_request, client) => {
      asked += 1;
      client.on('end', () => client.destroy()).on('error', () => undefined);
      client.resume();
      onTunnel(client);
    });
    const url = `http://me:secret@127.0.0.1:${await listening(server)}/`;
    const http = new HttpClient('https://venue.example', { ...HTTP_LIMITS, connectTimeoutMs: 500 }, { kind: 'proxy', label: 'proxy', url });
    const outcome = await http.post('/exchange', '{}');
    await http.close();
    expect([outcome.kind, asked]).toEqual(['not_sent', 1]);
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });

  it('a proxy that is away is told without its credentials', async () => {
    const { port } = await venue();
    const told = await askBoth(port, { kind: 'proxy', label: 'proxy', url: 'http://me:secret@127.0.0.1:9/' });
    expect(told).not.toContain('secret');
    expect(told).toContain('not_sent');
  });
});
