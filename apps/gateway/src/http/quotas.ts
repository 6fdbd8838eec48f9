import { type CountedQuota, countForMore, type ScopedUnit } from '@lockstep/storage';
import { checkQuota, DEFAULT_TIER, findTier, type Tier } from '@lockstep/tenancy';
import type { Call } from './call';
import type { Refusal } from './problem-exception';

/** The plan of the caller's tenant; a name nobody knows any more is the default plan. */
export const tierOf = (call: Call): Tier | undefined => findTier(call.key.tier) ?? findTier(DEFAULT_TIER);

/** How many more of a thing the plan has room for, and the refusal of what is beyond. Others that ask meanwhile wait until this unit ended. */
export async function roomFor(unit: ScopedUnit, call: Call, quota: CountedQuota): Promise<{ readonly places: number; readonly refusal: Refusal }> {
  const tier = tierOf(call);
  const code = 'quota_exceeded';
  if (tier === undefined) return { places: 0, refusal: { code } };
  const limit = tier.quotas[quota];
  const used = await countForMore(unit, quota);
  const places = Math.max(0, limit - used);
  const detail = `The plan \`${tier.name}\` allows ${limit} ${quota.replaceAll('_', ' ')}.`;
  return { places, refusal: { code, detail } };
}

/**
 * The refusal of one more of a thing when the plan has no room for it; null when it has. Who counts first decides: others that ask meanwhile
 * wait until this unit ended, so that two of them never both take the last place.
 */
export async function beyondQuota(unit: ScopedUnit, call: Call, quota: CountedQuota): Promise<Refusal | null> {
  const tier = tierOf(call);
  if (tier === undefined) return { code: 'quota_exceeded' };
  const checked = checkQuota(tier, quota, await countForMore(unit, quota));
  if (checked.ok) return null;
  const { limit, used } = checked.error;
  return { code: 'quota_exceeded', detail: `The plan \`${tier.name}\` allows ${limit} ${quota.replaceAll('_', ' ')}; ${used} exist.` };
}
