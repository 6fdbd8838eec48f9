import { fillPageSchema } from './fill';

/** The venue serves at most this many fills a page. */
export const FILLS_PER_PAGE = 2_000;

/** Fills of a user from `startTime` on, both ends inclusive (facts §9). */
export const userFillsByTimeRequest = (user: string, startTime: number) => ({ type: 'userFillsByTime', user, startTime });
export const userFillsByTimeAnswer = fillPageSchema;
