import type { Address, WatchEvent } from '../../port';
import { isObject, type JsonObject, parseJson } from '../parse/json';
import { readWith } from '../parse/read';
import type { ConnectionHandlers, WsConnection } from '../transport/ws-connection';
import { orderUpdatesData, orderUpdatesSubscription } from '../wire/open-orders';

/**
 * Order updates of some users. The venue names no user in them, so each user has a connection of its own (facts §10.2). They go to the first users with a
 * seat, up to `max`.
 */
export class OrderStreams {
  private readonly streams = new Map<Address, WsConnection>();

  constructor(
    private readonly max: number,
    private readonly connection: (handlers: ConnectionHandlers) => WsConnection,
    private readonly tell: (event: WatchEvent) => void,
    private readonly warn: (event: string, fields: Readonly<Record<string, string>>) => void,
  ) {}

  get size(): number {
    return this.streams.size;
  }

  /** Opens the stream of a user if one is left. */
  open(user: Address): void {
    if (this.streams.has(user) || this.streams.size >= this.max) return;
    const subscription = JSON.stringify({ method: 'subscribe', subscription: orderUpdatesSubscription(user) });
    const stream: WsConnection = this.connection({
      onOpen: () => stream.send([subscription]),
      onMessage: (text, receivedAt) => {
        const frame = parseJson(text);
        if (frame.ok && isObject(frame.value)) this.receive(user, frame.value, receivedAt);
      },
      onDown: (reason) => this.warn('venue_order_stream_down', { address: user, reason }),
    });
    this.streams.set(user, stream);
    stream.start();
  }

  drop(user: Address): void {
    void this.streams.get(user)?.close();
    this.streams.delete(user);
  }

  async close(): Promise<void> {
    await Promise.all([...this.streams.values()].map((stream) => stream.close()));
    this.streams.clear();
  }

  private receive(user: Address, frame: JsonObject, receivedAt: number): void {
    if (frame.channel !== 'orderUpdates') return;
    const read = readWith('orderUpdates', orderUpdatesData, frame.data);
    if (!read.ok) this.warn('venue_frame_unreadable', { detail: read.error.detail });
    else if (read.value.length > 0) this.tell({ kind: 'orders', address: user, updates: read.value, receivedAt });
  }
}
