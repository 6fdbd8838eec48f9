import type { EpochMs } from '@lockstep/kernel';
import type { AccountState, Address, ClientOrderId, MarkUpdate, QuoteUpdate, VenueFill, VenueFunding, WatchEvent } from '@lockstep/venues/port';

/** An order as it is handed to the connection. Price and size 10^-8. */
export interface HandedOrder {
  readonly signer: Address;
  readonly actingFor: Address | null;
  readonly coin: string;
  readonly buy: boolean;
  readonly price: bigint;
  readonly size: bigint;
  readonly reduceOnly: boolean;
  readonly tif: 'ioc' | 'gtc' | 'alo';
  readonly clientOrderId: ClientOrderId;
  readonly nonce: number;
  readonly expiresAfter: EpochMs;
}

export type AnswerKind = 'filled' | 'resting' | 'rejected' | 'unknown';

/** A stop as it is handed to the connection, with the order it replaces. */
export interface HandedStop {
  readonly signer: Address;
  readonly coin: string;
  readonly buy: boolean;
  readonly price: bigint;
  readonly size: bigint;
  readonly reduceOnly: boolean;
  /** null: it waits for none. */
  readonly trigger: bigint | null;
  readonly clientOrderId: ClientOrderId;
  readonly nonce: number;
  readonly replaces: string | null;
}

/** Everything that passes between one process and the world, told when it is handed over or delivered. For auditors; it changes nothing. */
export interface Traffic {
  handed(order: HandedOrder): void;
  stops?(stops: readonly HandedStop[]): void;
  answered(clientOrderId: ClientOrderId, answer: AnswerKind): void;
  /** What became of an order that stands, or was to. */
  stopAnswered?(clientOrderId: ClientOrderId, answer: AnswerKind): void;
  marks(updates: readonly MarkUpdate[]): void;
  quotes(updates: readonly Pick<QuoteUpdate, 'coin' | 'bid' | 'ask'>[]): void;
  user(event: WatchEvent): void;
  account(state: AccountState): void;
  fills(address: Address, fills: readonly VenueFill[]): void;
  funding(address: Address, charges: readonly VenueFunding[]): void;
}
