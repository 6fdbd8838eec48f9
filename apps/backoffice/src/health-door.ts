import type { AddressInfo } from 'node:net';
import { type Health, httpServer, type Metrics } from '@lockstep/platform';

/** Where health and metrics are answered. */
export interface HealthDoor {
  readonly port: number;
  close(): Promise<void>;
}

const HTTP_LIMITS = {
  requestTimeoutMs: 5_000,
  headersTimeoutMs: 5_000,
  keepAliveTimeoutMs: 5_000,
  headerMaxBytes: 16_384,
  connectionsMax: 100,
  farewellMaxMs: 1_000,
} as const;

/** Answers `/health/live`, `/health/ready` and `/metrics` on an address that should stay inside: it knows no keys. */
export async function openHealthDoor(at: { readonly host: string; readonly port: number }, health: Health, metrics: Metrics): Promise<HealthDoor> {
  const { server, close } = httpServer(HTTP_LIMITS, (request, response) => {
    void answer(request.url ?? '', health, metrics).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(url: string, health: Health, metrics: Metrics): Promise<Answer> {
  if (url === '/metrics') return { status: 200, type: metrics.contentType, body: await metrics.render() };
  if (url !== '/health/live' && url !== '/health/ready') return { status: 404, type: 'text/plain; charset=utf-8', body: 'nothing here\n' };
  const report = url === '/health/live' ? health.live() : await health.ready();
  return { status: report.ok ? 200 : 503, type: 'application/json; charset=utf-8', body: JSON.stringify(report) };
}
