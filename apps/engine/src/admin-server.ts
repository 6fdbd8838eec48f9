import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Health, Metrics } from '@lockstep/platform';
import type { Engine } from './boot';

/** The engine's own door, on loopback: health, metrics, and `/waves?since=N` for benches and people. */
export async function openAdmin(
  host: string,
  port: number,
  health: Health,
  metrics: Metrics,
  engine: () => Engine | null,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    void answer(request.url ?? '/', response, health, metrics, engine).catch(() => {
      response.statusCode = 500;
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: isInfo(address) ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(url: string, response: ServerResponse, health: Health, metrics: Metrics, engine: () => Engine | null): Promise<void> {
  const { pathname, searchParams } = new URL(url, 'http://engine');
  const running = engine();
  switch (pathname) {
    case '/health/live':
      return json(response, health.live().ok ? 200 : 503, health.live());
    case '/health/ready': {
      const report = await health.ready();
      return json(response, report.ok && running !== null ? 200 : 503, report);
    }
    case '/metrics':
      metrics.set('lockstep_orders_in_flight', {}, running?.standing().openOrders ?? 0);
      response.setHeader('content-type', metrics.contentType);
      response.end(await metrics.render());
      return;
    case '/waves':
      return json(response, 200, running?.ctx.waves.since(Number(searchParams.get('since') ?? '0') || 0) ?? { next: 0, waves: [] });
    case '/standing':
      return json(response, 200, running?.standing() ?? null);
    case '/idle':
      await running?.idle();
      return json(response, 200, running?.standing() ?? null);
    default:
      return json(response, 404, { error: 'not found' });
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

const isInfo = (address: string | AddressInfo | null): address is AddressInfo => typeof address === 'object' && address !== null;
