import type { SpotPairSpec, TokenSpec } from './tokens';

/** Running sums of a token that, with what accounts hold, must equal what was credited. Units of 10^-6. */
export interface TokenTotals {
  credited: number;
  /** Fees of the venue and of deployers. */
  fees: number;
  /** The deployers' part of `fees`. */
  deployerFees: number;
  /** Builder fees and referral rewards not yet claimed. */
  rewards: number;
  /** Received less paid in funding: rounding remainders and the house's own share. */
  funding: number;
}

export interface Token {
  readonly spec: TokenSpec;
  readonly totals: TokenTotals;
}

export interface SpotPair {
  readonly spec: SpotPairSpec;
  readonly base: Token;
  readonly quote: Token;
}
