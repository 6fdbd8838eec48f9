import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { silentLogger, systemClock, systemIds, systemRandom } from '@lockstep/platform';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayRequest } from './call';
import { type EdgeStep, fillEmptyBody, readBody, requireJson } from './edge-checks';

/*
 * Incident: a stop whose caller had gone while its brand was looked up went on without its body, so with the standard mode, which closes at once. A body that was
 * sent and not read is never taken for none.
 */

const close: (() => void)[] = [];
afterEach(() => {
  for (const one of close.splice(0)) one();
});

const context = { ids: systemIds(systemClock, systemRandom), log: silentLogger };
const steps = [requireJson(context), readBody(context, { bodyMaxBytes: 1_000, bulkBodyMaxBytes: 1_000 }), fillEmptyBody()];
/** Whatever a server receives has both. */
const isRequest = (received: IncomingMessage): received is IncomingMessage & GatewayRequest =>
  received.method !== undefined && received.url !== undefined;

/** Puts a request through the steps; resolves with its body where it is handed on, with the status where it is answered, with `gone` where neither happens. */
function edge(received: IncomingMessage, response: ServerResponse): Promise<unknown> {
  return new Promise((resolve) => {
    const run = ([step, ...rest]: readonly EdgeStep[]): void => {
      if (step === undefined) resolve(Reflect.get(received, 'body'));
      else if (isRequest(received)) step(received, response, () => run(rest));
    };
    response.once('finish', () => resolve(response.statusCode));
    run(steps);
    if (received.destroyed) setImmediate(() => setImmediate(() => resolve('gone')));
  });
}

/** Serves one request by `handle`; its port. */
async function serve(handle: (received: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const BODY = '{"mode":"hand_over"}';

describe('a body that was sent', () => {
  it('is read', async () => {
    const taken = new Promise<unknown>((resolve) => {
      void serve((received, response) => {
        void edge(received, response).then((what) => {
          resolve(what);
          response.end();
        });
      }).then((port) => request({ port, method: 'POST', headers: { 'Content-Type': 'application/json' } }).end(BODY));
    });
    expect(await taken).toEqual({ mode: 'hand_over' });
  });

  it('is not taken for none where its caller has gone before it was read', async () => {
    const taken = new Promise<unknown>((resolve) => {
      void serve((received, response) => {
        // What stands in front of the reader waits until the caller is gone.
        received.socket.once('close', () => void edge(received, response).then(resolve));
        received.socket.destroy();
      }).then((port) => {
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`),
        );
        socket.on('error', () => undefined);
      });
    });
    expect(await taken).not.toEqual({});
  });

  it.each([
    ['a type with a space that is none', 'application/json\u00a0', 415],
    ['a type with a space', ' application/json ; charset=utf-8', { mode: 'hand_over' }],
    ['no type', null, 415],
  ])('under %s is read or refused', async (_what, type, expected) => {
    const taken = new Promise<unknown>((resolve) => {
      void serve((received, response) => {
        void edge(received, response).then((what) => {
          resolve(what);
          if (!response.writableEnded) response.end();
        });
      }).then((port) => {
        const field = type === null ? '' : `Content-Type: ${type}\r\n`;
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${field}Content-Length: ${BODY.length}\r\n\r\n${BODY}`, 'latin1')),
        );
      });
    });
    expect(await taken).toEqual(expected);
  });

  it.each([
    ['of length 0', 'Content-Length: 0\r\n\r\n'],
    ['there is not', '\r\n'],
    ['in chunks of which there is none', 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('%s is an empty object', async (_what, rest) => {
    const taken = new Promise<unknown>((resolve) => {
      void serve((received, response) => {
        void edge(received, response).then((what) => {
          resolve(what);
          response.end();
        });
      }).then((port) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`));
      });
    });
    expect(await taken).toEqual({});
  });
});
