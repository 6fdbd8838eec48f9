import type { ScenarioLeader } from './cast';
import { type Draws, draws } from './draws';
import type { OutOfTurn, ScenarioLeaders } from './leaders';
import type { LeaderStep } from './steps';

/** One seed in so many has leaders who trade once more as a calm comes. */
const SEEDS_ONE_IN = 4;
/** By so much their price is better than the market's: further than most followers go, so that what may stand does. */
const BETTER_PPM = [6_000, 20_000] as const;

/** Whether leaders of a seed trade once more before its calms. */
export const hasLastTrades = (seed: number): boolean => draws(seed, 'last trades of leaders: whether').oneIn(SEEDS_ONE_IN);

/**
 * Trades of leaders in the last seconds before a calm, when nothing fails any more: increases at prices followers do not get, some of which are reduced at once, and
 * turns to the other side. What they leave of followers stands through the calm. In a share of the seeds, drawn from streams of their own.
 */
export class LastTrades {
  private readonly draw: Draws;
  private readonly has: boolean;
  /** Who increased before this calm, and where. */
  private increased = new Map<number, string>();

  constructor(
    seed: number,
    private readonly leaders: Pick<ScenarioLeaders, 'outOfTurn'>,
  ) {
    this.draw = draws(seed, 'last trades');
    this.has = hasLastTrades(seed);
  }

  /** Some seconds before the calm: increases. */
  first(at: number): readonly LeaderStep[] {
    this.increased = new Map();
    return this.has ? this.leaders.outOfTurn(at, (leader, held) => this.increase(leader, held)) : [];
  }

  /** As it begins: reductions, and turns of those who did nothing yet. */
  second(at: number): readonly LeaderStep[] {
    return this.has ? this.leaders.outOfTurn(at, (leader, held) => this.reduceOrTurn(leader, held)) : [];
  }

  private increase({ leader, coins }: ScenarioLeader, held: readonly string[]): OutOfTurn | null {
    const { draw } = this;
    if (draw.oneIn(3)) return null;
    const coin = draw.pick(held.length > 0 ? held : coins);
    this.increased.set(leader, coin);
    const by = draw.between(80_000, 250_000) * (draw.oneIn(2) ? 1 : -1);
    return { coin, what: held.length > 0 ? { do: 'grow', ppm: Math.abs(by) } : { do: 'by', ppm: by }, betterPpm: draw.between(...BETTER_PPM) };
  }

  private reduceOrTurn({ leader }: ScenarioLeader, held: readonly string[]): OutOfTurn | null {
    const { draw } = this;
    const coin = this.increased.get(leader);
    if (coin !== undefined)
      return draw.oneIn(2) && held.includes(coin) ? { coin, what: { do: 'cut', ppm: draw.between(100_000, 500_000) }, betterPpm: 0 } : null;
    return held.length === 0 ? null : { coin: draw.pick(held), what: { do: 'turn', ppm: draw.between(80_000, 400_000) }, betterPpm: 0 };
  }
}
