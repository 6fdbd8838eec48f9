import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { createHealth, createMetrics, systemClock } from '@lockstep/platform';
import { afterEach, describe, expect, it } from 'vitest';
import { type AdminServer, openAdmin, type ShownEngine } from './admin-server';
import { WaveLog } from './wave-log';

const STANDING = { copies: 2, watched: 1, openOrders: 3, waiting: 0 };
const open: AdminServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function door(engine: ShownEngine | null): Promise<AdminServer> {
  const metrics = createMetrics('engine', false);
  const admin = await openAdmin('127.0.0.1', 0, createHealth({ clock: systemClock }), metrics, () => engine);
  open.push(admin);
  return admin;
}

const running = (idle: () => Promise<void> = async () => undefined): ShownEngine => ({
  standing: () => STANDING,
  idle,
  ctx: { waves: new WaveLog(1, () => undefined) },
});

interface Answer {
  readonly status: number;
  readonly connection: string;
  readonly body: string;
}

/** Asks on a connection that is kept where the server lets it. */
function ask({ port }: AdminServer, path: string, agent: Agent = new Agent({ keepAlive: true })): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, agent }, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += String(part);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, connection: response.headers.connection ?? '', body }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the door of the engine', () => {
  it.each([
    ['/health/live', 200, '"ok":true'],
    ['/health/ready', 200, '"ok":true'],
    ['/metrics', 200, 'lockstep_orders_in_flight{process="engine"} 3'],
    ['/waves?since=x', 200, '"next":0'],
    ['/standing', 200, '"copies":2'],
    ['/idle', 200, '"copies":2'],
    ['/else', 404, 'not found'],
  ])('answers %s', async (path, status, part) => {
    const answer = await ask(await door(running()), path);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(part);
  });

  it('is not ready while no engine runs', async () => {
    expect((await ask(await door(null), '/health/ready')).status).toBe(503);
  });

  it('refuses a request whose head is beyond its bound', async () => {
    const admin = await door(running());
    const socket = connect(admin.port, '127.0.0.1');
    let heard = '';
    socket.on('data', (bytes) => {
      heard += String(bytes);
    });
    socket.write(`GET /standing HTTP/1.1\r\nHost: a\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`);
    await once(socket, 'close');
    expect(heard.slice(0, 12)).toBe('HTTP/1.1 431');
  });

  it('that closes answers what it was asked, waits for no idle engine, and lets every connection go', async () => {
    let began: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      began = resolve;
    });
    const admin = await door(
      running(() => {
        began();
        return new Promise(() => undefined);
      }),
    );
    const said = connect(admin.port, '127.0.0.1');
    await once(said, 'connect');
    const waiting = ask(admin, '/idle');
    await asked;
    await admin.close();
    expect(await waiting).toMatchObject({ status: 503, connection: 'close' });
    if (!said.closed) await once(said.resume(), 'close');
  });
});
