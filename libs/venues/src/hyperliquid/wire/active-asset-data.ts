import { z } from 'zod';
import type { LeverageSetting } from '../../port';

/** Leverage an account has set for a coin, flat or not (facts §9). */
export const activeAssetDataRequest = (user: string, coin: string) => ({ type: 'activeAssetData', user, coin });
export const activeAssetDataAnswer = z
  .object({ leverage: z.object({ type: z.enum(['cross', 'isolated']), value: z.number().int().positive() }) })
  .transform(({ leverage }): LeverageSetting => ({ leverage: leverage.value, cross: leverage.type === 'cross' }));
