import type { EpochMs, Result } from '@lockstep/kernel';
import type {
  AccountState,
  Address,
  AgentApproval,
  ClientOrderId,
  EquityPoint,
  FundingReading,
  MarketContext,
  OpenOrder,
  OrderStanding,
  SentOrder,
  VenueFill,
  VenueReadError,
} from './types';

/** Reads the venue's truth. Every call may fail as a value; none retries for longer than its timeout. */
export interface VenueTruth {
  /** Instruments with marks, all dexes or the named ones (`''` is the main dex). */
  markets(dexes?: readonly string[]): Promise<Result<readonly MarketContext[], VenueReadError>>;
  account(address: Address, dex: string): Promise<Result<AccountState, VenueReadError>>;
  openOrders(address: Address, dex: string): Promise<Result<readonly OpenOrder[], VenueReadError>>;
  /** `sent` helps venues that know no client order ids; others need none of it. */
  orderStatus(address: Address, order: ClientOrderId, sent?: SentOrder): Promise<Result<OrderStanding, VenueReadError>>;
  /** Fills from `since` on, both ends inclusive, oldest first, paged to the end. */
  fills(address: Address, since: EpochMs): Promise<Result<readonly VenueFill[], VenueReadError>>;
  /** Funding charged from `since` on, both ends inclusive, oldest first, all dexes; one call reads a bounded number of pages and says whether that was all. */
  funding(address: Address, since: EpochMs): Promise<Result<FundingReading, VenueReadError>>;
  agents(address: Address): Promise<Result<readonly AgentApproval[], VenueReadError>>;
  /** Approved builder fee in tenths of a basis point; 0 when none. */
  builderApproval(address: Address, builder: Address): Promise<Result<number, VenueReadError>>;
  /** Equity and profit of an account over about a month, oldest first; absent where the venue does not tell them. */
  equityHistory?(address: Address): Promise<Result<readonly EquityPoint[], VenueReadError>>;
  /** `standard` keeps equity per dex; `unified` keeps it in the spot state. */
  accountMode(address: Address): Promise<Result<'standard' | 'unified', VenueReadError>>;
}
