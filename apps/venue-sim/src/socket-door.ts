import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@lockstep/kernel';
import { actionWeight, type IpLimits, infoWeight, type StreamFrame } from '@lockstep/simulation';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type PostFrame, readClientFrame } from './client-frame';
import { type CorkedWriter, createCorkedWriter } from './corked-writer';
import type { Hall, Halls } from './halls';
import { admitUpgrade, refuseUpgrade } from './handshake';
import { BODY_MAX_BYTES } from './http-door';
import { remoteIp } from './remote-ip';
import { type Reply, rateLimited } from './reply';
import { chargeRows } from './row-charge';
import { createFrameText, errorFrame, PONG, postFrame } from './socket-frames';
import { createStreamLine, laterByTimer } from './stream-line';
import { createSubscriptions, type Subscriptions } from './subscriptions';
import { readVenuePath } from './venue-path';
import { type Arrival, answerExchange, answerInfo } from './venue-request';

/** The venue ends a connection it has not sent anything to for this long. */
export const SILENCE_MS = 60_000;

export interface SocketDoor {
  /** Takes over an HTTP upgrade. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  /** Open connections, over all worlds. */
  readonly connections: number;
  close(): void;
}

export interface SocketDoorOrder {
  readonly halls: Halls;
  readonly limits: IpLimits;
  readonly clock: Clock;
  readonly silenceMs: number;
}

interface Connection {
  readonly hall: Hall;
  readonly ip: string;
  readonly socket: WebSocket;
  readonly writer: CorkedWriter;
  readonly subscriptions: Subscriptions;
  /** Posts that will never be answered: they stay in flight for as long as the connection is open. */
  silent: number;
}

export function createSocketDoor({ halls, limits, clock, silenceMs }: SocketDoorOrder): SocketDoor {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: BODY_MAX_BYTES });
  const frameText = createFrameText();
  const open = new Set<Connection>();

  const sweep = setInterval(
    () => {
      for (const { writer, socket } of open) if (clock.monotonic() - writer.lastSentAt >= silenceMs) socket.close(1000, 'Inactive');
    },
    Math.min(1_000, silenceMs / 4),
  );
  sweep.unref();

  const accept = (hall: Hall, ip: string, socket: WebSocket, stream: Duplex): void => {
    const writer = createCorkedWriter(socket, stream, () => clock.monotonic());
    const say = (text: string): void => writer.send(text);
    const hangUp = (): void => socket.terminate();
    const line = createStreamLine({ say, hangUp, clock, later: laterByTimer });
    const push = (frame: StreamFrame): void => {
      hall.counters.streamFrames += 1;
      const fault = hall.faults.draw({ target: 'stream', type: frame.channel, transport: 'socket' });
      line.push(frame.channel, frameText(frame), fault === null ? null : fault.effect);
    };
    const subscriptions = createSubscriptions({ hall, ip, limits, say, stream: push });
    const connection: Connection = { hall, ip, socket, writer, subscriptions, silent: 0 };
    open.add(connection);
    hall.hangUps.add(hangUp);
    socket.on('message', (data: RawData) => receive(limits, connection, data.toString()));
    socket.on('error', hangUp);
    socket.on('close', () => {
      subscriptions.closeAll();
      line.close();
      for (; connection.silent > 0; connection.silent -= 1) limits.endPost(ip);
      limits.closeConnection(ip);
      hall.hangUps.delete(hangUp);
      open.delete(connection);
    });
  };

  return {
    get connections() {
      return open.size;
    },
    upgrade: (request, stream, head) => {
      const { world, route } = readVenuePath(request.url ?? '/');
      const hall = halls.get(world);
      if (hall === undefined || route !== '/ws') return refuseUpgrade(stream, 404);
      admitUpgrade(hall, stream, () => {
        const ip = remoteIp(request);
        if (!limits.openConnection(ip)) return refuseUpgrade(stream, 429);
        server.handleUpgrade(request, stream, head, (socket) => accept(hall, ip, socket, stream));
      });
    },
    close: () => {
      clearInterval(sweep);
      for (const { socket } of open) socket.terminate();
      server.close();
    },
  };
}

function receive(limits: IpLimits, connection: Connection, text: string): void {
  const { ip, writer, subscriptions } = connection;
  if (!limits.takeMessage(ip)) {
    writer.send(errorFrame('Too many messages sent.'));
    return;
  }
  const frame = readClientFrame(text);
  switch (frame?.method) {
    case 'post':
      post(limits, connection, frame, text);
      break;
    case 'ping':
      writer.send(PONG);
      break;
    case 'subscribe':
      subscriptions.subscribe(frame.subscription);
      break;
    case 'unsubscribe':
      subscriptions.unsubscribe(frame.subscription);
      break;
    default:
      writer.send(errorFrame(`Error parsing JSON into valid websocket request: ${text}`));
  }
}

/** Runs a request through the same code as HTTP does. */
function post(limits: IpLimits, connection: Connection, frame: PostFrame, text: string): void {
  const { hall, ip, writer, socket } = connection;
  if (!limits.beginPost(ip)) {
    writer.send(errorFrame(`too many pending post requests id=${frame.id}`));
    return;
  }
  const finish = (reply: Reply): void => {
    if (reply.kind === 'silence' && socket.readyState === socket.OPEN) {
      connection.silent += 1;
      return;
    }
    limits.endPost(ip);
    if (limits.postsSpendWeight && frame.type === 'info') chargeRows(limits, ip, frame.payload, reply);
    if (reply.kind === 'hang_up') socket.terminate();
    else if (reply.kind === 'answer') writer.send(postFrame(frame.id, { type: frame.type, name: typeOf(frame.payload) }, reply));
  };
  const isAction = frame.type === 'action';
  const weight = (): number => (isAction ? actionWeight(frame.payload) : infoWeight(frame.payload));
  const arrival: Arrival = { hall, body: frame.payload, text, form: 'frame' };
  if (limits.postsSpendWeight && !limits.takeWeight(ip, weight())) finish(rateLimited());
  else if (isAction) answerExchange(arrival, finish);
  else answerInfo(arrival, finish);
}

function typeOf(payload: unknown): string {
  return typeof payload === 'object' && payload !== null && 'type' in payload && typeof payload.type === 'string' ? payload.type : '';
}
