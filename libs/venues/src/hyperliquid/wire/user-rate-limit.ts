import { z } from 'zod';

export const userRateLimitRequest = (user: string) => ({ type: 'userRateLimit', user }) as const;

/** Requests an account has made and may make over its life. */
export const userRateLimitAnswer = z.object({ nRequestsUsed: z.number().min(0), nRequestsCap: z.number().min(0) });
