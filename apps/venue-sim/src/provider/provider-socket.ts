import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { StreamFrame, Subscription } from '@lockstep/simulation';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Hall } from '../halls';
import { parseJson } from '../request-body';
import { CLOSE_BAD_KEY, CLOSE_IDLE, SOCKET_IDLE_MS } from './assumptions';
import { type Channel, readChannel } from './channels';
import type { ProviderErrorCode } from './errors';
import { SIMULATED_PROVIDER } from './health';
import type { ProviderApi } from './provider-api';
import { KEY_HEADER } from './provider-door';
import { hallOf, isVertical, readProviderPath, type Vertical } from './provider-path';

const MESSAGE_MAX_BYTES = 65_536;
/** Channels one connection may open; the documents name no number. */
export const CHANNELS_MAX = 1_000;
const SWEEP_MS = 1_000;

export interface ProviderSocket {
  /** Takes over an upgrade of the Provider API; false for other paths. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): boolean;
  readonly connections: number;
  close(): void;
}

/** The market channels over WebSocket. There is no channel of an account's own. */
export function createProviderSocket(api: ProviderApi): ProviderSocket {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MESSAGE_MAX_BYTES });
  const open = new Set<Connection>();
  const sweep = setInterval(() => {
    for (const connection of open) connection.endIfIdle(api.clock.monotonic());
  }, SWEEP_MS);
  sweep.unref();
  return {
    get connections() {
      return open.size;
    },
    upgrade: (request, stream, head) => {
      const path = readProviderPath(request.url ?? '/');
      if (path === null || !path.socket) return false;
      const [vertical = ''] = path.segments;
      const hall = hallOf(api.halls, path);
      if (!isVertical(vertical) || path.segments.length !== 1 || hall === null) {
        stream.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return true;
      }
      const header = request.headers[KEY_HEADER];
      const key = path.query.get('apiKey') ?? (typeof header === 'string' ? header : null);
      const checked = api.keys.check(key, path.testnet);
      server.handleUpgrade(request, stream, head, (socket) => {
        if (!checked.ok) {
          socket.close(CLOSE_BAD_KEY, checked.message);
          return;
        }
        const connection = new Connection(socket, hall, vertical, () => api.clock.monotonic());
        open.add(connection);
        socket.on('close', () => open.delete(connection));
      });
      return true;
    },
    close: () => {
      clearInterval(sweep);
      for (const connection of open) connection.hangUp();
      server.close();
    },
  };
}

const clientMessage = z.union([
  z.object({ event: z.literal('ping') }),
  z.object({
    event: z.enum(['subscribe', 'unsubscribe']),
    data: z.object({ provider: z.string(), channel: z.string(), params: z.unknown() }),
  }),
]);

interface Complaint {
  readonly code: ProviderErrorCode;
  readonly message: string;
}
const complaint = (code: ProviderErrorCode, message: string): Complaint => ({ code, message });

/** One client with its channels. */
class Connection {
  private readonly live = new Map<string, Subscription>();
  private heardAt: number;
  readonly hangUp = (): void => this.socket.terminate();

  constructor(
    private readonly socket: WebSocket,
    private readonly hall: Hall,
    private readonly vertical: Vertical,
    private readonly monotonic: () => number,
  ) {
    this.heardAt = monotonic();
    hall.hangUps.add(this.hangUp);
    const heard = (): void => {
      this.heardAt = this.monotonic();
    };
    socket.on('message', (data: RawData) => {
      heard();
      this.receive(data.toString());
    });
    socket.on('ping', heard);
    socket.on('pong', heard);
    socket.on('error', this.hangUp);
    socket.on('close', () => this.end());
  }

  endIfIdle(now: number): void {
    if (now - this.heardAt >= SOCKET_IDLE_MS) this.socket.close(CLOSE_IDLE, 'Idle');
  }

  private end(): void {
    for (const subscription of this.live.values()) subscription.close();
    this.live.clear();
    this.hall.hangUps.delete(this.hangUp);
  }

  private receive(text: string): void {
    const error = this.act(text);
    if (error !== null) this.say({ error });
  }

  /** Does what a message asks for; gives the complaint about one that cannot be done. */
  private act(text: string): Complaint | null {
    const read = clientMessage.safeParse(parseJson(text));
    if (!read.success) return complaint('INVALID_PARAMS', 'Unreadable message');
    if (read.data.event === 'ping') {
      this.say({ event: 'pong' });
      return null;
    }
    const { event, data } = read.data;
    if (data.provider !== SIMULATED_PROVIDER) return complaint('UNSUPPORTED_PROVIDER', `Provider ${data.provider} is not supported`);
    const channel = readChannel(this.hall.world, this.vertical, data.channel, data.params);
    if (typeof channel === 'string') return complaint('INVALID_PARAMS', channel);
    return event === 'subscribe' ? this.subscribe(channel) : this.unsubscribe(channel);
  }

  private subscribe(channel: Channel): Complaint | null {
    const key = keyOf(channel);
    if (this.live.has(key)) {
      this.acknowledge('subscribed', channel);
      return null;
    }
    if (this.live.size >= CHANNELS_MAX) return complaint('INVALID_PARAMS', `Cannot have more than ${CHANNELS_MAX} subscriptions`);
    let acknowledged = false;
    const early: StreamFrame[] = [];
    const opened = this.hall.world.subscribe(channel.subscription, (frame) => {
      if (acknowledged) this.tell(channel, frame);
      else early.push(frame);
    });
    if (!opened.ok) return complaint('INVALID_PARAMS', `Unknown symbol: ${channel.params.symbol ?? ''}`);
    this.live.set(key, opened.value);
    this.acknowledge('subscribed', channel);
    acknowledged = true;
    for (const frame of [...opened.value.initial, ...early]) this.tell(channel, frame);
    return null;
  }

  private unsubscribe(channel: Channel): null {
    const key = keyOf(channel);
    this.live.get(key)?.close();
    this.live.delete(key);
    this.acknowledge('unsubscribed', channel);
    return null;
  }

  private acknowledge(event: string, { name, params }: Channel): void {
    this.say({ event, data: { provider: SIMULATED_PROVIDER, channel: name, params } });
  }

  private tell(channel: Channel, frame: StreamFrame): void {
    const data = channel.translate(frame);
    if (data === null) return;
    const { name, params } = channel;
    const message = { provider: SIMULATED_PROVIDER, channel: name, params, data, timestamp: this.hall.world.now() };
    const effect = this.hall.faults.draw({ target: 'stream', type: name, transport: 'socket' })?.effect;
    if (effect?.kind === 'hang_up') this.hangUp();
    else if (effect?.kind === 'delay') setTimeout(() => this.say(message), effect.delayMs);
    else if (effect?.kind !== 'silence') this.say(message);
    if (effect?.kind === 'duplicate') this.say(message);
  }

  private say(message: unknown): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(message));
  }
}

const keyOf = ({ name, params }: Channel): string => JSON.stringify([name, params]);
