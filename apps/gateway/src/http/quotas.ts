import { type CountedQuota, countForMore, type ScopedUnit } from '@lockstep/storage';
import { checkQuota, type QuotaName, type Tier } from '@lockstep/tenancy';
import { tierOfKey } from '../auth/tiers';
import type { Call } from './call';
import type { Refusal } from './problem-exception';
import { tooMany } from './too-many';

/** The plan of the caller's tenant, as it stood when its key was looked up. */
export const tierOf = (call: Call): Tier => tierOfKey(call.key);

/** How many more of a thing the plan has room for, and the refusal of what is beyond. Others that ask meanwhile wait until this unit ended. */
export async function roomFor(unit: ScopedUnit, call: Call, quota: CountedQuota): Promise<{ readonly places: number; readonly refusal: Refusal }> {
  const tier = tierOf(call);
  const limit = tier.quotas[quota];
  const used = await countForMore(unit, quota);
  return { places: Math.max(0, limit - used), refusal: quotaRefusal(tier, quota, Math.max(used, limit)) };
}

/**
 * The refusal of one more of a thing when the plan has no room for it; null when it has. Who counts first decides: others that ask meanwhile
 * wait until this unit ended, so that two of them never both take the last place.
 */
export async function beyondQuota(unit: ScopedUnit, call: Call, quota: CountedQuota): Promise<Refusal | null> {
  const tier = tierOf(call);
  const checked = checkQuota(tier, quota, await countForMore(unit, quota));
  if (checked.ok) return null;
  return quotaRefusal(tier, quota, checked.error.used);
}

/** The refusal of one more of a thing than the plan allows. */
export const quotaRefusal = (tier: Tier, quota: QuotaName, used: number): Refusal =>
  tooMany({
    kind: 'quota',
    quota,
    detail: `The plan \`${tier.name}\` allows ${tier.quotas[quota]} ${quota.replaceAll('_', ' ')}; ${used} exist.`,
  });
