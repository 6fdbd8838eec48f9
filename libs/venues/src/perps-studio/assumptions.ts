import type { Address } from '../port';

/*
 * What the Provider API's documents leave open and this adapter decides. When a real answer shows otherwise, this file changes (and the one of the same
 * name in the simulator, apps/venue-sim/src/provider): nothing else in the adapter knows these conventions.
 */

/** Requests of any kind in a minute with a default key (documented), over any sliding minute: that fits each fixed window of the API. */
export const REQUESTS_PER_MINUTE = 100;
export const WINDOW_MS = 60_000;

/** A name of the provider behind the API, as paths and channels carry it. */
export const PROVIDER = 'hyperliquid';

/** The path prefix of REST, and the path of the market channels. The test network's path of channels is not documented. */
export const restPrefix = (testnet: boolean): string => (testnet ? '/v1/testnet' : '/v1');
export const socketPath = (testnet: boolean, vertical: string): string => (testnet ? `/ws/v1/testnet/${vertical}` : `/ws/v1/${vertical}`);

/** The action that the API submits for an order, and that the signature covers: one order, no grouping, no builder. */
export function signedOrder(order: {
  readonly assetId: number;
  readonly buy: boolean;
  readonly price: string;
  readonly size: string;
  readonly reduceOnly: boolean;
  readonly type: 'market' | 'limit';
}) {
  const tif = order.type === 'market' ? 'FrontendMarket' : 'Gtc';
  return {
    type: 'order',
    orders: [{ a: order.assetId, b: order.buy, p: order.price, s: order.size, r: order.reduceOnly, t: { limit: { tif } } }],
    grouping: 'na',
  };
}
export const signedCancel = (assetId: number, orderId: number) => ({ type: 'cancel', cancels: [{ a: assetId, o: orderId }] });
export const signedLeverage = (assetId: number, cross: boolean, leverage: number) => ({
  type: 'updateLeverage',
  asset: assetId,
  isCross: cross,
  leverage,
});

/** How a wallet's authorisation stands in a body: one 65-byte signature. */
export function authorisation(wallet: Address, nonce: number, signature: { readonly r: string; readonly s: string; readonly v: number }) {
  return { wallet, signature: `${signature.r}${signature.s.slice(2)}${signature.v.toString(16).padStart(2, '0')}`, nonce };
}

/** Leverage of a coin nobody set at the exchange: this or the coin's maximum, whichever is smaller. */
export const LEVERAGE_DEFAULT = 20;

/** Fee rate of a fill of which only the order's answer is known, in millionths of the notional: the exchange's base taker rate. */
export const TAKER_FEE_PPM = 450n;

/** Client pings of the market channels; the connection ends when it hears nothing for a minute. */
export const PING_TEXT = '{"event":"ping"}';
