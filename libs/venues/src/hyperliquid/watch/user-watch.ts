import type { EpochMs } from '@lockstep/kernel';
import type { Address, DetectionStanding, LeaderSight, SeatedWatch, UserWatch, WatchEvent } from '../../port';
import type { HyperliquidConfig, HyperliquidDeps } from '../config';
import { type ConnectionHandlers, streamLimits, WsConnection } from '../transport/ws-connection';
import type { SweptTrade } from '../wire/trades';
import { standingOf } from './detection-standing';
import { Latencies } from './latencies';
import { LossCount } from './loss-count';
import { OPENING_RANK } from './opening-gate';
import { OrderLists } from './order-lists';
import { OrderStreams } from './order-streams';
import { Pauses } from './pauses';
import { READ_RANK, ReadQueue } from './read-queue';
import { nextOfRound } from './round';
import type { SessionParts } from './session-core';
import { type StreamTruth, sessionTruth } from './stream-truth';
import { TradeSweep } from './trade-sweep';
import { readUserFrame, type UserFrame } from './user-frames';
import { UserSeats } from './user-seats';
import { UserSession } from './user-session';
import type { WatchBounds } from './watch-bounds';

/** Wait between two looks at what the round reads next, in ms. */
const ROUND_TICK_MS = 200;
/** Wait between two looks at whether the sweep is complete, and after it for the newest trades of the last coins, in ms. */
const SWEEP_LOOK_MS = 250;

/**
 * Watches users. The hottest hold seats: one connection carries `userFills` and `clearinghouseState` of all of them, because those name their user.
 * The others are found in the public trades of every coin, which the sweep begins to read with the first address without a seat. Whatever source sees a
 * fill first tells it; each session tells it once. States are read in a round over all addresses without a seat, inside the budget of reads.
 */
export class HyperliquidUserWatch implements UserWatch {
  readonly seats: SeatedWatch = {
    prefer: (addresses) => this.userSeats.prefer(addresses),
    followOrders: (addresses) => this.userSeats.followOrders(addresses),
    hurry: (address) => void this.sessions.get(address.toLowerCase())?.hurry(),
    sightOf: (address) => this.sightOf(address),
    standing: () => this.standing(),
  };
  private readonly sessions = new Map<Address, UserSession>();
  private readonly userSeats: UserSeats;
  private readonly orderStreams: OrderStreams;
  private readonly lists: OrderLists;
  private readonly main: WsConnection;
  private readonly reads: ReadQueue;
  private readonly latencies = { stream: new Latencies(), sweep: new Latencies() };
  private readonly losses = new LossCount();
  private sweep: TradeSweep | null = null;
  private round: NodeJS.Timeout | null = null;
  private turn = 0;
  private inTurn = false;
  private readonly pauses = new Pauses();
  private closed = false;

  constructor(
    private readonly config: HyperliquidConfig,
    private readonly deps: HyperliquidDeps,
    private readonly truth: StreamTruth,
    private readonly bounds: WatchBounds,
    private dexes: readonly string[],
    private readonly sink: (event: WatchEvent) => void,
  ) {
    this.reads = new ReadQueue(bounds.reads, () => deps.clock.monotonic(), bounds.atOnce);
    this.orderStreams = new OrderStreams(
      config.orderStreamsMax,
      (handlers) => this.connection(handlers),
      (event) => this.tell(event),
      (event, fields) => this.warn(event, fields),
    );
    this.lists = new OrderLists(
      (user) => this.sessions.get(user)?.streams === true,
      (event) => this.tell(event),
    );
    this.userSeats = new UserSeats({
      config,
      monotonic: () => deps.clock.monotonic(),
      sessions: this.sessions,
      dexes: () => this.dexes,
      // Messages of the users' own streams do not wait; those of the sweep wait for them.
      send: (frames) => this.main.send(frames),
      recycle: (reason) => this.main.recycle(reason),
      beginSweep: () => this.beginSweep(),
      orderStreams: this.orderStreams,
      ordersLost: (user, dex) => this.lists.lose(user, dex),
      warn: (event, fields) => this.warn(event, fields),
    });
    this.main = this.connection({
      onOpen: () => {
        this.tell({ kind: 'connected', at: this.deps.clock.now() });
        this.userSeats.opened();
      },
      onMessage: (text, receivedAt) => this.receive(text, receivedAt),
      onDown: (reason) => this.streamDown(reason),
    });
    this.main.start();
  }

  watch(address: Address, since: EpochMs | null = null): 'watching' | 'seat_refused' {
    const user = address.toLowerCase();
    if (this.sessions.has(user)) return 'watching';
    if (this.userSeats.seated.size >= this.userSeats.forStreams && this.config.sweepConnectionsMax === 0) return 'seat_refused';
    this.round ??= setInterval(() => this.look(), ROUND_TICK_MS);
    const session = new UserSession(user, this.sessionParts(), since);
    this.sessions.set(user, session);
    this.userSeats.change();
    if (!session.hasSeat) {
      this.beginSweep();
      void this.begin(session);
    }
    return 'watching';
  }

  unwatch(address: Address): void {
    const user = address.toLowerCase();
    this.sessions.get(user)?.end();
    this.userSeats.leave(user);
    this.sessions.delete(user);
    this.userSeats.change();
  }

  setDexes(dexes: readonly string[]): void {
    const added = dexes.filter((dex) => !this.dexes.includes(dex));
    const dropped = this.dexes.filter((dex) => !dexes.includes(dex));
    this.dexes = dexes;
    this.userSeats.setDexes(added, dropped);
    for (const session of this.sessions.values()) session.readBehind(added);
    this.sweep?.setCoins(this.coins());
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const session of this.sessions.values()) session.end();
    this.sessions.clear();
    this.pauses.close();
    if (this.round !== null) clearInterval(this.round);
    this.reads.close();
    await Promise.all([this.main.close(), this.orderStreams.close(), this.sweep?.close()]);
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
        lost: (coin) => this.losses.note(coin),
        doubt: (address) => this.sessions.get(address)?.doubt(),
        covering: (all) => this.sweepCovers(all),
      },
    );
    this.sweep.setCoins(this.coins());
  }

  /** The first state is read once the sweep is complete: what is traded while it is read is told then, and nothing need be confirmed. */
  private async begin(session: UserSession): Promise<void> {
    const { config, deps } = this;
    const until = deps.clock.monotonic() + config.sweepWaitMaxMs;
    while (this.sweep?.covers !== true && deps.clock.monotonic() < until && !this.closed) await this.pauses.wait(SWEEP_LOOK_MS);
    await this.pauses.wait(SWEEP_LOOK_MS);
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
    this.userSeats.down();
    this.tellUnseen(reason);
  }

  /** Addresses that neither the stream nor the sweep sees now. */
  private tellUnseen(reason: string): void {
    const swept = this.sweep?.covers === true;
    const unseen = [...this.sessions.values()].filter((session) => !session.streams && !(swept && session.isBased));
    for (const session of unseen) session.outOfSight();
    this.tell({ kind: 'disconnected', at: this.deps.clock.now(), reason, unseen: unseen.map(({ address }) => address) });
  }

  private look(): void {
    this.userSeats.look();
    this.sweep?.look();
    void this.nextRound();
  }

  /** Reads the next address of the round while nothing else waits, one at a time. */
  private async nextRound(): Promise<void> {
    if (this.sweep?.coinCount === 0) this.sweep.setCoins(this.coins());
    if (this.reads.isBusy || this.inTurn || this.closed) return;
    const { roundGapMs: gapMs, streamedCheckMs: streamedGapMs } = this.config;
    const next = nextOfRound(this.sessions.values(), this.turn, { now: this.deps.clock.monotonic(), gapMs, streamedGapMs });
    if (next === null) return;
    this.turn += 1;
    this.inTurn = true;
    await (next.reads === 'equity' ? next.session.learnEquity() : next.session.checkInRound());
    this.inTurn = false;
  }

  private sightOf(address: Address): LeaderSight | null {
    const session = this.sessions.get(address.toLowerCase());
    if (session === undefined) return null;
    const swept = this.sweep?.covers === true && session.isBased;
    const source = session.streams ? 'stream' : swept ? 'sweep' : 'none';
    return { source, seat: session.hasSeat, orders: this.userSeats.tellsOrders(address.toLowerCase()), lastSeenAt: session.lastSeenAt };
  }

  private standing(): DetectionStanding {
    const { config, bounds, sweep, reads, latencies } = this;
    const own = { sessions: [...this.sessions.values()], seats: this.userSeats, dexes: this.dexes.length, losses: this.losses.all };
    const connections = (this.main.isOpen ? 1 : 0) + this.orderStreams.size;
    return standingOf({ ...own, config, bounds, sweep, connections, readsWaiting: reads.depth, latencies });
  }

  private sessionParts(): SessionParts {
    const { config, deps, truth, losses } = this;
    return {
      config,
      reads: this.reads,
      log: deps.log,
      truth: sessionTruth(truth),
      losses,
      dexes: () => this.dexes,
      tell: (event) => this.tell(event),
      pause: (ms) => this.pauses.wait(ms),
      now: () => deps.clock.now(),
      monotonic: () => deps.clock.monotonic(),
    };
  }

  private tell(event: WatchEvent): void {
    if (!this.closed) this.sink(event);
  }

  private connection(given: ConnectionHandlers): WsConnection {
    const handlers = { ...given, onSent: (messages: number) => this.bounds.messages.spend(messages) };
    const jitter = (): number => this.deps.random.below(1_000_000) / 1_000_000;
    const admit = this.bounds.openings.of(OPENING_RANK.users);
    return new WsConnection(this.config.wsUrl, streamLimits(this.config), jitter, () => this.deps.clock.now(), handlers, admit);
  }

  private receive(text: string, receivedAt: number): void {
    const frame = readUserFrame(text);
    if (frame?.kind === 'error') this.warn('venue_stream_error', { text: frame.text });
    else if (frame?.kind === 'unreadable') {
      this.warn('venue_frame_unreadable', { detail: frame.detail });
      if (frame.channel === 'userFills') this.userSeats.unreadable(frame.user);
      if (frame.channel === 'openOrders') this.userSeats.unreadableOrders(frame.user);
    } else if (frame?.kind === 'orders') {
      if (this.userSeats.follows(frame.user))
        this.lists.take({ kind: 'open_orders', address: frame.user, dex: frame.dex, orders: frame.orders, receivedAt });
    } else if (frame?.kind === 'state') {
      const { state } = frame;
      if (!this.userSeats.seated.has(state.address)) return;
      if (this.truth.isKnownStandard(state.address)) this.tell({ kind: 'state', state, receivedAt });
      this.sessions.get(state.address)?.noticed(state);
    } else if (frame?.kind === 'fills' && this.userSeats.seated.has(frame.user)) this.receiveFills(frame, receivedAt);
  }

  private receiveFills({ user, fills, isSnapshot, isWhole }: Extract<UserFrame, { readonly kind: 'fills' }>, receivedAt: number): void {
    const session = this.sessions.get(user);
    if (session === undefined) return;
    if (isSnapshot) {
      this.userSeats.began(user);
      void session.snapshot(fills, receivedAt, isWhole).then(() => this.lists.release(user));
    } else if (session.live(fills, receivedAt) > 0) this.latencies.stream.note(receivedAt - Math.min(...fills.map(({ time }) => time)));
  }

  private warn(event: string, fields: Readonly<Record<string, string>>): void {
    this.deps.log({ level: 'warn', event, fields });
  }
}
