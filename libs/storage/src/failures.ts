import { QueryFailedError } from 'typeorm';

/** SQL states that mean "another transaction was first; the same work may succeed now". */
const CONFLICT_STATES = new Set(['40001', '40P01']);

/** True for a serialization failure or deadlock: the one failure `Storage` retries. */
export const isConflict = (failure: unknown): boolean => CONFLICT_STATES.has(sqlState(failure) ?? '');

/** The name of the unique, foreign-key or check constraint that a failed statement broke; null for any other failure. */
export function constraintOf(failure: unknown): string | null {
  return field(failure, 'constraint');
}

/** PostgreSQL's five-character code of a failed statement, null for other failures. */
export function sqlState(failure: unknown): string | null {
  return field(failure, 'code');
}

/**
 * The connection was lost while a unit committed: it stands or does not, and only reading tells. Thrown by `Storage` instead of the driver's failure,
 * which is its cause.
 */
export class CommitUnknownError extends Error {
  override readonly name = 'CommitUnknownError';

  constructor(cause: unknown) {
    super('the connection was lost during a commit: its outcome is not known', { cause });
  }
}

/**
 * The database is not there: it gave no connection or no answer within the bound, or a connection to it was lost. What the unit asked for does not stand, unless it
 * was its commit. Thrown in the place of the driver's failure, which is its cause.
 */
export class DatabaseAwayError extends Error {
  override readonly name = 'DatabaseAwayError';

  constructor(cause: unknown) {
    super('the database is not there', { cause });
  }
}

/** Refusals by which the database says that it cannot now: it is out of resources (class 53), the statement or the wait for a lock took too long. */
const BUSY_STATES = /^(?:53...|57014|55P03)$/;

/** True where a unit failed because the database was away or could not: the same work may succeed later. */
export const isDatabaseAway = (failure: unknown): boolean => failure instanceof DatabaseAwayError || BUSY_STATES.test(sqlState(failure) ?? '');

/** What `engine_term_holds` raises. */
const TERM_OVER_STATE = 'LT001';

/**
 * Another engine has begun its term: this one writes nothing any more. Thrown by `Storage` in the place of the driver's failure, which is its cause, before anything
 * of the unit was done.
 */
export class TermOverError extends Error {
  override readonly name = 'TermOverError';

  constructor(cause?: unknown) {
    super('another engine has taken over: this one writes nothing any more', { cause });
  }
}

/** True for a failure that says so, whichever storage it is of. */
export const isTermOver = (failure: unknown): boolean => failure instanceof Error && failure.name === 'TermOverError';

/** A driver's failure as what it means to whoever opened the unit. */
export const openingFailure = (failure: unknown): unknown => (sqlState(failure) === TERM_OVER_STATE ? new TermOverError(failure) : failure);

/** Severities that end a session; a server of another language says the same in its own words, which is why states are looked at too. */
const ENDING_SEVERITIES: ReadonlySet<string> = new Set(['FATAL', 'PANIC']);
/** States that end a session: the connection's own, an end by the operator, and the bounds of a session that does nothing. */
const ENDING_STATES = /^(?:08...|57P..|25P0[34])$/;

/** True when the database itself answered that a statement failed; false when the answer, or the session, was lost. */
export function isRefusal(failure: unknown): boolean {
  const severity = field(failure, 'severity');
  if (severity === null || ENDING_SEVERITIES.has(severity)) return false;
  return severity === 'ERROR' || !ENDING_STATES.test(sqlState(failure) ?? '');
}

function field(failure: unknown, name: string): string | null {
  const cause: unknown = failure instanceof QueryFailedError ? failure.driverError : failure;
  if (typeof cause !== 'object' || cause === null) return null;
  const value: unknown = Reflect.get(cause, name);
  return typeof value === 'string' ? value : null;
}
