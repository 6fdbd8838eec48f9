import { z } from 'zod';

/** How many actions an address has made and may make over its life (facts §11.2). Weight 20. */
export const userRateLimitRequest = (user: string) => ({ type: 'userRateLimit', user }) as const;
export const userRateLimitAnswer = z.object({ nRequestsUsed: z.number().int().nonnegative(), nRequestsCap: z.number().int().nonnegative() });
