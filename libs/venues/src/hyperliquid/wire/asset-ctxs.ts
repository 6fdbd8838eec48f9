import { z } from 'zod';
import { averageText } from '../parse/amounts';

/** Subscription to the contexts of all perps of one dex, marks among them (facts §10.2). */
export const assetCtxsSubscription = (dex: string) => ({ type: 'assetCtxs', dex });

/** Data of channel `assetCtxs`: contexts in asset order, as in the dex's meta; they name no coin. */
export const assetCtxsData = z.object({ dex: z.string().default(''), ctxs: z.array(z.object({ markPx: averageText })) });
