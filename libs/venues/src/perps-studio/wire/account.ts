import { z } from 'zod';
import { PROVIDER } from '../assumptions';
import { moneyText, priceText, sizeText } from '../parse/amounts';

/** The base of an account's resources in one dex; the empty dex is the main one. */
export function accountPath(address: string, dex: string, resource = ''): string {
  const rest = resource === '' ? '' : `/${resource}`;
  return dex === '' ? `/perps/${PROVIDER}/account/${address}${rest}` : `/rwas/${PROVIDER}/account/${address}${rest}?dex=${encodeURIComponent(dex)}`;
}

export const accountAnswer = z.object({ equity: moneyText, availableMargin: moneyText });

/** Positions: sizes are unsigned, the side stands beside them. `marginMode` is not documented; cross where it is absent. */
export const positionsAnswer = z.array(
  z.object({
    symbol: z.string(),
    side: z.enum(['long', 'short']),
    size: sizeText,
    entryPrice: priceText,
    markPrice: priceText,
    unrealizedPnl: moneyText,
    leverage: z
      .string()
      .regex(/^\d+(?:\.0*)?$/)
      .transform(Number),
    margin: moneyText,
    marginMode: z.enum(['cross', 'isolated']).default('cross'),
  }),
);
export type WirePositions = z.output<typeof positionsAnswer>;
