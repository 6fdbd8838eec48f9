import { timeText } from '@lockstep/delivery';
import type { CountedRequests } from '@lockstep/storage';
import { PARTITIONS, QUOTA_NAMES, ROUTE_CLASSES } from '@lockstep/tenancy';
import { z } from 'zod';
import { named } from '../../http/documented';
import { livemodeField } from '../../http/fields';

const quotaSchema = named(
  'QuotaStanding',
  z
    .object({
      quota: z.enum(QUOTA_NAMES),
      limit: z.int().min(0),
      used: z.int().min(0).nullable().describe('Now, in this environment; null for what is counted at each gateway.'),
    })
    .describe('How much of a quota is used.'),
);
const policySchema = named(
  'RequestPolicy',
  z
    .object({
      name: z.string(),
      per: z.enum(PARTITIONS).describe('`key`: each key has the quota; `tenant`: all keys of this environment share it.'),
      classes: z.array(z.enum(ROUTE_CLASSES)).describe('Which requests it counts, together.'),
      quota: z.int().min(1).describe('Requests per window.'),
      window_seconds: z.int().min(1),
    })
    .describe('A request limit of the plan.'),
);
const counted = z.int().min(0);
const byClassSchema = z
  .object({
    reads: counted,
    writes: counted,
    orders: counted,
    exports: counted,
    stops: counted,
    kill_switches: counted,
    unclassed: counted.describe('Counted before there were classes.'),
  })
  .describe('Requests of each class.');
const daySchema = named(
  'DailyUsage',
  z
    .object({
      day: z.string().describe('A day in UTC, `2026-11-30`.'),
      key_id: z.string(),
      requests: counted,
      by_class: byClassSchema,
    })
    .describe('Requests of one key on one day.'),
);

/** What a tenant has used in a period and what its plan allows. */
export const usageSchema = named(
  'Usage',
  z
    .object({
      livemode: livemodeField,
      tier: z.string(),
      period: z.object({ from: timeText, to: timeText.describe('First moment after it.') }).describe('A calendar month in UTC.'),
      requests: z.string().regex(/^\d+$/).describe('Requests that were admitted, on every gateway. Late by some seconds.'),
      orders: z.string().regex(/^\d+$/).describe('Orders that were sent or withheld.'),
      fills: z.string().regex(/^\d+$/).describe('Executions of copies.'),
      quotas: z.array(quotaSchema),
      request_policies: z.array(policySchema),
      concurrency: z.int().min(1).describe('Requests of this environment that may be in flight at once.'),
      daily: z.array(daySchema).describe('Admitted requests by day and key, the newest day first.'),
      daily_complete: z.boolean().describe('False where there is more than one answer holds: ask with `key_id`.'),
    })
    .describe('Usage of a month, and how the plan’s quotas stand.'),
);

/** Sums in the order they were read, one row per day and key. */
export function dailyBody(sums: readonly CountedRequests[]): z.output<typeof daySchema>[] {
  const rows = new Map<string, { readonly day: string; readonly key_id: string; readonly by_class: Record<Counted, number> }>();
  for (const { day, keyId, routeClass, requests } of sums) {
    const row = rows.get(`${day}|${keyId}`) ?? { day, key_id: keyId, by_class: { ...NONE } };
    row.by_class[COUNTED.find((each) => each === routeClass) ?? 'unclassed'] += requests;
    rows.set(`${day}|${keyId}`, row);
  }
  return [...rows.values()].map((row) => ({ ...row, requests: Object.values(row.by_class).reduce((sum, many) => sum + many, 0) }));
}

const COUNTED = [...ROUTE_CLASSES, 'unclassed'] as const;
type Counted = (typeof COUNTED)[number];
const NONE: Readonly<Record<Counted, number>> = { reads: 0, writes: 0, orders: 0, exports: 0, stops: 0, kill_switches: 0, unclassed: 0 };
