/** Bounds of the back office. Every batch, wait and pool has one; tests choose smaller ones. */
export interface BackofficeLimits {
  /** Jobs at once in this process. */
  readonly jobsMax: number;
  /** How long a claimed job is ours without a heartbeat, in ms. */
  readonly jobLockMs: number;
  /** First wait before a failed job is tried again; doubles up to `jobRetryMaxMs`. */
  readonly jobRetryFirstMs: number;
  readonly jobRetryMaxMs: number;
  /** Wait between two looks at all scopes when no wake-up came, in ms. */
  readonly sweepIntervalMs: number;
  /** Wait between two readings of the platform's list of tenants, in ms. */
  readonly scopesIntervalMs: number;
  /** Transactions folded into balances at a time. */
  readonly foldMax: number;
  /** Fills charged at a time. */
  readonly accrueMax: number;
  /** Expired idempotency keys removed at a time. */
  readonly retentionMax: number;
  /** Followers of a tenant on its way out that are erased at a time. */
  readonly erasedMax: number;
  /** Events of a follower from which addresses are taken in one transaction. */
  readonly erasedEventsMax: number;
  /** Stored parts of its files that are removed at a time. */
  readonly filePartsMax: number;
  /** Exported files are kept this long; settlements for ever. */
  readonly exportKeepMs: number;
  /** Months whose partitions stand ahead of time. */
  readonly partitionsAheadMonths: number;
  /** Size of one stored part of a file. */
  readonly chunkBytes: number;
  /** Worlds of tenants' own that are open at once. The simulated venue holds 200, `main` among them. */
  readonly worldsMax: number;
  /** Worlds that are worked on at once in this process. */
  readonly worldJobsMax: number;
  /** How long an answer of the simulated venue may take, in ms. */
  readonly worldAnswerTimeoutMs: number;
  /** How long a world is kept for the worker that has it without a sign of life, in ms. */
  readonly worldKeptMs: number;
  /** Venue time run by one request while a clock is advanced, in ms: the other worlds wait meanwhile. */
  readonly worldStepMs: number;
  /** How often each open world is looked at, in ms: one that is gone is opened again. */
  readonly worldLookMs: number;
}

export const BACKOFFICE_LIMITS: BackofficeLimits = {
  jobsMax: 4,
  jobLockMs: 30_000,
  jobRetryFirstMs: 500,
  jobRetryMaxMs: 60_000,
  sweepIntervalMs: 5_000,
  scopesIntervalMs: 2_000,
  foldMax: 50_000,
  accrueMax: 5_000,
  retentionMax: 10_000,
  erasedMax: 100,
  erasedEventsMax: 10_000,
  filePartsMax: 500,
  exportKeepMs: 30 * 24 * 60 * 60 * 1_000,
  partitionsAheadMonths: 2,
  chunkBytes: 1_048_576,
  worldsMax: 100,
  worldJobsMax: 4,
  worldAnswerTimeoutMs: 20_000,
  worldKeptMs: 60_000,
  worldStepMs: 60_000,
  worldLookMs: 15_000,
};
