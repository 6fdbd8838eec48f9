import { timeText } from '@lockstep/delivery';
import { QUOTA_NAMES } from '@lockstep/tenancy';
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
    .object({ name: z.string(), quota: z.int().min(1).describe('Requests of one key per window.'), window_seconds: z.int().min(1) })
    .describe('A request limit of the plan.'),
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
    })
    .describe('Usage of a month, and how the plan’s quotas stand.'),
);
