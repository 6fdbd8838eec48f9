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

/** True when the database itself answered that a statement failed; false when the answer, or the session, was lost. */
export const isRefusal = (failure: unknown): boolean => field(failure, 'severity') === 'ERROR';

function field(failure: unknown, name: string): string | null {
  const cause: unknown = failure instanceof QueryFailedError ? failure.driverError : failure;
  if (typeof cause !== 'object' || cause === null) return null;
  const value: unknown = Reflect.get(cause, name);
  return typeof value === 'string' ? value : null;
}
