import { type EpochMs, max } from '@lockstep/kernel';
import {
  type EngineRecords,
  INTERNAL_ORDER,
  type OrderRow,
  type OrderStatus,
  type PositionState,
  type RunningCopy,
  type RunningEquity,
} from '@lockstep/storage';
import { coinKey, type ScopeData } from './data';
import { asJson, handedOut } from './table';
import type { Undo } from './transaction';

const OPEN: ReadonlySet<string> = new Set(['journaled', 'sent', 'unknown', 'resting']);
const STATUSES: readonly OrderStatus[] = [
  'journaled',
  'sent',
  'unknown',
  'resting',
  'filled',
  'partly_filled',
  'rejected',
  'withheld',
  'cancelled',
  'expired',
];
const STANDING: ReadonlySet<string> = new Set(['sent', 'standing', 'ending']);
const BREAKERS = ['armed', 'triggered', 'off'] as const;
type CopyRow = ScopeData['copies'] extends { get(key: string): infer Row } ? NonNullable<Row> : never;

/** The engine's records of one scope in memory. */
export function memoryRecords(data: ScopeData, undo: Undo, now: EpochMs): EngineRecords {
  const ordersOf = (ids: readonly string[]): OrderRow[] =>
    ids.flatMap((id) => {
      const row = data.orders.get(id);
      return row === undefined ? [] : [row];
    });
  const fillsOf = (orderId: string) => (data.fillsOfOrder.get(orderId) ?? []).flatMap((id) => data.fills.get(id) ?? []);
  const copyByNo = (no: number): CopyRow | undefined => data.copiesByNo.first(BigInt(no));
  return {
    fundingReadTimes: async (no) =>
      new Map(data.fundingTimes.filter((row) => no === null || row.venueAccountNo === no).map((row) => [row.venueAccountNo, row.readToMs])),
    saveFundingReadTimes: async (readings) => {
      undo.refuseTwice(
        'funding_readings',
        readings.map(({ venueAccountNo }) => venueAccountNo),
      );
      for (const { venueAccountNo, readToMs } of readings) {
        const before = data.fundingTimes.get(String(venueAccountNo))?.readToMs ?? 0;
        data.fundingTimes.put(undo, String(venueAccountNo), { venueAccountNo, readToMs: Math.max(before, Math.floor(readToMs)) });
      }
    },
    heldByCopies: async (moments) => moments.flatMap((moment, index) => heldAt(data, moment, index)),
    addFunding: async (parts) => {
      for (const { copyNo, coin, amount } of parts) {
        const state = data.positions.get(`${copyNo}|${coin}`);
        if (state !== undefined) data.positions.put(undo, `${copyNo}|${coin}`, { ...state, funding: state.funding + amount });
      }
    },
    addToFinalEquity: async (parts) => {
      for (const { copyNo, amount } of parts) {
        const row = data.equities.get(String(copyNo));
        if (row !== undefined)
          data.equities.put(undo, String(copyNo), { ...row, netPnl: row.netPnl + amount, equity: row.equity + amount, updatedAt: now });
      }
    },
    recordFollowerClose: async ({ copyNo, coin, closedAtMs, quantity }) => {
      const at = Math.floor(closedAtMs);
      const key = `${copyNo}|${coin}|${at}`;
      data.closes.put(undo, key, { copyNo, coin, closedAtMs: at, quantity: quantity + (data.closes.get(key)?.quantity ?? 0n) });
    },
    markOrdersFilled: async (firstFills) => {
      const written = new Set<string>();
      for (const row of ordersOf([...firstFills.keys()])) {
        const at = firstFills.get(row.id) ?? 0;
        data.orders.put(undo, row.id, { ...row, mf: row.mf === null ? at : Math.min(row.mf, at) });
        written.add(row.id);
      }
      return written;
    },
    venueOrderNames: async (ids) => {
      const wanted = new Set(ids);
      return new Map(
        data.orders
          .filter(({ venueOrderId }) => venueOrderId !== null && wanted.has(venueOrderId))
          .map((row) => [row.venueOrderId ?? '', row.clientOrderId]),
      );
    },
    venueOrderIdsSince: async (copyNos, since, except) =>
      [...new Set(copyNos)]
        .flatMap((no) => data.ordersByCopy.of(BigInt(no)))
        .filter((row) => row.createdAt >= since && row.venueOrderId !== null && row.id !== except)
        .map((row) => row.venueOrderId ?? ''),
    resolveOrders: async (resolutions) => {
      const told = new Set<string>();
      for (const { id, status, filledSize, venueOrderId, rejectCode } of resolutions) {
        const row = data.orders.get(id);
        if (row === undefined || !OPEN.has(row.status)) continue;
        const change = {
          status: STATUSES.find((one) => one === status) ?? undo.refuse(`orders: no status ${status}`),
          filledSize,
          venueOrderId: venueOrderId ?? row.venueOrderId,
          rejectCode,
          updatedAt: now,
        };
        data.orders.put(undo, id, { ...row, ...change });
        told.add(id);
      }
      return told;
    },
    completeJournal: async (shard, waves) => {
      const rows = waves.flatMap((wave) => data.journalByMove.of(BigInt(wave)));
      for (const row of rows)
        if (row.shard === shard && row.completedAt === null)
          data.journal.put(undo, `${row.moveId}|${row.shard}|${row.part}`, { ...row, completedAt: now });
    },
    savePositionStates: async (states) => {
      undo.refuseTwice(
        'copy_positions',
        states.map(({ copyNo, coin }) => `${copyNo}|${coin}`),
      );
      for (const state of states) data.positions.put(undo, `${state.copyNo}|${state.coin}`, { ...state, owedUntilMs: Math.round(state.owedUntilMs) });
    },
    loadPositionStates: async () => {
      const running = new Set(data.copies.filter(({ state }) => state !== 'stopped').map(({ no }) => Number(no)));
      return data.positions.filter((state: PositionState) => running.has(state.copyNo));
    },
    writtenOrders: async (ids) =>
      new Map(
        ordersOf(ids).map((row) => [
          row.id,
          {
            id: row.id,
            status: row.status,
            filledSize: row.filledSize,
            bookedSize: fillsOf(row.id).reduce((sum, fill) => sum + fill.size, 0n),
            venueOrderId: row.venueOrderId,
            averagePrice: row.avgPrice,
          },
        ]),
      ),
    bookedSizes: async (ids) => new Map(withFills(ids, fillsOf).map(([id, fills]) => [id, fills.reduce((sum, fill) => sum + fill.size, 0n)])),
    firstFillTimes: async (ids) => new Map(withFills(ids, fillsOf).map(([id, fills]) => [id, Math.min(...fills.map((fill) => fill.venueTimeMs))])),
    newestFillTimes: async () => {
      const newest = new Map<number, number>();
      for (const { venueAccountNo, venueTimeMs, venueOrderId } of data.fills.all())
        if (venueOrderId !== INTERNAL_ORDER) newest.set(Number(venueAccountNo), Math.max(newest.get(Number(venueAccountNo)) ?? 0, venueTimeMs));
      return newest;
    },
    newestInsideTimes: async () => {
      const newest = new Map<number, number>();
      const note = (no: number, at: EpochMs) => newest.set(no, Math.max(newest.get(no) ?? 0, at));
      for (const { venueAccountId, stoppedAt } of data.copies.all()) {
        const account = data.venueAccounts.get(venueAccountId);
        if (stoppedAt !== null && account !== undefined) note(Number(account.no), Math.ceil(stoppedAt));
      }
      for (const { venueAccountNo, crossedAt } of data.crosses.all()) note(venueAccountNo, crossedAt);
      return newest;
    },
    runningCopies: async () =>
      data.copies
        .filter(({ state }) => state !== 'stopped')
        .sort((a, b) => Number(a.no - b.no))
        .map((copy) => runningOf(data, copy)),
    runningCopy: async (id) => {
      const copy = data.copies.get(id);
      return copy === undefined ? null : runningOf(data, copy);
    },
    writeCopyState: async (copyNo, change) => {
      const copy = copyByNo(copyNo);
      if (copy === undefined || copy.state !== change.from) return false;
      oneCopyEach(data, undo, { ...copy, state: change.state });
      data.copies.put(undo, copy.id, {
        ...copy,
        state: change.state,
        stateReason: change.reason,
        updatedAt: now,
        startedAt: change.started === true ? (copy.startedAt ?? now) : copy.startedAt,
        stoppedAt: change.stopped === true ? (copy.stoppedAt ?? now) : copy.stoppedAt,
        unwindBy: change.unwindBy ?? copy.unwindBy,
      });
      return true;
    },
    saveEquity: async (states) => {
      const { tenantId, environment } = data.scope;
      undo.refuseTwice(
        'copy_equity',
        states.map(({ copyNo }) => copyNo),
      );
      for (const { copyNo, breaker, ...state } of states) {
        if (copyByNo(copyNo) === undefined) undo.refuse(`copy_equity: no copy ${copyNo}`);
        data.equities.put(undo, String(copyNo), {
          ...state,
          tenantId,
          environment,
          copyNo: BigInt(copyNo),
          breaker: BREAKERS.find((one) => one === breaker) ?? undo.refuse(`copy_equity: no breaker ${breaker}`),
          detail: asJson(state.detail),
          updatedAt: now,
        });
      }
    },
    saveVenueNets: async (nets) => {
      undo.refuseTwice(
        'venue_positions',
        nets.map(({ venueAccountNo, coin }) => `${venueAccountNo}|${coin}`),
      );
      for (const net of nets) {
        const key = `${net.venueAccountNo}|${net.coin}`;
        const before = data.nets.get(key);
        if (before === undefined || before.asOfMs <= Math.round(net.asOfMs)) data.nets.put(undo, key, { ...net, asOfMs: Math.round(net.asOfMs) });
      }
    },
    addOwnPositions: async (left) => {
      undo.refuseTwice(
        'venue_positions',
        left.map(({ venueAccountNo, coin }) => `${venueAccountNo}|${coin}`),
      );
      for (const { venueAccountNo, coin, quantity } of left) {
        const key = `${venueAccountNo}|${coin}`;
        const known = data.nets.get(key);
        const made = { venueAccountNo, coin, net: quantity, own: quantity, entryPrice: 0n, asOfMs: 0 };
        data.nets.put(undo, key, known === undefined ? made : { ...known, own: known.own + quantity });
      }
    },
    saveOwnPositions: async (positions) => {
      undo.refuseTwice(
        'venue_positions',
        positions.map(({ venueAccountNo, coin }) => `${venueAccountNo}|${coin}`),
      );
      for (const { venueAccountNo, coin, own } of positions) {
        const key = `${venueAccountNo}|${coin}`;
        const known = data.nets.get(key);
        const made = { venueAccountNo, coin, net: own, own, entryPrice: 0n, asOfMs: 0 };
        data.nets.put(undo, key, known === undefined ? made : { ...known, own });
      }
    },
    recordCross: async (cross) => {
      if (cross.size <= 0n || cross.price <= 0n || cross.buyerCopyNo === cross.sellerCopyNo) undo.refuse(`internal_crosses: no ${cross.no}`);
      data.crosses.insert(undo, String(cross.no), { ...cross, crossedAt: Math.floor(cross.crossedAt) });
    },
    loadOwnPositions: async () => data.nets.filter(({ own }) => own !== 0n).map(({ venueAccountNo, coin, own }) => ({ venueAccountNo, coin, own })),
    highestJournaledNonce: async () => {
      let highest = 0n;
      for (const { maxNonce } of data.journal.all()) if (maxNonce > highest) highest = maxNonce;
      return Number(highest);
    },
    saveStandingOrders: async (rows) => {
      undo.refuseTwice(
        'standing_orders',
        rows.map(({ clientOrderId }) => clientOrderId),
      );
      for (const row of rows) {
        if (row.size <= 0n || row.price <= 0n || !isPurposeful(row) || !STANDING.has(row.status))
          undo.refuse(`standing_orders: no ${row.clientOrderId}`);
        const known = data.standing.get(row.clientOrderId);
        const { endNonce, status, updatedAt } = row;
        data.standing.put(undo, row.clientOrderId, known === undefined ? { ...row, ...data.scope } : { ...known, endNonce, status, updatedAt });
      }
    },
    dropStandingOrders: async (clientOrderIds) => {
      for (const id of new Set(clientOrderIds)) data.standing.delete(undo, id);
    },
    standingOrders: async () =>
      handedOut([...data.standing.all()].sort((a, b) => a.createdAt - b.createdAt || (a.clientOrderId < b.clientOrderId ? -1 : 1))),
    highestStandingNonce: async () => {
      let highest = 0n;
      for (const { nonce, endNonce } of data.standing.all()) highest = max(highest, max(nonce, endNonce ?? 0n));
      return Number(highest);
    },
    saveProposals: async (rows) => {
      undo.refuseTwice(
        'proposals',
        rows.map(({ id }) => id),
      );
      for (const row of rows) {
        if (!isSoundProposal(row)) undo.refuse(`proposals: no ${row.id}`);
        const known = data.proposals.get(row.id);
        data.proposals.put(undo, row.id, known === undefined ? { ...row, ...data.scope } : { ...known, ...changeOf(row) });
      }
      for (const { copyNo, coin, status } of rows)
        if (status === 'open' && data.proposals.filter((one) => one.copyNo === copyNo && one.coin === coin && one.status === 'open').length > 1)
          undo.refuse('proposals_one_open');
    },
    openProposals: async () =>
      handedOut([...data.proposals.filter(({ status }) => status === 'open')].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))),
    proposalById: async (id) => data.proposals.get(id) ?? null,
    passedLimits: async () =>
      handedOut([...data.passedLimits.all()].sort((a, b) => a.passedAt - b.passedAt || (passedKey(a) < passedKey(b) ? -1 : 1))),
    addPassedLimit: async (row) => {
      if (row.threshold < 0n || row.measured < 0n) undo.refuse(`passed_limits: no ${passedKey(row)}`);
      if (data.passedLimits.has(passedKey(row))) return false;
      data.passedLimits.insert(undo, passedKey(row), { ...row, passedAt: Math.floor(row.passedAt), ...data.scope });
      return true;
    },
    dropPassedLimit: async (key) => {
      const stands = data.passedLimits.has(passedKey(key));
      data.passedLimits.delete(undo, passedKey(key));
      return stands;
    },
  };
}

type PassedKey = Parameters<EngineRecords['dropPassedLimit']>[0];
const passedKey = ({ subjectId, limitName, underlying }: PassedKey): string => `${subjectId}|${limitName}|${underlying}`;

type ProposalTerms = Parameters<EngineRecords['saveProposals']>[0][number];

/** What the table's checks ask of a proposal. */
const isSoundProposal = ({ askedMicro, leftMicro, approvedMicro, price, status }: ProposalTerms): boolean =>
  askedMicro > 0n &&
  leftMicro >= 0n &&
  approvedMicro >= 0n &&
  price > 0n &&
  (status === 'open') === leftMicro > 0n &&
  leftMicro + approvedMicro <= askedMicro;

/** What changes of a proposal once it is made. */
function changeOf({ id: _id, copyNo: _no, copyId: _copy, leaderId: _leader, coin: _coin, buy: _buy, createdAt: _at, ...change }: ProposalTerms) {
  return change;
}

type FillOf = (orderId: string) => readonly { readonly size: bigint; readonly venueTimeMs: number }[];

const withFills = (ids: readonly string[], of: FillOf): (readonly [string, ReturnType<FillOf>])[] =>
  ids.map((id) => [id, of(id)] as const).filter(([, fills]) => fills.length > 0);

function heldAt(data: ScopeData, moment: Parameters<EngineRecords['heldByCopies']>[0][number], index: number) {
  const at = Math.floor(moment.atMs);
  const account = data.accountsByNo.first(BigInt(moment.venueAccountNo));
  const copies = (account === undefined ? [] : data.copiesByAccount.of(account.id)).sort((a, b) => Number(a.no - b.no));
  return copies.flatMap((copy) => {
    const no = Number(copy.no);
    const state = data.positions.get(`${no}|${moment.coin}`);
    if (state === undefined || (copy.stoppedAt !== null && copy.stoppedAt < at)) return [];
    let quantity = state.position;
    for (const fill of data.fillsByCoin.of(coinKey(no, moment.coin)))
      if (fill.createdAt >= at) quantity -= fill.side === 'buy' ? fill.size : -fill.size;
    let left = copy.stoppedAt === null ? 0n : state.position;
    for (const close of data.closesByCoin.of(coinKey(no, moment.coin))) {
      if (close.closedAtMs >= at) quantity -= close.quantity;
      if (copy.stoppedAt !== null && close.closedAtMs >= Math.floor(copy.stoppedAt)) left -= close.quantity;
    }
    return quantity === 0n && left === 0n ? [] : [{ moment: index, copyNo: no, copyId: copy.id, quantity, left }];
  });
}

function runningOf(data: ScopeData, copy: CopyRow): RunningCopy {
  const leader = data.leaders.get(copy.leaderId);
  const equity = data.equities.get(copy.no.toString());
  return {
    no: Number(copy.no),
    id: copy.id,
    leaderId: copy.leaderId,
    leaderStatus: leader?.status ?? '',
    leaderTerms: asJson(leader?.terms),
    leaderAccess: leader?.access ?? 'everyone',
    consentedTo: data.consents.filter(({ copyId }) => copyId === copy.id).reduce((newest, { version }) => Math.max(newest, version), 0),
    watchedNo: Number(leader?.watchedNo ?? 0),
    followerId: copy.followerId,
    followerStatus: data.followers.get(copy.followerId)?.status ?? '',
    venueAccountId: copy.venueAccountId,
    venueAccountNo: Number(data.venueAccounts.get(copy.venueAccountId)?.no ?? 0),
    allocation: copy.allocation,
    state: copy.state,
    stateReason: copy.stateReason,
    settingsVersion: copy.settingsVersion,
    settings: asJson(data.settings.get(`${copy.id}|${copy.settingsVersion}`)?.settings),
    createdAt: copy.createdAt,
    startedAt: copy.startedAt,
    unwindBy: copy.unwindBy,
    equity: equity === undefined ? null : equityAsRead(equity),
  };
}

const equityAsRead = ({ flows, netPnl, equity, unitNav, detail, breaker }: RunningEquity): RunningEquity => ({
  flows,
  netPnl,
  equity,
  unitNav,
  detail: asJson(detail),
  breaker,
});

/** Refuses a copy that would be a second one of its leader on its venue account that is not stopped. */
export function oneCopyEach(data: ScopeData, undo: Undo, row: Pick<CopyRow, 'id' | 'leaderId' | 'venueAccountId' | 'state'>): void {
  if (row.state === 'stopped') return;
  const { id, leaderId, venueAccountId } = row;
  const other = data.copiesByAccount.of(venueAccountId).find((copy) => copy.leaderId === leaderId && copy.state !== 'stopped' && copy.id !== id);
  if (other !== undefined) undo.refuse('copies_one_per_leader_on_account');
}

type StandingTerms = Parameters<EngineRecords['saveStandingOrders']>[0][number];

/** What the table's check asks of an order by its purpose. */
function isPurposeful({ purpose, triggerPrice, triggerKind, leaderOrderId, leaderSize, reduceOnly }: StandingTerms): boolean {
  if (triggerPrice !== null && triggerPrice <= 0n) return false;
  if (purpose === 'protective_stop')
    return triggerPrice !== null && triggerKind === null && leaderOrderId === null && leaderSize === null && reduceOnly;
  return leaderOrderId !== null && leaderSize !== null && leaderSize > 0n && (triggerPrice === null) === (triggerKind === null);
}
