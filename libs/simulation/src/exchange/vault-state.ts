import type { SmallMap } from './small-map';
import type { VenueAccount } from './state';

/** What one depositor holds of a vault. */
export interface Stake {
  shares: number;
  /** Deposited and not yet withdrawn, usd: profit is measured against it. */
  basis: number;
  /** Realised by withdrawals and distributions, usd. */
  realised: number;
  readonly since: number;
  lockedUntil: number;
}

/** A pool of depositors' money that its leader trades on the main dex. Shares are whole numbers; the first dollar makes a million of them. */
export interface Vault {
  readonly account: VenueAccount;
  readonly leader: VenueAccount;
  readonly name: string;
  readonly description: string;
  readonly created: number;
  allowDeposits: boolean;
  alwaysCloseOnWithdraw: boolean;
  isClosed: boolean;
  /** All shares there are: the sum of the stakes. */
  shares: number;
  readonly stakes: SmallMap<VenueAccount, Stake>;
}
