/** Who is in a scenario and what is traded. Numbers count from 0; addresses are lower case and the same in every scenario. */

export interface ScenarioCoin {
  readonly coin: string;
  /** Empty for the main dex. */
  readonly dex: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly onlyIsolated: boolean;
  /** The token its margin is counted in. */
  readonly collateral: string;
  /** Price before the first step, 10^-8, on the grid. */
  readonly startPrice: bigint;
}

/** Styles that are drawn for the leaders of every scenario; one who works with orders stands beside them in some. */
export const LEADER_STYLES = ['trend', 'scalper', 'martingale', 'flipper', 'working_orders', 'twap', 'replayed'] as const;
export type LeaderStyle = (typeof LEADER_STYLES)[number] | 'orders';

export interface ScenarioLeader {
  readonly leader: number;
  readonly address: string;
  readonly style: LeaderStyle;
  /** Coins it trades. */
  readonly coins: readonly string[];
  /** Money it begins with in each dex it trades on, 10^-8. */
  readonly cash: Readonly<Record<string, bigint>>;
  /** Share of its money it gained and lost by turns each day of the month before, in millionths; none: nothing is known of it. */
  readonly dailySwingPpm?: number;
}

export interface ScenarioTenant {
  readonly tenant: number;
  /** Minutes its day begins after midnight UTC. */
  readonly dayBeginsMin: number;
}

/** A follower with one venue account. At any time at most `slots` of its copies are not stopped, each of another leader. */
export interface ScenarioFollower {
  readonly follower: number;
  readonly tenant: number;
  readonly address: string;
  /** Money on its venue account at the beginning, by dex, 10^-8. */
  readonly cash: Readonly<Record<string, bigint>>;
  /** Of a fee schedule with a builder fee: such a follower has approved it at the beginning. */
  readonly builderApproved: boolean;
  readonly slots: number;
  /** It never trades by hand. */
  readonly handsOff: boolean;
}
