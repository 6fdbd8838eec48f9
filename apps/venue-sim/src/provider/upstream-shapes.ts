import { z } from 'zod';

/* The exchange's own answers as far as the Provider API reads them. */

export const metaAndContexts = z.tuple([
  z.object({
    universe: z.array(
      z.object({
        name: z.string(),
        szDecimals: z.number(),
        maxLeverage: z.number(),
        onlyIsolated: z.boolean().default(false),
        isDelisted: z.boolean().default(false),
      }),
    ),
    collateralToken: z.number().default(0),
  }),
  z.array(
    z.object({
      funding: z.string(),
      openInterest: z.string(),
      prevDayPx: z.string(),
      dayNtlVlm: z.string(),
      oraclePx: z.string(),
      markPx: z.string(),
      midPx: z.string().nullable(),
    }),
  ),
]);

export const dexList = z.array(z.object({ name: z.string() }).nullable());
export const tokenList = z.object({ tokens: z.array(z.object({ name: z.string(), index: z.number() })) });
export const mids = z.record(z.string(), z.string());

const level = z.object({ px: z.string(), sz: z.string() });
export const book = z.object({ coin: z.string(), time: z.number(), levels: z.tuple([z.array(level), z.array(level)]) });
export const trade = z.object({ side: z.enum(['A', 'B']), px: z.string(), sz: z.string(), time: z.number(), tid: z.number() });
export const trades = z.array(trade);
export const candles = z.array(z.object({ t: z.number(), o: z.string(), h: z.string(), l: z.string(), c: z.string(), v: z.string() }));
export const fundingHistory = z.array(z.object({ fundingRate: z.string(), time: z.number() }));

export const clearinghouse = z.object({
  marginSummary: z.object({ accountValue: z.string(), totalNtlPos: z.string(), totalMarginUsed: z.string() }),
  withdrawable: z.string(),
  assetPositions: z.array(
    z.object({
      position: z.object({
        coin: z.string(),
        szi: z.string(),
        leverage: z.object({ type: z.enum(['cross', 'isolated']), value: z.number() }),
        entryPx: z.string(),
        unrealizedPnl: z.string(),
        liquidationPx: z.string().nullable(),
        marginUsed: z.string(),
      }),
    }),
  ),
});
export const spotState = z.object({ balances: z.array(z.object({ coin: z.string(), total: z.string(), hold: z.string() })) });

export const order = z.object({
  coin: z.string(),
  side: z.enum(['A', 'B']),
  limitPx: z.string(),
  sz: z.string(),
  origSz: z.string(),
  oid: z.number(),
  timestamp: z.number(),
  orderType: z.string(),
  triggerPx: z.string(),
  isTrigger: z.boolean(),
  reduceOnly: z.boolean(),
});
export const orders = z.array(order);
export const orderStatus = z.object({
  status: z.string(),
  order: z.object({ order, status: z.string(), statusTimestamp: z.number() }).optional(),
});
export const fills = z.array(
  z.object({
    coin: z.string(),
    px: z.string(),
    sz: z.string(),
    side: z.enum(['A', 'B']),
    time: z.number(),
    oid: z.number(),
    tid: z.number(),
    fee: z.string(),
    feeToken: z.string(),
  }),
);
export const role = z.object({ role: z.string(), data: z.object({ user: z.string() }).optional() });
export const agents = z.array(z.object({ address: z.string(), validUntil: z.number() }));

export type UpstreamOrder = z.infer<typeof order>;
