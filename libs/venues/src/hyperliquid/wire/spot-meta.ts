import { z } from 'zod';

/** Spot tokens; perps name their collateral by a token's index (facts §13). */
export const spotMetaRequest = () => ({ type: 'spotMeta' });
export const spotMetaAnswer = z.object({ tokens: z.array(z.object({ name: z.string(), index: z.number().int() })) });
