/** Bounds of the stream, in one place. */
export const STREAM_LIMITS = {
  heartbeatMs: 15_000,
  /** A new connection must subscribe within this time. */
  subscribeTimeoutMs: 5_000,
  /** Bytes that may wait in one socket before its pump pauses. */
  queueMaxBytes: 1_048_576,
  /** A paused socket that has not drained by then is a slow consumer. */
  stallTimeoutMs: 15_000,
  /** How long a paused pump waits before it looks again. */
  drainPollMs: 20,
  clientFrameMaxBytes: 65_536,
  clientFramesPerSecond: 50,
  /** Events kept serialised per scope while somebody reads it. */
  cacheEvents: 2_000,
  readBatchEvents: 500,
  /** Events asked about at a time while faults of a sandbox strike a stream: so many pass the bound of its queue at most. */
  faultBatchEvents: 50,
  /** Wake-ups may be lost: the log is looked at this often. */
  pollMs: 1_000,
  /** How often a connection's key is proved again, besides at a revocation's wake-up. */
  keyCheckMs: 1_000,
  connectionsMax: 10_000,
  ticketTtlMs: 60_000,
  drainSpreadMs: 5_000,
  /** How long a draining gateway waits for clients to answer its farewell. */
  farewellMs: 2_000,
} as const;
/** The bounds a gateway runs with: these, or others where a test would wait. */
export type StreamLimits = Readonly<Record<keyof typeof STREAM_LIMITS, number>>;
