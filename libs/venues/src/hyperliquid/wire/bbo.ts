import { z } from 'zod';
import { priceText } from '../parse/amounts';

/** Best bid and ask of one coin (facts §10.2): told when subscribed and whenever a block changed them. */
export const bboSubscription = (coin: string) => ({ type: 'bbo', coin });

const level = z
  .object({ px: priceText })
  .transform(({ px }) => px)
  .nullable();

/** Data of channel `bbo`: the bid stands first. */
export const bboData = z.object({ coin: z.string(), bbo: z.tuple([level, level]) }).transform(({ coin, bbo: [bid, ask] }) => ({ coin, bid, ask }));
