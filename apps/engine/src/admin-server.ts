import type { ServerResponse } from 'node:http';
import { type Health, httpServer, INNER_DOOR_LIMITS, listenAt, type Metrics } from '@lockstep/platform';
import type { Engine } from './boot';

/** The engine's own door. */
export interface AdminServer {
  readonly port: number;
  /** Lets every connection go with its answer. */
  close(): Promise<void>;
}

/** What the door shows of a running engine. */
export type ShownEngine = Pick<Engine, 'standing' | 'idle'> & { readonly ctx: Pick<Engine['ctx'], 'waves'> };

/** Opens the engine's own door, on loopback: health, metrics, and `/waves?since=N` for benches and people. It knows no keys. */
export async function openAdmin(
  host: string,
  port: number,
  health: Health,
  metrics: Metrics,
  engine: () => ShownEngine | null,
): Promise<AdminServer> {
  let end: () => void = () => undefined;
  const ending = new Promise<'ending'>((resolve) => {
    end = () => resolve('ending');
  });
  const door = httpServer(INNER_DOOR_LIMITS, (request, response) => {
    void answer(request.url ?? '/', response, { health, metrics, engine, ending }).catch(() => {
      response.statusCode = 500;
      response.end();
    });
  });
  return {
    port: await listenAt(door, { host, port }),
    close: () => {
      end();
      return door.close();
    },
  };
}

interface Behind {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly engine: () => ShownEngine | null;
  /** The door closes: nothing that may take long is waited for. */
  readonly ending: Promise<'ending'>;
}

async function answer(url: string, response: ServerResponse, { health, metrics, engine, ending }: Behind): Promise<void> {
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
    case '/idle': {
      const isEnding = (await Promise.race([running?.idle(), ending])) === 'ending';
      return json(response, isEnding ? 503 : 200, running?.standing() ?? null);
    }
    default:
      return json(response, 404, { error: 'not found' });
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
