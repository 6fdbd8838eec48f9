const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** Bounds of what a partner may ask of its own world. They stand in the answers and in the documentation. */
export const SANDBOX_LIMITS = {
  /** One advance of the clock. */
  advanceMaxMs: 30 * DAY_MS,
  /** All advances of one epoch together. */
  advancedTotalMaxMs: 366 * DAY_MS,
  /** Tasks of a sandbox that are queued or running. */
  openTasksMax: 20,
  /** Accounts credited in one task. */
  creditsMax: 50,
  /** One credit, in whole units of the collateral. */
  creditMax: 10_000_000,
  /** Trades made in one task. */
  tradesMax: 50,
  /** How long an ended task is kept. */
  taskKeptMs: 30 * DAY_MS,
  /** A world nobody used for so long is closed. */
  idleMaxMs: 14 * DAY_MS,
  /** Faults in force at a time. */
  faultsMax: 20,
  /** Faults that ended, by time or by use, and are still shown. */
  endedFaultsMax: 100,
  /** How often one fault strikes, where that is bounded. */
  faultTimesMax: 1_000,
  /** How long one fault is in force. */
  faultMaxMs: DAY_MS,
  /** What a fault of the kind `slow` adds to a request: less than clients and proxies wait as a rule. */
  faultDelayMaxMs: 25_000,
  /** What the `Retry-After` of a fault says at most. */
  faultRetryAfterMaxS: 300,
  /** Most events between two that a fault meets on a stream. */
  faultEveryEventsMax: 100_000,
} as const;
