import { createServer, type RequestListener, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpClient } from './http';

const limits = { connections: 1, connectTimeoutMs: 5_000, answerTimeoutMs: 30_000, answerBytesMax: 1_000 };
let asked = 0;
let elsewhere: Server;
let venue: Server;
let client: HttpClient;

beforeAll(async () => {
  elsewhere = await serve((_request, response) => {
    asked += 1;
    response.end('{}');
  });
  venue = await serve(({ url }, response) => {
    response.writeHead(Number(url?.slice(1)), { Location: `${urlOf(elsewhere)}/taken` });
    response.end('{"status":"ok"}');
  });
  client = new HttpClient(urlOf(venue), limits);
});
afterAll(async () => {
  await client?.close();
  for (const server of [venue, elsewhere]) server?.close();
});

describe('an answer that sends us elsewhere', () => {
  it.each([301, 302, 303, 307, 308])('with %i is the answer: an order goes nowhere but where it was sent', async (status) => {
    expect(await client.post(`/${status}`, '{"action":{}}')).toMatchObject({ kind: 'answer', status });
    expect(asked).toBe(0);
  });
});

async function serve(listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function urlOf(server: Server): string {
  const address = server.address();
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
}
