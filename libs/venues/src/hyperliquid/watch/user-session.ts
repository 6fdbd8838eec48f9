import type { EpochMs } from '@lockstep/kernel';
import type { AccountState, Address, VenueFill, WatchEvent } from '../../port';
import type { SweptTrade } from '../wire/trades';
import { type Comparison, dexOf, MergedFills } from './merged-fills';
import { READ_RANK, type ReadRank } from './read-queue';
import { SessionReads, type SessionReadsParts } from './session-reads';

/** How often the sweep may have lost trades: of one coin, and of all. */
export interface SweepLosses {
  of(coin: string): number;
  readonly all: number;
}

export interface SessionParts extends SessionReadsParts {
  readonly losses: SweepLosses;
  /** Dexes whose states are read. */
  readonly dexes: () => readonly string[];
  readonly tell: (event: WatchEvent) => void;
  readonly now: () => EpochMs;
}

/**
 * One watched address: fills from the user stream, from public trades and from back-fills as one de-duplicated stream, states as truth. With a seat the
 * stream's snapshot is the first state; without one it is read. Public trades are told at once where nothing may have been missed, and checked
 * against the state soon after; else the fills are read first. Between a (re)connect and its `synced` live frames are held back, so that they are never
 * told before older ones that were missed. Pure of sockets: it is handed what arrived.
 */
export class UserSession {
  private readonly merged: MergedFills;
  private readonly reads: SessionReads;
  private held: { readonly fills: readonly VenueFill[]; readonly receivedAt: number }[] = [];
  /** Public trades that wait for the fills around them. */
  private pending: SweptTrade[] = [];
  /** The stream's snapshot is still to come. */
  private syncing = true;
  private generation = 0;
  private seen = false;
  private ended = false;
  private streamed = false;
  /** Rank of the reading of the first state that is under way. */
  private beginning: ReadRank | null = null;
  private confirming = false;
  /** A confirmation was asked for while one was under way: what it reads may be too old for it. */
  private confirmAgain = false;
  private checking = false;
  /** Dexes whose check is due. */
  private readonly soon = new Set<string>();
  /** Nobody saw the address for a while: its next state is told as a `synced`. */
  private unseen = false;
  /** Venue time of the newest fill or checked state; null before the first. */
  lastSeenAt: EpochMs | null = null;
  /** When its state was last read for checking, by our clock; 0 before. */
  checkedAt: EpochMs = 0;

  constructor(
    readonly address: Address,
    private readonly parts: SessionParts,
    /** Fills after this time are told with the first state, where it is read; null: they are history. */
    private readonly since: EpochMs | null = null,
  ) {
    this.merged = new MergedFills(parts.config.fillMemoryMax);
    this.reads = new SessionReads(address, parts);
  }

  get hasSeat(): boolean {
    return this.streamed;
  }

  /** Whether its state is known. */
  get isBased(): boolean {
    return this.merged.based;
  }

  /** Whether public trades of some coin may be missing since its last state. */
  get isUncertain(): boolean {
    for (const coin of this.merged.coins) if (!this.merged.isCertain(coin, this.parts.losses.of(coin))) return true;
    return false;
  }

  /** Whether the user stream tells everything right now. */
  get streams(): boolean {
    return this.streamed && !this.syncing;
  }

  /** It has a seat from now on: the stream's snapshot follows. What is swept meanwhile is told as before. */
  seat(): void {
    this.streamed = true;
    this.syncing = true;
  }

  /** Its seat is gone: the sweep alone tells from here on. */
  unseat(): void {
    this.disconnected();
    this.streamed = false;
    if (this.merged.based) {
      this.syncing = false;
      // Frames that were on their way are found by their fills.
      void this.confirm();
    } else void this.begin(READ_RANK.begin);
  }

  /** The connection was lost: fills may be missing until the next snapshot was worked in. */
  disconnected(): void {
    this.generation += 1;
    this.syncing = true;
    this.held = [];
  }

  /** Nobody sees it: neither stream nor sweep. */
  outOfSight(): void {
    this.unseen = true;
  }

  /** Ends the session: nothing is told from here on. */
  end(): void {
    this.ended = true;
    this.disconnected();
    this.pending = [];
  }

  /**
   * A snapshot of the newest fills. Reads the account state, fills a gap and tells `synced`. What was held back while the state was read is part of it:
   * the state shows those fills already. A dex that cannot be read holds up nothing: it is read on behind.
   */
  async snapshot(fills: readonly VenueFill[], receivedAt: number): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    const epoch = this.parts.losses.all;
    const since = this.seen || this.merged.based ? this.merged.knownTo : (this.since ?? 0);
    const oldest = fills.reduce((earliest, fill) => Math.min(earliest, fill.time), Number.POSITIVE_INFINITY);
    // The snapshot reaches back to the last fill told, or everything between is asked for.
    const gap = since > 0 && oldest > since;
    const goOn = (): boolean => generation === this.generation;
    const missed = gap ? await this.reads.fillsNow(since, goOn) : [];
    const dexes = this.parts.dexes();
    const states = await this.reads.statesNow(dexes, goOn);
    if (generation !== this.generation) return;
    const told = [...missed, ...fills, ...this.held.flatMap((frame) => frame.fills)];
    const news = this.merged.based ? this.merged.absorb(told) : this.firstBase(states, told, epoch);
    this.adopt(states, epoch);
    for (const dex of this.merged.dexNames) this.merged.complete(dex, epoch, this.merged.lastTime);
    this.seen = true;
    this.held = [];
    this.pending = [];
    this.syncing = false;
    this.sync(states, distinct([...told, ...news]), receivedAt);
    this.readBehind(dexes.filter((dex) => !states.some((state) => state.dex === dex)));
  }

  /** Reads the states of dexes until each could be read once, and tells each by a `synced` of its own. Ends with the connection. Returns at once. */
  readBehind(dexes: readonly string[]): void {
    for (const dex of dexes) void this.readUntilTold(dex, this.generation);
  }

  /** A frame of new fills: one block of this user. */
  live(fills: readonly VenueFill[], receivedAt: number): number {
    if (this.syncing) {
      if (this.held.length < this.parts.config.heldFramesMax) this.held.push({ fills, receivedAt });
      else this.parts.log({ level: 'error', event: 'venue_held_frames_overflow', fields: { address: this.address, frames: this.held.length } });
      return 0;
    }
    const fresh = this.merged.absorb(fills, 'live');
    // The rest of this block may stand in another frame.
    for (const dex of this.merged.dexNames) this.merged.complete(dex, -1, this.merged.lastTime - 1);
    this.tellFills(fresh, receivedAt);
    return fresh.length;
  }

  /** Public trades of the address in one coin, one block or more. Returns how many were told at once. */
  swept(trades: readonly SweptTrade[], receivedAt: number): number {
    const [first] = trades;
    if (first === undefined || this.ended) return 0;
    if (!this.merged.based) {
      // With a seat the snapshot holds them.
      if (this.streamed) return 0;
      this.hold(trades);
      void this.begin(READ_RANK.urgent);
      return 0;
    }
    if (this.confirming) {
      this.hold(trades);
      return 0;
    }
    if (!this.merged.isCertain(first.coin, this.parts.losses.of(first.coin))) {
      if (this.streams) return 0;
      this.hold(trades);
      void this.confirm();
      return 0;
    }
    const told = this.merged.swept(trades);
    this.tellFills(told, receivedAt);
    if (told.length > 0 && !this.streams) void this.checkSoon(dexOf(first.coin));
    return told.length;
  }

  /** Reads the first state of an address without a seat and tells it, again and again until it could be read. A second call makes it more urgent. */
  async begin(rank: ReadRank): Promise<void> {
    if (this.beginning !== null && this.beginning <= rank) return;
    this.beginning = rank;
    for (let attempt = 1; this.awaitsBase; attempt += 1) {
      const epoch = this.parts.losses.all;
      const states = await this.reads.states(this.parts.dexes(), rank);
      // After the states, or a fill between the two would be in neither.
      const fills = this.since === null ? [] : await this.reads.fills(this.since, rank);
      if (!this.awaitsBase) break;
      if (states !== null && fills !== null) {
        this.syncing = false;
        const news = this.firstBase(states, fills, epoch);
        this.sync(states, distinct([...fills, ...news]), this.parts.now());
        this.release();
        break;
      }
      await this.parts.pause(Math.min(this.parts.config.reconnectMaxMs, this.parts.config.reconnectMinMs * attempt));
    }
    this.beginning = null;
  }

  /** Compares the told fills with the state of some dexes; what is missing is read and told. */
  async check(dexes: readonly string[], rank: ReadRank): Promise<void> {
    if (this.checking || this.ended || !this.merged.based) return;
    this.checking = true;
    this.checkedAt = this.parts.now();
    await this.compare(dexes, rank);
    this.checking = false;
  }

  /** The dexes the round reads: the main one and those with something to compare. */
  get roundDexes(): readonly string[] {
    const used = new Set([...this.merged.coins].map(dexOf));
    return this.parts.dexes().filter((dex) => dex === '' || used.has(dex));
  }

  private async compare(dexes: readonly string[], rank: ReadRank): Promise<void> {
    const epoch = this.parts.losses.all;
    const states = await this.reads.states(dexes, rank);
    if (states === null || this.ended) return;
    const first = this.merged.compare(states);
    if (first.missing.length > 0) {
      // Fills can have come while the state was read; what is missing is in the list of fills.
      const since = Math.min(...first.missing.map(({ coin }) => this.merged.completeTo(coin)));
      const fills = await this.reads.fills(Math.max(0, since - this.parts.config.confirmOverlapMs), rank);
      if (fills === null || this.ended) return;
      this.tellFills(this.merged.absorb(fills), this.parts.now());
    }
    const left = first.missing.length > 0 ? this.merged.compare(states) : first;
    if (this.unseen || left.missing.length > 0) {
      if (left.missing.length > 0) this.warnDiffers(left);
      this.adopt(states, epoch);
      this.sync(states, [], this.parts.now());
    } else for (const state of states) this.parts.tell({ kind: 'state', state, receivedAt: this.parts.now() });
    for (const state of states) if (!left.behind.includes(state.dex)) this.merged.complete(state.dex, epoch, state.time);
    this.saw(Math.min(...states.map(({ time }) => time)));
  }

  /** Reads the fills around trades that may not be all: they tell what was missed, in order, and the trades themselves. */
  private async confirm(): Promise<void> {
    this.confirmAgain = true;
    if (this.confirming || this.ended) return;
    this.confirming = true;
    const { confirmAttemptsMax, confirmOverlapMs, confirmPauseMs } = this.parts.config;
    for (let attempt = 1; attempt <= confirmAttemptsMax && !this.ended; attempt += 1) {
      const epoch = this.parts.losses.all;
      this.confirmAgain = false;
      const awaited = [...this.pending];
      const dexes = awaited.length === 0 ? this.merged.dexNames : [...new Set(awaited.map(({ coin }) => dexOf(coin)))];
      const since = Math.min(this.merged.knownTo, ...awaited.map(({ coin }) => this.merged.completeTo(coin)));
      const fills = await this.reads.fills(Math.max(0, since - confirmOverlapMs), READ_RANK.urgent);
      if (this.ended || this.streams) break;
      if (fills !== null) {
        this.tellFills(this.merged.absorb(fills), this.parts.now());
        if (awaited.every((trade) => this.merged.knows(trade))) {
          const to = awaited.reduce((newest, { time }) => Math.max(newest, time), 0);
          for (const dex of dexes) this.merged.complete(dex, epoch, to);
          if (!this.confirmAgain) break;
          continue;
        }
      }
      await this.parts.pause(confirmPauseMs * attempt);
    }
    this.confirming = false;
    if (this.ended || this.streams) {
      this.pending = [];
      return;
    }
    if (this.pending.some((trade) => !this.merged.knows(trade) && !this.isCertain(trade))) {
      // The venue does not tell them: the state does.
      this.pending = [];
      await this.check([...this.merged.dexNames], READ_RANK.urgent);
    } else this.release();
  }

  /** Trades that waited are told as they come now. */
  private release(): void {
    const byCoin = new Map<string, SweptTrade[]>();
    for (const trade of this.pending) if (!this.merged.knows(trade)) byCoin.set(trade.coin, [...(byCoin.get(trade.coin) ?? []), trade]);
    this.pending = [];
    for (const trades of byCoin.values()) this.swept(trades, this.parts.now());
  }

  private isCertain(trade: SweptTrade): boolean {
    return this.merged.isCertain(trade.coin, this.parts.losses.of(trade.coin));
  }

  private hold(trades: readonly SweptTrade[]): void {
    if (this.pending.length < this.parts.config.heldFramesMax) this.pending.push(...trades);
    else this.parts.log({ level: 'error', event: 'venue_held_trades_overflow', fields: { address: this.address, trades: this.pending.length } });
  }

  /** One check for all trades told within the delay. */
  private async checkSoon(dex: string): Promise<void> {
    if (this.soon.has(dex)) return;
    this.soon.add(dex);
    await this.parts.pause(this.parts.config.checkDelayMs);
    this.soon.delete(dex);
    await this.check([dex], READ_RANK.check);
  }

  private get awaitsBase(): boolean {
    return !this.ended && !this.streamed && !this.merged.based;
  }

  /** Fills that are newer than the states, told as news; the others are history. */
  private firstBase(states: readonly AccountState[], fills: readonly VenueFill[], epoch: number): VenueFill[] {
    this.merged.base(states, epoch);
    return this.merged.absorb(fills);
  }

  /** Stands where the states stand that fills do not explain. */
  private adopt(states: readonly AccountState[], epoch: number): void {
    const { missing, behind } = this.merged.compare(states);
    const dexes = new Set(missing.map(({ coin }) => dexOf(coin)));
    const unknown = (dex: string): boolean => dexes.has(dex) || !this.merged.dexNames.includes(dex);
    this.merged.base(
      states.filter(({ dex }) => unknown(dex) && !behind.includes(dex)),
      epoch,
    );
  }

  private sync(states: readonly AccountState[], fills: readonly VenueFill[], receivedAt: number): void {
    if (this.ended) return;
    this.unseen = false;
    this.saw(fills.reduce((newest, { time }) => Math.max(newest, time), Math.min(...states.map(({ time }) => time))));
    this.parts.tell({ kind: 'synced', address: this.address, states, fills, receivedAt });
  }

  private tellFills(fills: readonly VenueFill[], receivedAt: number): void {
    if (fills.length === 0 || this.ended) return;
    this.saw(this.merged.lastTime);
    this.parts.tell({ kind: 'fills', address: this.address, fills, receivedAt });
  }

  private saw(at: EpochMs): void {
    if (Number.isFinite(at)) this.lastSeenAt = Math.max(this.lastSeenAt ?? 0, at);
  }

  private async readUntilTold(dex: string, generation: number): Promise<void> {
    const { reconnectMinMs, reconnectMaxMs, syncAttemptsMax } = this.parts.config;
    for (let attempt = syncAttemptsMax; generation === this.generation; attempt += 1) {
      const epoch = this.parts.losses.all;
      const state = this.syncing ? null : await this.reads.account(dex, this.streamed ? null : READ_RANK.round);
      if (generation !== this.generation) return;
      if (state?.ok) {
        this.adopt([state.value], epoch);
        this.sync([state.value], [], this.parts.now());
        return;
      }
      await this.parts.pause(Math.min(reconnectMaxMs, reconnectMinMs * attempt));
    }
  }

  private warnDiffers({ missing }: Comparison): void {
    const coins = missing.map(({ coin, told, found }) => `${coin} ${told} ${found}`).join(', ');
    this.parts.log({ level: 'warn', event: 'venue_state_differs', fields: { address: this.address, coins: coins.slice(0, 200) } });
  }
}

/** Each fill once, oldest first; of two tellings the later one counts, which continues the told position. */
function distinct(fills: readonly VenueFill[]): VenueFill[] {
  const byKey = new Map(fills.map((fill) => [`${fill.time}:${fill.coin}:${fill.tradeId}`, fill]));
  return [...byKey.values()].sort((a, b) => a.time - b.time);
}
