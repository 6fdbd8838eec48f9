import type { Address, UserWatch, VenueTruth, WatchEvent } from '../../port';
import type { HyperliquidConfig, HyperliquidDeps } from '../config';
import { isObject, type JsonObject, parseJson } from '../parse/json';
import { readWith } from '../parse/read';
import { WsConnection } from '../transport/ws-connection';
import { clearinghouseStateData, clearinghouseStateRequest } from '../wire/clearinghouse-state';
import { orderUpdatesData, orderUpdatesSubscription } from '../wire/open-orders';
import { userFillsData, userFillsSubscription } from '../wire/user-fills';
import { UserSession } from './user-session';

/** The truth a watch reads states by. The streamed state of a unified account would give no equity, so it is not told. */
export interface StreamTruth extends VenueTruth {
  isKnownStandard(address: Address): boolean;
}

/**
 * Watches users: one connection carries `userFills` and `clearinghouseState` of all of them, because those name their user; `orderUpdates`
 * does not, so each user that has an order stream has a connection of its own (facts §10.2). Order streams go to the first users watched,
 * up to `orderStreamsMax`; the rest is detected by fills alone.
 */
export class HyperliquidUserWatch implements UserWatch {
  private readonly sessions = new Map<Address, UserSession>();
  private readonly orderStreams = new Map<Address, WsConnection>();
  private readonly main: WsConnection;
  private readonly pauses = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
    private readonly truth: StreamTruth,
    private dexes: readonly string[],
    private readonly sink: (event: WatchEvent) => void,
  ) {
    this.main = this.connection({
      onOpen: () => {
        this.tell({ kind: 'connected', at: this.deps.clock.now() });
        for (const address of this.sessions.keys()) this.main.send(this.frames('subscribe', address));
      },
      onMessage: (text, receivedAt) => this.receive(text, receivedAt),
      onDown: (reason) => {
        for (const session of this.sessions.values()) session.disconnected();
        this.tell({ kind: 'disconnected', at: this.deps.clock.now(), reason });
      },
    });
    this.main.start();
  }

  watch(address: Address): 'watching' | 'seat_refused' {
    const user = address.toLowerCase();
    if (this.sessions.has(user)) return 'watching';
    if (this.sessions.size >= this.config.userSeatsMax) return 'seat_refused';
    const tell = (event: WatchEvent): void => this.tell(event);
    const { config, truth, deps } = this;
    const session = new UserSession(
      user,
      config,
      truth,
      deps.log,
      () => this.dexes,
      tell,
      (ms) => this.pause(ms),
      () => deps.clock.now(),
    );
    this.sessions.set(user, session);
    this.main.send(this.frames('subscribe', user));
    if (this.orderStreams.size < this.config.orderStreamsMax) this.openOrderStream(user);
    return 'watching';
  }

  unwatch(address: Address): void {
    const user = address.toLowerCase();
    const session = this.sessions.get(user);
    if (session === undefined) return;
    session.end();
    this.sessions.delete(user);
    this.main.send(this.frames('unsubscribe', user));
    void this.orderStreams.get(user)?.close();
    this.orderStreams.delete(user);
  }

  setDexes(dexes: readonly string[]): void {
    const added = dexes.filter((dex) => !this.dexes.includes(dex));
    const dropped = this.dexes.filter((dex) => !dexes.includes(dex));
    this.dexes = dexes;
    for (const [user, session] of this.sessions) {
      this.main.send([...this.stateFrames('subscribe', user, added), ...this.stateFrames('unsubscribe', user, dropped)]);
      session.readBehind(added);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const session of this.sessions.values()) session.end();
    this.sessions.clear();
    for (const timer of this.pauses) clearTimeout(timer);
    await Promise.all([this.main.close(), ...[...this.orderStreams.values()].map((stream) => stream.close())]);
    this.orderStreams.clear();
  }

  private tell(event: WatchEvent): void {
    if (!this.closed) this.sink(event);
  }

  private connection(handlers: ConstructorParameters<typeof WsConnection>[4]): WsConnection {
    const jitter = (): number => this.deps.random.below(1_000_000) / 1_000_000;
    return new WsConnection(this.config.wsUrl, this.config, jitter, () => this.deps.clock.now(), handlers);
  }

  private frames(method: 'subscribe' | 'unsubscribe', user: Address): string[] {
    return [JSON.stringify({ method, subscription: userFillsSubscription(user) }), ...this.stateFrames(method, user, this.dexes)];
  }

  private stateFrames(method: 'subscribe' | 'unsubscribe', user: Address, dexes: readonly string[]): string[] {
    return dexes.map((dex) => JSON.stringify({ method, subscription: clearinghouseStateRequest(user, dex) }));
  }

  private receive(text: string, receivedAt: number): void {
    const frame = parseJson(text);
    if (!frame.ok || !isObject(frame.value)) return;
    const { channel, data } = frame.value;
    if (channel === 'userFills') this.receiveFills(data, receivedAt);
    else if (channel === 'clearinghouseState') this.receiveState(data, receivedAt);
    else if (channel === 'error') this.warn('venue_stream_error', { text: String(data).slice(0, 200) });
  }

  private receiveFills(data: unknown, receivedAt: number): void {
    const read = readWith('userFills', userFillsData, data);
    if (!read.ok) {
      // Fills that cannot be read are a gap: only a new snapshot can close it.
      this.warn('venue_frame_unreadable', { detail: read.error.detail });
      this.main.recycle('unreadable userFills frame');
      return;
    }
    const session = this.sessions.get(read.value.user);
    if (session === undefined) return;
    if (read.value.isSnapshot) void session.snapshot(read.value.fills, receivedAt);
    else session.live(read.value.fills, receivedAt);
  }

  private receiveState(data: unknown, receivedAt: number): void {
    const read = readWith('clearinghouseState', clearinghouseStateData, data);
    if (!read.ok) this.warn('venue_frame_unreadable', { detail: read.error.detail });
    else if (this.sessions.has(read.value.address) && this.truth.isKnownStandard(read.value.address))
      this.tell({ kind: 'state', state: read.value, receivedAt });
  }

  private openOrderStream(user: Address): void {
    const subscription = JSON.stringify({ method: 'subscribe', subscription: orderUpdatesSubscription(user) });
    const stream: WsConnection = this.connection({
      onOpen: () => stream.send([subscription]),
      onMessage: (text, receivedAt) => {
        const frame = parseJson(text);
        if (frame.ok && isObject(frame.value)) this.receiveOrders(user, frame.value, receivedAt);
      },
      onDown: (reason) => this.warn('venue_order_stream_down', { address: user, reason }),
    });
    this.orderStreams.set(user, stream);
    stream.start();
  }

  private receiveOrders(user: Address, frame: JsonObject, receivedAt: number): void {
    if (frame.channel !== 'orderUpdates') return;
    const read = readWith('orderUpdates', orderUpdatesData, frame.data);
    if (!read.ok) this.warn('venue_frame_unreadable', { detail: read.error.detail });
    else if (read.value.length > 0) this.tell({ kind: 'orders', address: user, updates: read.value, receivedAt });
  }

  private warn(event: string, fields: Readonly<Record<string, string>>): void {
    this.deps.log({ level: 'warn', event, fields });
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.pauses.delete(timer);
        resolve();
      }, ms);
      this.pauses.add(timer);
    });
  }
}
