import { z } from 'zod';
import type { AccountState, Address, VenuePosition } from '../../port';
import { addressText, averageText, moneyText, sizeText, timeMs } from '../parse/amounts';

/** Positions and margin of one user in one dex (facts §9). */
export const clearinghouseStateRequest = (user: string, dex: string) => ({ type: 'clearinghouseState', user, ...(dex === '' ? {} : { dex }) });

const positionSchema = z
  .object({
    position: z.object({
      coin: z.string(),
      szi: sizeText,
      leverage: z.object({ type: z.enum(['cross', 'isolated']), value: z.number() }),
      entryPx: averageText,
      marginUsed: moneyText,
      unrealizedPnl: moneyText,
    }),
  })
  .transform(
    ({ position }): VenuePosition => ({
      coin: position.coin,
      size: position.szi,
      entryPrice: position.entryPx,
      leverage: position.leverage.value,
      cross: position.leverage.type === 'cross',
      marginUsed: position.marginUsed,
      unrealisedPnl: position.unrealizedPnl,
    }),
  );

export const clearinghouseStateAnswer = z.object({
  marginSummary: z.object({ accountValue: moneyText }),
  withdrawable: moneyText,
  assetPositions: z.array(positionSchema),
  time: timeMs,
});

/** Puts a clearinghouse answer in the port's words. */
export function accountStateOf(address: Address, dex: string, answer: z.infer<typeof clearinghouseStateAnswer>): AccountState {
  return {
    address,
    dex,
    accountValue: answer.marginSummary.accountValue,
    pooled: false,
    withdrawable: answer.withdrawable,
    positions: answer.assetPositions,
    time: answer.time,
  };
}

/** Data of channel `clearinghouseState`. */
export const clearinghouseStateData = z
  .object({ user: addressText, dex: z.string().default(''), clearinghouseState: clearinghouseStateAnswer })
  .transform(({ user, dex, clearinghouseState }) => accountStateOf(user, dex, clearinghouseState));
