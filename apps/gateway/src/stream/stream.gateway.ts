import { CLOSE_CODES, type CloseName, WAKEUP_CHANNELS } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import { partiesOfCopies } from '@lockstep/storage';
import { type Narrowing, scopeFromVerifiedKey, scopeKey, type VerifiedKey } from '@lockstep/tenancy';
import { Inject } from '@nestjs/common';
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { streamObserver } from '../app/observe';
import { Authenticator, type KeyInUse, type KeyLapse } from '../auth/authenticator';
import { tierOfKey } from '../auth/tiers';
import type { Refusal } from '../http/problem-exception';
import { quotaRefusal } from '../http/quotas';
import type { Admission } from './admission';
import { StreamConnection } from './connection';
import { eventsInside, remembering } from './events-inside';
import { ScopeLog } from './scope-log';

interface Reader extends KeyInUse {
  readonly connection: StreamConnection;
  readonly key: VerifiedKey;
}

/** How a socket is closed whose key is no longer good. */
const CLOSED_AS: Readonly<Record<KeyLapse, CloseName>> = {
  unknown_key: 'key_revoked',
  wrong_environment: 'key_revoked',
  revoked: 'key_revoked',
  expired: 'key_expired',
  tenant_closed: 'tenant_suspended',
  tenant_suspended: 'tenant_suspended',
  address_not_allowed: 'address_not_allowed',
};

/** The tenants' streams: one log per scope that somebody reads, and its readers. */
@WebSocketGateway()
export class StreamGateway implements OnGatewayConnection {
  private readonly logs = new Map<string, { readonly log: ScopeLog; readonly readers: Set<Reader> }>();
  private readonly stops: (() => Promise<void> | void)[] = [];
  private count = 0;
  private draining = false;
  private readonly observer;

  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
  ) {
    this.observer = streamObserver(context.metrics);
  }

  /** Listens for new events and for keys that were revoked. */
  async start(): Promise<void> {
    const { wakeups } = this.context;
    this.stops.push(await wakeups.subscribe(WAKEUP_CHANNELS.events, (payload) => this.refresh(payload)));
    this.stops.push(await wakeups.subscribe(WAKEUP_CHANNELS.keys, () => void this.checkKeys()));
    this.stops.push(wakeups.onReconnect(() => this.refreshAll()));
    const poll = setInterval(() => this.refreshAll(), this.context.streamLimits.pollMs);
    const check = setInterval(() => void this.checkKeys(), this.context.streamLimits.keyCheckMs);
    this.stops.push(
      () => clearInterval(poll),
      () => clearInterval(check),
    );
  }

  /** The refusal of one more stream than the plan allows at this gateway; null while there is room. */
  full(key: VerifiedKey): Refusal | null {
    const open = this.logs.get(scopeKey(scopeFromVerifiedKey(key)))?.readers.size ?? 0;
    const tier = tierOfKey(key);
    return open < tier.quotas.stream_connections ? null : quotaRefusal(tier, 'stream_connections', open);
  }

  /** Called once per admitted socket, with the key the door proved. */
  handleConnection(socket: WebSocket, { key, address, host }: Admission): void {
    if (this.draining) {
      socket.close(CLOSE_CODES.going_away.code, 'going_away');
      return;
    }
    const { streamLimits, clock, log } = this.context;
    const scope = scopeFromVerifiedKey(key);
    const name = scopeKey(scope);
    const entry = this.logs.get(name) ?? { log: new ScopeLog(this.context.storage, scope, streamLimits), readers: new Set<Reader>() };
    this.logs.set(name, entry);
    const id = this.context.ids.next('request');
    const slow = (waitingBytes: number): void =>
      log.warn('a stream was closed: its reader is too slow', { connectionId: id, kid: key.kid, waitingBytes });
    const observer = { ...this.observer, slow };
    const shows = key.narrowing === null ? null : this.shownTo(key.narrowing, scope);
    const connection = new StreamConnection(socket, entry.log, clock, streamLimits, id, observer, shows);
    const reader = { connection, key, kid: key.kid, address, host };
    if (this.full(key) !== null || this.count >= this.context.streamLimits.connectionsMax) {
      connection.close('connection_limit');
      return;
    }
    entry.readers.add(reader);
    this.counted(1);
    socket.on('close', () => {
      if (!entry.readers.delete(reader)) return;
      this.counted(-1);
      if (entry.readers.size === 0) this.logs.delete(name);
    });
    connection.start();
  }

  /** Sends every reader away, each with its own delay, so that they do not return together. */
  async drain(): Promise<void> {
    this.draining = true;
    for (const stop of this.stops.splice(0)) await stop();
    const sockets = [...this.logs.values()].flatMap(({ readers }) => [...readers]);
    for (const { connection } of sockets) connection.goAway(this.context.random.below(this.context.streamLimits.drainSpreadMs));
    const end = this.context.clock.monotonic() + this.context.streamLimits.farewellMs;
    while (this.count > 0 && this.context.clock.monotonic() < end)
      await new Promise((resolve) => setTimeout(resolve, this.context.streamLimits.drainPollMs));
    // Who does not answer the farewell would hold the listener open.
    for (const { connection } of sockets) connection.cut();
  }

  private counted(change: number): void {
    this.count += change;
    this.observer.open(this.count);
  }

  /** Which frames a narrowed key is shown: they are read back, because they are serialised for all. */
  private shownTo(narrowing: Narrowing, scope: TenantScope): (frames: readonly string[]) => Promise<readonly boolean[]> {
    const find = remembering((ids) => this.context.storage.scoped(scope, (unit) => partiesOfCopies(unit, ids), { readOnly: true }));
    return (frames) => eventsInside(narrowing, frames.map(dataOf), find);
  }

  private refresh(payload: string): void {
    this.logs
      .get(payload)
      ?.log.refresh()
      .catch((error: unknown) => this.context.log.warn('event log not readable', { error }));
  }

  private refreshAll(): void {
    for (const name of this.logs.keys()) this.refresh(name);
  }

  /** Closes the sockets of keys that are no longer good, or no longer from where or at the host where they are used. */
  private async checkKeys(): Promise<void> {
    const readers = [...this.logs.values()].flatMap((entry) => [...entry.readers]);
    if (readers.length === 0) return;
    const standing = await this.authenticator.standing(readers).catch((error: unknown) => {
      this.context.log.warn('keys of open streams not checked', { error });
      return null;
    });
    for (const [reader, key] of standing ?? []) if (!key.ok) reader.connection.close(CLOSED_AS[key.error]);
  }
}

const frameSchema = z.object({ event: z.object({ data: z.unknown() }) });
const dataOf = (frame: string): unknown => frameSchema.parse(JSON.parse(frame)).event.data;
