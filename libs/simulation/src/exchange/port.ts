import type { EpochMs, Price, Result, Side, Size } from '@lockstep/kernel';

/** A value that JSON can carry. The exchange speaks the venue's wire shapes; nothing here is shared with an adapter. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
/** Lower-case `0x` address of 20 bytes. */
export type Address = string;

/** A signed request whose signer was already recovered. Time and order of arrival are the block clock's business. */
export interface Submission {
  readonly signer: Address;
  readonly action: Json;
  readonly nonce: number;
  readonly vaultAddress: Address | null;
  readonly expiresAfter: number | null;
  /** Who signed the payload of a `multiSig` action, one for each inner signature; null where none was recovered. */
  readonly cosigners?: readonly (Address | null)[];
  /** The time by which nonce and expiry are judged when the action runs; absent: the block's. For worlds whose time is not their senders'. */
  readonly requestTime?: () => EpochMs;
}

/** The body of a 200 answer of `/exchange`, exactly as the venue would send it. */
export type ExchangeAnswer = { readonly status: 'ok'; readonly response: Json } | { readonly status: 'err'; readonly response: string };

/** An answer of `/info`: JSON with 200, or the venue's plain text with 422. */
export type InfoAnswer = { readonly status: 200; readonly body: Json } | { readonly status: 422; readonly body: string };

/** A frame for a subscriber: `{channel, data}`. One frame object may go to many sinks: a server may keep its text by identity. */
export interface StreamFrame {
  readonly channel: string;
  readonly data: Json;
}

/** A live subscription. `echo` is the normalised subscription the acknowledgement repeats; every key sent stands in it. */
export interface Subscription {
  readonly echo: Json;
  /** Frames owed at once (snapshots), to be sent after the acknowledgement. */
  readonly initial: readonly StreamFrame[];
  close(): void;
}

/** One separate world: books, accounts, seed and clock of its own. Deterministic: same seed and same ordered (block, action) list, same bytes out. */
export interface World {
  readonly name: string;
  readonly seed: number;
  /** Signed actions of this world name the test network. */
  readonly testnet: boolean;
  /** Time of the last executed block. */
  now(): EpochMs;
  /** True when the action's JSON is of a known shape; otherwise `/exchange` answers 422. */
  accepts(action: Json): boolean;
  /** Queues an action for the next block. The promise resolves once that block is executed. */
  submit(submission: Submission): Promise<ExchangeAnswer>;
  /** The same with a callback, called while the block ends, before its frames go out. Cheaper for thousands of actions a block. */
  submitWith(submission: Submission, answered: (answer: ExchangeAnswer) => void): void;
  /** Executes every block due up to `time`, in order. The server calls it from a timer, a test by hand. */
  advanceTo(time: EpochMs): void;
  info(request: Json): InfoAnswer;
  /** Refusals carry the venue's text, e.g. `Invalid subscription {…}`. */
  subscribe(subscription: Json, sink: (frame: StreamFrame) => void): Result<Subscription, string>;
  stats(): WorldStats;
  readonly control: WorldControl;
}

/** A forced trade as it was made, or why it was not. */
export type ForcedOutcome = Result<{ readonly tradeId: number; readonly time: EpochMs }, string>;

export interface WorldStats {
  readonly blocks: number;
  readonly accounts: number;
  readonly acceptedOrders: number;
  readonly fills: number;
  readonly queued: number;
}

/** What only the control port may do. Effects enter the same ordered queue as actions, ahead of them in the block, so that a recorded list replays. */
export interface WorldControl {
  /** Every coin of every dex. Coins given to the other calls must be among them. */
  coins(): readonly string[];
  /** Tokens of the world by name. */
  tokens(): readonly string[];
  /**
   * Adds to an address on a dex (`''` main) in its collateral, or on the spot balance (`'spot'`) in a token, USDC unless named. A decimal
   * string, may be negative; creates the account. A unified account is credited on its spot balance in every case.
   */
  credit(address: Address, dex: string, amount: string, token?: string): void;
  /** Credits, agent and builder approvals for many accounts in one call, without signatures. */
  setup(accounts: readonly AccountSetup[]): void;
  /** Moves a coin's oracle, mark and makers to a price. */
  movePrice(coin: string, price: Price): void;
  /** Moves only the oracle; the mark follows at its next step. */
  setOracle(coin: string, price: Price): void;
  /** Fills `address` at exactly this price and size against the house, exempt from minimum and margin: for replaying a recorded leader. Resolves after its block. */
  forceTrade(trade: ForcedTrade): Promise<ForcedOutcome>;
  /** The same with a callback, called while the block ends. */
  forceTradeWith(trade: ForcedTrade, answered: (outcome: ForcedOutcome) => void): void;
  /** Stops or resumes the synthetic makers of a coin. */
  setMakers(coin: string, on: boolean): void;
  /** Replaces the makers' ladder of a coin in one step, best levels first; it is put back every few seconds until replaced. Starts the makers. */
  quote(coin: string, bids: readonly QuoteLevel[], asks: readonly QuoteLevel[]): void;
  /** Fixes the hourly funding rate (decimal string) of a coin, or null for the computed one. */
  setFunding(coin: string, hourlyRate: string | null): void;
  /** Charges one hour of funding in the next block: behind what was asked for before it, or `first`, as at a full hour, when nobody holds yet what fills in that block. */
  advanceFunding(order?: 'in_turn' | 'first'): void;
  /** On a builder dex the deployer's halt: cancels every order of the coin and settles its positions at the mark. On the main dex orders are only refused. */
  haltTrading(coin: string): void;
  /** Ends a halt. A delisted coin stays halted. */
  resumeTrading(coin: string): void;
  /** Delists a coin: cancels its orders, settles its positions at the oracle's average over the last hour, keeps its slot. */
  delist(coin: string): void;
  /** Sets the open interest (decimal dollars at the mark) from which positions in a coin may not grow; null for that of its dex, the main one having none. */
  setOpenInterestCap(coin: string, capUsd: string | null): void;
  /** Begins or ends the time after a network upgrade in which only post-only orders are taken. */
  postOnlyPeriod(on: boolean): void;
  /** Everything an address has done and holds, as JSON for auditors: positions, cash, open orders, orders with status, fills; null when unknown. */
  truth(address: Address): Json | null;
  /** Addresses of all accounts but the makers'. */
  addresses(): readonly Address[];
  /** The marks of a coin since the world began, oldest first, as `[time, price]`; bounded, and null for a coin that is not there. */
  marks(coin: string): Json | null;
  /** The present mark of a coin and the best prices of its book, 10^-8; null: nobody stands on that side. */
  prices(coin: string): CoinPrices;
  /** Has every fill of an ordinary account told as it happens, in the venue's form: for auditors. One listener at a time. */
  onFills(told: ((address: Address, fill: Json) => void) | null): void;
  /** Sums that must come out: usd by holder class and positions by coin. */
  conservation(): Conservation;
}

export interface CoinPrices {
  readonly mark: Price;
  readonly bid: Price | null;
  readonly ask: Price | null;
}

export interface QuoteLevel {
  readonly price: Price;
  readonly size: Size;
}

export interface AccountSetup {
  readonly address: Address;
  /** Decimals by purse: a dex name, `''` for the main dex, `spot` for USDC on spot, `spot:NAME` for another token there. */
  readonly credits: { readonly [purse: string]: string };
  /** Makes an address that has no account yet a sub-account of this one, exempt from its volume; named like the last hex digits of its address. */
  readonly master?: Address;
  /** Sets the account mode, whatever stands open. */
  readonly abstraction?: 'disabled' | 'unifiedAccount' | 'portfolioMargin';
  /** Decimal dollars added to the lifetime volume, for rules that need it; fee tiers do not see it. */
  readonly volume?: string;
  /** What its portfolio tells of the time before, oldest first: value and profit so far in decimal dollars. Its money is not touched by it. */
  readonly past?: readonly { readonly agoMs: number; readonly value: string; readonly pnl: string }[];
  readonly agent?: { readonly address: Address; readonly name: string };
  /** Highest builder fee in tenths of a basis point. */
  readonly builder?: { readonly address: Address; readonly maxTenthsBp: number };
}

/** Amounts in 10^-6 of a token. `credited` must equal the sum of all the others. */
export interface TokenConservation {
  readonly credited: number;
  readonly held: number;
  readonly fees: number;
  /** The part of `fees` that is the deployers' of builder dexes; no part of its own. */
  readonly deployerFees: number;
  /** Builder fees and referral rewards nobody has claimed yet. */
  readonly builderFees: number;
  readonly funding: number;
}

/** The sums over all tokens, each token's own, and what must be zero for every coin: the positions of all accounts together. */
export interface Conservation extends TokenConservation {
  readonly netLots: { readonly [coin: string]: number };
  readonly tokens: { readonly [token: string]: TokenConservation };
}

export interface ForcedTrade {
  readonly address: Address;
  readonly coin: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  /** Groups fills of one leader order, and is its order id at the venue; absent: its own order. */
  readonly orderId?: number;
}
