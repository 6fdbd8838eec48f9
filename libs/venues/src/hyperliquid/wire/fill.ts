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
    feeToken: z.string().default('USDC'),
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

/** A list of fills, spot and outcome trades left out. */
export const perpFillsSchema = z.array(fillSchema).transform((fills) => fills.filter((fill) => isPerpCoin(fill.coin)));
