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

/** True when the database itself answered that a statement failed; false when the answer, or the session, was lost. */
export const isRefusal = (failure: unknown): boolean => field(failure, 'severity') === 'ERROR';

function field(failure: unknown, name: string): string | null {
  const cause: unknown = failure instanceof QueryFailedError ? failure.driverError : failure;
  if (typeof cause !== 'object' || cause === null) return null;
  const value: unknown = Reflect.get(cause, name);
  return typeof value === 'string' ? value : null;
}
