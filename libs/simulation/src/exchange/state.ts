import type { AssetSpec, DexSpec, MarginTier } from './dex-spec';
import type { Address, Json, StreamFrame } from './port';
import type { SmallMap } from './small-map';
import type { SpotPair, Token } from './token-state';
import type { TriggerHeap } from './trigger-heap';

export type { SpotPair, Token } from './token-state';

/*
 * The state of one world. Invariants:
 *  - a price is a whole number of 10^-(6−szDecimals) dollars, a size a whole number of lots (10^-szDecimals), so price × lots
 *    is exactly a whole number of 10^-6 dollars ("usd" below) and no arithmetic of a trade rounds;
 *    A dex counts in its own collateral token: "usd" there is 10^-6 of that token; spot books have units of their own (`spot.ts`);
 *  - for every asset the positions of all accounts sum to zero, and for every token the amounts of all clearinghouses, isolated
 *    margins, spot balances, fees, unclaimed rewards and the funding remainder sum to what was credited (`conservation.ts`);
 *  - a unified account's clearinghouses and the spot balance of their token are one pool (`margin.ts`): each alone may be negative;
 *  - a resting order stands in exactly one level, in its owner's open orders, and among its open cloids when it has one.
 */

export type Tif = 'Alo' | 'Ioc' | 'Gtc' | 'FrontendMarket' | 'LiquidationMarket';

export type OrderStatus =
  | 'open'
  | 'filled'
  | 'canceled'
  | 'triggered'
  | 'rejected'
  | 'marginCanceled'
  | 'vaultWithdrawalCanceled'
  | 'openInterestCapCanceled'
  | 'selfTradeCanceled'
  | 'reduceOnlyCanceled'
  | 'siblingFilledCanceled'
  | 'delistedCanceled'
  | 'liquidatedCanceled'
  | 'outcomeSettledCanceled'
  | 'scheduledCancel'
  | 'internalCancel'
  | 'tickRejected'
  | 'minTradeNtlRejected'
  | 'perpMarginRejected'
  | 'reduceOnlyRejected'
  | 'badAloPxRejected'
  | 'iocCancelRejected'
  | 'badTriggerPxRejected'
  | 'marketOrderNoLiquidityRejected'
  | 'positionIncreaseAtOpenInterestCapRejected'
  | 'positionFlipAtOpenInterestCapRejected'
  | 'tooAggressiveAtOpenInterestCapRejected'
  | 'openInterestIncreaseRejected'
  | 'insufficientSpotBalanceRejected'
  | 'oracleRejected'
  | 'perpMaxPositionRejected'
  | 'tooManyOpenOrdersRejected';

export interface Trigger {
  readonly isMarket: boolean;
  readonly px: number;
  readonly tpsl: 'tp' | 'sl';
  readonly isPositionTpsl: boolean;
  /** Marks at or above the trigger price fire it; otherwise marks at or below. */
  readonly above: boolean;
}

export interface BuilderFee {
  readonly address: Address;
  /** Millionths of the notional. */
  readonly ppm: number;
}

export interface Order {
  readonly oid: number;
  readonly owner: VenueAccount;
  readonly asset: Asset;
  readonly isBuy: boolean;
  /** The limit; a fired market trigger gets its slippage bound here. */
  px: number;
  /** What is left to fill. */
  lots: number;
  origLots: number;
  readonly tif: Tif;
  readonly reduceOnly: boolean;
  readonly cloid: string | null;
  readonly builder: BuilderFee | null;
  readonly time: number;
  status: OrderStatus;
  statusTime: number;
  readonly trigger: Trigger | null;
  /** Take-profit and stop-loss orders waiting for this one to fill. */
  children: readonly Order[];
  /** The order this one waits for; null once it is alive by itself. */
  parent: Order | null;
  /** Take-profit and stop-loss orders of one request, this one among them: when one fills the others are cancelled. */
  siblings: readonly Order[] | null;
  /** The TWAP this is a slice of. Slices leave fills but no order history. */
  readonly twap: Twap | null;
  level: Level | null;
  previous: Order | null;
  next: Order | null;
}

/** Where a TWAP stands. */
export type TwapStatus = 'activated' | 'finished' | 'terminated' | 'error';

/** An order that is sent in slices over its minutes. */
export interface Twap {
  readonly id: number;
  readonly owner: VenueAccount;
  readonly asset: Asset;
  readonly isBuy: boolean;
  readonly lots: number;
  readonly reduceOnly: boolean;
  readonly minutes: number;
  readonly randomize: boolean;
  /** Holds the first slice back until the mark stands at or beyond this price; null once it did. */
  startAt: { readonly px: number; readonly above: boolean } | null;
  /** No slice trades beyond this price. */
  readonly limitPx: number | null;
  /** When it was placed. */
  readonly time: number;
  /** When its first slice was due; equals `time` unless it waited for a price. */
  beginsAt: number;
  slicesSent: number;
  executedLots: number;
  executedUsd: number;
}

/** One change of a TWAP, as its history keeps it. */
export interface TwapChange {
  readonly twap: Twap;
  readonly time: number;
  readonly status: TwapStatus;
  /** Why it ended in error. */
  readonly description: string | null;
  readonly executedLots: number;
  readonly executedUsd: number;
}

/** A fill of a TWAP slice. */
export interface TwapFill {
  readonly twapId: number;
  readonly fill: Fill;
}

/** What is kept of the TWAPs of one account: changes and slice fills, oldest first, bounded. */
export interface TwapRecord {
  readonly changes: TwapChange[];
  readonly fills: TwapFill[];
}

/** A liquidation as `userEvents` tells it. */
export interface LiquidationEvent {
  readonly lid: number;
  readonly liquidator: Address;
  readonly user: Address;
  /** Usd at the mark. */
  readonly notional: number;
  /** Usd. */
  readonly accountValue: number;
}

export interface Level {
  readonly px: number;
  readonly side: BookSide;
  lots: number;
  count: number;
  head: Order | null;
  tail: Order | null;
}

export interface BookSide {
  readonly isBid: boolean;
  readonly levels: Map<number, Level>;
  /** Prices from worst to best. */
  readonly prices: number[];
}

export interface Trade {
  readonly px: number;
  readonly exactPx: string | null;
  readonly lots: number;
  readonly takerIsBuy: boolean;
  readonly time: number;
  readonly tid: number;
  readonly block: number;
  readonly index: number;
  readonly buyer: Address;
  readonly seller: Address;
}

/** What an asset did in one stretch of time; prices in its units. */
export interface Bar {
  readonly start: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  lots: number;
  trades: number;
}

/** Bars oldest first, bounded, the last still growing. */
export interface Bars {
  readonly minutes: Bar[];
  readonly hours: Bar[];
}

export interface FundingPoint {
  readonly time: number;
  readonly rate: number;
  readonly premium: number;
}

/** A mark from the moment it was set until the next one. */
export interface MarkPoint {
  readonly time: number;
  readonly px: number;
}

/** Day volume, for contexts. */
export interface DayVolume {
  day: number;
  openPx: number;
  usd: number;
  lots: number;
}

export interface Asset {
  /** The number in signed orders. */
  readonly id: number;
  readonly dex: Dex;
  /** Replaced when the asset is delisted. */
  spec: AssetSpec;
  readonly coin: string;
  /** What a spot book trades for what; null for a perp. */
  readonly pair: SpotPair | null;
  readonly pxDecimals: number;
  readonly tiers: readonly MarginTier[];
  readonly bids: BookSide;
  readonly asks: BookSide;
  halted: boolean;
  oraclePx: number;
  markPx: number;
  lastPx: number;
  /** Smoothed mid − oracle, in price units, for the mark price. */
  basisEma: number;
  premiumSum: number;
  premiumCount: number;
  /** Set by the control port: the hourly rate to charge instead of the computed one. */
  fundingOverride: number | null;
  openInterestLots: number;
  /** Set by the control port: from this open interest on (usd at the mark) positions may not grow; null for the cap of its dex. */
  openInterestCapUsd: number | null;
  /** Oracle prices of the last hour, oldest first: what a delisting settles at. */
  readonly oracleHistory: MarkPoint[];
  volume: DayVolume;
  readonly fundingHistory: FundingPoint[];
  /** Oldest first, bounded; the first one stands for all time before it. */
  readonly markHistory: MarkPoint[];
  readonly recentTrades: Trade[];
  readonly bars: Bars;
  readonly holders: Set<Position>;
  readonly triggers: Set<Order>;
  /** Accounts to look at again once the mark falls to or rises to a price. */
  readonly falls: TriggerHeap<Position>;
  readonly rises: TriggerHeap<Position>;
  makersOn: boolean;
  ladder: Ladder | null;
  readonly houseOrders: Order[];
  bookTouched: boolean;
  topic: AssetTopic | null;
}

/** What the house quotes: prices and lots, best first. */
export interface Ladder {
  readonly bids: readonly LadderLevel[];
  readonly asks: readonly LadderLevel[];
}
export interface LadderLevel {
  readonly px: number;
  readonly lots: number;
}

export interface Dex {
  readonly index: number;
  readonly spec: DexSpec;
  /** What its clearinghouses hold. */
  readonly collateral: Token;
  /** Books of the spot pairs, which stand beside the main dex; empty for a builder dex. */
  readonly spot: Asset[];
  readonly assets: Asset[];
}

export interface Position {
  readonly asset: Asset;
  readonly clearing: Clearing;
  /** Signed. */
  lots: number;
  /** Signed size × average entry, usd. */
  cost: number;
  /** Usd inside an isolated position; 0 and unused for a cross one. */
  rawUsd: number;
  isIsolated: boolean;
  leverage: number;
  fundingSinceOpen: number;
  fundingSinceChange: number;
  /** When it was liquidated in part last. */
  partLiquidatedAt: number;
  /** Outdates older entries of the margin watch. */
  watchStamp: number;
}

/** One account's clearinghouse on one dex. */
export interface Clearing {
  readonly owner: VenueAccount;
  readonly dex: Dex;
  /** Cross usd: credits less what was paid for positions, fees and funding. May be negative while longs are held. */
  cash: number;
  readonly positions: SmallMap<Asset, Position>;
  /** Funding paid (received: negative) for a coin in all its positions, past ones too; usd. */
  readonly fundingPaid: SmallMap<Asset, number>;
  /** In the list of clearinghouses to check at the end of the block. */
  touched: boolean;
}

export interface LeverageSetting {
  isCross: boolean;
  leverage: number;
}

export interface Fill {
  readonly asset: Asset;
  readonly px: number;
  /** The price as text where it lies off the grid: a replayed trade. */
  readonly exactPx: string | null;
  readonly lots: number;
  readonly isBuy: boolean;
  readonly time: number;
  /** Signed size before; of a spot fill the balance of the base before, 10^-6. */
  readonly startLots: number;
  readonly closedPnl: number;
  readonly block: number;
  readonly index: number;
  readonly oid: number;
  readonly cloid: string | null;
  readonly crossed: boolean;
  /** 10^-6 of its token, builder fee included. */
  readonly fee: number;
  readonly feeToken: Token;
  readonly builderFee: number;
  readonly builder: Address | null;
  readonly tid: number;
  readonly liquidation: { readonly user: Address; readonly markPx: number; readonly method: 'market' | 'backstop' } | null;
  /** What `dir` says instead of open, close or flip: a backstop, an auto-deleveraging, a settlement. */
  readonly label: string | null;
  readonly twapId: number | null;
}

export interface FundingPayment {
  readonly asset: Asset;
  readonly time: number;
  readonly usd: number;
  readonly lots: number;
  readonly rate: number;
}

export interface LedgerUpdate {
  readonly time: number;
  readonly block: number;
  readonly index: number;
  readonly delta: { readonly [key: string]: Json };
}

export interface Agent {
  readonly address: Address;
  /** Empty for the unnamed one. */
  readonly name: string;
  readonly validUntil: number;
}

/** `disabled` keeps spot and every dex apart; the other two hold one balance per collateral token. */
export type Abstraction = 'disabled' | 'unifiedAccount' | 'portfolioMargin';

/** Traded on one UTC day, usd. */
export interface TradedDay {
  readonly day: number;
  cross: number;
  add: number;
  /** The part of both that was traded in spot books. */
  spot: number;
}

/** An account's value and its profit since the start at one moment, usd. */
export interface ValuePoint {
  readonly time: number;
  readonly value: number;
  readonly perpValue: number;
  readonly pnl: number;
}

/** Who signs for a multi-signature account, and how many of them must. */
export interface MultiSig {
  readonly users: readonly Address[];
  readonly threshold: number;
}

export interface VenueAccount {
  readonly address: Address;
  /** The makers' account: no margin, no minimum, no records. */
  readonly isHouse: boolean;
  readonly clearings: SmallMap<Dex, Clearing>;
  /** Units of 10^-6 by token. */
  readonly spot: SmallMap<Token, number>;
  abstraction: Abstraction;
  /** The account that signs for this one; null unless it is a sub-account. */
  readonly master: VenueAccount | null;
  /** Name of a sub-account, empty otherwise. */
  subName: string;
  readonly subAccounts: VenueAccount[];
  /** Who trades this account where it is a vault's; null otherwise. */
  leader: VenueAccount | null;
  /** Null for an account that its own key signs for. */
  multiSig: MultiSig | null;
  /** Days traded on, newest last, for the fee tier: a sub-account's count to its master. */
  readonly tradedDays: TradedDay[];
  /** What came in less what went out, in dollars at token values; 10^-6. */
  netDeposits: number;
  readonly values: ValuePoint[];
  /** User actions of one UTC day, for the cap on unified accounts. */
  actionsDay: number;
  actionsToday: number;
  hasSent: boolean;
  readonly leverage: SmallMap<Asset, LeverageSetting>;
  readonly open: SmallMap<number, Order>;
  readonly openCloids: SmallMap<string, Order>;
  restingReduceOnly: number;
  /** Open orders in spot books. */
  restingSpot: number;
  /** Newest last, bounded. */
  readonly orders: Order[];
  readonly fills: Fill[];
  readonly fundings: FundingPayment[];
  readonly ledger: LedgerUpdate[];
  readonly agents: Agent[];
  readonly builders: SmallMap<Address, number>;
  /** Lifetime traded usd; a sub-account's own. */
  volume: number;
  /** What its sub-accounts traded, usd. */
  subVolume: number;
  /** When one of its positions was liquidated in part last: for a while after that block all of them go whole. */
  partLiquidatedAt: number;
  requests: number;
  lastRequestTime: number;
  referredBy: ReferralLink | null;
  /** Code this account refers others by. */
  referralCode: string | null;
  /** Until then no other agent may be approved: one was replaced a moment ago. */
  agentRemovalUntil: number;
  scheduledCancel: number | null;
  topic: UserTopic | null;
}

export interface ReferralLink {
  readonly referrer: VenueAccount;
  readonly code: string;
  readonly time: number;
}

export type Sink = (frame: StreamFrame) => void;

/** What one user's subscribers are owed at the end of the block. */
export interface UserTopic {
  readonly address: Address;
  readonly sinks: Map<string, Set<Sink>>;
  readonly fills: Fill[];
  readonly updates: OrderUpdate[];
  readonly fundings: FundingPayment[];
  readonly ledger: LedgerUpdate[];
  readonly nonUserCancels: Order[];
  readonly liquidations: LiquidationEvent[];
  readonly twapChanges: TwapChange[];
  readonly twapFills: TwapFill[];
  stateTouched: boolean;
  ordersTouched: boolean;
  /** What was told last of documents that are only told when they differ, by key. */
  readonly lastTold: Map<string, string>;
  /** When documents that follow the marks were looked at last. */
  lastLookTime: number;
}

/** An order as it stood when its status changed. */
export interface OrderUpdate {
  readonly order: Order;
  readonly lots: number;
  readonly status: OrderStatus;
  readonly time: number;
}

export interface AssetTopic {
  readonly asset: Asset;
  readonly sinks: Map<string, Set<Sink>>;
  readonly trades: Trade[];
  lastBbo: string;
  lastBookTime: number;
  lastFastBookTime: number;
  /** The book changed since a fast one was told. */
  fastBookOwed: boolean;
  lastContextTime: number;
  barTouched: boolean;
}
