import type { EpochMs, Result } from '@lockstep/kernel';
import type { AccountState, Address, VenueFill, VenueReadError, VenueTruth } from '../../port';
import type { SessionTruth } from './session-reads';

/** Weight of an account's mode (facts §11.1). */
const MODE_WEIGHT = 20;

/** The truth a watch reads states by. The streamed state of a unified account would give no equity, so it is not told. */
export interface StreamTruth extends VenueTruth {
  isKnownStandard(address: Address): boolean;
  /** A state in which the account's mode may be an old one: it hardly ever changes and weighs ten times the state. */
  leaderAccount(address: Address, dex: string): Promise<Result<AccountState, VenueReadError>>;
  /** The same without asking for the mode. */
  leaderPositions(address: Address, dex: string): Promise<Result<AccountState, VenueReadError>>;
  /** Weight of the next such reading. */
  leaderPositionsWeight(address: Address): number;
  leaderFills(address: Address, since: EpochMs): Promise<Result<readonly VenueFill[], VenueReadError>>;
  leaderMode(address: Address): Promise<Result<unknown, VenueReadError>>;
  knowsMode(address: Address): boolean;
  /** Whether the mode is being asked for: another reading of the account asks for it no second time. */
  isAskingMode(address: Address): boolean;
  /** Coins of a dex that can be traded, as last read; empty before. */
  tradedCoins(dex: string): readonly string[];
}

/** The reads of a session, with what they weigh. */
export function sessionTruth(truth: StreamTruth): SessionTruth {
  return {
    account: (address, dex) => truth.leaderAccount(address, dex),
    accountWeight: (address) => truth.leaderPositionsWeight(address) + (truth.knowsMode(address) || truth.isAskingMode(address) ? 0 : MODE_WEIGHT),
    positions: (address, dex) => truth.leaderPositions(address, dex),
    positionsWeight: (address) => truth.leaderPositionsWeight(address),
    mode: (address) => truth.leaderMode(address),
    knowsMode: (address) => truth.knowsMode(address),
    fills: (address, since) => truth.leaderFills(address, since),
  };
}
