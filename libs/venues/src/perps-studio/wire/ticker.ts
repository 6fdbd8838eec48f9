import { z } from 'zod';
import { priceText } from '../parse/amounts';

/** Data of channel `ticker`, as far as it is read. */
export const tickerData = z.object({ markPrice: priceText });
