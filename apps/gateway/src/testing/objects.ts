import { type CopyId, type LeaderId, present, type VenueAccountId } from '@lockstep/kernel';
import { orderIdOf } from '@lockstep/storage';
import { sampleFills, sampleOrders } from '@lockstep/storage/testing/sample-rows';
import { type GatewayRig, good, type RigTenant } from './rig';

/** A tenant's objects, one of each kind, made as a partner makes them. */
export interface TenantObjects {
  readonly leader: string;
  readonly follower: string;
  readonly venueAccount: string;
  readonly copy: string;
}

let made = 0;
/** An address nobody else in this run has. */
export const freshAddress = (): string => `0x${(++made).toString(16).padStart(40, '0')}`;

export async function makeObjects(rig: GatewayRig, tenant: RigTenant): Promise<TenantObjects> {
  const post = async (path: string, body: object) => good(await rig.call(tenant.key, 'post', path, body));
  const leader = await post('/v1/leaders', { name: 'Leader', network: 'sim', address: freshAddress() });
  const follower = await post('/v1/followers', { external_id: `user-${freshAddress()}` });
  const account = await post('/v1/venue-accounts', { follower_id: follower.id, network: 'sim', address: freshAddress() });
  const copy = await post('/v1/copies', { leader_id: leader.id, venue_account_id: account.id, allocation: '1000' });
  return { leader: leader.id, follower: follower.id, venueAccount: account.id, copy: copy.id };
}

/** Orders of one copy with a fill each, written as the engine writes them. Ids oldest first. */
export async function tradeAsEngine(rig: GatewayRig, tenant: RigTenant, objects: TenantObjects, count: number) {
  const now = Date.now();
  return rig.engine.scoped(tenant.scope, async (unit) => {
    const copy = present(await unit.copies.findOne({ id: objects.copy as CopyId }), 'the copy');
    const account = present(await unit.venueAccounts.findOne({ id: objects.venueAccount as VenueAccountId }), 'the account');
    const over = { copyNo: copy.no, copyId: copy.id, leaderId: objects.leader as LeaderId, venueAccountNo: account.no };
    const moves = Array.from({ length: count }, (_, index) => BigInt(now) + BigInt(index));
    const orders = moves.flatMap((move) =>
      sampleOrders(rig.context.ids, move, 1, now, { ...over, id: orderIdOf({ moveId: move, copyNo: copy.no, instance: 1, leg: 0, attempt: 0 }) }),
    );
    const fills = sampleFills(orders, now);
    await unit.orders.save(orders);
    await unit.fills.insert(fills);
    return { orders: orders.map((order) => order.id), fills: fills.map((fill) => fill.id) };
  });
}
