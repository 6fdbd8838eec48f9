import { z } from 'zod';
import { priceText, sizeText } from '../parse/amounts';

/** Data of channel `orderbook`: differences on the book told before, size `"0"` deletes a level. */
export const orderbookData = z.object({ bids: z.array(z.tuple([priceText, sizeText])), asks: z.array(z.tuple([priceText, sizeText])) });
