import { z } from 'zod';
import { PROVIDER } from '../assumptions';
import { priceText, rateText } from '../parse/amounts';

/** Markets of perps, or of all RWA dexes. Documented: symbol, minSize, pricePrecision, maxLeverage. */
export const marketsPath = (rwas: boolean): string => `/${rwas ? 'rwas' : 'perps'}/${PROVIDER}/markets`;

export const marketSchema = z.object({
  symbol: z.string(),
  dex: z.string().default(''),
  /** One lot: `0.001` is three decimals of size. */
  minSize: z.string().regex(/^(?:1|0\.0*1)$/),
  maxLeverage: z.number().int().positive(),
  onlyIsolated: z.boolean().default(false),
  status: z.string().default('active'),
  quoteAsset: z.string().default('USDC'),
  /** The exchange's number in signed actions; without it the underlying venue must tell it. */
  assetIndex: z.number().int().nonnegative().optional(),
  markPrice: priceText,
  indexPrice: priceText.optional(),
  midPrice: priceText.nullish(),
  fundingRate: rateText.optional(),
});
export type WireMarket = z.output<typeof marketSchema>;
export const marketsAnswer = z.array(marketSchema);

/** Decimals of a size, from the smallest one. */
export const sizeDecimals = ({ minSize }: WireMarket): number => (minSize === '1' ? 0 : minSize.length - 2);
