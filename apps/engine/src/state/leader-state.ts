import { type EpochMs, type Money, money, type Size } from '@lockstep/kernel';
import type { AccountState } from '@lockstep/venues/port';

interface Reading {
  readonly equity: Money;
  readonly pooled: boolean;
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
  private readonly readings = new Map<string, Reading[]>();

  /** Takes a state of the venue; an older one than the newest known is kept only if there is room, one that tells no equity not at all. */
  takeState(state: AccountState): void {
    if (state.equityUnread) return;
    const readings = this.readings.get(state.dex) ?? [];
    readings.push({ equity: state.accountValue, pooled: state.pooled, at: state.time });
    readings.sort((a, b) => b.at - a.at);
    this.readings.set(state.dex, readings.slice(0, READINGS_MAX));
  }

  /**
   * Equity before a moment over the named clearinghouses (those of one collateral): the sum of each one's newest reading older than the moment,
   * else of its oldest one kept; an account whose clearinghouses share one balance counts once. Null while one of them was never read: a sum
   * over a part would be too small, and a ratio on it too large.
   */
  equityBefore(dexes: Iterable<string>, moment: EpochMs): Money | null {
    const readings = [...dexes].map((dex) => this.readingBefore(dex, moment));
    const pooled = readings.find((reading) => reading?.pooled);
    if (pooled) return pooled.equity;
    let total = 0n;
    for (const reading of readings) {
      if (reading === null) return null;
      total += reading.equity;
    }
    return readings.length === 0 ? null : money(total);
  }

  private readingBefore(dex: string, moment: EpochMs): Reading | null {
    const readings = this.readings.get(dex) ?? [];
    return readings.find((reading) => reading.at < moment) ?? readings.at(-1) ?? null;
  }
}
