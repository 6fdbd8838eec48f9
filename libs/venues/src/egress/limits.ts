/**
 * What a request is for. A more urgent one goes first: reductions, then what changes no position by itself (cancels, noops, leverage), then entries, then
 * reads. `upkeep` are the pings and subscriptions that keep streams alive: they are counted, never queued.
 */
export const CLASSES = ['reduction', 'control', 'entry', 'read', 'upkeep'] as const;
export type EgressClass = (typeof CLASSES)[number];
/** Classes whose requests wait in the scheduler. */
export const QUEUED = ['reduction', 'control', 'entry'] as const;
export type QueuedClass = (typeof QUEUED)[number];

/** One thing a venue counts per minute and address. */
export interface MeterLimit {
  readonly name: string;
  /** What may be spent in any `windowMs`, all classes together. Shares of other processes are taken off before. */
  readonly perWindow: number;
  /** Spend that is held free for a class while it has not used it. */
  readonly kept: Readonly<Partial<Record<EgressClass, number>>>;
  /** Most a class may spend; absent: everything that is not held for others. */
  readonly most: Readonly<Partial<Record<EgressClass, number>>>;
}

/** The limits of one egress address, or of one API key. */
export interface IpLimits {
  readonly meters: readonly MeterLimit[];
  /** Length of the window that is kept to: the venue's, plus what its own counting and the network may be late. */
  readonly windowMs: number;
  /** Requests without an answer at the same time. */
  readonly inFlightMax: number;
  /** An answer that took longer may have been counted that much later. */
  readonly lateMs: number;
  /** First and longest pause after the venue said that a limit was exceeded. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** Time to an answer until one was measured. */
  readonly answerMs: number;
}

/** What one request costs: by meter, and whether it holds a place until its answer. */
export interface Cost {
  readonly meters: readonly number[];
  readonly inFlight: boolean;
}

/** The limits of one venue account. */
export interface AddressLimits {
  /** Requests of an account that has not traded. */
  readonly free: number;
  /** Time between two requests once they are used up. */
  readonly spacingMs: number;
  /** Requests that cancels may use beyond the others' limit, at most the limit again. */
  readonly cancelsBeyond: number;
  /** Requests of an account that entries leave to what takes risk off and to noops; absent: none. */
  readonly keptFromEntries?: number;
}
