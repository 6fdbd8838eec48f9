import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type HttpLimits, type HttpServer, httpServer } from './http-server';

/*
 * Incident: a gateway with one request in flight on a keep-alive connection at SIGTERM waited for that connection's keep-alive time, passed its deadline and
 * ended with code 1. So did one to which somebody had connected and said nothing.
 */

/** Longer than any test. */
const NEVER_MS = 600_000;
const LIMITS: HttpLimits = {
  requestTimeoutMs: NEVER_MS,
  headersTimeoutMs: NEVER_MS,
  keepAliveTimeoutMs: NEVER_MS,
  headerMaxBytes: 1_000,
  connectionsMax: 20,
  farewellMaxMs: 40,
};
const GET = 'GET /now HTTP/1.1\r\nHost: a\r\n\r\n';
const LATER = 'GET /later HTTP/1.1\r\nHost: a\r\n\r\n';
const FIRST_HALF = 'POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345';

interface Served extends HttpServer {
  /** Answers that are not made yet, in the order they were asked for. */
  readonly later: ServerResponse[];
  /** How many requests were handed on. */
  handed(): number;
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(limits: Partial<HttpLimits> = {}): Promise<Served> {
  const later: ServerResponse[] = [];
  let handed = 0;
  const made = httpServer({ ...LIMITS, ...limits }, (request, response) => {
    handed += 1;
    if (request.url === '/now') response.end('now');
    else if (request.url === '/odd') response.writeHead(426, { Upgrade: 'websocket' }).end();
    else if (request.url === '/huge') response.end(Buffer.alloc(64_000_000));
    else if (request.url === '/body') request.on('end', () => response.end()).resume();
    else later.push(response);
  });
  made.server.listen(0, '127.0.0.1');
  await once(made.server, 'listening');
  cleanups.push(
    () => void made.close(),
    () => made.server.closeAllConnections(),
  );
  return { ...made, later, handed: () => handed };
}

interface Line {
  readonly socket: Socket;
  /** The server's end of it. */
  readonly received: Socket;
  heard(): string;
  readonly closed: Promise<string>;
}

async function connected({ server }: HttpServer, text = ''): Promise<Line> {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = connect(port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(() => heard);
  const taken = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const received = await taken;
  if (text !== '') socket.write(text);
  return { socket, received, heard: () => heard, closed };
}

const answers = (text: string): number => text.split('HTTP/1.1 ').length - 1;

describe('a server that ends', () => {
  it('finishes what is in flight on a connection that would be kept, says that it is the last, and has ended with it', async () => {
    const served = await serve();
    const line = await connected(served, LATER);
    await vi.waitFor(() => expect(served.later).toHaveLength(1));
    const closed = served.close();
    await turn();
    served.later[0]?.end('late');
    expect(await line.closed).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)*Connection: close\r\n(.*\r\n)*\r\nlate$/);
    await closed;
  });

  it('ends a connection whose answer had begun before', async () => {
    const served = await serve();
    const line = await connected(served, LATER);
    await vi.waitFor(() => expect(served.later).toHaveLength(1));
    served.later[0]?.write('be');
    await vi.waitFor(() => expect(line.heard()).toContain('be'));
    const closed = served.close();
    served.later[0]?.end('gun');
    expect(await line.closed).toContain('gun');
    await closed;
  });

  it.each([
    ['nothing was said yet', '', 0],
    ['an answer was given', GET, 1],
  ])('closes a connection at once on which %s', async (_what, text, count) => {
    const served = await serve({ farewellMaxMs: NEVER_MS });
    const line = await connected(served, text);
    await vi.waitFor(() => expect(answers(line.heard())).toBe(count));
    await served.close();
    expect(answers(await line.closed)).toBe(count);
  });

  it.each([
    ['half a head', 'GET /now HTTP/1.1\r\nHo'],
    ['half a body', FIRST_HALF],
    ['half a head behind an answer', `${GET}GET /no`],
  ])('cuts a caller that leaves %s', async (_what, text) => {
    const served = await serve();
    const line = await connected(served, text);
    await vi.waitFor(() => expect(line.received.bytesRead).toBe(text.length));
    await served.close();
    await line.closed;
  });

  it('cuts a caller that does not take its answer', async () => {
    const served = await serve();
    const line = await connected(served);
    line.socket.pause();
    line.socket.write(GET.replace('/now', '/huge'));
    await vi.waitFor(() => expect(served.handed()).toBe(1));
    await served.close();
  });

  it('waits for what is being worked on, however long that takes beside the callers that are cut', async () => {
    const served = await serve();
    const working = await connected(served, LATER);
    const half = await connected(served, FIRST_HALF);
    await vi.waitFor(() => expect(served.handed()).toBe(2));
    const closed = served.close();
    await half.closed;
    served.later[0]?.end('worked');
    expect(await working.closed).toContain('worked');
    await closed;
  });

  it('takes requests and connections while it only drains, and lets none of them stay', async () => {
    const served = await serve();
    const kept = await connected(served, GET);
    await vi.waitFor(() => expect(answers(kept.heard())).toBe(1));
    served.startDraining();
    const fresh = await connected(served, GET);
    kept.socket.write(GET);
    for (const line of [kept, fresh]) expect(await line.closed).toMatch(/Connection: close\r\n(.*\r\n)*\r\nnow$/);
    expect(kept.heard().match(/Connection: close/g)).toHaveLength(1);
    const odd = await connected(served, GET.replace('/now', '/odd'));
    expect(await odd.closed).toContain('Connection: close');
  });

  it('keeps what an answer says of its connection beside', async () => {
    const served = await serve();
    const line = await connected(served, LATER);
    await vi.waitFor(() => expect(served.later).toHaveLength(1));
    served.startDraining();
    served.later[0]?.setHeader('Connection', 'Upgrade').writeHead(426).end();
    expect(await line.closed).toContain('Connection: Upgrade, close\r\n');
  });

  it('answers all requests that are in flight on one connection, and takes the last of them for the last', async () => {
    const served = await serve();
    const line = await connected(served, `${LATER}${LATER}`);
    await vi.waitFor(() => expect(served.later).toHaveLength(2));
    const closed = served.close();
    for (const [index, response] of served.later.entries()) {
      response.end(`no${index}`);
      await vi.waitFor(() => expect(line.heard()).toContain(`no${index}`));
    }
    const heard = await line.closed;
    expect([answers(heard), heard.match(/Connection: close/g)?.length, heard.indexOf('Connection: close') > heard.indexOf('no0')]).toEqual([
      2,
      1,
      true,
    ]);
    await closed;
  });

  it('works on nothing that is asked behind the last answer', async () => {
    const served = await serve();
    const line = await connected(served, LATER);
    await vi.waitFor(() => expect(served.later).toHaveLength(1));
    served.startDraining();
    served.later[0]?.write('last');
    await vi.waitFor(() => expect(line.heard()).toContain('last'));
    line.socket.write(LATER);
    await vi.waitFor(() => expect(line.received.bytesRead).toBe(2 * LATER.length));
    served.later[0]?.end();
    expect(answers(await line.closed)).toBe(1);
    expect(served.handed()).toBe(1);
  });

  it('leaves connections that were handed over to whoever took them, until he is done', async () => {
    const served = await serve();
    const took = new Promise<Duplex>((resolve) => {
      served.server.on('upgrade', (_request, socket) => {
        served.handOver(socket);
        resolve(socket);
      });
    });
    const line = await connected(served, 'GET /s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    const socket = await took;
    const farewell = new EventEmitter();
    const closed = served.close(async () => void (await once(farewell, 'over')));
    socket.write('farewell');
    await vi.waitFor(() => expect(line.heard()).toBe('farewell'));
    farewell.emit('over');
    await line.closed;
    await closed;
  });
});

describe('every server', () => {
  it('has its bounds from the moment it is made', () => {
    const { server } = httpServer({ ...LIMITS, requestTimeoutMs: 2, headersTimeoutMs: 1, keepAliveTimeoutMs: 3, connectionsMax: 4 }, () => undefined);
    expect([server.requestTimeout, server.headersTimeout, server.keepAliveTimeout, server.maxConnections]).toEqual([2, 1, 3, 4]);
  });

  it.each([
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(2_000)}\r\n\r\n`, '431 Request Header Fields Too Large'],
    ['what is no HTTP', 'hello\r\n\r\n', '400 Bad Request'],
  ])('refuses %s and ends the connection', async (_what, text, status) => {
    const served = await serve();
    const line = await connected(served, text);
    expect(await line.closed).toBe(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    expect(served.handed()).toBe(0);
  });
});
