import type { EpochMs } from '@lockstep/kernel';
import type { AccountState } from '../../port';
import { dexOf } from '../parse/read';
import type { SweptTrade } from '../wire/trades';
import type { Comparison } from './merged-fills';
import { READ_RANK, type ReadRank } from './read-queue';
import type { SessionCore } from './session-core';

/**
 * One address as the public trades tell it. A trade is told at once where nothing may have been missed since the last state; a reading soon after checks
 * it. Else the fills are read first and tell what was missed, in order. While the first state, or how the account counts its equity, is not known,
 * trades wait for that reading: whoever copies in proportion needs it.
 */
export class SweptSide {
  /** Trades that wait for a reading. */
  private pending: SweptTrade[] = [];
  /** Rank of the reading of the first state that is under way. */
  private beginning: ReadRank | null = null;
  private confirming = false;
  /** A confirmation was asked for while one was under way: what it reads may be too old for it. */
  private confirmAgain = false;
  private checking = false;
  /** The check that is made next. */
  private due: { readonly dexes: readonly string[]; readonly rank: ReadRank } | null = null;
  private learning = false;
  /** Trades waited for the equity once; they do not wait for a venue that does not answer. */
  private waitedForEquity = false;
  /** Dexes whose check is due. */
  private readonly soon = new Set<string>();
  /** When its state was last read for checking, by our clock; 0 before. */
  checkedAt: EpochMs = 0;

  constructor(private readonly core: SessionCore) {}

  /** Takes trades of one coin, one block or more. Returns how many were told at once. */
  take(trades: readonly SweptTrade[], receivedAt: number): number {
    const { core } = this;
    const [first] = trades;
    if (first === undefined || core.ended) return 0;
    if (!core.merged.based) {
      // With a seat the snapshot holds them.
      if (core.awaitsSnapshot) return 0;
      this.hold(trades);
      void this.begin(READ_RANK.urgent);
      return 0;
    }
    if (this.confirming || this.learning) {
      this.hold(trades);
      return 0;
    }
    if (!core.isCertain(first.coin)) {
      if (core.streams) return 0;
      this.hold(trades);
      void this.confirm();
      return 0;
    }
    if (!core.streams && !core.reads.knowsMode && !this.waitedForEquity) {
      this.hold(trades);
      void this.learnEquity(READ_RANK.urgent);
      return 0;
    }
    const told = core.merged.swept(trades);
    core.tellFills(told, receivedAt);
    if (told.length > 0 && !core.streams) void this.checkSoon(dexOf(first.coin));
    return told.length;
  }

  /** Forgets what waits: the stream's snapshot holds it. */
  drop(): void {
    this.pending = [];
  }

  /** Reads the first state and tells it, again and again until it could be read. A second call can only make it more urgent. */
  async begin(rank: ReadRank): Promise<void> {
    const { core } = this;
    if (this.beginning !== null && this.beginning <= rank) return;
    this.beginning = rank;
    for (let attempt = 1; this.awaitsBase; attempt += 1) {
      const epoch = core.parts.losses.all;
      const states = await core.reads.states(core.parts.dexes(), rank);
      // After the states, or a fill between the two would be in neither.
      const fills = core.since === null ? [] : await core.reads.fills(core.since, rank);
      if (!this.awaitsBase) break;
      if (states !== null && fills !== null) {
        // With a seat its snapshot is still to come.
        core.syncing = core.streamed;
        const news = core.firstBase(states, fills, epoch);
        core.sync(states, [...fills, ...news], core.parts.now());
        this.release();
        break;
      }
      await core.parts.pause(Math.min(core.parts.config.reconnectMaxMs, core.parts.config.reconnectMinMs * attempt));
    }
    this.beginning = null;
  }

  /** Reads how the account counts its equity, and tells the state with it. */
  async learnEquity(rank: ReadRank): Promise<void> {
    const { core } = this;
    if (this.learning || core.ended || core.reads.knowsMode) return;
    this.learning = rank === READ_RANK.urgent;
    // Before the trades that waited, so that they find it.
    await this.readEquity(rank);
    this.learning = false;
    if (!core.ended && !this.confirming) this.release();
  }

  /** Reads the fills around trades that may not be all: they tell what was missed, in order, and the trades themselves. */
  async confirm(): Promise<void> {
    const { core } = this;
    this.confirmAgain = true;
    if (this.confirming || core.ended) return;
    this.confirming = true;
    const { confirmAttemptsMax, confirmPauseMs } = core.parts.config;
    for (let attempt = 1; attempt <= confirmAttemptsMax && !core.ended; attempt += 1) {
      this.confirmAgain = false;
      const done = await this.confirmOnce();
      if (core.ended || core.streams || (done && !this.confirmAgain)) break;
      if (!done) await core.parts.pause(confirmPauseMs * attempt);
    }
    this.confirming = false;
    if (core.ended || core.streams) this.pending = [];
    else if (this.pending.some((trade) => !core.merged.knows(trade) && !core.isCertain(trade.coin))) {
      // The venue does not tell them: the state does.
      this.pending = [];
      await this.check([...core.merged.dexNames], READ_RANK.urgent);
    } else this.release();
  }

  /**
   * Compares the told fills with the state of some dexes; what is missing is read and told. Asked for during another check it is made after it, because that
   * one's state may be read already. One that cannot be read is made again until it can: something was seen that only the state settles. The round comes by
   * itself.
   */
  async check(dexes: readonly string[], rank: ReadRank): Promise<void> {
    const { core } = this;
    if (core.ended || !core.merged.based) return;
    this.checkNext(dexes, rank);
    if (this.checking) return;
    this.checking = true;
    for (let failed = 0; this.due !== null && !core.ended; ) {
      const due = this.due;
      this.due = null;
      this.checkedAt = core.parts.now();
      if (await this.compare(due.dexes, due.rank)) failed = 0;
      else if (due.rank !== READ_RANK.round) {
        failed += 1;
        this.checkNext(due.dexes, due.rank);
        await core.parts.pause(Math.min(core.parts.config.reconnectMaxMs, core.parts.config.reconnectMinMs * failed));
      }
    }
    this.checking = false;
  }

  private checkNext(asked: readonly string[], rank: ReadRank): void {
    const { due } = this;
    // A dex that is not read any more would never end.
    const dexes = asked.filter((dex) => this.core.parts.dexes().includes(dex));
    if (dexes.length === 0) return;
    this.due = due === null ? { dexes, rank } : { dexes: [...new Set([...due.dexes, ...dexes])], rank: due.rank < rank ? due.rank : rank };
  }

  /** True when the fills that were read hold every trade that waited. */
  private async confirmOnce(): Promise<boolean> {
    const { core } = this;
    const epoch = core.parts.losses.all;
    const awaited = [...this.pending];
    const dexes = awaited.length === 0 ? core.merged.dexNames : [...new Set(awaited.map(({ coin }) => dexOf(coin)))];
    const since = Math.min(core.merged.knownTo, ...awaited.map(({ coin }) => core.merged.completeTo(coin)));
    const [fills] = await Promise.all([
      core.reads.fills(Math.max(0, since - core.parts.config.confirmOverlapMs), READ_RANK.urgent),
      this.readEquity(READ_RANK.urgent),
    ]);
    if (fills === null || core.ended || core.streams) return false;
    core.tellFills(core.merged.absorb(fills), core.parts.now());
    if (!awaited.every((trade) => core.merged.knows(trade))) return false;
    const to = awaited.reduce((newest, { time }) => Math.max(newest, time), 0);
    for (const dex of dexes) core.merged.complete(dex, epoch, to);
    return true;
  }

  /** True when everything that it takes could be read. */
  private async compare(dexes: readonly string[], rank: ReadRank): Promise<boolean> {
    const { core } = this;
    const { merged, parts } = core;
    const epoch = parts.losses.all;
    const states = await core.reads.states(dexes, rank);
    if (states === null || core.ended) return false;
    let { missing, behind } = merged.compare(states);
    if (missing.length > 0) {
      // Fills can have come while the state was read; what is missing is in the list of fills.
      const since = Math.min(...missing.map(({ coin }) => merged.completeTo(coin)));
      const fills = await core.reads.fills(Math.max(0, since - parts.config.confirmOverlapMs), rank);
      if (fills === null || core.ended) return false;
      core.tellFills(merged.absorb(fills), parts.now());
      ({ missing, behind } = merged.compare(core.dated(states)));
      for (const dex of behind) void this.checkSoon(dex);
    }
    this.tellStates(states, missing, epoch);
    for (const state of states) if (!behind.includes(state.dex)) merged.complete(state.dex, epoch, state.time);
    core.saw(Math.min(...states.map(({ time }) => time)));
    return true;
  }

  private tellStates(states: readonly AccountState[], missing: Comparison['missing'], epoch: number): void {
    const { core } = this;
    if (missing.length > 0) {
      const coins = missing.map(({ coin, told, found }) => `${coin} ${told} ${found}`).join(', ');
      core.parts.log({ level: 'warn', event: 'venue_state_differs', fields: { address: core.address, coins: coins.slice(0, 200) } });
    }
    if (core.unseen || missing.length > 0) {
      core.adopt(states, epoch);
      core.sync(states, [], core.parts.now());
    } else for (const state of states) core.parts.tell({ kind: 'state', state, receivedAt: core.parts.now() });
  }

  /** Once in a while of trades: they do not wait again for a venue that did not answer. */
  private async readEquity(rank: ReadRank): Promise<void> {
    const { core } = this;
    if (core.reads.knowsMode || (this.waitedForEquity && rank === READ_RANK.urgent)) return;
    await core.reads.mode(rank);
    const states = await core.reads.states(core.parts.dexes(), rank);
    if (!core.ended) for (const state of states ?? []) core.parts.tell({ kind: 'state', state, receivedAt: core.parts.now() });
    this.waitedForEquity ||= rank === READ_RANK.urgent;
  }

  /** Trades that waited are told as they come now. */
  private release(): void {
    const byCoin = new Map<string, SweptTrade[]>();
    for (const trade of this.pending) if (!this.core.merged.knows(trade)) byCoin.set(trade.coin, [...(byCoin.get(trade.coin) ?? []), trade]);
    this.pending = [];
    for (const trades of byCoin.values()) this.take(trades, this.core.parts.now());
  }

  private hold(trades: readonly SweptTrade[]): void {
    const { parts, address } = this.core;
    if (this.pending.length < parts.config.heldFramesMax) this.pending.push(...trades);
    else parts.log({ level: 'error', event: 'venue_held_trades_overflow', fields: { address, trades: this.pending.length } });
  }

  /** One check for all that asked for one within the delay. */
  async checkSoon(dex: string): Promise<void> {
    if (this.soon.has(dex)) return;
    this.soon.add(dex);
    await this.core.parts.pause(this.core.parts.config.checkDelayMs);
    this.soon.delete(dex);
    await this.check([dex], READ_RANK.check);
  }

  private get awaitsBase(): boolean {
    return !this.core.ended && !this.core.awaitsSnapshot && !this.core.merged.based;
  }
}
