import type { Id, IdKind } from './ids';

/** Milliseconds since 1970-01-01 UTC. */
export type EpochMs = number;

/** The time, passed in so that a test or a simulation owns it. */
export interface Clock {
  /** Wall time. */
  now(): EpochMs;
  /** Monotonic milliseconds with fractions, for durations only. */
  monotonic(): number;
}

/** Makes ids; passed in so that a seed reproduces them. */
export interface Ids {
  next<K extends IdKind>(kind: K): Id<K>;
}

/** Random bytes and numbers; cryptographic in production, seeded in tests and simulation. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** A whole number from 0 to `below` − 1, without bias. */
  below(below: number): number;
}

/** Something that will happen later, unless it is cancelled. Cancelling twice, or what happened already, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Lets things happen later; passed in so that a simulation owns the time in which they do. */
export interface Timers {
  /** Runs `work` once, `ms` from now or, below zero, as soon as it can. */
  after(ms: number, work: () => void): Timer;
  /** Runs `work` every `ms`, for the first time `ms` from now. */
  every(ms: number, work: () => void): Timer;
  /** Runs `work` after everything that is ready to run now. */
  soon(work: () => void): Timer;
}
