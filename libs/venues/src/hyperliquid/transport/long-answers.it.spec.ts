import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_EGRESS, type EgressAddress } from './egress-address';
import { HttpClient } from './http';

const ANSWER_BYTES_MAX = 1_000;
const limits = { connections: 1, connectTimeoutMs: 5_000, answerTimeoutMs: 30_000, answerBytesMax: ANSWER_BYTES_MAX };
const JSON_TEXT = '{"status":"ok"}';
const LOCAL: EgressAddress = { kind: 'local', label: '127.0.0.2', address: '127.0.0.2' };

let venue: Server;
let connections = 0;
let url = '';

/** A venue that answers `/<status>/<bytes>/<told|chunked>` with as long a body, which is good JSON, its length told before or not. */
beforeAll(async () => {
  venue = createServer((request, response) => {
    const [, status, bytes, way] = (request.url ?? '').split('/');
    const body = JSON_TEXT.padEnd(Number(bytes));
    response.writeHead(Number(status), way === 'told' ? { 'content-length': body.length } : {});
    response.write(body.slice(0, 1));
    response.end(body.slice(1));
  });
  venue.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => venue.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(venue.address() as AddressInfo).port}`;
});
afterAll(() => {
  venue?.closeAllConnections();
  venue?.close();
});

async function asking<T>(egress: EgressAddress, work: (client: HttpClient) => Promise<T>): Promise<T> {
  const client = new HttpClient(url, limits, egress);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

describe('an answer of the venue', () => {
  it.each<[string, number, EgressAddress]>([
    ['told', 200, DEFAULT_EGRESS],
    ['chunked', 200, DEFAULT_EGRESS],
    ['told', 422, DEFAULT_EGRESS],
    ['chunked', 200, LOCAL],
  ])('that is longer than the bound (%s, %i) is lost: what it said is not known', async (way, status, egress) => {
    const outcome = await asking(egress, (client) => client.post(`/${status}/${ANSWER_BYTES_MAX + 1}/${way}`, '{}'));
    expect(outcome).toMatchObject({ kind: 'lost', detail: expect.stringContaining('UND_ERR_RES_EXCEEDED_MAX_SIZE') });
  });

  it.each(['told', 'chunked'])('as long as the bound (%s) is read', async (way) => {
    const outcome = await asking(DEFAULT_EGRESS, (client) => client.post(`/200/${ANSWER_BYTES_MAX}/${way}`, '{}'));
    expect(outcome).toMatchObject({ kind: 'answer', status: 200, body: { status: 'ok' } });
  });

  it('that is too long costs its connection and nothing of the request behind it', async () => {
    const before = connections;
    const outcomes = await asking(DEFAULT_EGRESS, (client) =>
      Promise.all([client.post(`/200/${10 * ANSWER_BYTES_MAX}/chunked`, '{}'), client.post('/200/20/told', '{}')]),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(['lost', 'answer']);
    expect(connections - before).toBe(2);
  });
});
