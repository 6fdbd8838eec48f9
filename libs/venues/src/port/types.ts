import type { EpochMs, Instrument, Money, Price, Rate, Side, Size } from '@lockstep/kernel';

/** Lower-case `0x` address of 20 bytes. */
export type Address = string;
/** Client order id: `0x` and 32 hex digits. */
export type ClientOrderId = string;

/** What a venue can do. A flag that is false is a promise that Lockstep never relies on it there. */
export interface VenueCapabilities {
  readonly userStream: boolean;
  readonly orderStream: boolean;
  readonly clientOrderId: boolean;
  readonly actionExpiry: boolean;
  readonly builderFee: boolean;
  readonly nonceNoop: boolean;
  readonly reduceOnly: boolean;
  /** Limit orders that rest, modified and cancelled by client order id. */
  readonly workingOrders: boolean;
  /** Take-profit, stop-loss and trigger orders that wait at the venue. */
  readonly triggerOrders: boolean;
  /** One key may act for sub-accounts and vaults. */
  readonly actingFor: boolean;
  /** Orders are signed by agent keys that end, and their ends can be read. */
  readonly agentExpiry: boolean;
  /** Each dex is a clearinghouse of its own, with its own collateral. */
  readonly clearinghousePerDex: boolean;
  /** Many orders in one request. */
  readonly batch: boolean;
  /** Orders that are refused rather than matched on arrival. */
  readonly postOnly: boolean;
  /** Fills are told by the venue with their fees. False: they are worked out from answers and positions, and say so (`derived`). */
  readonly fillHistory: boolean;
  /** Charges of funding can be read. */
  readonly fundingHistory: boolean;
  /** Approvals of a wallet (agent, builder fee) are relayed and read here. False: the wallet gives them at the exchange itself. */
  readonly approvals: boolean;
  /** Whole books are told, of coins that are followed deep. */
  readonly bookDepth: boolean;
  /** Requests of all kinds in a minute on this connection; null: no such limit, the venue counts in another way. */
  readonly requestsPerMinute: number | null;
}

/** Why a read from the venue gave nothing. Expected, hence a value. */
export type VenueReadError =
  | { readonly code: 'unreachable'; readonly detail: string }
  | { readonly code: 'rate_limited'; readonly detail: string }
  | { readonly code: 'unparseable'; readonly detail: string };

/** One execution as the venue reports it. Its identity is (address, coin, time, tradeId): a trade has two sides, and an address stands on one of them. */
export interface VenueFill {
  readonly coin: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  readonly time: EpochMs;
  /** Signed position before this fill. */
  readonly startPosition: Size;
  readonly closedPnl: Money;
  /** The whole fee paid, builder fee included; negative is a rebate. */
  readonly fee: Money;
  /** What the fee was paid in; `''` where a stream does not name it. `VenueTruth.fills` always does. */
  readonly feeAsset: string;
  readonly builderFee: Money;
  readonly orderId: string;
  readonly clientOrderId: ClientOrderId | null;
  readonly tradeId: string;
  readonly crossed: boolean;
  readonly twapId: string | null;
  readonly liquidation: boolean;
  /** Newer fills of the instrument were told before it: it continues the position they led to, and `startPosition` is that. */
  readonly overtaken?: true;
  /** Told by a public trade: what only the account's own fills say (order, fee, closed PnL, liquidation) is left empty. */
  readonly provisional?: true;
  /** True: worked out from positions or from an order's answer because the venue tells no fills; price, fee or time may be estimates. */
  readonly derived?: true;
}

/** What an account was worth at a moment, and what it had made by then since some beginning; money moved in or out is no profit. */
export interface EquityPoint {
  readonly at: EpochMs;
  readonly equity: Money;
  readonly pnl: Money;
}

/** One charge of funding on one position as the venue booked it. Its identity is (address, coin, time). */
export interface VenueFunding {
  readonly coin: string;
  readonly time: EpochMs;
  /** In the collateral of the coin's dex: above zero received, below zero paid. */
  readonly amount: Money;
  /** Signed net position of the account the charge was counted on. */
  readonly position: Size;
  /** Above zero: longs paid. */
  readonly rate: Rate;
}

/** Charges of funding as far as they could be read. */
export interface FundingReading {
  /** Oldest first. */
  readonly charges: readonly VenueFunding[];
  /** False: the venue holds more after the newest charge here; read on from its time. */
  readonly complete: boolean;
}

export interface VenuePosition {
  readonly coin: string;
  /** Signed size, long above zero. */
  readonly size: Size;
  readonly entryPrice: Price;
  readonly leverage: number;
  readonly cross: boolean;
  readonly marginUsed: Money;
  readonly unrealisedPnl: Money;
}

/** An account's state in one clearinghouse (dex). */
export interface AccountState {
  readonly address: Address;
  readonly dex: string;
  /** Equity of this clearinghouse alone, or of the whole account where its clearinghouses share one balance. */
  readonly accountValue: Money;
  /** True: `accountValue` is the whole account's, and summing it over dexes would count it twice. */
  readonly pooled: boolean;
  readonly withdrawable: Money;
  readonly positions: readonly VenuePosition[];
  /** The positions are read, the equity is not: `accountValue` and `pooled` say nothing yet. */
  readonly equityUnread?: true;
  readonly time: EpochMs;
}

/** Where an order stands. `unknown_order` is no proof that it will never appear. */
export type OrderStanding =
  | { readonly kind: 'unknown_order' }
  | { readonly kind: 'open'; readonly orderId: string; readonly remaining: Size; readonly original: Size }
  | {
      readonly kind: 'closed';
      readonly orderId: string;
      readonly status: string;
      readonly remaining: Size;
      readonly original: Size;
      readonly statusTime: EpochMs;
    };

/** What its sender knows of an order whose standing is asked for: venues without client order ids find it by this. */
export interface SentOrder {
  readonly instrument: Instrument;
  readonly buy: boolean;
  readonly price: Price;
  /** Whole lots ordered. */
  readonly lots: number;
  /** Nonce it was signed with: about the moment it left, in epoch ms. */
  readonly nonce: number;
  /** Signed position of the account in the coin without this order; null: not known. */
  readonly positionBefore: Size | null;
  /** The venue's ids of other orders of the account from about that time: none of them is this one. */
  readonly others: readonly string[];
  /** What the venue answered to it, where an earlier process was told: it is no question then, and only its fills are looked for. */
  readonly answer?: { readonly orderId: string; readonly filledLots: number; readonly averagePrice: Price | null };
}

export interface OpenOrder {
  readonly coin: string;
  readonly side: Side;
  readonly limitPrice: Price;
  readonly remaining: Size;
  readonly original: Size;
  readonly orderId: string;
  readonly clientOrderId: ClientOrderId | null;
  readonly reduceOnly: boolean;
  readonly time: EpochMs;
  /** Absent: a limit order, or the source does not tell (streams of order updates). */
  readonly trigger?: OpenTrigger;
  /** Time in force; absent where the source does not tell or the order has none. */
  readonly tif?: 'ioc' | 'gtc' | 'alo';
}

/** What an open order waits for. */
export interface OpenTrigger {
  readonly price: Price;
  readonly purpose: 'take_profit' | 'stop_loss';
  readonly market: boolean;
  /** True: it follows the size of the whole position and ends with it. */
  readonly ofPosition: boolean;
}

/** A change of one order of a watched address. */
export interface OrderUpdate {
  readonly order: OpenOrder;
  readonly status: string;
  readonly statusTime: EpochMs;
}

export interface AgentApproval {
  readonly name: string;
  readonly address: Address;
  readonly validUntil: EpochMs | null;
}

export interface MarketContext {
  readonly instrument: Instrument;
  readonly markPrice: Price;
  readonly oraclePrice: Price;
  readonly midPrice: Price | null;
  readonly fundingRate: Rate;
}
