import type { EpochMs } from '@lockstep/kernel';

/** When funding is charged and read, in ms. */
export interface FundingTimes {
  /** Time between two charges, counted from midnight UTC, hence from the full hour. */
  readonly fundingPeriodMs: number;
  /** A charge counts once it is this old: by then the venue tells it, and the fills before it. */
  readonly fundingGraceMs: number;
  /** Accounts owed a reading are spread over this time, at most `fundingAccountsMax` a turn. */
  readonly fundingSpreadMs: number;
  readonly fundingAccountsMax: number;
}

/** The newest moment of charging that is old enough to be read at `now`. */
export function lastCharge(now: EpochMs, { fundingPeriodMs, fundingGraceMs }: FundingTimes): EpochMs {
  return Math.floor((now - fundingGraceMs) / fundingPeriodMs) * fundingPeriodMs;
}

/** What of an account decides whether funding may have been charged to its copies and not been read. */
export interface FundingStanding {
  /** Charges before this moment are booked. */
  readonly fundingReadTo: EpochMs;
  /** Time of the newest fill known. */
  readonly fillsReadTo: EpochMs;
  /** When what its copies hold changed last without a fill. */
  readonly changedInsideAt: EpochMs;
  /** True while a copy holds anything by our record. */
  readonly holds: boolean;
}

/**
 * True when an account is owed a reading of charges up to `charged`. One that is flat is owed it too if it traded since its last reading, or a copy of it was handed
 * over or crossed: it may have held something in between. What is not owed now loses nothing: its position of reading stays, and a later reading begins there.
 */
export function owesReading(account: FundingStanding, charged: EpochMs): boolean {
  return account.fundingReadTo < charged && (account.holds || Math.max(account.fillsReadTo, account.changedInsideAt) >= account.fundingReadTo);
}

/** How many of `owed` accounts are read in one turn of `turnMs`: all within the spread, where that is not more than allowed; at least one. */
export function accountsPerTurn(owed: number, turnMs: number, { fundingSpreadMs, fundingAccountsMax }: FundingTimes): number {
  return Math.max(1, Math.min(fundingAccountsMax, Math.ceil((owed * turnMs) / fundingSpreadMs)));
}
