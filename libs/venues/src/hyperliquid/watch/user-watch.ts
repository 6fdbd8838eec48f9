import type { EpochMs, Result } from '@lockstep/kernel';
import type {
  AccountState,
  Address,
  DetectionStanding,
  LeaderSight,
  SeatedWatch,
  UserWatch,
  VenueReadError,
  VenueTruth,
  WatchEvent,
} from '../../port';
import type { HyperliquidConfig, HyperliquidDeps } from '../config';
import { isObject, parseJson } from '../parse/json';
import { readWith } from '../parse/read';
import { type ConnectionHandlers, WsConnection } from '../transport/ws-connection';
import { clearinghouseStateData, clearinghouseStateRequest } from '../wire/clearinghouse-state';
import type { SweptTrade } from '../wire/trades';
import { userFillsData, userFillsSubscription } from '../wire/user-fills';
import { Latencies } from './latencies';
import { OPENING_RANK } from './opening-gate';
import { OrderStreams } from './order-streams';
import { READ_RANK, ReadQueue } from './read-queue';
import { changeSeats } from './seats';
import type { SessionParts } from './session-core';
import { TradeSweep } from './trade-sweep';
import { UserSession } from './user-session';
import type { WatchBounds } from './watch-bounds';

/** The truth a watch reads states by. The streamed state of a unified account would give no equity, so it is not told. */
export interface StreamTruth extends VenueTruth {
  isKnownStandard(address: Address): boolean;
  /** A state in which the account's mode may be an old one: it hardly ever changes and weighs ten times the state. */
  leaderAccount(address: Address, dex: string): Promise<Result<AccountState, VenueReadError>>;
  /** The same without asking for the mode. */
  leaderPositions(address: Address, dex: string): Promise<Result<AccountState, VenueReadError>>;
  /** Weight of the next such reading. */
  leaderPositionsWeight(address: Address): number;
  leaderMode(address: Address): Promise<Result<unknown, VenueReadError>>;
  knowsMode(address: Address): boolean;
  /** Coins of a dex that can be traded, as last read; empty before. */
  tradedCoins(dex: string): readonly string[];
}

/** Wait between two looks at what the round reads next, in ms. */
const ROUND_TICK_MS = 200;
/** Wait between two looks at whether the sweep is complete, and after it for the newest trades of the last coins, in ms. */
const SWEEP_LOOK_MS = 250;
const MODE_WEIGHT = 20;

/**
 * Watches users. The hottest hold seats: one connection carries `userFills` and `clearinghouseState` of all of them, because those name their user.
 * The others are found in the public trades of every coin, which the sweep begins to read with the first address without a seat. Whatever source sees a
 * fill first tells it; each session tells it once. States are read in a round over all addresses without a seat, inside the budget of reads.
 */
export class HyperliquidUserWatch implements UserWatch {
  readonly seats: SeatedWatch = {
    prefer: (addresses) => this.prefer(addresses),
    hurry: (address) => void this.sessions.get(address.toLowerCase())?.begin(READ_RANK.urgent),
    sightOf: (address) => this.sightOf(address),
    standing: () => this.standing(),
  };
  private readonly sessions = new Map<Address, UserSession>();
  private readonly seated = new Set<Address>();
  private preferred: readonly Address[] = [];
  private readonly orderStreams: OrderStreams;
  private readonly main: WsConnection;
  private readonly reads: ReadQueue;
  private readonly latencies = { stream: new Latencies(), sweep: new Latencies() };
  private readonly lossesByCoin = new Map<string, number>();
  private allLosses = 0;
  private sweep: TradeSweep | null = null;
  private round: NodeJS.Timeout | null = null;
  private readonly pauses = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
    private readonly truth: StreamTruth,
    private readonly bounds: WatchBounds,
    private dexes: readonly string[],
    private readonly sink: (event: WatchEvent) => void,
  ) {
    this.reads = new ReadQueue(bounds.reads, () => deps.clock.monotonic());
    this.orderStreams = new OrderStreams(
      config.orderStreamsMax,
      (handlers) => this.connection(handlers),
      (event) => this.tell(event),
      (event, fields) => this.warn(event, fields),
    );
    this.main = this.connection({
      onOpen: () => {
        this.tell({ kind: 'connected', at: this.deps.clock.now() });
        for (const address of this.seated) this.send(this.frames('subscribe', address));
      },
      onMessage: (text, receivedAt) => this.receive(text, receivedAt),
      onDown: (reason) => this.streamDown(reason),
    });
    this.main.start();
  }

  watch(address: Address, since: EpochMs | null = null): 'watching' | 'seat_refused' {
    const user = address.toLowerCase();
    if (this.sessions.has(user)) return 'watching';
    if (this.seated.size >= this.streamSeats && this.config.sweepConnectionsMax === 0) return 'seat_refused';
    const session = new UserSession(user, this.sessionParts(), since);
    this.sessions.set(user, session);
    this.changeSeats();
    if (!session.hasSeat) {
      this.beginSweep();
      void this.begin(session);
    }
    return 'watching';
  }

  unwatch(address: Address): void {
    const user = address.toLowerCase();
    this.sessions.get(user)?.end();
    if (this.seated.has(user)) this.leave(user);
    this.sessions.delete(user);
    this.changeSeats();
  }

  setDexes(dexes: readonly string[]): void {
    const added = dexes.filter((dex) => !this.dexes.includes(dex));
    const dropped = this.dexes.filter((dex) => !dexes.includes(dex));
    this.dexes = dexes;
    for (const user of this.seated) this.send([...this.stateFrames('subscribe', user, added), ...this.stateFrames('unsubscribe', user, dropped)]);
    for (const session of this.sessions.values()) session.readBehind(added);
    this.sweep?.setCoins(this.coins());
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const session of this.sessions.values()) session.end();
    this.sessions.clear();
    for (const timer of this.pauses) clearTimeout(timer);
    if (this.round !== null) clearInterval(this.round);
    this.reads.close();
    await Promise.all([this.main.close(), this.orderStreams.close(), this.sweep?.close()]);
  }

  /** Seats that streams of fills may take; the others are kept for addresses whose orders are followed. */
  private get streamSeats(): number {
    return Math.max(1, this.config.userSeatsMax - this.config.orderSeatsReserved);
  }

  private prefer(addresses: readonly Address[]): void {
    this.preferred = addresses.map((address) => address.toLowerCase());
    this.changeSeats();
  }

  private changeSeats(): void {
    const { seat, unseat } = changeSeats([...this.sessions.keys()], this.seated, this.preferred, this.streamSeats);
    for (const user of unseat) {
      this.leave(user);
      this.beginSweep();
      this.sessions.get(user)?.unseat();
    }
    for (const user of seat) {
      this.seated.add(user);
      this.sessions.get(user)?.seat();
      this.send(this.frames('subscribe', user));
      this.orderStreams.open(user);
    }
  }

  private leave(user: Address): void {
    this.seated.delete(user);
    this.send(this.frames('unsubscribe', user));
    this.orderStreams.drop(user);
  }

  private beginSweep(): void {
    if (this.sweep !== null || this.closed || this.config.sweepConnectionsMax === 0) return;
    this.sweep = new TradeSweep(
      this.config,
      this.deps,
      this.bounds.messages,
      this.bounds.openings.of(OPENING_RANK.sweep),
      (one) => this.sessions.has(one),
      {
        trades: (address, trades, receivedAt) => this.swept(address, trades, receivedAt),
        lost: (coin) => {
          this.allLosses += 1;
          this.lossesByCoin.set(coin, this.allLosses);
        },
        covering: (all) => this.sweepCovers(all),
      },
    );
    this.sweep.setCoins(this.coins());
    this.round = setInterval(() => this.nextRound(), ROUND_TICK_MS);
  }

  /** The first state is read once the sweep is complete: what is traded while it is read is told then, and nothing need be confirmed. */
  private async begin(session: UserSession): Promise<void> {
    const { config, deps } = this;
    const until = deps.clock.monotonic() + config.sweepWaitMaxMs;
    while (this.sweep?.covers !== true && deps.clock.monotonic() < until && !this.closed) await this.pause(SWEEP_LOOK_MS);
    await this.pause(SWEEP_LOOK_MS);
    await session.begin(READ_RANK.begin);
  }

  private coins(): readonly string[] {
    return this.dexes.flatMap((dex) => this.truth.tradedCoins(dex));
  }

  private swept(address: Address, trades: readonly SweptTrade[], receivedAt: EpochMs): void {
    const told = this.sessions.get(address)?.swept(trades, receivedAt) ?? 0;
    const [first] = trades;
    if (told > 0 && first !== undefined) this.latencies.sweep.note(receivedAt - first.time);
  }

  private sweepCovers(all: boolean): void {
    this.deps.log({
      level: all ? 'info' : 'warn',
      event: all ? 'venue_sweep_complete' : 'venue_sweep_incomplete',
      fields: { coins: this.sweep?.coinCount ?? 0 },
    });
    if (!all) this.tellUnseen('the sweep of trades is not complete');
  }

  private streamDown(reason: string): void {
    for (const user of this.seated) this.sessions.get(user)?.disconnected();
    this.tellUnseen(reason);
  }

  /** Addresses that neither the stream nor the sweep sees now. */
  private tellUnseen(reason: string): void {
    const swept = this.sweep?.covers === true;
    const unseen = [...this.sessions.values()].filter((session) => !session.streams && !(swept && session.isBased));
    for (const session of unseen) session.outOfSight();
    this.tell({ kind: 'disconnected', at: this.deps.clock.now(), reason, unseen: unseen.map(({ address }) => address) });
  }

  /** Reads the next address of the round while nothing else waits: first where trades may be missing, then who was read longest ago. */
  private nextRound(): void {
    if (this.sweep?.coinCount === 0) this.sweep.setCoins(this.coins());
    if (this.reads.depth > 0 || this.closed) return;
    let next: UserSession | null = null;
    for (const session of this.sessions.values()) {
      if (session.streams || !session.isBased) continue;
      if (next === null || isBefore(session, next)) next = session;
    }
    if (next === null) return;
    if (!next.knowsEquity) void next.learnEquity();
    else if (this.deps.clock.now() - next.checkedAt >= this.config.roundGapMs) void next.check(next.roundDexes, READ_RANK.round);
  }

  private sightOf(address: Address): LeaderSight | null {
    const session = this.sessions.get(address.toLowerCase());
    if (session === undefined) return null;
    const swept = this.sweep?.covers === true && session.isBased;
    const source = session.streams ? 'stream' : swept ? 'sweep' : 'none';
    return { source, seat: session.hasSeat, lastSeenAt: session.lastSeenAt };
  }

  private standing(): DetectionStanding {
    const sessions = [...this.sessions.values()];
    const { sweep, bounds, config } = this;
    return {
      seatsTotal: config.userSeatsMax,
      seatsUsed: this.seated.size,
      seatsReserved: Math.min(config.orderSeatsReserved, config.userSeatsMax),
      watched: sessions.length,
      streamed: sessions.filter((session) => session.streams).length,
      swept: sessions.filter((session) => !session.hasSeat && session.isBased).length,
      unread: sessions.filter((session) => !session.isBased).length,
      sweepCovers: sweep?.covers ?? false,
      sweepLosses: this.allLosses,
      coins: sweep?.coinCount ?? 0,
      connections: (this.main.isOpen ? 1 : 0) + this.orderStreams.size + (sweep?.openConnections ?? 0),
      connectionsOpened: bounds.openings.opened,
      subscriptions: (sweep?.subscriptions ?? 0) + this.seated.size * (1 + this.dexes.length),
      subscriptionsMax: config.sweepSubscriptionsMax + config.userSeatsMax * (1 + this.dexes.length),
      messagesSent: bounds.messages.spentTotal,
      weightPerMinuteMax: config.detectionWeightPerMinute,
      weightSpent: bounds.weightSpent(),
      readsWaiting: this.reads.depth,
      stream: this.latencies.stream.figure,
      sweep: this.latencies.sweep.figure,
    };
  }

  private sessionParts(): SessionParts {
    const { config, deps, truth, lossesByCoin } = this;
    const losses = (): number => this.allLosses;
    return {
      config,
      reads: this.reads,
      log: deps.log,
      truth: {
        account: (address, dex) => truth.leaderAccount(address, dex),
        accountWeight: (address) => truth.leaderPositionsWeight(address) + (truth.knowsMode(address) ? 0 : MODE_WEIGHT),
        positions: (address, dex) => truth.leaderPositions(address, dex),
        positionsWeight: (address) => truth.leaderPositionsWeight(address),
        mode: (address) => truth.leaderMode(address),
        knowsMode: (address) => truth.knowsMode(address),
        fills: (address, since) => truth.fills(address, since),
      },
      losses: {
        of: (coin) => lossesByCoin.get(coin) ?? 0,
        get all() {
          return losses();
        },
      },
      dexes: () => this.dexes,
      tell: (event) => this.tell(event),
      pause: (ms) => this.pause(ms),
      now: () => deps.clock.now(),
    };
  }

  private tell(event: WatchEvent): void {
    if (!this.closed) this.sink(event);
  }

  private connection(handlers: ConnectionHandlers): WsConnection {
    const jitter = (): number => this.deps.random.below(1_000_000) / 1_000_000;
    const admit = this.bounds.openings.of(OPENING_RANK.users);
    return new WsConnection(this.config.wsUrl, this.config, jitter, () => this.deps.clock.now(), handlers, admit);
  }

  /** Messages of the users' own streams do not wait; those of the sweep wait for them. */
  private send(frames: readonly string[]): void {
    if (this.main.send(frames)) this.bounds.messages.spend(frames.length);
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
    const { user, fills, isSnapshot } = read.value;
    const session = this.sessions.get(user);
    if (session === undefined || !this.seated.has(user)) return;
    if (isSnapshot) void session.snapshot(fills, receivedAt);
    else if (session.live(fills, receivedAt) > 0) this.latencies.stream.note(receivedAt - Math.min(...fills.map(({ time }) => time)));
  }

  private receiveState(data: unknown, receivedAt: number): void {
    const read = readWith('clearinghouseState', clearinghouseStateData, data);
    if (!read.ok) this.warn('venue_frame_unreadable', { detail: read.error.detail });
    else if (this.seated.has(read.value.address) && this.truth.isKnownStandard(read.value.address))
      this.tell({ kind: 'state', state: read.value, receivedAt });
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

/** Whose turn of the round comes first: whose equity is not known, where trades may be missing, who was read longest ago. */
function isBefore(one: UserSession, other: UserSession): boolean {
  if (one.knowsEquity !== other.knowsEquity) return other.knowsEquity;
  if (one.isUncertain !== other.isUncertain) return one.isUncertain;
  return one.checkedAt < other.checkedAt;
}
