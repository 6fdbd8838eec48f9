import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { sendClosedLoop } from './closed-loop';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that keeps what it was sent, and how many asked at once at most. */
async function serve() {
  const seen: string[] = [];
  let [now, most] = [0, 0];
  const server = createServer((request, response) => {
    now += 1;
    most = Math.max(most, now);
    let body = '';
    request.on('data', (part) => {
      body += String(part);
    });
    request.on('end', () =>
      setImmediate(() => {
        now -= 1;
        seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
        response.writeHead(request.url === '/no' ? 422 : 200).end('{}');
      }),
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, seen, most: () => most };
}

describe('a closed-loop sender', () => {
  it('sends each of a list once, on as many connections as it has, and counts what came', async () => {
    const { url, seen, most } = await serve();
    const asked = [...Array.from({ length: 20 }, (_, no) => ({ url: `${url}/a`, body: `{"no":${no}}` })), { url: `${url}/no` }];
    const { ms, statuses } = await sendClosedLoop({ asked, key: 'k', connections: 4, seconds: null });
    expect([ms.length, statuses]).toEqual([21, { 200: 20, 422: 1 }]);
    expect(new Set(seen).size).toBe(21);
    expect(seen).toContain('POST /a Bearer k {"no":7}');
    expect(most()).toBeLessThanOrEqual(4);
  });

  it('goes on with the list from its beginning until the time is over', async () => {
    const { url, seen } = await serve();
    const { ms, seconds } = await sendClosedLoop({ asked: [{ url: `${url}/a` }, { url: `${url}/b` }], key: 'k', connections: 2, seconds: 0.2 });
    expect(ms.length).toBeGreaterThan(4);
    expect(seconds).toBeGreaterThanOrEqual(0.2);
    const [a, b] = ['/a', '/b'].map((path) => seen.filter((one) => one.includes(`GET ${path} `)).length);
    expect(Math.abs((a ?? 0) - (b ?? 0))).toBeLessThanOrEqual(1);
  });
});
