import { err, ok, type Result } from '@lockstep/kernel';
import { type FloorClass, isFloorClass, type RouteClass, TIER_CLASSES, type TierClass } from './route-classes';

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

/** Whose requests a policy counts together: those of each key, or those of all keys of the tenant's environment. A test run uses nothing of the live quota up. */
export const PARTITIONS = ['key', 'tenant'] as const;
export type Partition = (typeof PARTITIONS)[number];

/** A rate policy with the requests it counts. */
export interface RequestPolicy extends RatePolicy {
  readonly per: Partition;
  /** Which classes of requests it counts, together. */
  readonly classes: readonly RouteClass[];
}

/** Countable things a tier limits. */
export const QUOTA_NAMES = ['api_keys', 'stream_connections', 'leaders', 'followers', 'active_copies', 'export_jobs'] as const;
export type QuotaName = (typeof QUOTA_NAMES)[number];

/** What a tenant's plan allows. Tiers are the operator's data; the three below ship. */
export interface Tier {
  readonly name: string;
  /** Those that count a request's class are applied to it together, all or nothing. */
  readonly requests: readonly RequestPolicy[];
  /** Requests of a tenant's environment that may be in flight at once. */
  readonly concurrency: number;
  readonly quotas: Readonly<Record<QuotaName, number>>;
}

/** What a tier's numbers may be. Zero of a thing is a plan without it. */
export const TIER_BOUNDS = {
  policies: { min: 1, max: 10 },
  classesMin: 1,
  quota: { min: 1, max: 1_000_000 },
  /** Whole seconds: the headers know no others. */
  windowMs: { min: 1_000, max: 86_400_000, step: 1_000 },
  concurrency: { min: 1, max: 10_000 },
  quotas: {
    api_keys: { min: 1, max: 1_000 },
    stream_connections: { min: 0, max: 10_000 },
    leaders: { min: 0, max: 100_000 },
    followers: { min: 0, max: 10_000_000 },
    active_copies: { min: 0, max: 10_000_000 },
    export_jobs: { min: 0, max: 1_000 },
  },
} as const satisfies { readonly quotas: Record<QuotaName, { readonly min: number; readonly max: number }> } & Record<string, unknown>;

/** Names that policies of a tier cannot have, because others do. */
export const CONCURRENCY_POLICY = 'concurrency';
export const RESERVED_POLICY_NAMES: readonly string[] = [CONCURRENCY_POLICY, 'stops', 'kill-switches', 'failed-auth'];

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

const tier = (name: string, perMinute: number, burst: number, concurrency: number, quotas: Readonly<Record<QuotaName, number>>): Tier => ({
  name,
  requests: [
    // The long window bounds the bill, the short one keeps a client from spending it in one breath.
    { name: 'minute', per: 'key', classes: TIER_CLASSES, quota: perMinute, windowMs: MINUTE_MS },
    { name: 'burst', per: 'key', classes: TIER_CLASSES, quota: burst, windowMs: SECOND_MS },
    // All keys together have twice what one has, and costly requests a share of it.
    { name: 'tenant', per: 'tenant', classes: TIER_CLASSES, quota: perMinute * 2, windowMs: MINUTE_MS },
    { name: 'writes', per: 'tenant', classes: ['writes'], quota: perMinute, windowMs: MINUTE_MS },
    { name: 'orders', per: 'tenant', classes: ['orders'], quota: perMinute / 2, windowMs: MINUTE_MS },
    { name: 'exports', per: 'tenant', classes: ['exports'], quota: perMinute / 10, windowMs: MINUTE_MS },
  ],
  concurrency,
  quotas,
});

export const DEFAULT_TIER = 'starter';
const STARTER = tier(DEFAULT_TIER, 600, 50, 25, {
  api_keys: 5,
  stream_connections: 5,
  leaders: 20,
  followers: 1_000,
  active_copies: 2_000,
  export_jobs: 2,
});

/** The tiers a new database has. What counts for a tenant is the row of its tier. */
export const SHIPPED_TIERS: readonly Tier[] = [
  STARTER,
  tier('growth', 3_000, 200, 100, {
    api_keys: 20,
    stream_connections: 50,
    leaders: 200,
    followers: 20_000,
    active_copies: 50_000,
    export_jobs: 5,
  }),
  tier('scale', 30_000, 1_000, 400, {
    api_keys: 100,
    stream_connections: 500,
    leaders: 2_000,
    followers: 200_000,
    active_copies: 500_000,
    export_jobs: 20,
  }),
];

/** The limits of a tenant whose tier is unknown or cannot be read: the smallest that ship. */
export const fallbackTier = (name: string): Tier => ({ ...STARTER, name });

/** Bounds of what no tier limits, of each key: far above what a person or a careful program sends, far below what hurts. */
export const FLOOR_POLICIES: Readonly<Record<FloorClass, RatePolicy>> = {
  stops: { name: 'stops', quota: 600, windowMs: MINUTE_MS },
  // Apart from the stops of single copies, so that a client that stops thousands of them one by one can still stop them all at once.
  kill_switches: { name: 'kill-switches', quota: 120, windowMs: MINUTE_MS },
};

/** The policies that count a request of this class, in the tier's order. */
export function policiesFor(of: Tier, routeClass: RouteClass): readonly RequestPolicy[] {
  if (isFloorClass(routeClass)) return [{ ...FLOOR_POLICIES[routeClass], per: 'key', classes: [routeClass] }];
  return of.requests.filter((policy) => policy.classes.includes(routeClass));
}

/** Whether requests of this class take a place among the tenant's requests in flight. */
export const takesPlace = (routeClass: RouteClass): boolean => !isFloorClass(routeClass);

/** Classes that no policy of the list counts: a tier that leaves one without a limit is not a tier. */
export const uncounted = (requests: readonly { readonly classes: readonly RouteClass[] }[]): readonly TierClass[] =>
  TIER_CLASSES.filter((each) => !requests.some((policy) => policy.classes.includes(each)));

/**
 * How much of its quota each gateway gives by its own count while the shared one is away, by class. Gateways do not know how many they are: at half, two of
 * them give what the shared count gave. Exports cost most and can wait. What stops risk is never cut.
 */
export const FALLBACK_SHARES: Readonly<Record<RouteClass, number>> = {
  reads: 0.5,
  writes: 0.5,
  orders: 0.5,
  exports: 0.25,
  stops: 1,
  kill_switches: 1,
};

/** A quota's share, in whole units, one at least. */
export const sharedOut = (quota: number, share: number): number => Math.max(1, Math.floor(quota * share));

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
