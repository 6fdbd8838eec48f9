import { checkQuota, DEFAULT_TIER, findTier, type QuotaName } from '@lockstep/tenancy';
import type { Call } from './call';
import type { Refusal } from './problem-exception';

/** The refusal of one more of a thing when the tenant's plan has no room for it; null when it has. */
export function beyondQuota(call: Call, quota: QuotaName, used: number): Refusal | null {
  const tier = findTier(call.key.tier) ?? findTier(DEFAULT_TIER);
  if (tier === undefined) return { code: 'quota_exceeded' };
  const checked = checkQuota(tier, quota, used);
  return checked.ok ? null : { code: 'quota_exceeded', detail: `The plan allows ${checked.error.limit} of ${quota}; ${checked.error.used} exist.` };
}
