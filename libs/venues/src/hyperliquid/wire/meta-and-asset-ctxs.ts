import { z } from 'zod';
import { averageText, rateText } from '../parse/amounts';

/** Instruments of one dex with their marks (facts §9); both lists in asset order, delisted ones keep their place. */
export const metaAndAssetCtxsRequest = (dex: string) => ({ type: 'metaAndAssetCtxs', ...(dex === '' ? {} : { dex }) });

export const assetSchema = z.object({
  name: z.string(),
  szDecimals: z.number().int().min(0).max(8),
  maxLeverage: z.number().int().positive(),
  onlyIsolated: z.boolean().default(false),
  isDelisted: z.boolean().default(false),
  marginMode: z.string().optional(),
});

export const assetContextSchema = z.object({
  funding: rateText,
  oraclePx: averageText,
  markPx: averageText,
  midPx: averageText.nullish(),
});

export const metaSchema = z.object({ universe: z.array(assetSchema), collateralToken: z.number().int().nonnegative().default(0) });
export const metaAndAssetCtxsAnswer = z.tuple([metaSchema, z.array(assetContextSchema)]);
export type MetaAndContexts = z.infer<typeof metaAndAssetCtxsAnswer>;
