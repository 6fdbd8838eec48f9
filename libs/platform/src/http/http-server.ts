import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Connections } from './connections';

/** Bounds of an HTTP server: none is made without them. */
export interface HttpLimits {
  /** A request is received whole within this time. */
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** How long a connection is kept on which nothing is asked. */
  readonly keepAliveTimeoutMs: number;
  readonly headerMaxBytes: number;
  readonly connectionsMax: number;
  /** How long, while the server ends, a caller may leave its request half sent or its answer untaken. */
  readonly farewellMaxMs: number;
}

/** An HTTP server that can be ended without losing an answer. */
export interface HttpServer {
  readonly server: Server;
  /** From now on every answer ends its connection and says so. New connections and requests are still taken. */
  startDraining(): void;
  /** Tells that an upgrade took a connection: whoever took it ends it. */
  handOver(socket: Duplex): void;
  /**
   * Takes no further connection, closes those on which nothing is asked, and ends each other one with its answer. `endHandedOver` meanwhile ends those that
   * were handed over. Resolves when no connection is left. A request that is being worked on is waited for without a bound: that is the caller's to set.
   */
  close(endHandedOver?: () => Promise<void>): Promise<void>;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** How often Node looks for requests that are late. */
const CHECK_EVERY_MS = 5_000;

/** Makes a server with its bounds; it does not listen yet. */
export function httpServer(limits: HttpLimits, handle: HttpHandler): HttpServer {
  const connections = new Connections();
  const server = createServer(
    {
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.headersTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      maxHeaderSize: limits.headerMaxBytes,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    },
    (request, response) => {
      if (connections.asked(response)) handle(request, response);
    },
  );
  server.maxConnections = limits.connectionsMax;
  server.on('connection', (socket) => connections.opened(socket));
  server.on('clientError', refuseUnreadable);
  const close = async (endHandedOver: () => Promise<void> = async () => undefined): Promise<void> => {
    connections.startDraining();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    connections.closeUnused();
    const looks = setInterval(() => connections.cutHeldUp(), limits.farewellMaxMs / 2);
    await Promise.all([connections.answered(), endHandedOver()]);
    clearInterval(looks);
    connections.cutAll();
    await closed;
  };
  return { server, startDraining: () => connections.startDraining(), handOver: (socket) => connections.handedOver(socket), close };
}

const UNREADABLE: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * What is no HTTP is answered as Node answers it, but never in the middle of another answer; then the connection is gone, whatever its caller does: nobody looks
 * after it any more.
 */
function refuseUnreadable(error: Error, socket: Duplex): void {
  const code: unknown = Reflect.get(error, 'code');
  const answering: unknown = Reflect.get(socket, '_httpMessage');
  const isAnswered = answering instanceof ServerResponse && answering.headersSent;
  if (code === 'ECONNRESET' || !socket.writable || isAnswered) return void socket.destroy();
  socket.write(`HTTP/1.1 ${UNREADABLE[String(code)] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
  if (socket instanceof Socket) socket.destroySoon();
  else socket.destroy();
}
