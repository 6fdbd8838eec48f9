import type { ViolationKind } from './violation';

/** What is allowed for between what happens and what the engine can know. Every figure widens what is accepted, none narrows it. */
export interface AuditorOptions {
  /** Oldest mark an entry may be decided on (product §3). */
  readonly markMaxAgeMs: number;
  /** A wish that ends risk is honoured so long after its 2xx (product §3). */
  readonly haltGraceMs: number;
  /** A mark or fill that came so shortly before a decision may not have been seen by it. */
  readonly raceMs: number;
  /** Allowed between the journal's transaction being given to the database and a breach seen by a mark. */
  readonly journalGraceMs: number;
  /** A newer move of the leader takes back what is unsent after this. */
  readonly supersedeGraceMs: number;
  /** Differences of clocks of engine and venue, and the way to the venue. */
  readonly clockSlackMs: number;
  /** A repair may leave so long after its catch-up window, because it was decided inside. */
  readonly repairSlackMs: number;
  /** Equities as they stood so long ago may still be what a decision was taken on. */
  readonly equityWindowMs: number;
  /** Share by which a leader's or a copy's equity is taken as unsure in ratios and caps; 10^-12. */
  readonly equityMargin: bigint;
  /** Share of a copy's value by which a loss must pass its limit to be told. */
  readonly lossMargin: number;
  /** A process that began is judged by its own figures of loss after this. */
  readonly settleMs: number;
  /** An increment may be owed so much longer than its catch-up window while the database or the venue is slow. */
  readonly owedSlackMs: number;
  /** An order that stands is to be cancelled within this of what ends it. */
  readonly restGraceMs: number;
  /** One that ends without filling, within this: cancels of many orders leave one after another, and may be tried again. */
  readonly restEndMs: number;
  /** A mirror that adds risk is to be cancelled within this of what ends new risk. */
  readonly mirrorEndMs: number;
  /** What is added to that for each copy that mirrors: a venue is asked for so many actions a second. */
  readonly mirrorTurnMs: number;
  /** What became of a mirror that was to be changed is found out within this: the change may land late. */
  readonly mirrorChangeMs: number;
  /** A mirror follows what becomes of its leader's order within this, and what mirrors filled is of orders that went so long ago at most. */
  readonly mirrorGraceMs: number;
  /** An answer that comes later than this may be one the engine waits for no more: its wave has gone on, and the venue is asked, within `owedSlackMs`. */
  readonly answerLateMs: number;
  /** An engine has compared an account with the venue so long after it was told of what it did not send itself. */
  readonly comparisonMs: number;
  /** Difference allowed between realised profit of the books and of the venue, for each fill, 10^-8. */
  readonly roundingPerFill: bigint;
  /** Charges of funding younger than this may not be in the books yet: the venue tells them late, and the engine reads its accounts one after another. */
  readonly fundingReadMs: number;
  /** A charge that is told younger than this may be left to the next reading: fills before it may not be known yet. */
  readonly fundingYoungMs: number;
  /** A charge that was read is booked within this: the books wait for a wave that is being sent, and for what else of the account is read first. */
  readonly fundingBookMs: number;
  /** Kinds that are not told, with the reason at whoever sets them. */
  readonly untold: readonly ViolationKind[];
}

export const AUDITOR_DEFAULTS: AuditorOptions = {
  markMaxAgeMs: 5_000,
  haltGraceMs: 100,
  raceMs: 20,
  journalGraceMs: 0,
  supersedeGraceMs: 1_000,
  clockSlackMs: 500,
  repairSlackMs: 1_000,
  equityWindowMs: 15_000,
  equityMargin: 10_000_000_000n,
  lossMargin: 0.001,
  settleMs: 5_000,
  owedSlackMs: 10_000,
  restGraceMs: 1_500,
  restEndMs: 5_000,
  mirrorEndMs: 2_500,
  mirrorTurnMs: 50,
  mirrorChangeMs: 8_000,
  mirrorGraceMs: 5_000,
  answerLateMs: 1_000,
  comparisonMs: 30_000,
  roundingPerFill: 100n,
  fundingReadMs: 10_000,
  fundingYoungMs: 5_000,
  fundingBookMs: 3_000,
  untold: [],
};

/** Orders, and fills, of one run the auditor keeps; a longer run is cut into several. */
export const MAX_ORDERS = 4_000_000;
/** Trade ids of leaders kept against telling twice, per leader; and orders of one leader in one coin. */
export const MAX_LEADER_TRADES = 200_000;
