import type { EpochMs } from '@lockstep/kernel';
import { defaultUniverse, type Universe } from './universe';

/** What the venue does where its documentation is silent, and its numbers. One name each, so that a test can vary it. */
export interface VenueSettings {
  readonly blockMs: number;
  /** How often oracle-derived marks, premiums and the standing ladders are refreshed. */
  readonly markIntervalMs: number;
  /** How often the premium behind the funding rate is sampled. */
  readonly premiumIntervalMs: number;
  /** How often a book of twenty levels is told, changed or not: recorded 5.0 to 5.5 s. */
  readonly bookIntervalMs: number;
  /** How often a fast book of five levels may be told. */
  readonly fastBookIntervalMs: number;
  readonly midsIntervalMs: number;
  readonly contextIntervalMs: number;
  /** Base rates in millionths; higher tiers have their own (`fee-tiers.ts`). */
  readonly takerPpm: number;
  readonly makerPpm: number;
  /** What the rest of the venue trades in fourteen days, whole dollars: the measure of a maker's share. */
  readonly venueVolumeUsd: number;
  /** Percent every account has off its fees for staking. */
  readonly stakingDiscountPercent: number;
  readonly minNotionalUsd: number;
  /** Leverage of a coin nobody set: this or the coin's maximum, whichever is smaller. */
  readonly defaultLeverage: number;
  /** Largest distance of an order price from the reference price, in hundredths of it. */
  readonly referenceBandPercent: number;
  /** Largest distance from the oracle before `Price too far from oracle`; 100 or more never refuses. */
  readonly oracleBandPercent: number;
  readonly openOrdersBase: number;
  readonly openOrdersMost: number;
  /** Notional caps of market orders, usd, by the coin's maximum leverage: the first row whose leverage it reaches. Limit orders may be ten times as large. */
  readonly marketOrderCaps: readonly { readonly leverage: number; readonly usd: number }[];
  /** An IOC order has the cap of market orders, not that of limit orders: to the venue a market order is an IOC order, and which cap counts is not documented. */
  readonly capsImmediateOrders: boolean;
  /** Most usd by which one order may raise open interest; null for no bound. */
  readonly openInterestStepUsd: number | null;
  /** A trigger order that is not reduce-only (a stop entry) is accepted outside of the TP/SL groupings. */
  readonly triggerEntries: boolean;
  /** Largest distance of a fired market trigger's fills from the mark, in hundredths. */
  readonly triggerSlippagePercent: number;
  /** A `modify` without `a` places only what rests: post-only orders and GTC orders that do not cross. */
  readonly strictModify: boolean;
  /** An open order of a coin locks its margin mode, as a position does; the text names positions only. */
  readonly ordersLockMode: boolean;
  /** A priority fee needs delegated stake, which no account of a world has. */
  readonly priorityNeedsStake: boolean;
  /** Traded usd before a dead-man switch may be set, and how often it may fire a day. */
  readonly scheduleVolumeUsd: number;
  readonly schedulesPerDay: number;
  readonly twapSliceMs: number;
  readonly twapSlippagePercent: number;
  readonly twapMinUsdPerMinute: number;
  /** Positions above this notional are liquidated by this share of a hundred first, whole while the cool-down runs. */
  readonly partialLiquidationUsd: number;
  readonly partialLiquidationPercent: number;
  readonly liquidationCoolDownMs: number;
  /** The backstop takes what falls below two thirds of maintenance. False leaves it to auto-deleveraging. */
  readonly backstopTakes: boolean;
  /** Refuses a client order id that an open order of the account carries. */
  readonly uniqueOpenCloids: boolean;
  readonly noncesKept: number;
  readonly nonceWindowPastMs: number;
  readonly nonceWindowFutureMs: number;
  readonly agentLifeMs: number;
  readonly agentLifeMostMs: number;
  readonly namedAgentsMost: number;
  /** Further named agents for each sub-account. */
  readonly namedAgentsPerSub: number;
  /** After an agent was replaced no other is approved for so long. */
  readonly agentRemovalMs: number;
  /** A builder nobody approved refuses each order by itself instead of the whole request: both were seen at the venue. */
  readonly builderRefusalPerOrder: boolean;
  readonly builderMinUsd: number;
  /** Most a builder may charge: where an order of the request is a perp, and where all are spot. */
  readonly perpBuilderMostPpm: number;
  readonly spotBuilderMostPpm: number;
  /** Enforces the lifetime request budget of an address. */
  readonly addressLimits: boolean;
  /** User actions a day of a unified account; 0 never refuses. */
  readonly unifiedActionsPerDay: number;
  /** Fee of a withdrawal, and of the first transfer to an address without an account; usd. */
  readonly withdrawalFeeUsd: number;
  readonly activationFeeUsd: number;
  /** Traded usd before the first sub-account, how many one may have, and the traded usd for each further one. */
  readonly subAccountVolumeUsd: number;
  readonly subAccountsBase: number;
  readonly subAccountsMost: number;
  readonly subAccountStepUsd: number;
  /** Traded usd before an account may refer others. */
  readonly referrerVolumeUsd: number;
  /** Least deposit of a new vault and the fee of making one; usd. */
  readonly vaultLeastUsd: number;
  readonly vaultFeeUsd: number;
  readonly vaultLockupMs: number;
  /** Hundredths of a vault its leader must keep, and of a depositor's profit the leader is paid. */
  readonly vaultLeaderLeastPercent: number;
  readonly vaultProfitSharePercent: number;
  readonly fillsKept: number;
  readonly ordersKept: number;
  readonly tradesKept: number;
  /** Ladder of the built-in makers: levels a side, dollars a level, distance between levels in millionths of the price. */
  readonly makerLevels: number;
  readonly makerLevelUsd: number;
  readonly makerStepPpm: number;
}

export const DEFAULT_SETTINGS: VenueSettings = {
  blockMs: 100,
  markIntervalMs: 3_000,
  premiumIntervalMs: 5_000,
  bookIntervalMs: 5_400,
  fastBookIntervalMs: 500,
  midsIntervalMs: 500,
  contextIntervalMs: 1_000,
  takerPpm: 450,
  makerPpm: 150,
  venueVolumeUsd: 100_000_000_000,
  stakingDiscountPercent: 0,
  minNotionalUsd: 10_000_000,
  defaultLeverage: 20,
  referenceBandPercent: 80,
  oracleBandPercent: 100,
  openOrdersBase: 1_000,
  openOrdersMost: 5_000,
  marketOrderCaps: [
    { leverage: 25, usd: 15_000_000_000_000 },
    { leverage: 20, usd: 5_000_000_000_000 },
    { leverage: 10, usd: 2_000_000_000_000 },
    { leverage: 0, usd: 500_000_000_000 },
  ],
  capsImmediateOrders: true,
  openInterestStepUsd: null,
  triggerEntries: true,
  triggerSlippagePercent: 10,
  strictModify: true,
  ordersLockMode: true,
  priorityNeedsStake: true,
  scheduleVolumeUsd: 1_000_000_000_000,
  schedulesPerDay: 10,
  twapSliceMs: 30_000,
  twapSlippagePercent: 3,
  twapMinUsdPerMinute: 10_000_000,
  partialLiquidationUsd: 100_000_000_000,
  partialLiquidationPercent: 20,
  liquidationCoolDownMs: 30_000,
  backstopTakes: true,
  uniqueOpenCloids: true,
  noncesKept: 100,
  nonceWindowPastMs: 2 * 86_400_000,
  nonceWindowFutureMs: 86_400_000,
  agentLifeMs: 90 * 86_400_000,
  agentLifeMostMs: 180 * 86_400_000,
  namedAgentsMost: 3,
  namedAgentsPerSub: 2,
  agentRemovalMs: 5_000,
  builderRefusalPerOrder: false,
  builderMinUsd: 100_000_000,
  perpBuilderMostPpm: 1_000,
  spotBuilderMostPpm: 10_000,
  addressLimits: false,
  unifiedActionsPerDay: 50_000,
  withdrawalFeeUsd: 1_000_000,
  activationFeeUsd: 1_000_000,
  subAccountVolumeUsd: 100_000_000_000,
  subAccountsBase: 10,
  subAccountsMost: 50,
  subAccountStepUsd: 100_000_000_000_000,
  referrerVolumeUsd: 10_000_000_000,
  vaultLeastUsd: 100_000_000,
  vaultFeeUsd: 100_000_000,
  vaultLockupMs: 86_400_000,
  vaultLeaderLeastPercent: 5,
  vaultProfitSharePercent: 10,
  fillsKept: 10_000,
  ordersKept: 2_000,
  tradesKept: 500,
  makerLevels: 20,
  makerLevelUsd: 1_000_000,
  makerStepPpm: 100,
};

export interface WorldConfig {
  readonly name: string;
  readonly seed: number;
  /** Time of the block before the first. */
  readonly genesisTime: EpochMs;
  readonly universe?: Universe;
  readonly testnet?: boolean;
  /** False begins with empty books; `WorldControl.setMakers` starts them later. Default true. */
  readonly makers?: boolean;
  readonly settings?: Partial<VenueSettings>;
}

export const universeOf = (config: WorldConfig): Universe => config.universe ?? defaultUniverse;
export const settingsOf = (config: WorldConfig): VenueSettings => ({ ...DEFAULT_SETTINGS, ...config.settings });
