import type { Candle } from '../makers/candles';
import type { ScenarioCoin, ScenarioFollower, ScenarioLeader, ScenarioTenant } from './cast';
import type { Step } from './steps';

/** How much happens. `small` is for tests of what plays scenarios, `large` for runs by hand. */
export const SCENARIO_SIZES = ['small', 'standard', 'large'] as const;
export type ScenarioSize = (typeof SCENARIO_SIZES)[number];

/** A fill of a real leader as recorded, to be replayed at the prices of the scenario's own market. Times rise. */
export interface RecordedTrade {
  /** Epoch ms; fills of one time, coin and direction are one order. */
  readonly time: number;
  readonly coin: string;
  readonly buys: boolean;
  /** It takes from a position instead of adding to one. */
  readonly closes: boolean;
  /** Whole dollars it was worth. */
  readonly usd: number;
  /** Price and size as recorded, 10^-8. */
  readonly price: bigint;
  readonly size: bigint;
}

/** What the files of a recording have to give; without them nothing is replayed. All of it must be the same for a seed to give the same bytes. */
export interface ScenarioSources {
  /** Points at which an engine may be killed (`engine_dies`); without them it dies at random moments alone. */
  readonly crashPoints?: readonly string[];
  readonly candles?: readonly { readonly coin: string; readonly candles: readonly Candle[] }[];
  readonly recorded?: readonly RecordedTrade[];
}

/** How every tenant's large waves are spread over the book. Shares are 10^-12. */
export interface SpreadTerms {
  readonly above: bigint;
  readonly participation: bigint;
  readonly withinMs: number;
  readonly jitter: bigint;
}

/** A world's whole script. */
export interface Scenario {
  readonly seed: number;
  readonly size: ScenarioSize;
  /** Absent: waves leave whole. */
  readonly spread?: SpreadTerms;
  readonly coins: readonly ScenarioCoin[];
  readonly tenants: readonly ScenarioTenant[];
  readonly leaders: readonly ScenarioLeader[];
  readonly followers: readonly ScenarioFollower[];
  readonly steps: readonly Step[];
}
