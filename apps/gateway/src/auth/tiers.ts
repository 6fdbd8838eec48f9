import {
  fallbackTier,
  PARTITIONS,
  type QuotaName,
  RESERVED_POLICY_NAMES,
  TIER_BOUNDS,
  TIER_CLASSES,
  type Tier,
  uncounted,
  type VerifiedKey,
} from '@lockstep/tenancy';
import { z } from 'zod';

const { policies, quota, windowMs, concurrency, quotas } = TIER_BOUNDS;

const from = (what: string, { min, max }: { readonly min: number; readonly max: number }) => ({
  error: `${what}: a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`,
});
const whole = (what: string, bounds: { readonly min: number; readonly max: number }) => {
  const message = from(what, bounds);
  return z.int(message).min(bounds.min, message).max(bounds.max, message);
};

const classesField = z
  .array(z.enum(TIER_CLASSES))
  .min(1, { error: 'a policy counts at least one class' })
  .max(TIER_CLASSES.length)
  .refine((classes) => new Set(classes).size === classes.length, { error: 'a class stands once' })
  .describe('Which requests it counts, together.');

const policySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, { error: 'a name of 1 to 32 characters of a-z, 0-9 and -, beginning with a letter' })
    .refine((name) => !RESERVED_POLICY_NAMES.includes(name), { error: `not one of ${RESERVED_POLICY_NAMES.join(', ')}` })
    .describe('Stands in `RateLimit`, `RateLimit-Policy` and `violated-policies`.'),
  per: z.enum(PARTITIONS).describe('`key`: each key has the quota; `tenant`: all keys of an environment share it.'),
  classes: classesField,
  quota: whole('quota', quota).describe('Requests per window; as many may come at once.'),
  window_ms: whole('window_ms', windowMs)
    .multipleOf(windowMs.step, { error: 'window_ms: whole seconds' })
    .describe('Length of the window in milliseconds: whole seconds, at most a day.'),
});

export const requestsField = z
  .array(policySchema)
  .min(policies.min, { error: 'at least one policy' })
  .max(policies.max, { error: `at most ${policies.max} policies` })
  .superRefine((requests, context) => {
    const names = requests.map((policy) => policy.name);
    if (new Set(names).size !== names.length) context.addIssue({ code: 'custom', message: 'a policy’s name stands once' });
    const missing = uncounted(requests);
    if (missing.length > 0) context.addIssue({ code: 'custom', message: `no policy counts ${missing.join(', ')}` });
  })
  .describe('Request limits. Every class is counted by one at least.');
export const concurrencyField = whole('concurrency', concurrency).describe('Requests of a tenant’s environment in flight at once.');
/** Each quota, inside its bounds. */
export const quotasField = z.strictObject({
  api_keys: whole('api_keys', quotas.api_keys),
  stream_connections: whole('stream_connections', quotas.stream_connections),
  leaders: whole('leaders', quotas.leaders),
  followers: whole('followers', quotas.followers),
  active_copies: whole('active_copies', quotas.active_copies),
  export_jobs: whole('export_jobs', quotas.export_jobs),
} satisfies Record<QuotaName, z.ZodType>);

/** A tier's limits as the operator sends them, sees them, and as the table keeps them. */
export const tierLimitsSchema = z.strictObject({ requests: requestsField, concurrency: concurrencyField, quotas: quotasField });
export type TierLimits = z.output<typeof tierLimitsSchema>;

/** What was read of a tier. With a fault the limits are those of the smallest tier that ships. */
export interface ReadTier {
  readonly tier: Tier;
  /** Why the tier's own limits do not count; null where they do. Names places and rules, no values. */
  readonly fault: string | null;
}

/** Readings by name and text: the same few tiers stand in every request. */
const READ_MAX = 1_000;
const known = new Map<string, ReadTier>();

/** Makes a tier of the limits its row holds. What cannot be read fails safe: the tenant goes on with the smallest tier's limits. */
export function readTier(name: string, limits: string | null): ReadTier {
  const by = `${name}|${limits ?? ''}`;
  const found = known.get(by);
  if (found !== undefined) return found;
  const read = limits === null ? unreadable(name, 'no such tier') : parse(name, limits);
  if (known.size >= READ_MAX) known.clear();
  known.set(by, read);
  return read;
}

/** The tier of a verified key, as its row was when the key was looked up. */
export const tierOfKey = (key: Pick<VerifiedKey, 'tier' | 'tierLimits'>): Tier => readTier(key.tier, key.tierLimits).tier;

function parse(name: string, text: string): ReadTier {
  const parsed = tierLimitsSchema.safeParse(jsonOf(text));
  if (parsed.success) return { tier: tierFrom(name, parsed.data), fault: null };
  const why = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return unreadable(name, why.join('; '));
}

const unreadable = (name: string, fault: string): ReadTier => ({ tier: fallbackTier(name), fault });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const tierFrom = (name: string, { requests, ...rest }: TierLimits): Tier => ({
  name,
  requests: requests.map(({ window_ms, ...policy }) => ({ ...policy, windowMs: window_ms })),
  ...rest,
});

/** A tier's limits in the form the operator sees and the table keeps. */
export const limitsBody = ({ requests, concurrency: places, quotas: of }: Tier): TierLimits => ({
  requests: requests.map(({ name, per, classes, quota: many, windowMs: window }) => ({
    name,
    per,
    classes: TIER_CLASSES.filter((each) => classes.includes(each)),
    quota: many,
    window_ms: window,
  })),
  concurrency: places,
  quotas: { ...of },
});
