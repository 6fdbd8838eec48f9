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

function field(failure: unknown, name: string): string | null {
  const cause: unknown = failure instanceof QueryFailedError ? failure.driverError : failure;
  if (typeof cause !== 'object' || cause === null) return null;
  const value: unknown = Reflect.get(cause, name);
  return typeof value === 'string' ? value : null;
}
