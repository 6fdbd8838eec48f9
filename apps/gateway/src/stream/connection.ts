import {
  CLIENT_FRAME_MAX_BYTES,
  CLOSE_CODES,
  type ClientFrame,
  type CloseName,
  errorFrame,
  goingAwayFrame,
  heartbeatFrame,
  helloFrame,
  parseClientFrame,
  pongFrame,
  subscribedFrame,
  wireTime,
} from '@lockstep/delivery';
import type { Clock } from '@lockstep/kernel';
import type { WebSocket } from 'ws';
import type { StreamLimits } from './limits';
import type { ReaderFaults } from './scope-faults';
import type { LogFrame, ScopeLog } from './scope-log';

/** What a connection needs of its socket. */
export type StreamSocket = Pick<WebSocket, 'on' | 'send' | 'close' | 'terminate' | 'bufferedAmount'>;
/** What a connection needs of its tenant's log. */
export type ReadLog = Pick<ScopeLog, 'top' | 'refresh' | 'holds' | 'after' | 'grown'>;

/** Told what becomes of a connection. */
export interface ConnectionObserver {
  /** It is about to be closed because its reader is too slow, and so many bytes wait for it. */
  slow(waitingBytes: number): void;
  /** We closed it. */
  closed(name: CloseName): void;
  /** It was handed these events, in their order. */
  sent(frames: readonly LogFrame[]): void;
}

/** One reader of a tenant's stream. It pulls from the log by its own position, so that a slow socket costs no memory and loses nothing. */
export class StreamConnection {
  private cursor: bigint | null = null;
  private types: ReadonlySet<string> | null = null;
  private closed = false;
  private framesThisSecond = 0;
  private readonly timers: NodeJS.Timeout[] = [];
  private greeted: Promise<void> = Promise.resolve();

  constructor(
    private readonly socket: StreamSocket,
    private readonly log: ReadLog,
    private readonly clock: Clock,
    private readonly limits: StreamLimits,
    readonly id: string,
    private readonly told: ConnectionObserver,
    /** Which frames this reader is shown; null: all. */
    private readonly shows: ((frames: readonly string[]) => Promise<readonly boolean[]>) | null = null,
    /** Faults of its test environment; null: it has none. */
    private readonly faults: ReaderFaults | null = null,
  ) {}

  /** Listens at once, so that a client need not wait for the hello, and says hello when the top is known. */
  start(): void {
    this.socket.on('message', (data, binary) => this.receive(binary ? '' : String(data)));
    this.socket.on('close', () => this.end());
    this.socket.on('error', () => this.end());
    this.greeted = this.greet();
    const late = setTimeout(() => {
      if (this.cursor === null) this.close('subscribe_timeout');
    }, this.limits.subscribeTimeoutMs);
    const second = setInterval(() => {
      this.framesThisSecond = 0;
    }, 1_000);
    this.timers.push(late, second);
  }

  /** Closes with a named code; the client knows from the table whether to come back. */
  close(name: CloseName): void {
    if (this.closed) return;
    this.end();
    this.told.closed(name);
    this.socket.close(CLOSE_CODES[name].code, name);
  }

  /** Tells the client that the process drains, then closes. */
  goAway(reconnectAfterMs: number): void {
    if (this.closed) return;
    this.socket.send(goingAwayFrame(reconnectAfterMs));
    this.close('going_away');
  }

  /** Ends the socket without waiting for the client. */
  cut(): void {
    this.end();
    this.socket.terminate();
  }

  /** Whatever a client sends meanwhile is answered after the hello, and no heartbeat comes before it: only then is there a top to tell. */
  private async greet(): Promise<void> {
    try {
      await this.log.refresh();
      if (this.closed) return;
      this.socket.send(helloFrame(this.id, this.log.top, this.limits.heartbeatMs));
      this.timers.push(setInterval(() => this.beat(), this.limits.heartbeatMs));
    } catch {
      this.close('server_error');
    }
  }

  private beat(): void {
    this.socket.send(heartbeatFrame(this.log.top, wireTime(this.clock.now())));
  }

  /** An answer to a client, in its place after the hello. */
  private async answer(frame: string): Promise<void> {
    await this.greeted;
    if (!this.closed) this.socket.send(frame);
  }

  private end(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private receive(text: string): void {
    this.framesThisSecond += 1;
    if (this.framesThisSecond > this.limits.clientFramesPerSecond) {
      this.close('message_rate');
      return;
    }
    if (text.length > CLIENT_FRAME_MAX_BYTES) {
      this.close('frame_too_large');
      return;
    }
    const frame = parseClientFrame(text);
    if (frame.ok) this.obey(frame.value);
    else this.close('bad_frame');
  }

  private obey(frame: ClientFrame): void {
    if (frame.op === 'ping') void this.answer(pongFrame(frame.id));
    if (frame.op !== 'subscribe') return;
    if (this.cursor !== null) {
      void this.answer(errorFrame('already_subscribed', 'A connection subscribes once.'));
      return;
    }
    const { after, types } = frame;
    this.types = types === undefined ? null : new Set(types);
    void this.subscribe(after === undefined ? null : { epoch: after.epoch, seq: BigInt(after.seq) });
  }

  private async subscribe(after: { readonly epoch: string; readonly seq: bigint } | null): Promise<void> {
    this.cursor = 0n;
    try {
      await this.greeted;
      await this.log.refresh();
      const { top } = this.log;
      const resumable = after !== null && (await this.log.holds(after));
      const from = resumable ? after : top;
      this.cursor = from.seq;
      this.socket.send(subscribedFrame(from, top, after === null || resumable));
      await this.pump(top.epoch);
    } catch {
      this.close('server_error');
    }
  }

  /** Sends what lies after the cursor, in order, as fast as the socket takes it, for as long as the connection lives. */
  private async pump(epoch: string): Promise<void> {
    while (!this.closed && this.cursor !== null) {
      if (this.log.top.epoch !== epoch) return this.close('insufficient_state');
      if (this.cursor >= this.log.top.seq) {
        await this.log.grown();
        continue;
      }
      if (!(await this.drained())) return;
      const frames = await this.log.after(this.cursor);
      const shown = this.shows === null ? null : await this.shows(frames.map((frame) => frame.text));
      if (this.faults?.pending() === true) await this.sendStruck(this.faults, frames, shown);
      else this.sendShown(frames, shown);
    }
  }

  /** Sends what this reader is shown, until its queue is full. */
  private sendShown(frames: readonly LogFrame[], shown: readonly boolean[] | null): void {
    const sent: LogFrame[] = [];
    for (const [index, frame] of frames.entries()) {
      if (this.closed || this.socket.bufferedAmount > this.limits.queueMaxBytes) break;
      this.cursor = frame.seq;
      if (shown?.[index] === false || this.types?.has(frame.type) === false) continue;
      this.socket.send(frame.text);
      sent.push(frame);
    }
    if (sent.length > 0) this.told.sent(sent);
  }

  /** Sends the first of what this reader is shown as the faults of its test environment have it: an event twice, or the stream cut behind it. */
  private async sendStruck(faults: ReaderFaults, frames: readonly LogFrame[], shown: readonly boolean[] | null): Promise<void> {
    const some = frames.slice(0, this.limits.faultBatchEvents);
    const isSent = ({ type }: LogFrame, index: number): boolean => shown?.[index] !== false && this.types?.has(type) !== false;
    const fates = await faults.ahead(some.filter(isSent).length);
    const sent: LogFrame[] = [];
    for (const [index, frame] of some.entries()) {
      if (this.closed) break;
      if (!isSent(frame, index)) {
        this.cursor = frame.seq;
        continue;
      }
      const fate = fates[sent.length];
      sent.push(frame);
      this.cursor = frame.seq;
      this.socket.send(frame.text);
      if (fate?.twice === true) this.socket.send(frame.text);
      if (fate?.cut === true) this.cut();
    }
    if (sent.length > 0) this.told.sent(sent);
  }

  /** True once the socket's queue is below its bound; a socket that stays above it is closed. */
  private async drained(): Promise<boolean> {
    const since = this.clock.monotonic();
    while (this.socket.bufferedAmount > this.limits.queueMaxBytes) {
      if (this.closed) return false;
      if (this.clock.monotonic() - since > this.limits.stallTimeoutMs) {
        this.told.slow(this.socket.bufferedAmount);
        this.close('slow_consumer');
        return false;
      }
      await new Promise((resolve) => setTimeout(resolve, this.limits.drainPollMs));
    }
    return !this.closed;
  }
}
