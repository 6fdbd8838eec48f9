import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { OpenLoop, quantile, type Sent } from './open-loop';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(answer: (no: number) => { readonly status: number; readonly afterMs: number }): Promise<string> {
  let no = 0;
  const server = createServer((_request, response) => {
    const { status, afterMs } = answer(no++);
    setTimeout(() => response.writeHead(status).end('{}'), afterMs);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
}

async function sent(asked: { url: string; connections: number }, plan: { perSecond: number; seconds: number }): Promise<Sent> {
  const loop = new OpenLoop({ ...asked, key: 'k' });
  const answer = await loop.send({ ...plan, fromEpochMs: 0 });
  await loop.close();
  return answer;
}

describe('an open-loop sender', () => {
  it('sends what is due whatever comes back, and counts what came', async () => {
    const url = await serve((no) => ({ status: no % 3 === 0 ? 429 : 200, afterMs: 0 }));
    const { ms, statuses } = await sent({ url, connections: 4 }, { perSecond: 100, seconds: 0.3 });
    expect([ms.length, statuses]).toEqual([30, { 200: 20, 429: 10 }]);
  });

  it('counts time from the moment a request was due: behind one slow answer all that wait are slow', async () => {
    const url = await serve((no) => ({ status: 200, afterMs: no === 0 ? 300 : 0 }));
    const { ms } = await sent({ url, connections: 1 }, { perSecond: 50, seconds: 0.2 });
    expect(ms.filter((each) => each > 90)).toHaveLength(10);
  });
});

describe('a quantile', () => {
  it('is the value below which so many lie', () => {
    const values = Array.from({ length: 100 }, (_, no) => 100 - no);
    expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1), quantile([], 0.5)]).toEqual([51, 100, 100, 0]);
  });
});
