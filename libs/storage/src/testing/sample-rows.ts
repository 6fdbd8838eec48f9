import type { CopyId, FollowerId, Ids, LeaderId, VenueAccountId } from '@lockstep/kernel';
import type { LeaderFillRow } from '../rows/platform';
import type { CopyRow, VenueAccountRow } from '../rows/roster';
import type { NewRow } from '../rows/scoped';
import type { FillRow, OrderRow } from '../rows/trading';
import { fillIdOf, orderIdOf } from '../trading/record-ids';

/** Order rows of a wave, one per copy number from 1, as the engine writes them. */
export function sampleOrders(ids: Ids, moveId: bigint, count: number, createdAt: number, over: Partial<NewRow<OrderRow>> = {}): NewRow<OrderRow>[] {
  const leaderId: LeaderId = ids.next('leader');
  const copyId: CopyId = ids.next('copy');
  return Array.from({ length: count }, (_, index) => {
    const copyNo = BigInt(index + 1);
    return {
      id: orderIdOf({ moveId, copyNo, instance: 1, leg: 0, attempt: 0 }),
      createdAt,
      moveId,
      copyNo,
      copyId,
      leaderId,
      venueAccountNo: copyNo,
      leg: 0,
      attempt: 0,
      coin: 'BTC',
      side: 'buy',
      reduceOnly: false,
      price: 6_400_000_000_000n,
      triggerPrice: null,
      size: 100_000n,
      status: 'sent',
      filledSize: 0n,
      avgPrice: 0n,
      venueOrderId: null,
      clientOrderId: `0x${moveId.toString(16).padStart(16, '0')}${copyNo.toString(16).padStart(16, '0')}`,
      rejectCode: null,
      reason: null,
      settingsVersion: 1,
      nonce: BigInt(createdAt),
      expiresAfterMs: createdAt + 2_000,
      builderFeeTenths: 30,
      m0: createdAt - 40.5,
      m1: createdAt - 12.25,
      m2: createdAt - 8,
      m3: createdAt,
      mf: null,
      m4: null,
      updatedAt: createdAt,
      ...over,
    };
  });
}

/** One fill per order. */
export function sampleFills(orders: readonly NewRow<OrderRow>[], venueTimeMs: number): NewRow<FillRow>[] {
  return orders.map((order, index) => {
    const key = {
      venueAccountNo: order.venueAccountNo,
      coin: order.coin,
      timeMs: venueTimeMs,
      tradeId: String(1_000 + index),
      venueOrderId: String(5_000 + index),
    };
    return {
      id: fillIdOf({ ...key, copyNo: order.copyNo }),
      createdAt: venueTimeMs,
      venueAccountNo: order.venueAccountNo,
      venueTimeMs,
      tradeId: key.tradeId,
      venueOrderId: key.venueOrderId,
      orderId: order.id,
      moveId: order.moveId,
      copyNo: order.copyNo,
      copyId: order.copyId,
      coin: order.coin,
      side: order.side,
      price: order.price,
      size: order.size,
      startPosition: 0n,
      closedPnl: 0n,
      fee: 4_500n,
      feeAsset: 'USDC',
      builderFee: 1_500n,
      crossed: true,
      liquidation: false,
      recordedAt: venueTimeMs + 50,
    };
  });
}

/** A fill of a watched account. */
export function sampleLeaderFill(tid: string, over: Partial<Omit<LeaderFillRow, 'watchedNo'>> = {}): Omit<LeaderFillRow, 'watchedNo'> {
  return {
    coin: 'BTC',
    timeMs: 1_763_800_000_000,
    tid,
    oid: '77',
    side: 'buy',
    price: 6_400_000_000_000n,
    size: 10_000_000n,
    startPosition: 0n,
    closedPnl: 0n,
    fee: 100n,
    feeAsset: 'USDC',
    builderFee: 0n,
    crossed: true,
    liquidation: false,
    cloid: null,
    twapId: null,
    receivedAt: 1_763_800_000_040.5,
    provisional: false,
    ...over,
  };
}

/** An account that is in use, with a key. */
export function sampleAccount(
  of: { readonly id: VenueAccountId; readonly followerId: FollowerId; readonly address: string; readonly agentAddress: string },
  at: number,
  over: Partial<NewRow<VenueAccountRow, 'no'>> = {},
): NewRow<VenueAccountRow, 'no'> {
  return {
    venue: 'hyperliquid',
    network: 'mainnet',
    accountType: 'main',
    masterAddress: null,
    mode: 'standard',
    agentName: null,
    sealedAgentKey: Buffer.from('sealed'),
    agentStatus: 'approved',
    agentValidUntil: null,
    builderAddress: null,
    builderFeeApproved: 0,
    approvals: [],
    status: 'active',
    statusReason: null,
    createdAt: at,
    updatedAt: at,
    ...over,
    ...of,
  };
}

/** A copy that is active. */
export function sampleCopy(
  of: { readonly id: CopyId; readonly leaderId: LeaderId; readonly followerId: FollowerId; readonly venueAccountId: VenueAccountId },
  at: number,
  over: Partial<NewRow<CopyRow, 'no'>> = {},
): NewRow<CopyRow, 'no'> {
  return {
    allocation: 100_000_000_000n,
    state: 'active',
    stateReason: null,
    settingsVersion: 1,
    createdAt: at,
    updatedAt: at,
    startedAt: null,
    stoppedAt: null,
    unwindBy: null,
    ...over,
    ...of,
  };
}
