import type { CopyId, Id, LeaderId } from '@lockstep/kernel';
import type { StandingOrderRow } from '../rows/standing-orders';
import { big, bool, int, orNull, text, time } from '../unit/codec';
import { defineTable, scopeColumns } from '../unit/table';

export const standingOrders = defineTable<StandingOrderRow>(
  'standing_orders',
  {
    ...scopeColumns,
    clientOrderId: text('client_order_id'),
    orderId: text<Id<'order'>>('order_id'),
    purpose: text<StandingOrderRow['purpose']>('purpose'),
    copyNo: big('copy_no'),
    copyId: text<CopyId>('copy_id'),
    leaderId: text<LeaderId>('leader_id'),
    settingsVersion: int('settings_version'),
    venueAccountNo: big('venue_account_no'),
    coin: text('coin'),
    buy: bool('buy'),
    size: big('size'),
    price: big('price'),
    triggerPrice: orNull(big('trigger_price')),
    reduceOnly: bool('reduce_only'),
    leaderOrderId: orNull(text('leader_order_id')),
    leaderSize: orNull(big('leader_size')),
    triggerKind: orNull(text<NonNullable<StandingOrderRow['triggerKind']>>('trigger_kind')),
    nonce: big('nonce'),
    endNonce: orNull(big('end_nonce')),
    replaces: orNull(text('replaces')),
    status: text<StandingOrderRow['status']>('status'),
    createdAt: time('created_at'),
    updatedAt: time('updated_at'),
  },
  ['tenantId', 'environment', 'clientOrderId'],
);
