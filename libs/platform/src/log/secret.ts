import { inspect } from 'node:util';

export const HIDDEN = '[secret]';

/**
 * A value that must not be printed. Every way of turning it into text gives `[secret]`:
 * string conversion, JSON, console and the logger. `reveal()` is the one way to the value.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}

/** Wraps a value that must not be printed. */
export const secret = <T>(value: T): Secret<T> => new Secret(value);
