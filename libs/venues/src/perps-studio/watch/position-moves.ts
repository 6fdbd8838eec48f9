import { abs, type EpochMs, money, type Price, price, type Size, size } from '@lockstep/kernel';
import type { VenueFill, VenuePosition } from '../../port';

/** A leader's position in a coin as one look showed it. */
export interface Seen {
  readonly size: Size;
  readonly entryPrice: Price;
}

const NOTHING = money(0n);
const FLAT: Seen = { size: size(0n), entryPrice: price(0n) };

/**
 * What happened between two looks, as one derived fill for each coin whose position changed: the API tells no fills. Its size is the difference, its time
 * the second look's. Its price is exact where the position only grew (from the two entry prices), else the mark of the second look, or the entry price
 * where even that is missing. A leader who went away and came back between two looks is not seen at all.
 */
export function movesBetween(
  before: ReadonlyMap<string, Seen>,
  now: readonly VenuePosition[],
  marks: ReadonlyMap<string, Price>,
  at: EpochMs,
): readonly VenueFill[] {
  const held = new Map(now.map((position) => [position.coin, position]));
  const coins = new Set([...before.keys(), ...held.keys()]);
  return [...coins].flatMap((coin): VenueFill[] => {
    const from = before.get(coin) ?? FLAT;
    const to: Seen = held.get(coin) ?? FLAT;
    const change = to.size - from.size;
    if (change === 0n) return [];
    return [
      {
        coin,
        side: change > 0n ? 'buy' : 'sell',
        price: priceOf(from, to, change, marks.get(coin)),
        size: size(abs(change)),
        time: at,
        startPosition: from.size,
        closedPnl: NOTHING,
        fee: NOTHING,
        feeAsset: 'USDC',
        builderFee: NOTHING,
        orderId: `derived-${at}`,
        clientOrderId: null,
        tradeId: `derived-${at}`,
        crossed: true,
        twapId: null,
        liquidation: false,
        derived: true,
      },
    ];
  });
}

function priceOf(from: Seen, to: Seen, change: bigint, mark: Price | undefined): Price {
  const grew = from.size * change >= 0n && to.size !== 0n;
  if (grew) {
    const worth = to.size * to.entryPrice - from.size * from.entryPrice;
    const average = worth / change;
    if (average > 0n) return price(average);
  }
  return mark ?? (to.size === 0n ? from.entryPrice : to.entryPrice);
}
