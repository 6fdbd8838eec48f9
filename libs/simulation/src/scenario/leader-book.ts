import { fitTrade, lotsOf } from './positions';
import type { LeaderTrades, Step } from './steps';

/** Positions of all leaders as a script's steps make them, in lots. */
export class LeaderBook {
  private readonly lots = new Map<number, Map<string, number>>();
  private readonly dexes: ReadonlyMap<string, string>;

  constructor(coins: readonly { readonly coin: string; readonly dex: string }[]) {
    this.dexes = new Map(coins.map(({ coin, dex }) => [coin, dex]));
  }

  position(leader: number, coin: string): number {
    return this.lots.get(leader)?.get(coin) ?? 0;
  }

  /** What the leader is not flat in, in the order it came there. */
  held(leader: number): readonly { readonly coin: string; readonly lots: number }[] {
    return [...(this.lots.get(leader) ?? [])].filter(([, lots]) => lots !== 0).map(([coin, lots]) => ({ coin, lots }));
  }

  isFlat(): boolean {
    return [...this.lots.keys()].every((leader) => this.held(leader).length === 0);
  }

  fits(trade: LeaderTrades): LeaderTrades | null {
    return fitTrade(trade, this.position(trade.leader, trade.coin));
  }

  /** What a step does to positions: trades change them, a liquidation takes those of a dex, a delisting and a builder's halt those of a coin. */
  apply(step: Step): void {
    if (step.kind === 'leader_trades') this.set(step.leader, step.coin, this.position(step.leader, step.coin) + lotsOf(step));
    const settled = this.settledBy(step);
    if (settled !== null) for (const leader of this.lots.keys()) this.set(leader, settled, 0);
    if (step.kind === 'leader_liquidated')
      for (const { coin } of this.held(step.leader)) if (this.dexes.get(coin) === step.dex) this.set(step.leader, coin, 0);
  }

  /** The coin whose positions end by a step of the market; null for every other step. */
  settledBy(step: Step): string | null {
    return step.kind === 'delist' || (step.kind === 'halt' && this.dexes.get(step.coin) !== '') ? step.coin : null;
  }

  private set(leader: number, coin: string, lots: number): void {
    const mine = this.lots.get(leader) ?? new Map<string, number>();
    mine.set(coin, lots);
    this.lots.set(leader, mine);
  }
}
