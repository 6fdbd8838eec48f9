import { z } from 'zod';

/** How many actions an address has made and may make (facts §11.2). Weight 20. */
export const userRateLimitRequest = (user: string) => ({ type: 'userRateLimit', user });
export const userRateLimitAnswer = z.object({ nRequestsUsed: z.number().int().nonnegative(), nRequestsCap: z.number().int().nonnegative() });
