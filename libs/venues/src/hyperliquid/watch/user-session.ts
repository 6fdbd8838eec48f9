import type { EpochMs } from '@lockstep/kernel';
import type { AccountState, Address, VenueFill } from '../../port';
import { dexOf } from '../parse/read';
import type { SweptTrade } from '../wire/trades';
import { READ_RANK, type ReadRank } from './read-queue';
import { SessionCore, type SessionParts } from './session-core';
import { SweptSide } from './swept-side';

/**
 * One watched address: fills from the user stream, from public trades and from back-fills as one de-duplicated stream, states as truth. With a seat the
 * stream's snapshot is the first state; without one it is read (`SweptSide`). Between a (re)connect and its `synced` live frames are held back, so that
 * they are never told before older ones that were missed. Pure of sockets: it is handed what arrived.
 */
export class UserSession {
  private readonly core: SessionCore;
  private readonly side: SweptSide;
  private held: { readonly fills: readonly VenueFill[]; readonly receivedAt: number }[] = [];
  private generation = 0;
  private seen = false;
  /** When its equity was last asked for by the round, by the monotonic clock; -Infinity before. */
  equityAskedAt = Number.NEGATIVE_INFINITY;
  /** Checks of the round in a row that left it uncertain. */
  checkedInVain = 0;

  /** Fills after `since` are told with the first state, where it is read; null: they are history. */
  constructor(
    readonly address: Address,
    private readonly parts: SessionParts,
    since: EpochMs | null = null,
  ) {
    this.core = new SessionCore(address, parts, since);
    this.side = new SweptSide(this.core, (dexes) => this.readBehind(dexes));
  }

  get hasSeat(): boolean {
    return this.core.streamed;
  }

  /** Whether its state is known. */
  get isBased(): boolean {
    return this.core.merged.based;
  }

  /** Whether how it counts its equity is known. */
  get knowsEquity(): boolean {
    return this.core.reads.knowsMode;
  }

  /** Whether public trades of some coin may be missing since its last state. */
  get isUncertain(): boolean {
    const { core, parts } = this;
    for (const coin of core.merged.coins) if (!core.isCertain(coin) && parts.dexes().includes(dexOf(coin))) return true;
    return false;
  }

  /** Whether the user stream tells everything right now. */
  get streams(): boolean {
    return this.core.streams;
  }

  get lastSeenAt(): EpochMs | null {
    return this.core.lastSeenAt;
  }

  /** When its state was last read for checking or as the first one, by the monotonic clock; -Infinity before. */
  get checkedAt(): number {
    return this.side.checkedAt;
  }

  /** The dexes the round reads: the main one, those with something to compare, and those that could not be read yet. */
  get roundDexes(): readonly string[] {
    const used = new Set([...this.core.merged.coins].map(dexOf));
    return this.parts.dexes().filter((dex) => dex === '' || used.has(dex) || !this.core.isRead(dex));
  }

  /** It has a seat from now on: the stream's snapshot follows. What is swept meanwhile is told as before. */
  seat(): void {
    this.core.streamed = true;
    this.core.syncing = true;
  }

  /** The snapshot of its seat does not come, for want of a connection: it is seen without one until it does. */
  seatIsLate(): void {
    if (!this.core.awaitsSnapshot) return;
    this.core.seatLate = true;
    if (!this.core.merged.based) void this.side.begin(READ_RANK.begin);
  }

  /** Its seat is gone: the sweep alone tells from here on. */
  unseat(): void {
    this.disconnected();
    this.core.streamed = false;
    this.core.seatLate = false;
    if (this.core.merged.based) {
      this.core.syncing = false;
      // Frames that were on their way are found by their fills.
      void this.side.confirm();
      this.readBehind(this.parts.dexes().filter((dex) => !this.core.isRead(dex)));
    } else void this.side.begin(READ_RANK.begin);
  }

  /** The connection was lost: fills may be missing until the next snapshot was worked in. */
  disconnected(): void {
    this.generation += 1;
    this.core.syncing = true;
    this.held = [];
  }

  /** Nobody sees it: neither stream nor sweep. */
  outOfSight(): void {
    this.core.unseen = true;
  }

  /** Ends the session: nothing is told from here on. */
  end(): void {
    this.core.ended = true;
    this.disconnected();
    this.side.drop();
  }

  /**
   * A snapshot of the newest fills. Reads the account state, fills a gap and tells `synced`. What was held back while the state was read is part of it:
   * the state shows those fills already, or is dated before them. A dex that cannot be read in time holds up nothing: it is read on behind.
   */
  async snapshot(fills: readonly VenueFill[], receivedAt: number, isWhole = false): Promise<void> {
    const { core, parts } = this;
    this.generation += 1;
    core.seatLate = false;
    const generation = this.generation;
    const goOn = (): boolean => generation === this.generation;
    const epoch = parts.losses.all;
    const since = this.seen || core.merged.based ? core.merged.knownTo : (core.since ?? 0);
    const oldest = fills.reduce((earliest, fill) => Math.min(earliest, fill.time), Number.POSITIVE_INFINITY);
    // The snapshot reaches back to the last fill told, or holds all there are, or everything between is asked for.
    const missed = !isWhole && since > 0 && oldest > since ? await core.reads.fillsNow(since, goOn) : [];
    const dexes = parts.dexes();
    const states = await core.reads.statesNow(dexes, goOn);
    if (!goOn()) return;
    const told = [...missed, ...fills, ...this.held.flatMap((frame) => frame.fills)];
    const wasBased = core.merged.based;
    const news = wasBased ? core.merged.absorb(told) : core.firstBase(states, told, epoch);
    // Where a state shows more than the fills do, the frame of a fill may be on its way, or was lost with a seat: what is missing is read before the state counts.
    const ahead = wasBased ? core.unexplained(states) : [];
    const agreed = states.filter(({ dex }) => !ahead.includes(dex));
    const open = core.adopt(agreed, epoch);
    for (const dex of core.merged.dexNames) core.merged.complete(dex, epoch, core.merged.lastTime);
    this.seen = true;
    this.held = [];
    this.side.drop();
    core.syncing = false;
    core.sync(agreed, [...told, ...news], receivedAt);
    this.readBehind(dexes.filter((dex) => open.includes(dex) || !states.some((state) => state.dex === dex)));
    for (const dex of ahead) void this.side.checkSoon(dex);
  }

  /**
   * Reads the states of dexes until each could be read once, and tells each by a `synced` of its own. Ends with the connection, or with the dex. Returns at once.
   * Of those without a seat there may be thousands: the round, which reads them too, goes first.
   */
  readBehind(dexes: readonly string[]): void {
    for (const dex of dexes) void this.readUntilTold(dex, this.generation);
  }

  /** A frame of new fills: one block of this user. Returns how many were told. */
  live(fills: readonly VenueFill[], receivedAt: number): number {
    const { core, parts } = this;
    if (core.syncing) {
      if (this.held.length < parts.config.heldFramesMax) this.held.push({ fills, receivedAt });
      else parts.log({ level: 'error', event: 'venue_held_frames_overflow', fields: { address: this.address, frames: this.held.length } });
      return 0;
    }
    const fresh = core.merged.absorb(fills, 'live');
    // The rest of this block may stand in another frame.
    for (const dex of core.merged.dexNames) core.merged.complete(dex, -1, core.merged.lastTime - 1);
    core.tellFills(fresh, receivedAt);
    return fresh.length;
  }

  /**
   * A state the stream told. Fills of a block are told before it, so where they do not lead to it a frame was lost or is late: a moment later the state is read
   * again, and what is missing then is read and told.
   */
  noticed(state: AccountState): void {
    const { core } = this;
    if (core.streams && core.merged.compare([state]).missing.length > 0) void this.side.checkSoon(state.dex);
  }

  /** Public trades of the address in one coin, one block or more. Returns how many were told at once. */
  swept(trades: readonly SweptTrade[], receivedAt: number): number {
    return this.side.take(trades, receivedAt);
  }

  /** Reads the first state of an address without a seat. */
  begin(rank: ReadRank): Promise<void> {
    return this.side.begin(rank);
  }

  /** Reads the state before others that wait, where nobody saw the address for a while or it was never read: it is told as a `synced`. */
  hurry(): Promise<unknown> {
    if (!this.core.merged.based) return this.side.begin(READ_RANK.urgent);
    return this.core.unseen ? this.side.check(this.roundDexes, READ_RANK.urgent) : Promise.resolve();
  }

  /** Something of the address could not be read: its fills, or its state, tell what. */
  doubt(): void {
    if (!this.core.streams && this.core.merged.based) void this.side.confirm();
  }

  check(dexes: readonly string[], rank: ReadRank): Promise<boolean> {
    return this.side.check(dexes, rank);
  }

  async checkInRound(): Promise<void> {
    await this.check(this.roundDexes, READ_RANK.round);
    this.checkedInVain = this.isUncertain ? this.checkedInVain + 1 : 0;
  }

  learnEquity(): Promise<void> {
    this.equityAskedAt = this.parts.monotonic();
    return this.side.learnEquity(READ_RANK.round);
  }

  private async readUntilTold(dex: string, generation: number): Promise<void> {
    const { core, parts } = this;
    const { reconnectMinMs, reconnectMaxMs, syncAttemptsMax } = parts.config;
    for (let attempt = syncAttemptsMax; generation === this.generation && parts.dexes().includes(dex); attempt += 1) {
      const epoch = parts.losses.all;
      const state = core.syncing
        ? null
        : await (core.streamed ? core.reads.account(dex, READ_RANK.begin) : core.reads.positions(dex, READ_RANK.behind));
      if (generation !== this.generation) return;
      if (state?.ok && core.adopt([state.value], epoch).length === 0) {
        core.sync([state.value], [], parts.now());
        return;
      }
      await parts.pause(Math.min(reconnectMaxMs, reconnectMinMs * attempt));
    }
  }
}
