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
}

/** The body of a 200 answer of `/exchange`, exactly as the venue would send it. */
export type ExchangeAnswer = { readonly status: 'ok'; readonly response: Json } | { readonly status: 'err'; readonly response: string };

/** An answer of `/info`: JSON with 200, or the venue's plain text with 422. */
export type InfoAnswer = { readonly status: 200; readonly body: Json } | { readonly status: 422; readonly body: string };

/** A frame for a subscriber: `{channel, data}`. */
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
  /** Time of the last executed block. */
  now(): EpochMs;
  /** Queues an action for the next block. The promise resolves once that block is executed. */
  submit(submission: Submission): Promise<ExchangeAnswer>;
  /** Executes every block due up to `time`, in order. The server calls it from a timer, a test by hand. */
  advanceTo(time: EpochMs): void;
  info(request: Json): InfoAnswer;
  /** Refusals carry the venue's text, e.g. `Invalid subscription {…}`. */
  subscribe(subscription: Json, sink: (frame: StreamFrame) => void): Result<Subscription, string>;
  readonly control: WorldControl;
}

/** What only the control port may do. Effects enter the same ordered queue as actions, so that a recorded list replays. */
export interface WorldControl {
  /** Adds collateral (decimal string, may be negative) to an address on a dex; creates the account. */
  credit(address: Address, dex: string, amount: string): void;
  /** Moves a coin's oracle, mark and makers to a price. */
  movePrice(coin: string, price: Price): void;
  /** Fills `address` at exactly this price and size against the house, exempt from minimum and margin: for replaying a recorded leader. Resolves after its block. */
  forceTrade(trade: ForcedTrade): Promise<Result<{ readonly tradeId: number; readonly time: EpochMs }, string>>;
  /** Stops or resumes the synthetic makers of a coin. */
  setMakers(coin: string, on: boolean): void;
}

export interface ForcedTrade {
  readonly address: Address;
  readonly coin: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  /** Groups fills of one leader order; absent: its own order. */
  readonly orderId?: number;
}
