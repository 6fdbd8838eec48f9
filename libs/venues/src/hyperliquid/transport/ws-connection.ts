import type { Socket } from 'node:net';
import WebSocket from 'ws';
import { DEFAULT_EGRESS, type EgressAddress, socketOptionsOf } from './egress-address';

/** Bounds of one connection. */
export interface ConnectionLimits {
  readonly connectTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly silenceTimeoutMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** Egress addresses; a connection that is told nothing else leaves from the first. */
  readonly egress?: readonly EgressAddress[];
}

/** Bounds of a connection that shows leaders: its silence is noticed sooner. */
export const streamLimits = <L extends ConnectionLimits & { readonly streamPingMs: number; readonly streamSilenceMs: number }>(
  limits: L,
): ConnectionLimits => ({
  ...limits,
  pingIntervalMs: limits.streamPingMs,
  silenceTimeoutMs: limits.streamSilenceMs,
});

/** Where a connection leaves from, and when it may be made. */
export interface ConnectionEgress {
  readonly address: EgressAddress;
  /** How long to wait before the next attempt, in ms; 0: it may be made now, and is counted. */
  readonly waitMs: () => number;
}

export interface ConnectionHandlers {
  onOpen(): void;
  /** Every text frame, pongs included; `receivedAt` is what `stamp` gave first thing. */
  onMessage(text: string, receivedAt: number): void;
  /** The connection, or an attempt to make one, ended. Another attempt follows unless `close` was called. */
  onDown(reason: string): void;
  /** Frames were handed to the socket: those of `send`, or a ping of its own. The venue counts both. */
  onSent?(frames: number, isPing: boolean): void;
}

const PING = '{"method":"ping"}';
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/**
 * One WebSocket that stays up: connects, pings, replaces a silent connection, reconnects with doubling, jittered delays until closed.
 * Nothing is queued while it is down: `send` says whether the socket took the frames.
 */
export class WsConnection {
  private socket: WebSocket | null = null;
  private raw: Socket | null = null;
  private attempts = 0;
  private heardAt = 0;
  private closed = false;
  private retry: NodeJS.Timeout | null = null;
  private heartbeat: NodeJS.Timeout | null = null;

  /** `jitter` gives a number from 0 up to, not including, 1. `stamp` reads the clock that `receivedAt` is told in. */
  constructor(
    private readonly url: string,
    private readonly limits: ConnectionLimits,
    private readonly jitter: () => number,
    private readonly stamp: () => number,
    private readonly handlers: ConnectionHandlers,
    /** Says when the next attempt may be made; at once unless told otherwise. */
    private readonly admit: (open: () => void) => void = (open) => open(),
    private readonly egress: ConnectionEgress = { address: limits.egress?.[0] ?? DEFAULT_EGRESS, waitMs: () => 0 },
  ) {}

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Starts connecting. Call once. */
  start(): void {
    this.heartbeat = setInterval(() => this.beat(), Math.max(10, Math.floor(this.limits.pingIntervalMs / 2)));
    this.heartbeat.unref();
    this.connect();
  }

  /** Hands frames to the socket in one write burst; false when it is not open, and then none was sent. */
  send(frames: readonly string[]): boolean {
    return this.write(frames, false);
  }

  private write(frames: readonly string[], isPing: boolean): boolean {
    const socket = this.socket;
    if (socket === null || socket.readyState !== WebSocket.OPEN) return false;
    this.raw?.cork();
    try {
      for (const frame of frames) socket.send(frame);
    } finally {
      this.raw?.uncork();
    }
    if (frames.length > 0) this.handlers.onSent?.(frames.length, isPing);
    return true;
  }

  /** How long nothing was heard of the open connection, in ms. */
  get silentMs(): number {
    return performance.now() - this.heardAt;
  }

  /** Asks the venue for a sign of life. */
  ping(): void {
    this.write([PING], true);
  }

  /** Drops the present connection and makes a new one. */
  recycle(reason: string): void {
    const socket = this.socket;
    if (socket === null) return;
    this.down(socket, reason);
    socket.terminate();
  }

  /** Ends for good. Resolves once the socket is gone. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    if (this.heartbeat !== null) clearInterval(this.heartbeat);
    const socket = this.socket;
    this.socket = null;
    if (socket === null || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      // An attempt that is still connecting reports an error when it is cut off; it is expected here.
      socket.on('error', () => undefined);
      socket.terminate();
    });
  }

  private connect(): void {
    this.admit(() => {
      if (!this.closed) this.open();
    });
  }

  private open(): void {
    const waitMs = this.egress.waitMs();
    if (waitMs > 0) {
      this.connectIn(waitMs);
      return;
    }
    const socket = new WebSocket(this.url, {
      ...socketOptionsOf(this.egress.address),
      perMessageDeflate: false,
      handshakeTimeout: this.limits.connectTimeoutMs,
      maxPayload: FRAME_BYTES_MAX,
    });
    this.socket = socket;
    socket.on('upgrade', (response) => {
      this.raw = response.socket;
      response.socket.setNoDelay(true);
    });
    socket.on('open', () => {
      if (this.socket !== socket) return;
      this.attempts = 0;
      this.heardAt = performance.now();
      this.handlers.onOpen();
    });
    socket.on('message', (data) => {
      const receivedAt = this.stamp();
      if (this.socket !== socket) return;
      this.heardAt = performance.now();
      this.handlers.onMessage(data.toString(), receivedAt);
    });
    socket.on('error', (error) => this.down(socket, error.message));
    socket.on('close', (code) => this.down(socket, `closed with code ${code}`));
  }

  private down(socket: WebSocket, reason: string): void {
    if (this.socket !== socket) return;
    this.socket = null;
    this.raw = null;
    this.handlers.onDown(reason);
    if (this.closed) return;
    const delay = Math.min(this.limits.reconnectMaxMs, this.limits.reconnectMinMs * 2 ** Math.min(this.attempts, 16));
    this.attempts += 1;
    this.connectIn(delay * (0.5 + this.jitter() / 2));
  }

  private connectIn(ms: number): void {
    this.retry = setTimeout(() => this.connect(), ms);
    this.retry.unref();
  }

  private beat(): void {
    if (!this.isOpen) return;
    const { silentMs } = this;
    if (silentMs > this.limits.silenceTimeoutMs) this.recycle(`silent for ${Math.round(silentMs)} ms`);
    else if (silentMs > this.limits.pingIntervalMs / 2) this.ping();
  }
}
