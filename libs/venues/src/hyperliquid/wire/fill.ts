import { type Money, money } from '@lockstep/kernel';
import { z } from 'zod';
import type { VenueFill } from '../../port';
import { cloidText, idNumber, moneyText, priceText, sideLetter, sizeText, timeMs } from '../parse/amounts';
import { isPerpCoin } from '../parse/read';

const NOTHING: Money = money(0n);

/** One fill of `userFills`, `userFillsByTime` and the stream of the same name (facts §9). */
export const fillSchema = z
  .object({
    coin: z.string(),
    px: priceText,
    sz: sizeText,
    side: sideLetter,
    time: timeMs,
    startPosition: sizeText,
    closedPnl: moneyText,
    oid: idNumber,
    crossed: z.boolean(),
    fee: moneyText,
    feeToken: z.string().default(''),
    tid: idNumber,
    builderFee: moneyText.optional(),
    cloid: cloidText.nullish(),
    liquidation: z.unknown().optional(),
    twapId: idNumber.nullish(),
  })
  .transform(
    (fill): VenueFill => ({
      coin: fill.coin,
      side: fill.side,
      price: fill.px,
      size: fill.sz,
      time: fill.time,
      startPosition: fill.startPosition,
      closedPnl: fill.closedPnl,
      fee: fill.fee,
      feeAsset: fill.feeToken,
      builderFee: fill.builderFee ?? NOTHING,
      orderId: fill.oid,
      clientOrderId: fill.cloid ?? null,
      tradeId: fill.tid,
      crossed: fill.crossed,
      twapId: fill.twapId ?? null,
      liquidation: fill.liquidation !== undefined && fill.liquidation !== null,
    }),
  );

/** A fill of any market, read no further than its market: spot sizes may have more decimals than a perp's ever have. */
const anyFill = z.looseObject({ coin: z.string(), time: timeMs });

/** A list of fills, spot and outcome trades left out unread. */
export const perpFillsSchema = z
  .array(anyFill)
  .transform((fills) => fills.filter(({ coin }) => isPerpCoin(coin)))
  .pipe(z.array(fillSchema));

/** One page of fills: those of perps, how many the venue served in all, and the newest time among them. */
export const fillPageSchema = z.array(anyFill).transform((fills, context) => {
  const perps = perpFillsSchema.safeParse(fills);
  if (perps.success) return { fills: perps.data, served: fills.length, newest: fills.reduce((latest, { time }) => Math.max(latest, time), 0) };
  for (const { path, message } of perps.error.issues) context.addIssue({ code: 'custom', path, message });
  return z.NEVER;
});
