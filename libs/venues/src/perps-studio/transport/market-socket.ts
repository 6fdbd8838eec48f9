import WebSocket from 'ws';
import { PING_TEXT, PROVIDER, socketPath } from '../assumptions';
import type { PerpsStudioConfig, PerpsStudioDeps } from '../config';
import { isObject } from '../parse/read';
import { HIDDEN_KEY } from './rest';

/** A channel of a coin: `ticker` carries its mark, `orderbook` its book. */
export interface MarketChannel {
  readonly channel: 'ticker' | 'orderbook';
  readonly symbol: string;
  /** The dex of an RWA; empty for perps. */
  readonly dex: string;
}

/** A message of a channel, its data still unread. */
export interface MarketMessage {
  readonly channel: string;
  readonly symbol: string;
  readonly dex: string;
  readonly data: unknown;
  readonly receivedAt: number;
}

export interface MarketHandlers {
  onMessage(message: MarketMessage): void;
  /** Any frame came, a pong included: the connection lives, and what it told stands. */
  onHeard?(receivedAt: number): void;
  onDown(reason: string): void;
}

const CLOSE_BAD_KEY = 4001;
const TEXT_CHARS_MAX = 200;
/** A longer message ends the connection, which is made anew. A book or a ticker has some kilobytes. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * One connection to the market channels of a vertical that stays up: pings, replaces a silent connection, reconnects with doubling, jittered delays and
 * subscribes anew, until closed. A key that is refused is tried again at the slowest pace: it may be renewed meanwhile.
 */
export class MarketSocket {
  private readonly wanted = new Map<string, MarketChannel>();
  private socket: WebSocket | null = null;
  private retry: NodeJS.Timeout | null = null;
  private attempts = 0;
  private heardAt = 0;
  private closed = false;
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly vertical: 'perps' | 'rwas',
    private readonly config: PerpsStudioConfig,
    private readonly deps: PerpsStudioDeps,
    private readonly handlers: MarketHandlers,
  ) {
    this.heartbeat = setInterval(() => this.beat(), Math.max(10, Math.floor(config.pingIntervalMs / 2)));
    this.heartbeat.unref();
    this.connect();
  }

  /** Subscribes these channels and no others. */
  follow(channels: readonly MarketChannel[]): void {
    const wanted = new Map(channels.map((channel) => [keyOf(channel), channel]));
    for (const [key, channel] of this.wanted) if (!wanted.has(key)) this.say('unsubscribe', channel);
    for (const [key, channel] of wanted) if (!this.wanted.has(key)) this.say('subscribe', channel);
    this.wanted.clear();
    for (const [key, channel] of wanted) this.wanted.set(key, channel);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.heartbeat);
    if (this.retry !== null) clearTimeout(this.retry);
    this.socket?.terminate();
    this.socket = null;
  }

  private connect(): void {
    if (this.closed) return;
    // The key travels as a header: an address may end up in a log.
    const address = `${this.config.wsUrl}${socketPath(this.config.network === 'testnet', this.vertical)}`;
    const socket = new WebSocket(address, {
      headers: { 'x-api-key': this.deps.apiKey() },
      handshakeTimeout: this.config.connectTimeoutMs,
      maxPayload: MESSAGE_BYTES_MAX,
    });
    this.socket = socket;
    socket.on('open', () => {
      this.heardAt = this.deps.clock.monotonic();
      for (const channel of this.wanted.values()) this.say('subscribe', channel);
    });
    socket.on('message', (data) => {
      if (this.socket !== socket) return;
      this.heardAt = this.deps.clock.monotonic();
      this.receive(data.toString());
    });
    socket.on('error', (error) => this.down(socket, error.message, 0));
    socket.on('close', (code) => this.down(socket, `closed with code ${code}`, code));
  }

  private receive(text: string): void {
    this.attempts = 0;
    const receivedAt = this.deps.clock.now();
    this.handlers.onHeard?.(receivedAt);
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (!isObject(frame)) return;
    if (isObject(frame.error)) {
      this.deps.log({
        level: 'warn',
        event: 'market_channel_refused',
        fields: {
          code: String(frame.error.code),
          text: String(frame.error.message).replaceAll(this.deps.apiKey(), HIDDEN_KEY).slice(0, TEXT_CHARS_MAX),
        },
      });
      return;
    }
    if (typeof frame.channel !== 'string' || !isObject(frame.params)) return;
    const { symbol = '', dex = '' } = frame.params;
    // A message that does not say whose it is could be the mark of another coin of the same name.
    if ((dex === '') !== (this.vertical === 'perps')) return;
    this.handlers.onMessage({ channel: frame.channel, symbol: String(symbol), dex: String(dex), data: frame.data, receivedAt });
  }

  private say(event: 'subscribe' | 'unsubscribe', { channel, symbol, dex }: MarketChannel): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ event, data: { provider: PROVIDER, channel, params: { symbol, ...(dex === '' ? {} : { dex }) } } }));
  }

  private down(socket: WebSocket, reason: string, code: number): void {
    if (this.socket !== socket) return;
    this.socket = null;
    socket.terminate();
    this.handlers.onDown(reason);
    if (this.closed) return;
    const { reconnectMinMs, reconnectMaxMs } = this.config;
    const doubled = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(this.attempts, 16));
    const delay = code === CLOSE_BAD_KEY ? reconnectMaxMs : doubled;
    this.attempts += 1;
    this.retry = setTimeout(() => this.connect(), delay * (0.5 + this.deps.random.below(1_000_000) / 2_000_000));
    this.retry.unref();
  }

  private beat(): void {
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN) return;
    const silentMs = this.deps.clock.monotonic() - this.heardAt;
    if (silentMs > this.config.silenceTimeoutMs) this.down(socket, `silent for ${Math.round(silentMs)} ms`, 0);
    else socket.send(PING_TEXT);
  }
}

const keyOf = ({ channel, symbol, dex }: MarketChannel): string => `${channel} ${dex} ${symbol}`;
