import { err, ok, type Result } from '@lockstep/kernel';

/**
 * One rate policy by the generic cell rate algorithm: on average `quota` units a `windowMs`, and never more than `quota` at once.
 * Emission interval T = windowMs ÷ quota, tolerance tau = windowMs: the header's `q` and `w` are these very numbers.
 */
export interface RatePolicy {
  /** Appears in RateLimit headers. */
  readonly name: string;
  readonly quota: number;
  readonly windowMs: number;
}

/** Countable things a tier limits. */
export const QUOTA_NAMES = ['api_keys', 'stream_connections', 'leaders', 'followers', 'active_copies', 'export_jobs'] as const;
export type QuotaName = (typeof QUOTA_NAMES)[number];

/** What a tenant's plan allows. Values are data (the operator may add tiers); these three ship. */
export interface Tier {
  readonly name: string;
  /** Applied together, all or nothing; per key. */
  readonly requests: readonly RatePolicy[];
  readonly quotas: Readonly<Record<QuotaName, number>>;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

const tier = (name: string, perMinute: number, burst: number, quotas: Readonly<Record<QuotaName, number>>): Tier => ({
  name,
  // The long window bounds the bill, the short one keeps a client from spending it in one breath.
  requests: [
    { name: 'minute', quota: perMinute, windowMs: MINUTE_MS },
    { name: 'burst', quota: burst, windowMs: SECOND_MS },
  ],
  quotas,
});

export const TIERS: readonly Tier[] = [
  tier('starter', 600, 50, { api_keys: 5, stream_connections: 5, leaders: 20, followers: 1_000, active_copies: 2_000, export_jobs: 2 }),
  tier('growth', 3_000, 200, { api_keys: 20, stream_connections: 50, leaders: 200, followers: 20_000, active_copies: 50_000, export_jobs: 5 }),
  tier('scale', 30_000, 1_000, {
    api_keys: 100,
    stream_connections: 500,
    leaders: 2_000,
    followers: 200_000,
    active_copies: 500_000,
    export_jobs: 20,
  }),
];
export const DEFAULT_TIER = 'starter';

export const findTier = (name: string): Tier | undefined => TIERS.find((candidate) => candidate.name === name);

export interface QuotaExceeded {
  readonly code: 'quota_exceeded';
  readonly quota: QuotaName;
  readonly limit: number;
  readonly used: number;
}

/** Whether `adding` more of a thing fit beside `used`. Returns what is left afterwards. */
export function checkQuota(of: Tier, quota: QuotaName, used: number, adding = 1): Result<number, QuotaExceeded> {
  const limit = of.quotas[quota];
  const left = limit - used - adding;
  return left < 0 ? err({ code: 'quota_exceeded', quota, limit, used }) : ok(left);
}

/** Failed sign-ins are charged to the caller's IP, never to the tenant whose key was guessed at. */
export const FAILED_AUTH_POLICY: RatePolicy = { name: 'failed-auth', quota: 20, windowMs: MINUTE_MS };
/** Found keys that one IP may report. */
export const LEAK_REPORT_POLICY: RatePolicy = { name: 'key-leaks', quota: 30, windowMs: MINUTE_MS };
