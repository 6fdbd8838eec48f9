import { z } from 'zod';
import { PROVIDER } from '../assumptions';

/** `POST` places, `DELETE` with a body cancels. */
export const ordersPath = (dex: string): string => `/${dex === '' ? 'perps' : 'rwas'}/${PROVIDER}/orders`;

export const placedAnswer = z.object({
  orderId: z.string().regex(/^\d{1,15}$/),
  status: z.enum(['open', 'filled', 'partially_filled', 'canceled']),
  filledSize: z.string(),
  avgPrice: z.string().nullish(),
});
export type Placed = z.output<typeof placedAnswer>;
