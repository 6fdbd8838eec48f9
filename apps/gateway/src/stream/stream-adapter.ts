import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL } from '@lockstep/delivery';
import type { INestApplicationContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketServer } from 'ws';
import type { StreamDoor } from './door';
import type { StreamLimits } from './limits';

/**
 * Nest's WebSocket adapter with the upgrade in our hands: guards never run on a connection, so who may open one is decided here,
 * before the handshake is answered. Messages are the connection's own business, not `{event, data}` handlers.
 */
export class StreamAdapter extends WsAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly server: Server,
    private readonly door: StreamDoor,
    private readonly limits: StreamLimits,
  ) {
    super(app);
  }

  /** Further header lines of upgrades that are about to be answered. */
  private readonly lines = new WeakMap<IncomingMessage, readonly string[]>();

  override create(): WebSocketServer {
    const sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: this.limits.clientFrameMaxBytes,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    sockets.on('headers', (lines, request) => void lines.push(...(this.lines.get(request) ?? [])));
    this.server.on('upgrade', (request, socket, head) => void this.upgrade(sockets, request, socket, head));
    return sockets;
  }

  override bindMessageHandlers(): void {}

  private async upgrade(sockets: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const drop = (): void => void socket.destroy();
    socket.on('error', drop);
    const admitted = await this.door.admit(request);
    if (!admitted.ok) return this.door.refuse(socket, admitted.error);
    socket.off('error', drop);
    this.lines.set(
      request,
      Object.entries(admitted.value.headers).map(([name, value]) => `${name}: ${value}`),
    );
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, admitted.value));
  }
}
