import { z } from 'zod';
import { addressText } from '../parse/amounts';
import { perpFillsSchema } from './fill';

/** Subscription to the fills of one user; the first answer is a snapshot of the newest 2,000. */
export const userFillsSubscription = (user: string) => ({ type: 'userFills', user });

/** Data of channel `userFills`. */
export const userFillsData = z.object({ user: addressText, fills: perpFillsSchema, isSnapshot: z.boolean().default(false) });
