import { venueOrderNames } from '@lockstep/storage';
import type { VenueFill } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { AccountRecord } from '../state/registry';

/**
 * Fills of a venue that knows no client order ids, with ours: what the adapter's memory cannot name (of a process before this one) is looked up among the
 * tenant's orders by the venue's id. A fill without a name while an order in its coin has no outcome may be that order's: it and everything after it is
 * left for the next reading, because what is booked as the follower's own stays so.
 */
export async function nameFills(ctx: EngineContext, account: AccountRecord, fills: readonly VenueFill[]): Promise<readonly VenueFill[]> {
  if (account.network.venue.capabilities.clientOrderId || fills.length === 0) return fills;
  const nameless = fills.filter(({ clientOrderId }) => clientOrderId === null).map(({ orderId }) => orderId);
  if (nameless.length === 0) return fills;
  const names = await ctx.storage.scoped(account.scope, (unit) => venueOrderNames(unit, nameless), { readOnly: true });
  const named = fills.map((fill) => (fill.clientOrderId === null ? { ...fill, clientOrderId: names.get(fill.orderId) ?? null } : fill));
  const open = new Set(
    [...ctx.openOrders.ofAccount(account.index)].filter(({ filledLots }) => filledLots === null).map(({ sheet }) => sheet.instrument.coin),
  );
  const first = named.findIndex(({ clientOrderId, coin }) => clientOrderId === null && open.has(coin));
  return first < 0 ? named : named.slice(0, first);
}
