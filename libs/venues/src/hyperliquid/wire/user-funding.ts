import { z } from 'zod';
import type { VenueFunding } from '../../port';
import { averageSizeText, moneyText, rateText, timeMs } from '../parse/amounts';

/** The venue serves at most this many charges a page (facts §8). */
export const FUNDING_PER_PAGE = 500;

/** Funding of a user from `startTime` on, both ends inclusive, oldest first. */
export const userFundingRequest = (user: string, startTime: number) => ({ type: 'userFunding', user, startTime });

/** `usdc` is the amount in the collateral of the coin's dex, whatever that is. */
export const userFundingAnswer = z.array(
  z
    .object({
      time: timeMs,
      delta: z.object({ type: z.literal('funding'), coin: z.string(), usdc: moneyText, szi: averageSizeText, fundingRate: rateText }),
    })
    .transform(({ time, delta }): VenueFunding => ({ coin: delta.coin, time, amount: delta.usdc, position: delta.szi, rate: delta.fundingRate })),
);
