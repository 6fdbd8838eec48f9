import { z } from 'zod';
import { addressText } from '../parse/amounts';
import { fillPageSchema } from './fill';

/** Subscription to the fills of one user; the first answer is a snapshot of the newest 2,000. */
export const userFillsSubscription = (user: string) => ({ type: 'userFills', user });

/** Fills of a snapshot at most: one that holds fewer holds all there are. */
export const SNAPSHOT_FILLS_MAX = 2_000;

/** Data of channel `userFills`; `isWhole`: no fill of the account is older than those, of whatever market. */
export const userFillsData = z
  .object({ user: addressText, fills: fillPageSchema, isSnapshot: z.boolean().default(false) })
  .transform(({ user, fills: { fills, served }, isSnapshot }) => ({ user, fills, isSnapshot, isWhole: isSnapshot && served < SNAPSHOT_FILLS_MAX }));
