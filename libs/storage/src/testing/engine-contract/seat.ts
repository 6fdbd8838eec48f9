import type { CopyId, FollowerId, Id, Ids, LeaderId, TenantScope, VenueAccountId } from '@lockstep/kernel';
import { money, present, price, size } from '@lockstep/kernel';
import { copyAccount, houseAccount, type LedgerTransaction } from '@lockstep/ledger';
import type { PositionState } from '../../engine/position-states';
import type { EquityState } from '../../engine/running-copies';
import type { EngineScopedUnit } from '../../engine-port';
import type { FeeScheduleRow } from '../../rows/money';
import type { PassedLimitRow } from '../../rows/passed-limits';
import type { NewMove } from '../../rows/platform';
import type { ProposalRow } from '../../rows/proposals';
import { MAIN_ACCOUNT, type SpareAgentRow } from '../../rows/roster';
import type { NewRow } from '../../rows/scoped';
import type { StandingOrderRow } from '../../rows/standing-orders';
import type { FillRow, NewEvent, OrderRow } from '../../rows/trading';
import { orderIdOf } from '../../trading/record-ids';
import { sampleFills, sampleOrders } from '../sample-rows';
import type { TestClock } from '../test-storage';
import type { ContractStore } from './store';

/** The bench of a contract test: a storage, its clock, ids, and the numbers that keep tests apart. */
export interface Bench {
  readonly store: ContractStore;
  readonly clock: TestClock;
  readonly ids: Ids;
  /** A number that no test was given before; venue addresses and wave numbers of samples come from it. */
  next(): number;
}

/** A tenant's copy with everything it stands on. */
export interface Seat {
  readonly scope: TenantScope;
  readonly watchedNo: bigint;
  readonly leaderId: LeaderId;
  readonly followerId: FollowerId;
  readonly accountId: VenueAccountId;
  readonly accountNo: number;
  readonly copyId: CopyId;
  readonly copyNo: number;
}

export const VENUE = 'hyperliquid';
export const NETWORK = 'sim';

/** An address no other test uses. */
export const address = (bench: Bench): string => `0x${bench.next().toString(16).padStart(40, '0')}`;

/** A tenant with a running copy. */
export async function seatOf(bench: Bench, scope?: TenantScope): Promise<Seat> {
  const own = scope ?? (await bench.store.tenant(`Tenant ${bench.next()}`));
  const watched = await bench.store.operator((unit) => unit.inbox.watch(VENUE, NETWORK, address(bench)));
  const [leaderId, followerId, accountId, copyId] = [
    bench.ids.next('leader'),
    bench.ids.next('follower'),
    bench.ids.next('venueAccount'),
    bench.ids.next('copy'),
  ];
  const at = bench.clock.now();
  await bench.store.gateway(own, async (unit) => {
    await unit.leaders.insert({
      id: leaderId,
      watchedNo: watched.no,
      name: 'Leader',
      terms: { share: '0.1' },
      status: 'active',
      access: 'everyone',
      ...since(at),
    });
    await unit.followers.insert({ id: followerId, externalRef: null, status: 'active', ...since(at) });
    await unit.venueAccounts.insert(accountRow(bench, accountId, followerId));
    await unit.copies.insert(copyRow(bench, { copyId, leaderId, followerId, accountId }));
    await unit.copies.addSettings({ copyId, version: 1, settings: { leverage: 5 }, actor: 'contract', effectiveFrom: at });
  });
  const copy = present(await bench.store.engine.scoped(own, (unit) => unit.records.runningCopy(copyId)), 'the copy just made');
  return {
    scope: own,
    watchedNo: watched.no,
    leaderId,
    followerId,
    accountId,
    accountNo: copy.venueAccountNo,
    copyId,
    copyNo: copy.no,
  };
}

const since = (at: number) => ({ createdAt: at, updatedAt: at });

export function accountRow(bench: Bench, id: VenueAccountId, followerId: FollowerId) {
  return {
    id,
    followerId,
    venue: VENUE,
    network: NETWORK,
    address: address(bench),
    ...MAIN_ACCOUNT,
    mode: 'unknown',
    agentAddress: address(bench),
    sealedAgentKey: Buffer.from([1, 2, 3]),
    agentStatus: 'approved',
    agentValidUntil: null,
    builderAddress: null,
    builderFeeApproved: 0,
    approvals: { offered: [] },
    status: 'active',
    statusReason: null,
    ...since(bench.clock.now()),
  } as const;
}

export function copyRow(bench: Bench, of: Pick<Seat, 'copyId' | 'leaderId' | 'followerId' | 'accountId'>) {
  return {
    id: of.copyId,
    leaderId: of.leaderId,
    followerId: of.followerId,
    venueAccountId: of.accountId,
    allocation: 100_000_000_000n,
    state: 'active',
    stateReason: null,
    settingsVersion: 1,
    startedAt: null,
    stoppedAt: null,
    unwindBy: null,
    ...since(bench.clock.now()),
  };
}

/** An order of the seat's copy in a wave. */
export function orderOf(bench: Bench, seat: Seat, wave: bigint, over: Partial<NewRow<OrderRow>> = {}): NewRow<OrderRow> {
  const copyNo = BigInt(seat.copyNo);
  return {
    ...present(sampleOrders(bench.ids, wave, 1, bench.clock.now())[0], 'the sample'),
    id: orderIdOf({ moveId: wave, copyNo, instance: 1, leg: 0, attempt: 0 }),
    copyNo,
    copyId: seat.copyId,
    leaderId: seat.leaderId,
    venueAccountNo: BigInt(seat.accountNo),
    ...over,
  };
}

/** A fill of an order, with a trade and a venue order of its own. */
export function fillOf(bench: Bench, order: NewRow<OrderRow>, venueTimeMs = bench.clock.now(), over: Partial<NewRow<FillRow>> = {}): NewRow<FillRow> {
  const fill = present(sampleFills([order], venueTimeMs)[0], 'the sample');
  const id: Id<'fill'> = bench.ids.next('fill');
  return { ...fill, id, tradeId: String(bench.next()), ...over };
}

/** A protective stop of the seat's copy. */
export const standingRow = (bench: Bench, seat: Seat, over: Partial<NewRow<StandingOrderRow>> = {}): NewRow<StandingOrderRow> => ({
  clientOrderId: `0x${'5'.repeat(24)}${String(bench.next()).padStart(8, '0')}`,
  orderId: bench.ids.next('order'),
  purpose: 'protective_stop',
  copyNo: BigInt(seat.copyNo),
  copyId: seat.copyId,
  leaderId: seat.leaderId,
  settingsVersion: 1,
  venueAccountNo: BigInt(seat.accountNo),
  coin: 'BTC',
  buy: false,
  size: 5n,
  price: 6_000_000_000_000n,
  triggerPrice: 6_100_000_000_000n,
  reduceOnly: true,
  leaderOrderId: null,
  leaderSize: null,
  triggerKind: null,
  nonce: 1_000n,
  endNonce: null,
  replaces: null,
  status: 'sent',
  createdAt: bench.clock.now(),
  updatedAt: bench.clock.now(),
  ...over,
});

export const journalRow = (bench: Bench, seat: Seat, moveId: bigint, over: Partial<JournalSample> = {}): JournalSample => ({
  moveId,
  shard: 0,
  part: 0,
  instance: 1,
  leaderId: seat.leaderId,
  coin: 'BTC',
  packed: Buffer.from([0, 1, 254, 255]),
  orderCount: 1,
  decisionCount: 2,
  maxNonce: BigInt(bench.clock.now()),
  ...over,
});
type JournalSample = Parameters<EngineScopedUnit['journal']['insertAll']>[0][number];

export const eventOf = (bench: Bench, type = 'order.updated'): NewEvent => ({
  id: bench.ids.next('event'),
  type,
  version: 1,
  occurredAt: bench.clock.now(),
  data: '{"z":1, "a":"2"}',
});

/** Money from a copy's venue cash to its trading fees. */
export const postingOf = (bench: Bench, copyId: CopyId, source: string, amount = 500n): LedgerTransaction => ({
  source,
  kind: 'fill',
  copyId,
  occurredAtMs: bench.clock.now(),
  memo: { coin: 'BTC' },
  entries: [
    { account: copyAccount(copyId, 'venue_cash'), asset: 'USDC', amount: money(-amount) },
    { account: copyAccount(copyId, 'trading_fee'), asset: 'USDC', amount: money(amount) },
  ],
});

/** Entries between two house accounts that may be wrong on purpose. */
export const houseEntries = (...parts: readonly (readonly [asset: string, amount: bigint])[]): LedgerTransaction['entries'] =>
  parts.map(([asset, amount]) => ({ account: houseAccount('tenant', 'rounding'), asset, amount: money(amount) }));

export const positionOf = (copyNo: number, over: Partial<PositionState> = {}): PositionState => ({
  copyNo,
  coin: 'BTC',
  position: 3_000n,
  target: 4_000n,
  targetMicro: 4_000_500n,
  rho: 1_000_000_000_000n,
  avgEntry: 6_400_000_000_000n,
  entryValue: 192_000_000n,
  realisedPnl: -7n,
  fees: 5n,
  funding: 11n,
  forfeited: 1n,
  forfeitedMicro: 900n,
  forfeitReason: 'below_minimum',
  episodeNo: 2n,
  episodeBits: 3,
  userClosed: false,
  dust: true,
  owedPrice: 6_300_000_000_000n,
  owedUntilMs: 1_763_800_000_000,
  lastWave: 77,
  attempt: 1,
  adds: 4,
  aheadBuy: 5_000_000n,
  aheadSell: 0n,
  ...over,
});

export const equityOf = (copyNo: number, over: Partial<EquityState> = {}): EquityState => ({
  copyNo,
  flows: 100n,
  netPnl: 20n,
  unrealised: -3n,
  equity: 117n,
  unitNav: 1_170_000_000_000n,
  referenceNav: 1_200_000_000_000n,
  breaker: 'armed',
  detail: { day: '2026-11-22', nested: [1, null] },
  ...over,
});

export const agentOf = (bench: Bench, seat: Seat, role: SpareAgentRow['role']): NewRow<SpareAgentRow> => ({
  venueAccountId: seat.accountId,
  role,
  agentAddress: address(bench),
  agentName: 'lockstep',
  sealedAgentKey: Buffer.from([9, 8, 7]),
  createdAt: bench.clock.now(),
});

export const feesOf = (bench: Bench, version: number): NewRow<FeeScheduleRow> => ({
  id: bench.ids.next('feeSchedule'),
  version,
  markupTenths: 30,
  flow: 'all',
  builderAddress: null,
  builderOwner: 'operator',
  operatorShare: 500_000_000_000n,
  missingApproval: 'deny_entries',
  actor: 'contract',
  createdAt: bench.clock.now(),
  effectiveFrom: bench.clock.now(),
});

/** A leader's move; `venueKey` is its identity. */
export const moveOf = (venueKey: string, over: Partial<NewMove> = {}): NewMove => ({
  coin: 'BTC',
  venueKey,
  positionBefore: size(0n),
  positionAfter: size(1_000n),
  vwap: price(6_400_000_000_000n),
  firstFillMs: 1_763_800_000_000,
  lastFillMs: 1_763_800_000_003,
  leaderEquity: 12n,
  receivedAt: 1_763_800_000_040.5,
  detail: { increments: [1] },
  ...over,
});

/** A proposal of the seat's copy. */
export const proposalOf = (bench: Bench, seat: Seat, over: Partial<NewRow<ProposalRow>> = {}): NewRow<ProposalRow> => ({
  id: bench.ids.next('proposal'),
  copyNo: BigInt(seat.copyNo),
  copyId: seat.copyId,
  leaderId: seat.leaderId,
  coin: 'BTC',
  buy: true,
  askedMicro: 7_000_000n,
  leftMicro: 5_000_000n,
  approvedMicro: 1_000_000n,
  askedSize: 7_000n,
  leftSize: 5_000n,
  approvedSize: 1_000n,
  price: 6_400_000_000_000n,
  status: 'open',
  lastCommandNo: null,
  createdAt: bench.clock.now(),
  endsAt: bench.clock.now() + 60_000,
  updatedAt: bench.clock.now(),
  ...over,
});

/** A limit of the seat's follower that is told as passed. */
export const passedOf = (bench: Bench, seat: Seat, over: Partial<NewRow<PassedLimitRow>> = {}): NewRow<PassedLimitRow> => ({
  subjectId: seat.followerId,
  limitName: 'alert_underlying_share',
  underlying: 'BTC',
  threshold: 100_000_000n,
  measured: 120_000_000n,
  passedAt: bench.clock.now(),
  ...over,
});
