import type { SweepLosses } from './session-core';

/** Counts how often the sweep may have lost trades; a coin stands at the count of its latest loss. */
export class LossCount implements SweepLosses {
  private readonly byCoin = new Map<string, number>();
  private count = 0;

  note(coin: string): void {
    this.count += 1;
    this.byCoin.set(coin, this.count);
  }

  of(coin: string): number {
    return this.byCoin.get(coin) ?? 0;
  }

  get all(): number {
    return this.count;
  }
}
