import { CLOSE_CODES, type CloseName, WAKEUP_CHANNELS } from '@lockstep/delivery';
import type { TenantScope } from '@lockstep/kernel';
import { partiesOfCopies } from '@lockstep/storage';
import { faultScopeOf, type Narrowing, scopeFromVerifiedKey, scopeKey, testScopeOf, type VerifiedKey } from '@lockstep/tenancy';
import { Inject } from '@nestjs/common';
import { type OnGatewayConnection, WebSocketGateway } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { CONTEXT, type GatewayContext } from '../app/context';
import { streamObserver } from '../app/observe';
import { traceDelivery } from '../app/trace-delivery';
import { Authenticator, type KeyInUse, type KeyLapse } from '../auth/authenticator';
import { tierOfKey } from '../auth/tiers';
import { Faults } from '../faults/faults';
import type { Refusal } from '../http/problem-exception';
import { quotaRefusal } from '../http/quotas';
import type { Admission } from './admission';
import { StreamConnection } from './connection';
import { eventsInside, remembering } from './events-inside';
import { type FaultyReader, ScopeFaults } from './scope-faults';
import { type LogFrame, ScopeLog } from './scope-log';

interface Reader extends KeyInUse, FaultyReader {
  readonly connection: StreamConnection;
  readonly key: VerifiedKey;
}

/** A scope that somebody reads. */
interface ReadScope {
  readonly log: ScopeLog;
  readonly readers: Set<Reader>;
  /** Null: it is live, and can have none. */
  readonly faults: ScopeFaults | null;
}

/** What readers may take of the drain to answer the farewell: a part of so many. */
const FAREWELL_SHARE = 4;

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
  private readonly logs = new Map<string, ReadScope>();
  private readonly stops: (() => Promise<void> | void)[] = [];
  private count = 0;
  private draining = false;
  private readonly observer;

  constructor(
    @Inject(CONTEXT) private readonly context: GatewayContext,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(Faults) private readonly faults: Faults,
  ) {
    this.observer = streamObserver(context.metrics);
  }

  /** Listens for new events and for keys that were revoked. */
  async start(): Promise<void> {
    const { wakeups } = this.context;
    this.stops.push(await wakeups.subscribe(WAKEUP_CHANNELS.events, (payload) => this.refresh(payload)));
    this.stops.push(await wakeups.subscribe(WAKEUP_CHANNELS.keys, () => void this.checkKeys()));
    this.stops.push(await wakeups.subscribe(WAKEUP_CHANNELS.faults, (payload) => this.lookForFaults(payload)));
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
    const { streamLimits, clock, log, traces } = this.context;
    const scope = scopeFromVerifiedKey(key);
    const name = scopeKey(scope);
    const entry = this.logs.get(name) ?? this.readScope(scope);
    this.logs.set(name, entry);
    const id = this.context.ids.next('request');
    const slow = (waitingBytes: number): void =>
      log.warn('a stream was closed: its reader is too slow', { connectionId: id, kid: key.kid, waitingBytes });
    const sent = (frames: readonly LogFrame[]): void => {
      this.observer.sent(frames.length);
      if (traces.on) traceDelivery(traces, { scope, connectionId: id, frames: frames.map(({ text }) => text), sentAt: clock.now() });
    };
    const observer = { ...this.observer, slow, sent };
    const shows = key.narrowing === null ? null : this.shownTo(key.narrowing, scope);
    const met = { keyId: key.keyId, openedAt: clock.now() };
    const connection = new StreamConnection(socket, entry.log, clock, streamLimits, id, observer, shows, entry.faults?.readerOf(met) ?? null);
    const reader = { ...met, connection, key, kid: key.kid, address, host };
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
    if (faultScopeOf(key, clock.now()) !== null) this.lookForFaults(name);
    connection.start();
  }

  /** Sends every reader away, each with its own delay, so that they do not return together. */
  async drain(): Promise<void> {
    this.draining = true;
    const { clock, config, random, streamLimits } = this.context;
    const sockets = [...this.logs.values()].flatMap(({ readers }) => [...readers]);
    for (const { connection } of sockets) connection.goAway(random.below(streamLimits.drainSpreadMs));
    const end = clock.monotonic() + Math.min(streamLimits.farewellMs, config.drainTimeoutMs / FAREWELL_SHARE);
    while (this.count > 0 && clock.monotonic() < end) await new Promise((resolve) => setTimeout(resolve, streamLimits.drainPollMs));
    // Who does not answer the farewell would hold the listener open.
    for (const { connection } of sockets) connection.cut();
    for (const stop of this.stops.splice(0)) await stop();
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

  private readScope(scope: TenantScope): ReadScope {
    const testScope = testScopeOf(scope);
    return {
      log: new ScopeLog(this.context.storage, scope, this.context.streamLimits),
      readers: new Set<Reader>(),
      faults: testScope === null ? null : new ScopeFaults(this.faults, testScope),
    };
  }

  /** Reads which faults strike the streams of a scope, and cuts those that one cuts at once. */
  private lookForFaults(name: string): void {
    const entry = this.logs.get(name);
    const faults = entry?.faults ?? null;
    if (entry === undefined || faults === null) return;
    faults
      .refresh()
      .then(() => faults.cutNow([...entry.readers]))
      .then((cut) => {
        for (const { connection } of cut) connection.cut();
      })
      .catch((error: unknown) => this.context.log.warn('faults of a sandbox not readable', { error }));
  }

  /** Looks for faults where a key says that there are some, and forgets those of scopes whose keys say that there are none. */
  private lookByKeys(keys: readonly VerifiedKey[]): void {
    const now = this.context.clock.now();
    const struck = new Set(keys.filter((key) => faultScopeOf(key, now) !== null).map((key) => scopeKey(scopeFromVerifiedKey(key))));
    for (const [name, { faults }] of this.logs) {
      if (struck.has(name)) this.lookForFaults(name);
      else if (faults?.any === true) faults.forget();
    }
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
    if (standing === null) return;
    for (const [reader, key] of standing) if (!key.ok) reader.connection.close(CLOSED_AS[key.error]);
    this.lookByKeys([...standing.values()].flatMap((key) => (key.ok ? [key.value] : [])));
  }
}

const frameSchema = z.object({ event: z.object({ data: z.unknown() }) });
const dataOf = (frame: string): unknown => frameSchema.parse(JSON.parse(frame)).event.data;
