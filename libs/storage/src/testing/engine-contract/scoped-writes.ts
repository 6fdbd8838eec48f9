import { copyAccount } from '@lockstep/ledger';
import type { EngineScopedUnit } from '../../engine-port';
import type { ScopedMethod } from './methods';
import {
  agentOf,
  type Bench,
  equityOf,
  eventOf,
  feesOf,
  fillOf,
  journalRow,
  orderOf,
  passedOf,
  positionOf,
  postingOf,
  proposalOf,
  type Seat,
  seatOf,
  standingRow,
} from './seat';

/** A seat where something of everything stands, so that every write has something to change. */
export interface FurnishedSeat extends Seat {
  readonly wave: bigint;
  readonly order: ReturnType<typeof orderOf>;
  readonly fill: ReturnType<typeof fillOf>;
  readonly commandNo: bigint;
  readonly stop: ReturnType<typeof standingRow>;
  readonly proposal: ReturnType<typeof proposalOf>;
  readonly passed: ReturnType<typeof passedOf>;
}

export async function furnished(bench: Bench): Promise<FurnishedSeat> {
  const seat = await seatOf(bench);
  const wave = BigInt(1_000_000 + bench.next());
  const order = orderOf(bench, seat, wave, { status: 'unknown', venueOrderId: `v${wave}` });
  const fill = fillOf(bench, order);
  const stop = standingRow(bench, seat);
  const proposal = proposalOf(bench, seat);
  const passed = passedOf(bench, seat);
  const commandNo = await bench.store.gateway(seat.scope, async (unit) => {
    await unit.feeSchedules.insert(feesOf(bench, 1));
    return unit.commands.append({ kind: 'copy.pause', targetId: seat.copyId, payload: { why: 'test' }, actor: 'contract' });
  });
  await bench.store.engine.scoped(seat.scope, async (unit) => {
    await unit.journal.insertAll([journalRow(bench, seat, wave, { maxNonce: 1_000n })]);
    await unit.orders.save([order]);
    await unit.fills.insert([fill]);
    await unit.records.savePositionStates([positionOf(seat.copyNo)]);
    await unit.records.saveEquity([equityOf(seat.copyNo)]);
    await unit.records.saveVenueNets([netOf(seat, 50n, 1_000)]);
    await unit.records.saveStandingOrders([stop]);
    await unit.records.saveProposals([proposal]);
    await unit.records.addPassedLimit(passed);
    await unit.records.saveFundingReadTimes([{ venueAccountNo: seat.accountNo, readToMs: 1_000 }]);
    await unit.spareAgents.put(agentOf(bench, seat, 'former'));
    await unit.ledger.post([postingOf(bench, seat.copyId, 'first')]);
    await unit.events.append([eventOf(bench)]);
  });
  return { ...seat, wave, order, fill, commandNo, stop, proposal, passed };
}

export const netOf = (seat: Seat, own: bigint, asOfMs: number, coin = 'BTC') => ({
  venueAccountNo: seat.accountNo,
  coin,
  net: own + 5n,
  own,
  entryPrice: 6_400_000_000_000n,
  asOfMs,
});

export const crossOf = (seat: Seat, no = 1) => ({
  no,
  venueAccountNo: seat.accountNo,
  coin: 'BTC',
  buyerCopyNo: seat.copyNo,
  sellerCopyNo: seat.copyNo + 1,
  size: 5n,
  price: 6_400_000_000_000n,
  bid: 6_399_900_000_000n,
  ask: 6_400_100_000_000n,
  crossedAt: 1_763_800_000_000,
});

/** What the port shows of a scope, sorted where no order is promised. */
export async function seen(unit: EngineScopedUnit, seat: FurnishedSeat) {
  const { records } = unit;
  return {
    pending: await unit.commands.pending(100),
    begun: await unit.commands.begunSince('copy.pause', seat.copyId, 0),
    copies: await records.runningCopies(),
    copy: await records.runningCopy(seat.copyId),
    settings: await unit.copies.settings(seat.copyId, 1),
    fees: await unit.feeSchedules.versions(),
    unfinished: await unit.journal.unfinished(0, 100),
    journal: await unit.journal.ofMoves(0, [seat.wave, seat.wave + 1n]),
    highestNonce: await records.highestJournaledNonce(),
    leaders: await unit.leaders.find({}),
    leader: await unit.leaders.findOne({ id: seat.leaderId }),
    entitlements: await unit.entitlements.granted(),
    terms: await unit.leaderTerms.all(),
    first: await unit.ledger.postedSources(['first', 'second']),
    cash: await unit.ledger.sumOfCopy(seat.copyId, copyAccount(seat.copyId, 'venue_cash'), 'USDC'),
    orders: await records.writtenOrders([seat.order.id]),
    names: await records.venueOrderNames([`v${seat.wave}`, 'venue-2']),
    since: [...(await records.venueOrderIdsSince([seat.copyNo], 0, ''))].sort(),
    booked: await records.bookedSizes([seat.order.id]),
    firstFills: await records.firstFillTimes([seat.order.id]),
    newestFills: await records.newestFillTimes(),
    newestInside: await records.newestInsideTimes(),
    positions: sorted(await records.loadPositionStates()),
    held: await records.heldByCopies([{ venueAccountNo: seat.accountNo, coin: 'BTC', atMs: 0 }]),
    own: sorted(await records.loadOwnPositions()),
    standing: await records.standingOrders(),
    proposals: await records.openProposals(),
    proposal: await records.proposalById(seat.proposal.id),
    passed: await records.passedLimits(),
    standingNonce: await records.highestStandingNonce(),
    funding: await records.fundingReadTimes(null),
    former: await unit.spareAgents.former(),
    next: await unit.spareAgents.findOne({ role: 'next' }),
    account: await unit.venueAccounts.findOne({ id: seat.accountId }),
    accounts: await unit.venueAccounts.loadable(),
  };
}

function sorted<Row extends { readonly coin: string }>(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => (a.coin < b.coin ? -1 : 1));
}

interface ScopedWrite {
  readonly method: ScopedMethod;
  readonly write: (unit: EngineScopedUnit, seat: FurnishedSeat, bench: Bench) => Promise<unknown>;
}

/** One write of every writing method inside a scope; each changes what is kept of a furnished seat. */
export const SCOPED_WRITES: readonly ScopedWrite[] = [
  { method: 'commands.noteBegun', write: (unit, seat) => unit.commands.noteBegun(seat.commandNo) },
  { method: 'commands.settle', write: (unit, seat) => unit.commands.settle(seat.commandNo, 'applied', { copyId: seat.copyId }) },
  { method: 'copies.update', write: (unit, seat) => unit.copies.update({ id: seat.copyId }, { allocation: 7n, settingsVersion: 2 }) },
  { method: 'events.append', write: (unit, _seat, bench) => unit.events.append([eventOf(bench), eventOf(bench)]) },
  {
    method: 'fills.insert',
    write: (unit, seat, bench) => unit.fills.insert([fillOf(bench, seat.order, bench.clock.now() - 500)]),
  },
  {
    method: 'journal.insertAll',
    write: (unit, seat, bench) => unit.journal.insertAll([journalRow(bench, seat, seat.wave + 1n, { maxNonce: 2_000n })]),
  },
  { method: 'journal.markWritten', write: (unit, seat) => unit.journal.markWritten(0, [seat.wave]) },
  { method: 'ledger.post', write: (unit, seat, bench) => unit.ledger.post([postingOf(bench, seat.copyId, 'second')]) },
  { method: 'orders.save', write: (unit, seat, bench) => unit.orders.save([orderOf(bench, seat, seat.wave + 1n, { venueOrderId: 'venue-2' })]) },
  {
    method: 'records.addFunding',
    write: (unit, seat) => unit.records.addFunding([{ copyNo: seat.copyNo, coin: 'BTC', amount: -4n }]),
  },
  {
    method: 'records.addOwnPositions',
    write: (unit, seat) => unit.records.addOwnPositions([{ venueAccountNo: seat.accountNo, coin: 'BTC', quantity: -3n }]),
  },
  { method: 'records.addToFinalEquity', write: (unit, seat) => unit.records.addToFinalEquity([{ copyNo: seat.copyNo, amount: -4n }]) },
  { method: 'records.completeJournal', write: (unit, seat) => unit.records.completeJournal(0, [Number(seat.wave)]) },
  { method: 'records.markOrdersFilled', write: (unit, seat) => unit.records.markOrdersFilled(new Map([[seat.order.id, 1_763_800_000_000.5]])) },
  { method: 'records.recordCross', write: (unit, seat, bench) => unit.records.recordCross(crossOf(seat, bench.next())) },
  {
    method: 'records.recordFollowerClose',
    write: (unit, seat) => unit.records.recordFollowerClose({ copyNo: seat.copyNo, coin: 'BTC', closedAtMs: 5_000, quantity: -9n }),
  },
  {
    method: 'records.resolveOrders',
    write: (unit, seat) =>
      unit.records.resolveOrders([{ id: seat.order.id, status: 'filled', filledSize: 9n, venueOrderId: 'venue-2', rejectCode: null }]),
  },
  { method: 'records.saveEquity', write: (unit, seat) => unit.records.saveEquity([equityOf(seat.copyNo, { equity: 1n, breaker: 'triggered' })]) },
  {
    method: 'records.saveFundingReadTimes',
    write: (unit, seat) => unit.records.saveFundingReadTimes([{ venueAccountNo: seat.accountNo, readToMs: 2_000 }]),
  },
  {
    method: 'records.saveOwnPositions',
    write: (unit, seat) => unit.records.saveOwnPositions([{ venueAccountNo: seat.accountNo, coin: 'BTC', own: -3n }]),
  },
  {
    method: 'records.savePositionStates',
    write: (unit, seat) => unit.records.savePositionStates([positionOf(seat.copyNo, { position: -1n }), positionOf(seat.copyNo, { coin: 'ETH' })]),
  },
  {
    method: 'records.saveStandingOrders',
    write: (unit, seat, bench) => unit.records.saveStandingOrders([{ ...seat.stop, status: 'ending', endNonce: 3_000n }, standingRow(bench, seat)]),
  },
  {
    method: 'records.saveProposals',
    write: (unit, seat, bench) =>
      unit.records.saveProposals([
        { ...seat.proposal, leftMicro: 0n, leftSize: 0n, status: 'declined' },
        proposalOf(bench, seat, { coin: `coin${bench.next()}` }),
      ]),
  },
  { method: 'records.addPassedLimit', write: (unit, seat, bench) => unit.records.addPassedLimit(passedOf(bench, seat, { underlying: 'ETH' })) },
  { method: 'records.dropPassedLimit', write: (unit, seat) => unit.records.dropPassedLimit(seat.passed) },
  { method: 'records.dropStandingOrders', write: (unit, seat) => unit.records.dropStandingOrders([seat.stop.clientOrderId, 'unheard of']) },
  { method: 'records.saveVenueNets', write: (unit, seat) => unit.records.saveVenueNets([netOf(seat, 51n, 1_000), netOf(seat, 1n, 1, 'ETH')]) },
  {
    method: 'records.writeCopyState',
    write: (unit, seat) => unit.records.writeCopyState(seat.copyNo, { from: 'active', state: 'paused', reason: 'by_tenant', started: true }),
  },
  { method: 'spareAgents.drop', write: (unit, seat) => unit.spareAgents.drop(seat.accountId, 'former') },
  { method: 'spareAgents.put', write: (unit, seat, bench) => unit.spareAgents.put(agentOf(bench, seat, 'next')) },
  { method: 'venueAccounts.update', write: (unit, seat) => unit.venueAccounts.update({ id: seat.accountId }, { agentStatus: 'removed' }) },
];
