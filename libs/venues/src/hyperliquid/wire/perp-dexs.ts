import { z } from 'zod';

/** The perp dexes; the position in the list decides the asset ids (facts §3). */
export const perpDexsRequest = () => ({ type: 'perpDexs' });
/** Dex names by position; the main dex is position 0 and named `''`. */
export const perpDexsAnswer = z.array(z.object({ name: z.string() }).nullable()).transform((dexes) => dexes.map((dex) => dex?.name ?? ''));

/** First asset id of the dex at a position of the list. */
export const firstAssetId = (dexPosition: number): number => (dexPosition === 0 ? 0 : 100_000 + dexPosition * 10_000);
