import { ok } from '@lockstep/kernel';
import type { AccountState, VenueFill } from '../../port';
import { dexOf } from '../parse/read';
import type { SweptTrade } from '../wire/trades';
import type { Comparison } from './merged-fills';
import { READ_RANK, type ReadRank } from './read-queue';
import type { SessionCore } from './session-core';

/**
 * One address as the public trades tell it. A trade is told at once where nothing may have been missed since the last state; a reading soon after checks
 * it. Else the fills are read first and tell what was missed, in order. While the first state is not known, trades wait for that reading; while how the
 * account counts its equity is not known, those that only increase do: whoever copies in proportion needs it, and a reduction needs nothing.
 */
export class SweptSide {
  /** Trades that wait for a reading. */
  private pending: SweptTrade[] = [];
  /** Rank of the reading of the first state that is under way. */
  private beginning: ReadRank | null = null;
  private confirming = false;
  /** A confirmation was asked for while one was under way: what it reads may be too old for it. */
  private confirmAgain = false;
  /** Checks run one after another: what is asked for while one runs is read after it. */
  private checks: Promise<unknown> = Promise.resolve();
  private learning = false;
  /** Trades waited for the equity once; they do not wait for a venue that does not answer. */
  private waitedForEquity = false;
  /** Dexes whose check is due. */
  private readonly soon = new Set<string>();
  /** When its state was last read for checking or as the first one, by the monotonic clock; -Infinity before. */
  checkedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly core: SessionCore,
    /** Reads the states of dexes on behind, until each could be read. */
    private readonly readBehind: (dexes: readonly string[]) => void,
  ) {}

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
    if (this.confirming) {
      this.hold(trades);
      return 0;
    }
    if (!core.isCertain(first.coin)) {
      if (core.streams) return 0;
      this.hold(trades);
      void this.confirm();
      return 0;
    }
    if (this.waitsForEquity && !this.reduces(first.coin, trades)) {
      this.hold(trades);
      if (!this.learning) void this.learnEquity(READ_RANK.urgent);
      return 0;
    }
    return this.tellTrades(first.coin, trades, receivedAt);
  }

  /** Forgets what waits: the stream's snapshot holds it. */
  drop(): void {
    this.pending = [];
  }

  /**
   * Reads the first state and tells it, again and again until it could be read. A second call can only make it more urgent. After a few attempts it goes on with
   * what could be read: the state of another dex is read on behind, and what fills would have told is told by the state, in reductions.
   */
  async begin(rank: ReadRank): Promise<void> {
    const { core } = this;
    if (this.beginning !== null && this.beginning <= rank) return;
    this.beginning = rank;
    const { reconnectMinMs, reconnectMaxMs, syncAttemptsMax } = core.parts.config;
    for (let attempt = 1; this.awaitsBase; attempt += 1) {
      const epoch = core.parts.losses.all;
      const dexes = core.parts.dexes();
      const states = await core.reads.states(dexes, rank);
      // After the states, or a fill between the two would be in neither.
      const fills = core.since === null || states.length === 0 ? ok([]) : await core.reads.fills(core.since, rank);
      if (!this.awaitsBase) break;
      const whole = states.length === dexes.length && fills.ok;
      if (whole || (states.length > 0 && attempt >= syncAttemptsMax)) {
        this.takeBase(states, fills.ok ? fills.value : [], epoch);
        this.readBehind(dexes.filter((dex) => !states.some((state) => state.dex === dex)));
        break;
      }
      await core.parts.pause(Math.min(reconnectMaxMs, reconnectMinMs * attempt));
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
    while (this.confirmAgain && !core.ended && !core.streams) {
      await this.confirmFills();
      if (this.pending.every((trade) => core.merged.knows(trade) || core.isCertain(trade.coin))) continue;
      // The fills do not tell them: the state does.
      this.pending = [];
      await this.checkUntilRead(core.merged.dexNames, READ_RANK.urgent);
    }
    this.confirming = false;
    if (core.ended || core.streams) this.pending = [];
    else this.release();
  }

  /** Compares the told fills with the state of some dexes; what is missing is read and told. False when nothing could be read. */
  check(dexes: readonly string[], rank: ReadRank): Promise<boolean> {
    const run = async (): Promise<boolean> => {
      const { core } = this;
      if (core.ended || !core.merged.based) return false;
      this.checkedAt = core.parts.monotonic();
      return await this.compare(dexes, rank);
    };
    const checked = this.checks.then(run, run);
    this.checks = checked;
    return checked;
  }

  private takeBase(states: readonly AccountState[], fills: readonly VenueFill[], epoch: number): void {
    const { core } = this;
    // With a seat its snapshot is still to come.
    core.syncing = core.streamed;
    this.checkedAt = core.parts.monotonic();
    const news = core.firstBase(states, fills, epoch);
    core.sync(states, [...fills, ...news], core.parts.now());
    this.release();
  }

  private get waitsForEquity(): boolean {
    const { core } = this;
    return this.learning || (!core.streams && !core.reads.knowsMode && !this.waitedForEquity);
  }

  /** Whether the account takes off some of its position with these trades, or with those of the coin that wait: nobody's exit waits for an equity. */
  private reduces(coin: string, trades: readonly SweptTrade[]): boolean {
    let position: bigint = this.core.merged.positionOf(coin);
    for (const trade of [...this.pending.filter((one) => one.coin === coin), ...trades]) {
      if (this.core.merged.knows(trade)) continue;
      const change = trade.side === 'buy' ? trade.size : -trade.size;
      if (position !== 0n && position < 0n !== change < 0n) return true;
      position += change;
    }
    return false;
  }

  /** Tells trades of a coin in which nothing is missing, after those of it that waited. */
  private tellTrades(coin: string, trades: readonly SweptTrade[], receivedAt: number): number {
    const { core } = this;
    const waited = this.pending.filter((trade) => trade.coin === coin);
    if (waited.length > 0) this.pending = this.pending.filter((trade) => trade.coin !== coin);
    const all = [...waited, ...trades];
    const isNews = all.some((trade) => !core.merged.wasTold(trade));
    const told = core.merged.swept(all);
    core.tellFills(told, receivedAt);
    // One that is too old to be news was part of the state, if the venue's time of a state means that: the state is asked.
    if (isNews && !core.streams) void this.checkSoon(dexOf(coin));
    return told.length;
  }

  /** Reads fills until they hold every trade that waits, the venue turns out not to tell them, or they cannot be understood. */
  private async confirmFills(): Promise<void> {
    const { core } = this;
    const { confirmAttemptsMax, confirmPauseMs, reconnectMinMs, reconnectMaxMs } = core.parts.config;
    let unread = 0;
    for (let attempt = 1; attempt <= confirmAttemptsMax; ) {
      this.confirmAgain = false;
      const outcome = await this.confirmOnce();
      if (core.ended || core.streams || (outcome === 'told' && !this.confirmAgain)) return;
      if (outcome === 'unread') {
        // The venue did not answer: that says nothing about the trades, which wait on.
        unread += 1;
        await core.parts.pause(Math.min(reconnectMaxMs, reconnectMinMs * unread));
      } else {
        if (outcome === 'not_told') await core.parts.pause(confirmPauseMs * attempt);
        attempt += 1;
      }
    }
  }

  private async confirmOnce(): Promise<'told' | 'not_told' | 'unread'> {
    const { core } = this;
    const epoch = core.parts.losses.all;
    const awaited = [...this.pending];
    const dexes = awaited.length === 0 ? core.merged.dexNames : [...new Set(awaited.map(({ coin }) => dexOf(coin)))];
    const since = Math.min(core.merged.knownTo, ...awaited.map(({ coin }) => core.merged.completeTo(coin)));
    const equity = this.readEquity(READ_RANK.urgent);
    const fills = await core.reads.fills(Math.max(0, since - core.parts.config.confirmOverlapMs), READ_RANK.urgent);
    if (!fills.ok || !fills.value.some((fill) => isReduction(fill) && !core.merged.wasTold(fill))) await equity;
    if (core.ended || core.streams) return 'told';
    if (!fills.ok) return fills.error.code === 'unparseable' ? 'not_told' : 'unread';
    core.tellFills(core.merged.absorb(fills.value), core.parts.now());
    if (!awaited.every((trade) => core.merged.knows(trade))) return 'not_told';
    const to = awaited.reduce((newest, { time }) => Math.max(newest, time), 0);
    for (const dex of dexes) core.merged.complete(dex, epoch, to);
    return 'told';
  }

  /** Something was seen that only the state settles: it is read until that works, while its dexes are read at all. */
  private async checkUntilRead(dexes: readonly string[], rank: ReadRank): Promise<void> {
    const { core } = this;
    const { reconnectMinMs, reconnectMaxMs } = core.parts.config;
    for (let attempt = 1; !core.ended; attempt += 1) {
      const followed = dexes.filter((dex) => core.parts.dexes().includes(dex));
      if (followed.length === 0 || (await this.check(followed, rank)) || core.ended) return;
      await core.parts.pause(Math.min(reconnectMaxMs, reconnectMinMs * attempt));
    }
  }

  private async compare(dexes: readonly string[], rank: ReadRank): Promise<boolean> {
    const { core } = this;
    const { merged, parts } = core;
    const epoch = parts.losses.all;
    const states = await core.reads.states(dexes, rank);
    if (states.length === 0 || core.ended) return false;
    let { missing, behind } = merged.compare(states);
    if (missing.length > 0) {
      // Fills can have come while the state was read; what is missing is in the list of fills.
      const since = Math.min(...missing.map(({ coin }) => merged.completeTo(coin)));
      const fills = await core.reads.fills(Math.max(0, since - parts.config.confirmOverlapMs), rank);
      if (core.ended || (!fills.ok && fills.error.code !== 'unparseable')) return false;
      if (fills.ok) core.tellFills(merged.absorb(fills.value), parts.now());
      ({ missing, behind } = merged.compare(core.dated(states)));
      // Newer fills than the state: what else differs is seen by the next one.
      for (const dex of behind) void this.checkSoon(dex);
    }
    const isFirst = states.some(({ dex }) => !core.isRead(dex) && !behind.includes(dex));
    this.tellStates(states, missing, epoch, isFirst);
    for (const state of states) if (!behind.includes(state.dex)) merged.complete(state.dex, epoch, state.time);
    core.saw(Math.min(...states.map(({ time }) => time)));
    return true;
  }

  private tellStates(states: readonly AccountState[], missing: Comparison['missing'], epoch: number, isFirst: boolean): void {
    const { core } = this;
    if (missing.length > 0) {
      const coins = missing.map(({ coin, told, found }) => `${coin} ${told} ${found}`).join(', ');
      core.parts.log({ level: 'warn', event: 'venue_state_differs', fields: { address: core.address, coins: coins.slice(0, 200) } });
    }
    if (core.unseen || isFirst || missing.length > 0) {
      core.adopt(states, epoch);
      core.sync(states, [], core.parts.now());
    } else for (const state of states) core.tellState(state);
  }

  /** Once in a while of trades: they do not wait again for a venue that did not answer. */
  private async readEquity(rank: ReadRank): Promise<void> {
    const { core } = this;
    if (core.reads.knowsMode || (this.waitedForEquity && rank === READ_RANK.urgent)) return;
    await core.reads.mode(rank);
    const states = await core.reads.states(core.parts.dexes(), rank);
    for (const state of states) core.tellState(state);
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
    await this.checkUntilRead([dex], READ_RANK.check);
  }

  private get awaitsBase(): boolean {
    return !this.core.ended && !this.core.awaitsSnapshot && !this.core.merged.based;
  }
}

const isReduction = ({ startPosition, side }: VenueFill): boolean => startPosition !== 0n && startPosition < 0n === (side === 'buy');
