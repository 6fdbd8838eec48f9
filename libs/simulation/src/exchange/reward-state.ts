import type { SmallMap } from './small-map';
import type { Token } from './token-state';

/** What an address earned in one token, units of 10^-6. */
export interface Reward {
  /** Builder fees not yet claimed. */
  builder: number;
  /** Referral rewards not yet claimed. */
  referral: number;
  claimed: number;
}

/** What an address earned by token. It need not have an account. */
export type Rewards = SmallMap<Token, Reward>;
