import { type Size, type Timer, toLots } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import type { AccountState, VenueFill, WatchEvent } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { Lanes } from '../lanes';
import type { WorkingOrders } from '../mirrors/working-orders';
import { meetInstrument, type OnAppeared } from '../state/meet-instrument';
import type { Network } from '../state/networks';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import type { RecordedMove } from '../wave/recorded-move';
import { type Difference, differencesOf, positionsAfter, positionsOf } from './compare-state';
import { type FillFrame, recordedUnknown, recordFills, recordResync } from './inbox';
import { Restarts } from './restarts';

export type Frame<Watched = WatchedAccount> =
  | { readonly kind: 'fills'; readonly watched: Watched; readonly fills: readonly VenueFill[]; readonly receivedAt: number }
  /** `losses`: how often the account had been lost from sight when it was told. */
  | { readonly kind: 'synced'; readonly watched: Watched; readonly event: Extract<WatchEvent, { readonly kind: 'synced' }>; readonly losses: number }
  | { readonly kind: 'missing'; readonly watched: Watched; readonly differences: readonly Difference[]; readonly at: number };

/** Frames that are taken in one go: fills that gathered while the ones before were written down share a transaction. */
export type FrameRun<Watched = WatchedAccount> =
  | { readonly kind: 'fills'; readonly watched: Watched; readonly frames: readonly FillFrame[] }
  | Exclude<Frame<Watched>, { readonly kind: 'fills' }>;

/** Most frames of one transaction. */
const RUN_FRAMES_MAX = 500;
/** A state may be read before the frame of its last block arrives: only a difference that stands after this wait means that fills are missing. */
const FRAME_MAX_LATE_MS = 1_000;

/** Joins frames of fills that follow each other directly, in their order; all are of one watched account. */
export function runsOf<Watched>(frames: readonly Frame<Watched>[]): readonly FrameRun<Watched>[] {
  const runs: FrameRun<Watched>[] = [];
  let open: { readonly kind: 'fills'; readonly watched: Watched; readonly frames: FillFrame[] } | null = null;
  for (const frame of frames) {
    if (frame.kind !== 'fills') {
      runs.push(frame);
      open = null;
      continue;
    }
    if (open === null || open.frames.length >= RUN_FRAMES_MAX) {
      open = { kind: 'fills', watched: frame.watched, frames: [] };
      runs.push(open);
    }
    open.frames.push({ fills: frame.fills, receivedAt: frame.receivedAt });
  }
  return runs;
}

const NOBODY_MIRRORS: Pick<WorkingOrders, 'takeList' | 'takeFills' | 'lose'> = {
  takeList: () => undefined,
  takeFills: () => undefined,
  lose: () => undefined,
};

/** How a wait for a leader's state ended. */
export type SyncEnd = 'synced' | 'not_in_time' | 'no_seat';

/**
 * From the venue's user streams to recorded moves. Fills are signals; snapshots are state: they tell which fills are missing and where the leader
 * stands, and what can only be seen in them is followed in reductions alone. Frames of one watched account are taken one after another.
 */
export class LeaderWatch {
  private readonly byAddress = new Map<string, WatchedAccount>();
  private readonly frames: Lanes<Frame>;
  private readonly lateness = new Set<Timer>();
  private readonly waitingForSync = new Map<WatchedAccount, Set<(end: SyncEnd) => void>>();
  /** Accounts the venue has no seat for, longest wait first. */
  private readonly seatless = new Set<WatchedAccount>();
  /** Accounts whose copies take no new risk, because nobody sees the leader. */
  private readonly unseen = new Set<WatchedAccount>();
  /** How often each account was lost from sight: a state that waited to be written down meanwhile brings it back into none. */
  private readonly losses = new WeakMap<WatchedAccount, number>();
  /** Accounts whose frames could not be recorded: they are not watched until their time comes. */
  private readonly restarts: Restarts<WatchedAccount>;

  constructor(
    private readonly ctx: EngineContext,
    private readonly onMoves: (moves: readonly RecordedMove[]) => void,
    /** A leader's state was read after a (re)connect: what its copies hold may have changed unseen meanwhile. */
    private readonly onResynced: (watched: WatchedAccount) => void,
    /** A state shows an instrument that no fill told of. */
    private readonly onAppeared: OnAppeared,
    private readonly orders: Pick<WorkingOrders, 'takeList' | 'takeFills' | 'lose'> = NOBODY_MIRRORS,
  ) {
    this.restarts = new Restarts(ctx.timers, (watched) => this.watch(watched));
    this.frames = new Lanes(
      async (_key, batch) => {
        for (const run of runsOf(batch)) await this.take(run);
      },
      (key, batch, failure) => {
        ctx.log.error('leader frames could not be recorded', { watchedNo: key, frames: batch.length, error: failure });
        const [first] = batch;
        if (first === undefined) return;
        // Frames behind the one that failed are taken no more; the leader is read anew.
        first.watched.leaving.clear();
        this.restart(first.watched);
      },
      ctx.limits.inboxDepthMax,
    );
  }

  /** Starts watching an account. `seat_refused`: the venue's cap of watched users is reached; the account is watched once a seat is free. */
  watch(watched: WatchedAccount): 'watching' | 'seat_refused' {
    this.byAddress.set(addressKey(watched.network, watched.address), watched);
    if (this.restarts.isWaiting(watched)) return 'watching';
    const answer = watched.network.users.watch(watched.address, watched.begun ? watched.recordedTo : null);
    if (answer === 'watching') this.seatless.delete(watched);
    else {
      this.seatless.add(watched);
      this.holdBack(watched);
    }
    return answer;
  }

  /**
   * Starts watching accounts and waits for their states side by side, so that neither a missing seat nor a network that cannot be reached holds up the others.
   * Copies of a leader whose state did not come in time take no new risk until it does. Leaders that are swept are not awaited: there may be thousands, their
   * states are read in turn, and that of one who trades at once.
   */
  async watchAll(accounts: readonly WatchedAccount[]): Promise<void> {
    for (const watched of accounts) this.watch(watched);
    const swept = accounts.filter((watched) => !watched.synced && watched.network.users.seats?.sightOf(watched.address)?.seat === false);
    for (const watched of swept) this.holdBack(watched);
    if (swept.length > 0) this.ctx.log.info('leaders without a seat are swept; their states are read in turn', { leaders: swept.length });
    const inTurn = new Set(swept);
    await Promise.all(
      accounts.map(async (watched) => {
        if (inTurn.has(watched)) return;
        const end = await this.waitForSync(watched);
        if (end === 'synced') return;
        this.holdBack(watched);
        this.ctx.log.error('a leader is not seen; its copies take no new risk', { watchedNo: watched.no, network: watched.network.name, why: end });
      }),
    );
  }

  /** Ends watching an account. Its seat goes to the account that waited longest for one. */
  unwatch(watched: WatchedAccount): void {
    this.byAddress.delete(addressKey(watched.network, watched.address));
    this.seatless.delete(watched);
    this.restarts.forget(watched);
    watched.network.users.unwatch(watched.address);
    watched.synced = false;
    // What is being written down of it was read before.
    this.losses.set(watched, this.lossesOf(watched) + 1);
    watched.working.lose();
    this.endWaits(watched, 'no_seat');
    const next = [...this.seatless].find((waiting) => waiting.network === watched.network);
    if (next !== undefined) this.watch(next);
  }

  /** Whether the account's state was read after the last (re)connect. One that was not is read before others. */
  sees(watched: WatchedAccount): boolean {
    if (!watched.synced) watched.network.users.seats?.hurry(watched.address);
    return watched.synced;
  }

  /** Waits until the account's state was read after the last (re)connect, for `syncWaitMaxMs` at most. It is read before those of others. */
  synced(watched: WatchedAccount): Promise<SyncEnd> {
    this.sees(watched);
    return this.waitForSync(watched);
  }

  private waitForSync(watched: WatchedAccount): Promise<SyncEnd> {
    if (watched.synced) return Promise.resolve('synced');
    if (this.seatless.has(watched)) return Promise.resolve('no_seat');
    return new Promise((resolve) => {
      const waits = this.waitingForSync.get(watched) ?? new Set();
      const timer = this.ctx.timers.after(this.ctx.limits.syncWaitMaxMs, () => end('not_in_time'));
      const end = (how: SyncEnd): void => {
        timer.cancel();
        waits.delete(end);
        resolve(how);
      };
      waits.add(end);
      this.waitingForSync.set(watched, waits);
    });
  }

  /** A copy begins: the leader may have gone out of sight while it was prepared. */
  meet(copy: CopyRecord): void {
    if (this.unseen.has(copy.watched)) copy.watched.book.setStatus(copy.row, STATUS.leaderUnseen, true);
  }

  /** Takes an event of a network's user stream. */
  receive(network: Network, event: WatchEvent): void {
    switch (event.kind) {
      case 'connected':
      case 'orders':
        return;
      case 'open_orders': {
        const watched = this.byAddress.get(addressKey(network, event.address));
        if (watched !== undefined) this.orders.takeList(watched, event.dex, event.orders);
        return;
      }
      case 'orders_lost': {
        const watched = this.byAddress.get(addressKey(network, event.address));
        if (watched !== undefined) this.orders.lose(watched, event.dex);
        return;
      }
      case 'disconnected':
        this.lost(network, event.unseen);
        this.ctx.log.warn('leader stream lost', { network: network.name, reason: event.reason, unseen: event.unseen?.length ?? 'all' });
        return;
      case 'state': {
        const watched = this.byAddress.get(addressKey(network, event.state.address));
        if (watched === undefined) return;
        watched.leader.takeState(event.state);
        this.compareLater(watched, event.state, event.receivedAt);
        return;
      }
      case 'fills': {
        const watched = this.byAddress.get(addressKey(network, event.address));
        if (watched === undefined) return;
        this.ctx.pass('received_frame');
        this.orders.takeFills(watched, event.fills);
        countLeaving(watched, event.fills, 1);
        this.frames.push(String(watched.no), { kind: 'fills', watched, fills: event.fills, receivedAt: event.receivedAt });
        return;
      }
      case 'synced': {
        const watched = this.byAddress.get(addressKey(network, event.address));
        if (watched !== undefined) this.frames.push(String(watched.no), { kind: 'synced', watched, event, losses: this.lossesOf(watched) });
      }
    }
  }

  /** What their copies still owe may be of a position the leader left meanwhile: no new risk until the state was read again. */
  private lost(network: Network, unseen: readonly string[] | undefined): void {
    const { registry } = this.ctx;
    const lost = new Set<WatchedAccount>();
    if (unseen === undefined) for (const watched of registry.watched.values()) if (watched.network === network) lost.add(watched);
    for (const address of unseen ?? []) {
      const watched = this.byAddress.get(addressKey(network, address));
      if (watched !== undefined) lost.add(watched);
    }
    for (const watched of lost) {
      this.losses.set(watched, this.lossesOf(watched) + 1);
      watched.synced = false;
      watched.working.lose();
      this.unseen.add(watched);
    }
    for (const copy of registry.copies.values()) if (lost.has(copy.watched)) copy.watched.book.setStatus(copy.row, STATUS.leaderUnseen, true);
    if (lost.size > 0) this.ctx.stops.changed();
  }

  private lossesOf(watched: WatchedAccount): number {
    return this.losses.get(watched) ?? 0;
  }

  /** Frames that wait to be recorded. */
  get depth(): number {
    return this.frames.depth;
  }

  idle(): Promise<void> {
    return this.frames.idle();
  }

  stop(): void {
    for (const timer of this.lateness) timer.cancel();
    this.lateness.clear();
    this.restarts.stop();
    for (const watched of [...this.waitingForSync.keys()]) this.endWaits(watched, 'not_in_time');
  }

  private endWaits(watched: WatchedAccount, how: SyncEnd): void {
    for (const end of [...(this.waitingForSync.get(watched) ?? [])]) end(how);
    this.waitingForSync.delete(watched);
  }

  /** Copies of a leader nobody sees take no new risk (`stale_truth`): what they owe may be old. Exits go on. */
  private holdBack(watched: WatchedAccount): void {
    this.unseen.add(watched);
    this.markStale(watched, true);
    this.ctx.stops.changed();
  }

  private markStale(watched: WatchedAccount, stale: boolean): void {
    for (const copy of this.ctx.registry.copies.values()) if (copy.watched === watched) watched.book.setStatus(copy.row, STATUS.leaderUnseen, stale);
  }

  private async take(run: FrameRun): Promise<void> {
    if (run.watched.mayLackMoves && !this.restarts.isWaiting(run.watched)) this.onMoves(await recordedUnknown(this.ctx, run.watched));
    if (run.kind === 'fills') return this.takeFills(run.watched, run.frames);
    if (run.kind === 'missing') {
      try {
        if (!this.restarts.isWaiting(run.watched)) await this.takeMissing(run.watched, run.differences, run.at);
      } finally {
        countLess(run.watched, run.differences, -1);
      }
      return;
    }
    // What came behind frames that were not recorded would not continue them.
    if (this.restarts.isWaiting(run.watched)) return;
    const { watched, event } = run;
    for (const state of event.states) watched.leader.takeState(state);
    if (watched.begun) {
      const history = event.fills.filter((fill) => fill.time > watched.historyFrom);
      await this.record(watched, [{ fills: history, receivedAt: event.receivedAt }]);
      this.compare(watched, event.states, event.receivedAt);
    } else await this.begin(watched, event.states, event.fills);
    // Lost again while that was written down: what came since is not in it, and the next state tells.
    if (run.losses !== this.lossesOf(watched)) return;
    watched.synced = true;
    if (this.unseen.delete(watched)) this.markStale(watched, false);
    this.restarts.worked(watched);
    this.endWaits(watched, 'synced');
    this.onResynced(watched);
  }

  private async takeFills(watched: WatchedAccount, frames: readonly FillFrame[]): Promise<void> {
    try {
      if (!this.restarts.isWaiting(watched)) await this.record(watched, frames);
    } finally {
      // Their moves wait in the lanes from here on, or the leader is read anew and not seen until then.
      for (const { fills } of frames) countLeaving(watched, fills, -1);
    }
  }

  /**
   * Records fills and hands their moves on. Of an instrument copies met before this process began, and in which nothing of the leader's is recorded, his first fill
   * tells where he stood: planned from flat, his next increase would be an open, and his close none.
   */
  private async record(watched: WatchedAccount, frames: readonly FillFrame[]): Promise<void> {
    const { positions } = watched.leader;
    const unmet = [...watched.book.allSheets()].filter(({ instrument }) => !positions.has(instrument.coin));
    const moves = await recordFills(this.ctx, watched, frames);
    for (const sheet of unmet) {
      const first = moves.find(({ move }) => move.coin === sheet.instrument.coin);
      if (first !== undefined) sheet.leaderLots = toLots(sheet.instrument, first.move.before);
    }
    this.onMoves(moves);
  }

  /** Takes the first state ever. It stands before the account counts as synced, so that a later process follows what this one only saw. */
  private async begin(watched: WatchedAccount, states: readonly AccountState[], fills: readonly VenueFill[]): Promise<void> {
    for (const [coin, position] of positionsAfter(states, fills, dexesOf(watched))) this.standAt(watched, coin, position);
    for (const fill of fills) watched.leader.noteFill(fill.coin, fill.time);
    // A state read without its fills shows those before it.
    watched.historyFrom = Math.max(0, ...fills.map(({ time }) => time), ...states.map(({ time }) => time));
    watched.recordedTo = watched.historyFrom;
    await this.ctx.storage.platform((unit) => unit.inbox.begin(BigInt(watched.no), watched.historyFrom));
    watched.begun = true;
  }

  /**
   * Where the state differs from the fills for longer than a frame takes, fills are missing. An instrument never met before is state, nothing of it is traded.
   * What was not read is not judged: a leader who could be seen only in part must not look flat in the rest. Nor is a coin judged by a state older than its
   * newest fill: what was just copied would be undone.
   */
  private compare(watched: WatchedAccount, states: readonly AccountState[], at: number): void {
    for (const [coin, position] of positionsOf(states)) if (!watched.leader.positions.has(coin)) this.standAt(watched, coin, position);
    const { leader } = watched;
    const differences = differencesOf(leader.positions, states, dexesOf(watched), (coin) => leader.newestFillAt(coin));
    if (differences.length === 0) return;
    // Until it is clear what is missing, nothing is entered behind a leader who has less by this state.
    countLess(watched, differences, 1);
    this.later(() => this.frames.push(String(watched.no), { kind: 'missing', watched, differences, at }));
  }

  /**
   * The same with a state that comes by itself: what fills say is believed until a state contradicts it for longer than a frame takes. It may well come before its
   * block's fills, so nothing is held up meanwhile, and an instrument never met is left to them.
   */
  private compareLater(watched: WatchedAccount, state: AccountState, at: number): void {
    const different = (): readonly Difference[] =>
      watched.begun && watched.synced
        ? differencesOf(watched.leader.positions, [state], dexesOf(watched), (coin) => watched.leader.newestFillAt(coin))
        : [];
    if (different().length === 0) return;
    this.later(() => {
      const differences = different();
      if (differences.length === 0) return;
      countLess(watched, differences, 1);
      this.frames.push(String(watched.no), { kind: 'missing', watched, differences, at });
    });
  }

  /** Takes a position as where the leader stands, without a move. */
  private standAt(watched: WatchedAccount, coin: string, position: Size): void {
    watched.leader.positions.set(coin, position);
    const sheet = meetInstrument(watched, coin, this.onAppeared);
    if (sheet !== null) sheet.leaderLots = toLots(sheet.instrument, position);
  }

  /** Does something once every frame that was on its way should be here. */
  private later(work: () => void): void {
    const timer = this.ctx.timers.after(FRAME_MAX_LATE_MS, () => {
      this.lateness.delete(timer);
      work();
    });
    this.lateness.add(timer);
  }

  private async takeMissing(watched: WatchedAccount, differences: readonly Difference[], at: number): Promise<void> {
    for (const difference of differences) {
      // A fill that came meanwhile explains it, or the next state will tell: also where fills led away and back again.
      if (watched.leader.positions.get(difference.coin) !== difference.known) continue;
      if (watched.leader.newestFillAt(difference.coin) > difference.stateTime) continue;
      const move = await recordResync(this.ctx, watched, difference, at);
      if (move !== null) this.onMoves([move]);
    }
  }

  /**
   * What was not recorded is missing: watching anew brings it back. Not at once, and each time later: a database that is away for a minute must not cost the venue's
   * limits, which exits need.
   */
  private restart(watched: WatchedAccount): void {
    if (this.restarts.isWaiting(watched)) return;
    watched.synced = false;
    watched.working.lose();
    this.holdBack(watched);
    watched.network.users.unwatch(watched.address);
    this.restarts.later(watched);
  }
}

/** Counts fills with which the leader reduces or turns as told and not recorded, or no more. */
function countLeaving(watched: WatchedAccount, fills: readonly VenueFill[], by: 1 | -1): void {
  for (const { coin, side, size, startPosition } of fills) {
    if (startPosition !== 0n && (side === 'buy') !== startPosition > 0n && size !== 0n) countIn(watched, coin, by);
  }
}

/** The same for positions that a state shows as smaller, or on the other side, than fills do. */
function countLess(watched: WatchedAccount, differences: readonly Difference[], by: 1 | -1): void {
  for (const { coin, known, found } of differences) if (known > 0n ? found < known : known < 0n && found > known) countIn(watched, coin, by);
}

function countIn({ leaving }: WatchedAccount, coin: string, by: 1 | -1): void {
  const count = (leaving.get(coin) ?? 0) + by;
  if (count > 0) leaving.set(coin, count);
  else leaving.delete(coin);
}

/** The dex of each listed coin; undefined where it is not known. */
function dexesOf({ network: { markets } }: WatchedAccount): (coin: string) => string | undefined {
  return (coin) => markets.get(coin)?.instrument.dex;
}

const addressKey = (network: Network, address: string): string => `${network.venueName}|${network.name}|${address.toLowerCase()}`;
