import { decimalText, idText, timeText, wireTime } from '@lockstep/delivery';
import { formatRate, rate } from '@lockstep/kernel';
import type { TenantContractRow, TenantRow, TierRow } from '@lockstep/storage';
import { z } from 'zod';
import { limitsBody, readTier, tierLimitsSchema } from '../auth/tiers';
import { listOf, named } from '../http/documented';

/** A tenant as the operator sees it. */
export const operatorTenantSchema = named(
  'OperatorTenant',
  z
    .object({
      id: idText('ten'),
      name: z.string(),
      tier: z.string(),
      status: z.enum(['active', 'suspended', 'closed']),
      time_zone: z.string(),
      operator_share: decimalText.describe('The operator’s part of the execution markup, 0 to 1.'),
      operator_builder_address: z.string().nullable().describe('The operator’s own builder address; null: the tenant’s receives the markup.'),
      created_at: timeText,
      updated_at: timeText,
    })
    .describe('A tenant.'),
);
export type OperatorTenantBody = z.output<typeof operatorTenantSchema>;
export const operatorTenantListSchema = listOf('OperatorTenantList', operatorTenantSchema);

/** A tier as the operator sees it. */
export const tierSchema = named(
  'Tier',
  tierLimitsSchema
    .extend({
      name: z.string(),
      tenants: z.int().describe('How many tenants have it, closed ones included.'),
      readable: z.boolean().describe('False where its limits cannot be read: then its tenants have those of the smallest tier, which are shown.'),
      created_at: timeText,
    })
    .describe('What a plan allows.'),
);
export type TierBody = z.output<typeof tierSchema>;
export const tierListSchema = listOf('TierList', tierSchema);

export function tierBody(row: TierRow, tenants: number): TierBody {
  const { tier, fault } = readTier(row.name, JSON.stringify(row.limits));
  return { name: row.name, ...limitsBody(tier), tenants, readable: fault === null, created_at: wireTime(row.createdAt) };
}

const networkSchema = named(
  'Network',
  z.object({ venue: z.string(), network: z.string(), livemode: z.boolean(), url: z.string() }).describe('A venue’s network.'),
);
export const networkListSchema = listOf('NetworkList', networkSchema);

export const operatorTenantBody = (row: TenantRow, contract: TenantContractRow | null): OperatorTenantBody => ({
  id: row.id,
  name: row.name,
  tier: row.tier,
  status: row.status,
  time_zone: row.timeZone,
  operator_share: formatRate(rate(contract?.operatorShare ?? 0n)),
  operator_builder_address: contract?.builderAddress ?? null,
  created_at: wireTime(row.createdAt),
  updated_at: wireTime(row.updatedAt),
});
