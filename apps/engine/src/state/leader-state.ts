import type { EpochMs, Money, Size } from '@lockstep/kernel';
import type { AccountState } from '@lockstep/venues/port';

interface Reading {
  readonly equity: Money;
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

  /** Takes a state of the venue; an older one than the newest known is kept only if there is room. */
  takeState(state: AccountState): void {
    const readings = this.readings.get(state.dex) ?? [];
    readings.push({ equity: state.accountValue, at: state.time });
    readings.sort((a, b) => b.at - a.at);
    this.readings.set(state.dex, readings.slice(0, READINGS_MAX));
  }

  /** Equity before a moment: the newest reading older than it, else the oldest one kept; null when none was ever read. */
  equityBefore(dex: string, moment: EpochMs): Money | null {
    const readings = this.readings.get(dex);
    if (readings === undefined || readings.length === 0) return null;
    const before = readings.find((reading) => reading.at < moment) ?? readings[readings.length - 1];
    return before?.equity ?? null;
  }
}
