import { money, price, size } from '@lockstep/kernel';
import type { VenueFill } from '..';

/** A fill of the smallest size and price, for tests that look at other things; `part` says what matters. The trade is named by its time unless told otherwise. */
export function sampleFill(part: Partial<VenueFill> = {}): VenueFill {
  const time = part.time ?? 1;
  return {
    coin: 'BTC',
    side: 'buy',
    price: price(1n),
    size: size(1n),
    time,
    startPosition: size(0n),
    closedPnl: money(0n),
    fee: money(0n),
    feeAsset: 'USDC',
    builderFee: money(0n),
    orderId: '1',
    clientOrderId: null,
    tradeId: String(time),
    crossed: true,
    twapId: null,
    liquidation: false,
    ...part,
  };
}
