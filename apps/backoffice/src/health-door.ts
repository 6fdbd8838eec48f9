import { type Health, httpServer, INNER_DOOR_LIMITS, listenAt, type Metrics } from '@lockstep/platform';

/** Where health and metrics are answered. */
export interface HealthDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers `/health/live`, `/health/ready` and `/metrics` on an address that should stay inside: it knows no keys. */
export async function openHealthDoor(at: { readonly host: string; readonly port: number }, health: Health, metrics: Metrics): Promise<HealthDoor> {
  const door = httpServer(INNER_DOOR_LIMITS, (request, response) => {
    void answer(request.url ?? '', health, metrics).then(({ status, type, body }) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(body);
    });
  });
  return { port: await listenAt(door, at), close: () => door.close() };
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
