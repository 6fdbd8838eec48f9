import { z } from 'zod';
import { priceText, sizeText } from '../parse/amounts';

/** Four figures: twenty rows reach a tenth of a percent to a few percent away, where the finest would end within some hundredths of one. */
const FIGURES = 4;

/** The book of one coin (facts §10.2): whole, twenty rows a side, every few seconds. */
export const l2BookSubscription = (coin: string) => ({ type: 'l2Book', coin, nSigFigs: FIGURES });

const rows = z.array(z.object({ px: priceText, sz: sizeText }).transform(({ px, sz }) => ({ price: px, size: sz })));

/** Data of channel `l2Book`: bids stand first, the best of each side first. */
export const l2BookData = z
  .object({ coin: z.string(), levels: z.tuple([rows, rows]) })
  .transform(({ coin, levels: [bids, asks] }) => ({ coin, bids, asks }));
