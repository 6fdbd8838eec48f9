import type { Exchange } from '../exchange';
import { asCloid, asWhole, type JsonObject } from '../json';
import { orderByCloid, orderByOid } from '../order';
import type { Address } from '../port';
import type { Dex, Order } from '../state';
import { frontendOrderJson, orderJson, statusJson } from '../wire';
import { dexOf, forUser } from './request';

/** Most orders in one answer. */
export const HISTORY_MOST = 2_000;

/** Open orders of an account on one dex, newest first. Children that wait for their parent stand in it by themselves, too. */
export const openOn = (ex: Exchange, user: Address, dex: Dex): Order[] =>
  [...(ex.accounts.get(user)?.open.values() ?? [])].filter((order) => order.asset.dex === dex).sort((one, other) => other.oid - one.oid);

const listing = (print: (order: Order) => JsonObject) =>
  forUser((ex, user, request) => {
    const dex = dexOf(ex, request);
    return dex === undefined ? undefined : openOn(ex, user, dex).map(print);
  });

export const openOrders = listing((order) => orderJson(order, order.lots));
export const frontendOpenOrders = listing(frontendOrderJson);

/** By the venue's id (a number) or the client's (a 16-byte text). A reused client id answers with its latest order. */
export const orderStatus = forUser((ex, user, request) => {
  const oid = asWhole(request.oid);
  const cloid = asCloid(request.oid);
  if (oid === null && cloid === null) return undefined;
  const account = ex.accounts.get(user);
  if (account === undefined) return { status: 'unknownOid' };
  const order = oid !== null ? orderByOid(account, oid) : orderByCloid(account, cloid ?? '');
  return order === undefined ? { status: 'unknownOid' } : { status: 'order', order: statusJson(order) };
});

export const historicalOrders = forUser((ex, user) => (ex.accounts.get(user)?.orders ?? []).slice(-HISTORY_MOST).reverse().map(statusJson));
