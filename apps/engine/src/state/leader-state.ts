import type { EpochMs, Money, Size } from '@lockstep/kernel';
import type { AccountState, VenueFill } from '@lockstep/venues/port';
import type { Clearinghouse } from '../markets';
import { type Balance, equityOver } from './equity-over';

interface Reading extends Balance {
  readonly at: EpochMs;
}

/** Readings of the leader's equity kept per clearinghouse: enough to find the one before a move although newer ones overtook it. */
const READINGS_MAX = 4;

/**
 * What is known of a watched account besides its fills: the position each new fill must continue, and its equity per clearinghouse.
 * Written by the watch and the inbox only.
 */
export class LeaderState {
  /** Signed position per coin after the last recorded move. A coin never met is absent: its first fill's start position is believed. */
  readonly positions = new Map<string, Size>();
  /** Venue time of the state a position was taken from because fills were missing: those up to it are in the position. */
  private readonly statedAt = new Map<string, EpochMs>();
  private readonly readings = new Map<string, Reading[]>();
  private readonly newestFills = new Map<string, EpochMs>();

  /** Takes when a coin was traded, by the venue's clock. */
  noteFill(coin: string, at: EpochMs): void {
    this.newestFills.set(coin, Math.max(this.newestFillAt(coin), at));
  }

  /** Venue time of the newest fill told of a coin; 0 before the first. */
  newestFillAt(coin: string): EpochMs {
    return this.newestFills.get(coin) ?? 0;
  }

  /** Takes a position out of a state, because fills are missing. */
  stated(coin: string, position: Size, at: EpochMs): void {
    this.positions.set(coin, position);
    this.statedAt.set(coin, Math.max(at, this.statedAt.get(coin) ?? 0));
  }

  /**
   * Whether a fill that comes only now is in the position already, so that it is history and no move: one up to the state the position was taken from, and one
   * older than its newest fill, which told where it led. That it begins where the position is says nothing: a leader who opened and closed unseen is flat before
   * and after. Only a fill that the watch itself had continue `position` does.
   */
  holds(
    { coin, time, startPosition, overtaken }: Pick<VenueFill, 'coin' | 'time' | 'startPosition' | 'overtaken'>,
    position: Size | undefined,
  ): boolean {
    if (time <= (this.statedAt.get(coin) ?? -1)) return true;
    return time < this.newestFillAt(coin) && (overtaken !== true || startPosition !== position);
  }

  /** Takes a state of the venue; an older one than the newest known is kept only if there is room, one that tells no equity not at all. */
  takeState(state: AccountState): void {
    if (state.equityUnread) return;
    const readings = this.readings.get(state.dex) ?? [];
    readings.push({ accountValue: state.accountValue, pooled: state.pooled, at: state.time });
    readings.sort((a, b) => b.at - a.at);
    this.readings.set(state.dex, readings.slice(0, READINGS_MAX));
  }

  /**
   * Equity before a moment over clearinghouses (`equityOver`), by each one's newest reading older than the moment, else its oldest one kept. Null while one
   * of them that counts was never read.
   */
  equityBefore(clearinghouses: readonly Clearinghouse[], moment: EpochMs): Money | null {
    return equityOver(clearinghouses, (dex) => this.readingBefore(dex, moment));
  }

  private readingBefore(dex: string, moment: EpochMs): Reading | null {
    const readings = this.readings.get(dex) ?? [];
    return readings.find((reading) => reading.at < moment) ?? readings.at(-1) ?? null;
  }
}
