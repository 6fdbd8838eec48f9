import type { PostAnswer } from '../parse/exchange-answer';
import { isObject, parseJson } from '../parse/json';
import { type ConnectionEgress, type ConnectionLimits, WsConnection } from '../transport/ws-connection';

/** A socket on which requests wait and nothing is heard for so long is asked for a sign of life, in ms. */
const PROBE_AFTER_MS = 1_500;
/** One that gives none is replaced, in ms: a peer that is gone without a word takes exits with it. */
const DEAD_AFTER_MS = 4_000;
/** Looks in a row that must have found it silent: after a thread was held up, one look may come before what has arrived meanwhile. */
const SILENT_LOOKS = 5;

/** A request on its way. Exactly one of the two is called, once. */
export interface PendingPost {
  readonly sentAt: number;
  answered(answer: PostAnswer, at: number): void;
  /** It was handed to the transport and no answer came: it may have landed. */
  lost(detail: string, at: number): void;
}

/** Epoch milliseconds with fractions, by this thread's monotonic clock. */
export const epochNow = (): number => performance.timeOrigin + performance.now();

/** One socket for `post` requests, with the requests that wait for an answer on it. */
export class PostLane {
  private readonly connection: WsConnection;
  private readonly pending = new Map<number, PendingPost>();
  private silentLooks = 0;

  /** `onOpen` is told when the lane can take requests again, `onSettled` after requests left the window. */
  constructor(
    url: string,
    limits: ConnectionLimits,
    jitter: () => number,
    private readonly events: { onOpen(): void; onDown(reason: string): void; onSettled(): void },
    egress?: ConnectionEgress,
  ) {
    const handlers = {
      onOpen: () => this.events.onOpen(),
      onMessage: (text: string, receivedAt: number) => this.receive(text, receivedAt),
      onDown: (reason: string) => this.dropped(reason),
    };
    this.connection = new WsConnection(url, limits, jitter, epochNow, handlers, undefined, egress);
    this.connection.start();
  }

  get isOpen(): boolean {
    return this.connection.isOpen;
  }
  get inFlight(): number {
    return this.pending.size;
  }

  /** Sends the requests in one burst; false when the socket is not open, and then none left. `posts` go with `ids` by position. */
  send(ids: readonly number[], frames: readonly string[], posts: readonly PendingPost[]): boolean {
    if (!this.connection.isOpen) return false;
    ids.forEach((id, index) => {
      const post = posts[index];
      if (post !== undefined) this.pending.set(id, post);
    });
    // A socket that dies inside this call loses what was registered: from here on the requests may have left.
    this.connection.send(frames);
    return true;
  }

  /** Gives up every request sent before `deadline` (epoch ms). Requests are kept in the order they were sent. */
  expire(deadline: number, at: number): void {
    for (const [id, post] of this.pending) {
      if (post.sentAt > deadline) break;
      this.pending.delete(id);
      post.lost('no answer in time', at);
    }
    this.events.onSettled();
  }

  /** Finds a socket whose peer is gone: what waits on it is given up as soon as it gives no sign of life, not only when its time is over. */
  probe(at: number): void {
    const oldest: PendingPost | undefined = this.pending.values().next().value;
    const quietMs = oldest === undefined || !this.connection.isOpen ? 0 : Math.min(at - oldest.sentAt, this.connection.silentMs);
    this.silentLooks = quietMs < PROBE_AFTER_MS ? 0 : this.silentLooks + 1;
    if (quietMs >= DEAD_AFTER_MS && this.silentLooks >= SILENT_LOOKS)
      this.connection.recycle(`silent for ${Math.round(quietMs)} ms while requests wait`);
    else if (this.silentLooks > 0) this.connection.ping();
  }

  async close(): Promise<void> {
    await this.connection.close();
    this.dropped('closed by us');
  }

  private receive(text: string, receivedAt: number): void {
    const frame = parseJson(text);
    if (!frame.ok || !isObject(frame.value)) return;
    const { channel, data } = frame.value;
    if (channel === 'post' && isObject(data) && typeof data.id === 'number') this.settle(data.id, answerOf(data.response), receivedAt);
    else if (channel === 'error' && typeof data === 'string') this.refuse(data, receivedAt);
  }

  /** `too many pending post requests id=7` names the request it refuses. */
  private refuse(text: string, at: number): void {
    const id = /\bid=(\d+)/.exec(text)?.[1];
    if (id !== undefined) this.settle(Number(id), { kind: 'refused', text }, at);
  }

  private settle(id: number, answer: PostAnswer, at: number): void {
    const post = this.pending.get(id);
    if (post === undefined) return;
    this.pending.delete(id);
    post.answered(answer, at);
    this.events.onSettled();
  }

  private dropped(reason: string): void {
    const lost = [...this.pending.values()];
    this.pending.clear();
    const at = epochNow();
    for (const post of lost) post.lost(reason, at);
    this.events.onDown(reason);
  }
}

function answerOf(response: unknown): PostAnswer {
  if (!isObject(response)) return { kind: 'body', body: undefined };
  if (response.type === 'error') return { kind: 'refused', text: String(response.payload) };
  return { kind: 'body', body: response.payload };
}
