import { scopeKey } from '@lockstep/tenancy';
import type { Network } from '../state/networks';
import type { StandingStop } from './standing-stops';

/** How soon a standing order is asked for. */
export const ASK = {
  /** The market has come to it: it may have traded, and nobody tells. */
  met: 0,
  /** An action, an end or a fill of it waits for the answer. */
  waits: 1,
  /** It should stand, and was not looked at for long. */
  routine: 2,
} as const;
export type AskRank = (typeof ASK)[keyof typeof ASK];

/** A standing order that is due to be asked for. */
export interface DueAsk {
  readonly stop: StandingStop;
  readonly rank: AskRank;
}

/** With so few questions at once all go by urgency. */
const SHARED_FROM = 3;

/**
 * Which standing orders are asked for now: at most `most` at once of each network, those already asked for included. What is urgent comes first, but for one
 * question of each lesser kind, so that none waits for ever for those that are always urgent. Between equally urgent ones the brand of which fewer are asked for
 * comes first, then who waits longest.
 */
export function asksNow(due: readonly DueAsk[], asking: Iterable<DueAsk>, most: number): readonly DueAsk[] {
  const under = byNetwork(asking);
  return [...byNetwork(due)].flatMap(([network, waiting]) => new Round(waiting, under.get(network) ?? [], most).choose());
}

function byNetwork(all: Iterable<DueAsk>): ReadonlyMap<Network, readonly DueAsk[]> {
  const groups = new Map<Network, DueAsk[]>();
  for (const one of all) {
    const { network } = one.stop.account;
    const group = groups.get(network);
    if (group === undefined) groups.set(network, [one]);
    else group.push(one);
  }
  return groups;
}

/** The questions of one network. */
class Round {
  private readonly ofBrand = new Map<string, number>();
  private readonly ofRank = new Map<AskRank, number>();
  private readonly left: DueAsk[];
  private asked = 0;

  constructor(
    waiting: readonly DueAsk[],
    under: readonly DueAsk[],
    private readonly most: number,
  ) {
    for (const one of under) this.count(one);
    this.left = [...waiting].sort((a, b) => a.rank - b.rank || a.stop.askAt - b.stop.askAt);
  }

  choose(): readonly DueAsk[] {
    const chosen: DueAsk[] = [];
    while (this.asked < this.most) {
      const [next] = this.left.splice(this.best(), 1);
      if (next === undefined) break;
      this.count(next);
      chosen.push(next);
    }
    return chosen;
  }

  private count({ stop, rank }: DueAsk): void {
    this.asked += 1;
    this.ofBrand.set(scopeKey(stop.scope), this.asksOf(stop) + 1);
    this.ofRank.set(rank, (this.ofRank.get(rank) ?? 0) + 1);
  }

  private asksOf({ scope }: StandingStop): number {
    return this.ofBrand.get(scopeKey(scope)) ?? 0;
  }

  /** Where the next one stands: of the rank whose turn it is, the first of the brand of which fewest are asked for. */
  private best(): number {
    const rank = this.rankNext();
    let best = -1;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [index, one] of this.left.entries()) {
      if (one.rank !== rank) continue;
      const asks = this.asksOf(one.stop);
      if (asks >= fewest) continue;
      [best, fewest] = [index, asks];
    }
    return best < 0 ? 0 : best;
  }

  private rankNext(): AskRank | undefined {
    const unserved = [ASK.waits, ASK.routine].filter((rank) => !this.ofRank.has(rank) && this.left.some((one) => one.rank === rank));
    const isLast = this.most >= SHARED_FROM && this.most - this.asked <= unserved.length;
    return isLast ? unserved[0] : this.left[0]?.rank;
  }
}
