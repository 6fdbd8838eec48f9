import type { Approved, EpochMs } from '@lockstep/kernel';
import type { Address, OrderColumns, SignerHandle, Venue, WorkingChange, WorkingOrder } from '../port';

/** An account that can trade: funded, its agent approved and loaded as `signer`. */
export interface TradingAccount {
  readonly address: Address;
  readonly signer: SignerHandle;
  /** A nonce above every earlier one of this signer, near the venue's time. */
  nextNonce(): number;
}

/** What the cases need from whoever runs a venue for them: accounts, and the power to lose answers and cut streams. */
export interface ConformanceDriver {
  readonly venue: Venue;
  /** A liquid instrument of the main dex, with makers on both sides of its mark. */
  readonly coin: string;
  /** A fresh account, flat, with enough collateral for a few hundred dollars of notional. */
  account(): Promise<TradingAccount>;
  /** A loaded signer nobody approved. */
  stranger(): Promise<TradingAccount>;
  /** Records the account's consent to a builder fee. */
  approveBuilder(account: TradingAccount, maxFeeTenthsBp: number): Promise<Address>;
  /** A builder no account consented to. */
  readonly strangerBuilder: Address;
  /** The next order lands, but its answer never arrives. */
  loseNextOrderAnswer(): Promise<void>;
  /** An hour of funding passes; longs pay in the tested coin. */
  chargeFunding(): Promise<void>;
  /** Cuts every open stream and connection once. */
  cutConnections(): Promise<void>;
  venueNow(): EpochMs;
  /** Stands for the risk gate, which is not part of a venue. */
  approved(orders: OrderColumns): Approved<OrderColumns>;
  /** The same for working orders and changes of them. */
  approvedWorking<T extends readonly (WorkingOrder | WorkingChange)[]>(orders: T): Approved<T>;
  /** The account's owner approves another agent in the place of its own. */
  replaceAgent(account: TradingAccount): Promise<void>;
}

/** One numbered requirement. `run` throws when the venue does not meet it. */
export interface ConformanceCase {
  readonly number: number;
  readonly name: string;
  run(driver: ConformanceDriver): Promise<void>;
}
