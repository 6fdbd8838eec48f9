import { err, formatPrice, ok, type Price, type Result } from '@lockstep/kernel';
import { tenTo } from './decimals';
import { accountOf, type Exchange } from './exchange';
import { houseOrder } from './house-order';
import { trade } from './matching';
import { admitOrder, noteStatus, orderByOid } from './order';
import type { ForcedTrade } from './port';
import type { Asset, Order, VenueAccount } from './state';

const UNIT_DECIMALS = 8;
/** price (10^-8) × size (10^-8) is 10^-16 dollars; usd are 10^-6. */
const USD_OF_PRODUCT = 10_000_000_000n;

/** Fills an address at exactly the given price and size against the house: no minimum, no margin, no book. The fill is otherwise an ordinary one. */
export function forceTrade(ex: Exchange, forced: ForcedTrade): Result<{ readonly tradeId: number; readonly time: number }, string> {
  const asset = ex.assetsByCoin.get(forced.coin);
  if (asset === undefined) return err(`unknown coin ${forced.coin}`);
  const lot = BigInt(tenTo(UNIT_DECIMALS - asset.spec.szDecimals));
  if (forced.size <= 0n || forced.size % lot !== 0n) return err(`size is not a positive multiple of the lot of ${forced.coin}`);
  if (forced.price <= 0n) return err('price is not above zero');
  const { px, exactPx } = gridPrice(asset, forced.price);
  const lots = Number(forced.size / lot);
  const product = forced.price * forced.size;
  const notional = Number((product + USD_OF_PRODUCT / 2n) / USD_OF_PRODUCT);
  const taker = takerOrder(ex, accountOf(ex, forced.address), asset, forced, px, lots);
  const maker = houseOrder(ex, { ...taker, lots });
  const tradeId = trade(ex, { taker, maker, lots, px, notional, exactPx, liquidation: null });
  noteStatus(ex, taker, 'filled');
  return ok({ tradeId, time: ex.time });
}

/** The nearest price in units, and the text of the exact one where it lies between two. */
function gridPrice(asset: Asset, price: Price): { readonly px: number; readonly exactPx: string | null } {
  const unit = BigInt(tenTo(UNIT_DECIMALS - asset.pxDecimals));
  const px = Math.max(1, Number((price + unit / 2n) / unit));
  return { px, exactPx: price % unit === 0n ? null : formatPrice(price) };
}

/** The order a forced fill belongs to: the standing one of its id, grown by these lots, or a new one. */
function takerOrder(ex: Exchange, owner: VenueAccount, asset: Asset, { side, orderId }: ForcedTrade, px: number, lots: number): Order {
  const known = orderId === undefined ? undefined : orderByOid(owner, orderId);
  const isBuy = side === 'buy';
  if (known !== undefined && known.asset === asset && known.isBuy === isBuy && known.level === null) {
    known.origLots += lots;
    known.lots += lots;
    return known;
  }
  const draft = { owner, asset, isBuy, px, lots, tif: 'Ioc', reduceOnly: false, cloid: null, builder: null, trigger: null } as const;
  const order = admitOrder(ex, draft, orderId);
  noteStatus(ex, order, 'open');
  return order;
}
