import type { EpochMs } from '@lockstep/kernel';
import type { PassedLimitRow } from '../rows/passed-limits';
import type { ProposalRow } from '../rows/proposals';
import type { NewRow } from '../rows/scoped';
import type { StandingOrderRow } from '../rows/standing-orders';
import type { ScopedSql } from '../unit/sql';
import * as funding from './funding';
import * as crosses from './internal-crosses';
import * as orderFills from './order-fills';
import * as passed from './passed-limits';
import * as positionStates from './position-states';
import * as proposals from './proposals';
import * as recovery from './recovery';
import * as running from './running-copies';
import * as standing from './standing-orders';
import * as venuePositions from './venue-positions';
import * as waveNumbers from './wave-numbers';

/**
 * What the engine keeps of a scope beside plain rows. The functions of the same names below are how it is called; a unit brings the records that carry it
 * out: statements of PostgreSQL here, memory in the simulation.
 */
export interface EngineRecords {
  fundingReadTimes(venueAccountNo: number | null): Promise<ReadonlyMap<number, EpochMs>>;
  saveFundingReadTimes(readings: readonly { readonly venueAccountNo: number; readonly readToMs: EpochMs }[]): Promise<void>;
  heldByCopies(moments: readonly funding.HeldMoment[]): Promise<readonly funding.HeldByCopy[]>;
  addFunding(parts: readonly funding.CopyFunding[]): Promise<void>;
  addToFinalEquity(parts: readonly Omit<funding.CopyFunding, 'coin'>[]): Promise<void>;
  recordFollowerClose(close: {
    readonly copyNo: number;
    readonly coin: string;
    readonly closedAtMs: EpochMs;
    readonly quantity: bigint;
  }): Promise<void>;
  markOrdersFilled(firstFills: ReadonlyMap<string, number>): Promise<ReadonlySet<string>>;
  venueOrderNames(venueOrderIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  venueOrderIdsSince(copyNos: readonly number[], since: EpochMs, except: string): Promise<readonly string[]>;
  resolveOrders(resolutions: readonly orderFills.OrderResolution[]): Promise<ReadonlySet<string>>;
  completeJournal(shard: number, waves: readonly number[]): Promise<void>;
  savePositionStates(states: readonly positionStates.PositionState[]): Promise<void>;
  loadPositionStates(): Promise<readonly positionStates.PositionState[]>;
  writtenOrders(ids: readonly string[]): Promise<ReadonlyMap<string, recovery.WrittenOrder>>;
  bookedSizes(ids: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  firstFillTimes(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  newestFillTimes(): Promise<ReadonlyMap<number, number>>;
  newestInsideTimes(): Promise<ReadonlyMap<number, number>>;
  runningCopies(): Promise<readonly running.RunningCopy[]>;
  runningCopy(id: string): Promise<running.RunningCopy | null>;
  writeCopyState(copyNo: number, change: running.CopyStateChange): Promise<boolean>;
  saveEquity(states: readonly running.EquityState[]): Promise<void>;
  saveVenueNets(nets: readonly venuePositions.VenueNet[]): Promise<void>;
  addOwnPositions(left: readonly venuePositions.LeftPosition[]): Promise<void>;
  saveOwnPositions(positions: readonly venuePositions.OwnPosition[]): Promise<void>;
  recordCross(cross: crosses.InternalCross): Promise<void>;
  loadOwnPositions(): Promise<readonly venuePositions.OwnPosition[]>;
  highestJournaledNonce(): Promise<number>;
  saveStandingOrders(rows: readonly NewRow<StandingOrderRow>[]): Promise<void>;
  dropStandingOrders(clientOrderIds: readonly string[]): Promise<void>;
  standingOrders(): Promise<readonly StandingOrderRow[]>;
  highestStandingNonce(): Promise<number>;
  saveProposals(rows: readonly NewRow<ProposalRow>[]): Promise<void>;
  openProposals(): Promise<readonly ProposalRow[]>;
  proposalById(id: string): Promise<ProposalRow | null>;
  passedLimits(): Promise<readonly PassedLimitRow[]>;
  addPassedLimit(row: NewRow<PassedLimitRow>): Promise<boolean>;
  dropPassedLimit(key: passed.PassedLimitKey): Promise<boolean>;
}

/** A unit that keeps engine records. */
export interface WithRecords {
  readonly records: EngineRecords;
}

/** The records of a unit on PostgreSQL. */
export const sqlRecords = (unit: ScopedSql): EngineRecords => ({
  fundingReadTimes: (no) => funding.fundingReadTimes(unit, no),
  saveFundingReadTimes: (readings) => funding.saveFundingReadTimes(unit, readings),
  heldByCopies: (moments) => funding.heldByCopies(unit, moments),
  addFunding: (parts) => funding.addFunding(unit, parts),
  addToFinalEquity: (parts) => funding.addToFinalEquity(unit, parts),
  recordFollowerClose: (close) => funding.recordFollowerClose(unit, close),
  markOrdersFilled: (firstFills) => orderFills.markOrdersFilled(unit, firstFills),
  venueOrderNames: (ids) => orderFills.venueOrderNames(unit, ids),
  venueOrderIdsSince: (copyNos, since, except) => orderFills.venueOrderIdsSince(unit, copyNos, since, except),
  resolveOrders: (resolutions) => orderFills.resolveOrders(unit, resolutions),
  completeJournal: (shard, waves) => orderFills.completeJournal(unit, shard, waves),
  savePositionStates: (states) => positionStates.savePositionStates(unit, states),
  loadPositionStates: () => positionStates.loadPositionStates(unit),
  writtenOrders: (ids) => recovery.writtenOrders(unit, ids),
  bookedSizes: (ids) => recovery.bookedSizes(unit, ids),
  firstFillTimes: (ids) => recovery.firstFillTimes(unit, ids),
  newestFillTimes: () => recovery.newestFillTimes(unit),
  newestInsideTimes: () => recovery.newestInsideTimes(unit),
  runningCopies: () => running.runningCopies(unit),
  runningCopy: (id) => running.runningCopy(unit, id),
  writeCopyState: (copyNo, change) => running.writeCopyState(unit, copyNo, change),
  saveEquity: (states) => running.saveEquity(unit, states),
  saveVenueNets: (nets) => venuePositions.saveVenueNets(unit, nets),
  addOwnPositions: (left) => venuePositions.addOwnPositions(unit, left),
  saveOwnPositions: (positions) => venuePositions.saveOwnPositions(unit, positions),
  recordCross: (cross) => crosses.recordCross(unit, cross),
  loadOwnPositions: () => venuePositions.loadOwnPositions(unit),
  highestJournaledNonce: () => waveNumbers.highestJournaledNonce(unit),
  saveStandingOrders: (rows) => standing.saveStandingOrders(unit, rows),
  dropStandingOrders: (ids) => standing.dropStandingOrders(unit, ids),
  standingOrders: () => standing.standingOrders(unit),
  highestStandingNonce: () => standing.highestStandingNonce(unit),
  saveProposals: (rows) => proposals.saveProposals(unit, rows),
  openProposals: () => proposals.openProposals(unit),
  proposalById: (id) => proposals.proposalById(unit, id),
  passedLimits: () => passed.passedLimits(unit),
  addPassedLimit: (row) => passed.addPassedLimit(unit, row),
  dropPassedLimit: (key) => passed.dropPassedLimit(unit, key),
});

type Of<K extends keyof EngineRecords> = (unit: WithRecords, ...given: Parameters<EngineRecords[K]>) => ReturnType<EngineRecords[K]>;

/** Venue time before which funding is booked, per venue account number, of one account or of all (null); accounts never read are absent. */
export const fundingReadTimes = (unit: WithRecords, venueAccountNo: number | null = null): ReturnType<EngineRecords['fundingReadTimes']> =>
  unit.records.fundingReadTimes(venueAccountNo);
/** Writes how far the funding of accounts is booked; a reading never goes back. An account may stand in it once. */
export const saveFundingReadTimes: Of<'saveFundingReadTimes'> = (unit, readings) => unit.records.saveFundingReadTimes(readings);
/** What every copy of the accounts, stopped ones too, held right before each moment; copies that held nothing are absent. */
export const heldByCopies: Of<'heldByCopies'> = (unit, moments) => unit.records.heldByCopies(moments);
/** Adds funding to copies' positions, each copy and coin once; rows of copies nobody trades any more included. */
export const addFunding: Of<'addFunding'> = (unit, parts) => unit.records.addFunding(parts);
/** Adds income to the last written equity of copies that nobody values any more, each copy once. */
export const addToFinalEquity: Of<'addToFinalEquity'> = (unit, parts) => unit.records.addToFinalEquity(parts);
/** Records what a follower closed against a copy, signed, 10^-8. */
export const recordFollowerClose: Of<'recordFollowerClose'> = (unit, close) => unit.records.recordFollowerClose(close);
/** Notes on orders when the venue filled them first (mf, venue time in ms). An earlier time stands. Returns the ids of the orders that have a row. */
export const markOrdersFilled: Of<'markOrdersFilled'> = (unit, firstFills) => unit.records.markOrdersFilled(firstFills);
/** Client order ids of orders by the venue's ids, as far as they were written. */
export const venueOrderNames: Of<'venueOrderNames'> = (unit, ids) => unit.records.venueOrderNames(ids);
/** The venue's ids of orders of some copies that were written down at a moment or later, without the one with the id `except`. */
export const venueOrderIdsSince: Of<'venueOrderIdsSince'> = (unit, copyNos, since, except) => unit.records.venueOrderIdsSince(copyNos, since, except);
/** Writes the found outcomes of orders that are not settled yet; returns the ids of those that were not, so that a resolution is told once. */
export const resolveOrders: Of<'resolveOrders'> = (unit, resolutions) => unit.records.resolveOrders(resolutions);
/** Closes journal rows of a shard by wave number. */
export const completeJournal: Of<'completeJournal'> = (unit, shard, waves) => unit.records.completeJournal(shard, waves);
/** Writes the states of many copies in one statement; a copy and coin may stand in it once. */
export const savePositionStates: Of<'savePositionStates'> = (unit, states) => unit.records.savePositionStates(states);
/** States of all copies that are not stopped, in the scope. */
export const loadPositionStates: Of<'loadPositionStates'> = (unit) => unit.records.loadPositionStates();
/** The order rows of these ids with what is booked of each; ids without a row are absent. */
export const writtenOrders: Of<'writtenOrders'> = (unit, ids) => unit.records.writtenOrders(ids);
/** Size booked per order id from fill rows; orders without a fill are absent. */
export const bookedSizes: Of<'bookedSizes'> = (unit, ids) => unit.records.bookedSizes(ids);
/** Venue time of the first booked fill per order id, in ms; orders without a fill are absent. */
export const firstFillTimes: Of<'firstFillTimes'> = (unit, ids) => unit.records.firstFillTimes(ids);
/** Venue time of the newest recorded fill per venue account number. */
export const newestFillTimes: Of<'newestFillTimes'> = (unit) => unit.records.newestFillTimes();
export const newestInsideTimes: Of<'newestInsideTimes'> = (unit) => unit.records.newestInsideTimes();
/** All copies of the scope that are not stopped, oldest first. */
export const runningCopies: Of<'runningCopies'> = (unit) => unit.records.runningCopies();
/** One copy by id, whatever its state; null when the scope has none. */
export const runningCopy: Of<'runningCopy'> = (unit, id) => unit.records.runningCopy(id);
/** Writes a copy's state where it is in the state it changes from; false, and nothing is changed, when it is not. */
export const writeCopyState: Of<'writeCopyState'> = (unit, copyNo, change) => unit.records.writeCopyState(copyNo, change);
/** Writes the equity of many copies in one statement. */
export const saveEquity: Of<'saveEquity'> = (unit, states) => unit.records.saveEquity(states);
/** Writes what accounts hold; an older reading never replaces a newer one. An account and coin may stand in it once. */
export const saveVenueNets: Of<'saveVenueNets'> = (unit, nets) => unit.records.saveVenueNets(nets);
/**
 * What copies that end leave on accounts that others trade through is the follower's own from then on: added to what was compared last, so that a start before
 * the next comparison does not take it for a trade against the others. An account and coin may stand in it once.
 */
export const addOwnPositions: Of<'addOwnPositions'> = (unit, left) => unit.records.addOwnPositions(left);
/** Writes the follower's own part as a trade of theirs left it; what was read of the account stays. An account and coin may stand in it once. */
export const saveOwnPositions: Of<'saveOwnPositions'> = (unit, positions) => unit.records.saveOwnPositions(positions);
/** Writes a cross. Its number may be written once: a second time is a defect and breaks the key. */
export const recordCross: Of<'recordCross'> = (unit, cross) => unit.records.recordCross(cross);
/** Own positions of all accounts of the scope, without those that are flat. */
export const loadOwnPositions: Of<'loadOwnPositions'> = (unit) => unit.records.loadOwnPositions();
/** Highest nonce journaled in a scope; 0 when none was. Counters of all signers restart above the highest of all scopes. */
export const highestJournaledNonce: Of<'highestJournaledNonce'> = (unit) => unit.records.highestJournaledNonce();

/** Writes standing orders down; of one that is written already only where it stands. Each may be named once. */
export const saveStandingOrders: Of<'saveStandingOrders'> = (unit, rows) => unit.records.saveStandingOrders(rows);
/** Removes orders that ended and are accounted for. */
export const dropStandingOrders: Of<'dropStandingOrders'> = (unit, ids) => unit.records.dropStandingOrders(ids);
/** Every order of the scope that may stand, oldest first. */
export const standingOrders: Of<'standingOrders'> = (unit) => unit.records.standingOrders();
/** Highest nonce written with a standing order of the scope; 0 when none is. */
export const highestStandingNonce: Of<'highestStandingNonce'> = (unit) => unit.records.highestStandingNonce();

/** A unit that numbers waves. */
export interface WithWaveNumbers {
  readonly waveNumbers: { next(): Promise<number> };
}

/** A wave number for orders that follow no move of the leader (repair, stop, breaker): from the same sequence as moves, so never one of theirs. */
export const nextWaveNumber = (unit: WithWaveNumbers): Promise<number> => unit.waveNumbers.next();
/** Writes proposals as they stand, each once. */
export const saveProposals: Of<'saveProposals'> = (unit, rows) => unit.records.saveProposals(rows);
/** Every proposal of the scope that may still be approved, oldest first. */
export const openProposals: Of<'openProposals'> = (unit) => unit.records.openProposals();
/** One proposal; null: there is none of that name. */
export const proposalById: Of<'proposalById'> = (unit, id) => unit.records.proposalById(id);
/** Every limit of the scope that is told as passed and not as met again, oldest first. */
export const passedLimits: Of<'passedLimits'> = (unit) => unit.records.passedLimits();
/** Notes that a limit is told as passed; false, and nothing is changed, where it is already: then it is not told again. */
export const addPassedLimit: Of<'addPassedLimit'> = (unit, row) => unit.records.addPassedLimit(row);
/** Notes that a limit is told as met again; false where it is not told as passed. */
export const dropPassedLimit: Of<'dropPassedLimit'> = (unit, key) => unit.records.dropPassedLimit(key);
