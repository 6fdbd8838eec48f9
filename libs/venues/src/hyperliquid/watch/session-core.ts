import type { EpochMs } from '@lockstep/kernel';
import type { AccountState, Address, VenueFill, WatchEvent } from '../../port';
import { dexOf } from '../parse/read';
import { MergedFills } from './merged-fills';
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
  /** Of a clock that never steps back, in ms: what is due is reckoned by it. */
  readonly monotonic: () => number;
}

/** What the stream and the sweep of one watched address share: its merged fills, its reads, and the one mouth that tells. */
export class SessionCore {
  readonly merged: MergedFills;
  readonly reads: SessionReads;
  ended = false;
  /** It holds a seat. */
  streamed = false;
  /** With a seat: the stream's snapshot is still to come. */
  syncing = true;
  /** With a seat: the snapshot is so late that the address is seen without it. */
  seatLate = false;
  /** Nobody saw the address for a while: its next state is told as a `synced`. */
  unseen = false;
  /** Venue time of the newest fill or checked state; null before the first. */
  lastSeenAt: EpochMs | null = null;

  constructor(
    readonly address: Address,
    readonly parts: SessionParts,
    /** Fills after this time are told with the first state, where it is read; null: they are history. */
    readonly since: EpochMs | null,
  ) {
    this.merged = new MergedFills(parts.config.fillMemoryMax);
    this.reads = new SessionReads(address, parts);
  }

  /** Whether the snapshot of its seat is relied on for its first state. */
  get awaitsSnapshot(): boolean {
    return this.streamed && !this.seatLate;
  }

  /** Whether the user stream tells everything right now. */
  get streams(): boolean {
    return this.streamed && !this.syncing;
  }

  /** Whether a state of the dex was taken. */
  isRead(dex: string): boolean {
    return this.merged.dexNames.includes(dex);
  }

  isCertain(coin: string): boolean {
    return this.merged.isCertain(coin, this.parts.losses.of(coin));
  }

  /** Takes the first states; fills that are newer than them are news, the others history. */
  firstBase(states: readonly AccountState[], fills: readonly VenueFill[], epoch: number): VenueFill[] {
    this.merged.base(states, epoch);
    return this.merged.absorb(fills);
  }

  /** Stands where the states stand that fills do not explain. Returns the dexes that are still to be judged: their state is older than a fill that was told. */
  adopt(given: readonly AccountState[], epoch: number): readonly string[] {
    const states = this.dated(given);
    const { missing, behind } = this.merged.compare(states);
    const dexes = new Set(missing.map(({ coin }) => dexOf(coin)));
    const unknown = (dex: string): boolean => dexes.has(dex) || !this.isRead(dex);
    this.merged.base(
      states.filter(({ dex }) => unknown(dex) && !behind.includes(dex)),
      epoch,
    );
    return behind.filter(unknown);
  }

  /** Dexes that were read before and in which a state shows what no fill told. */
  unexplained(given: readonly AccountState[]): readonly string[] {
    const { missing } = this.merged.compare(this.dated(given));
    return [...new Set(missing.map(({ coin }) => dexOf(coin)))].filter((dex) => this.isRead(dex));
  }

  tellState(state: AccountState): void {
    if (!this.ended) this.parts.tell({ kind: 'state', state, receivedAt: this.parts.now() });
  }

  /** States with the times they are taken for. */
  dated(states: readonly AccountState[]): readonly AccountState[] {
    return states.map((state) => this.merged.dated(state));
  }

  sync(given: readonly AccountState[], fills: readonly VenueFill[], receivedAt: number): void {
    if (this.ended) return;
    const states = this.dated(given);
    this.unseen = false;
    if (states.length > 0) this.saw(Math.min(...states.map(({ time }) => time)));
    this.saw(Math.max(...fills.map(({ time }) => time)));
    this.parts.tell({ kind: 'synced', address: this.address, states, fills: distinct(fills), receivedAt });
  }

  tellFills(fills: readonly VenueFill[], receivedAt: number): void {
    if (fills.length === 0 || this.ended) return;
    this.saw(this.merged.lastTime);
    this.parts.tell({ kind: 'fills', address: this.address, fills, receivedAt });
  }

  saw(at: EpochMs): void {
    if (Number.isFinite(at)) this.lastSeenAt = Math.max(this.lastSeenAt ?? 0, at);
  }
}

/** Each fill once, oldest first; of two tellings the later one counts, which continues the told position. */
function distinct(fills: readonly VenueFill[]): VenueFill[] {
  const byKey = new Map(fills.map((fill) => [`${fill.time}:${fill.coin}:${fill.tradeId}`, fill]));
  return [...byKey.values()].sort((a, b) => a.time - b.time);
}
