import { z } from 'zod';
import { timeMs } from '../parse/amounts';

/** The venue's clock: the time of its latest block (facts §9). Weight 2. */
export const exchangeStatusRequest = () => ({ type: 'exchangeStatus' });
export const exchangeStatusAnswer = z.object({ time: timeMs, specialStatuses: z.unknown().optional() });
