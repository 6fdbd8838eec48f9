/** An expected outcome: either a value or a failure from a closed set. Nothing that returns a Result throws for it. */
export type Result<T, E> = Ok<T> | Err<E>;
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}
export interface Err<E> {
  readonly ok: false;
  readonly error: E;
}

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });
export const err = <E>(error: E): Err<E> => ({ ok: false, error });

/** The value of a Result that cannot have failed here; throws `AssertionFailure` naming `why` when it did. */
export function unwrap<T, E>(result: Result<T, E>, why: string): T {
  if (result.ok) return result.value;
  throw new AssertionFailure(`${why}: ${describe(result.error)}`);
}

/** A broken invariant: a defect in Lockstep, never an expected answer. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Asserts an invariant. Stays on in production: a wrong order costs more than a stopped process. */
export function must(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new AssertionFailure(invariant);
}

/** Returns `value` when present; throws `AssertionFailure` naming `what` when it is null or undefined. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new AssertionFailure(`${what} is missing`);
  return value;
}

/** Marks a branch the types say cannot be reached, so that a new member of a closed set fails to compile. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unexpected value ${describe(value)}`);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)) ?? String(value);
}
