import { abs, min, must, sign } from '@lockstep/kernel';
import type { WorldObservation } from '../observations';
import { MAX_ORDERS } from '../options';
import { laterEnd } from './asks-first';
import type { CopyTrack } from './copies';
import { keepCharge } from './keep-charges';
import { keepMirrorFill } from './keep-mirrors';
import { isExit } from './orders';
import { type AuditState, type FillPart, fillKey } from './state';

/** How the venue's refusal of an order begins whose account has not the margin of it. */
const MARGIN_REFUSED = 'Insufficient margin';

/** Takes what truly happened at the venue into the books. */
export function keepWorld(state: AuditState, seen: WorldObservation): void {
  switch (seen.kind) {
    case 'world_order':
      keepWorldOrder(state, seen);
      return;
    case 'world_fill':
      keepWorldFill(state, seen);
      return;
    case 'world_funding':
      keepCharge(state, seen);
      return;
    case 'world_delisted':
      state.delisted.add(seen.coin);
      return;
    case 'world_mark':
  }
}

type OrderSeen = Extract<WorldObservation, { kind: 'world_order' }>;
type FillSeen = Extract<WorldObservation, { kind: 'world_fill' }>;

function keepWorldOrder(state: AuditState, seen: OrderSeen): void {
  if (seen.cloid === null) return;
  const order = state.orders.get(seen.cloid);
  // A former process sent it though it cannot land, and it did not.
  if (order?.handed === null && order.journaled && order.voided && seen.status === 'rejected') return;
  if (order === undefined || order.handed === null) {
    const copyId = order?.copyId ?? null;
    state.report(
      'orphan_order',
      seen.at,
      copyId,
      seen.cloid,
      `the venue has order ${seen.cloid} in ${seen.coin} of ${seen.account}, which was never handed to it`,
    );
    return;
  }
  if (order.handed.account !== seen.account) otherAccount(state, seen.at, seen.account, order.handed.account, order.copyId, seen.cloid);
  order.arrived = true;
  if (seen.status === 'resting') {
    order.rested = true;
    return;
  }
  // The same order told to the venue twice is refused the second time: the first stands.
  if (seen.status === 'rejected' && order.filled > 0n) return;
  order.rejected = seen.status === 'rejected';
  order.refusedForMargin = order.rejected && seen.reason?.startsWith(MARGIN_REFUSED) === true;
  if (!order.ended) order.endedAt = seen.at;
  order.ended = true;
  const copy = state.copies.get(order.copyId);
  if (order.mirror !== null && copy !== undefined) copy.mirrorLeftAt = seen.at;
}

function otherAccount(state: AuditState, at: number, account: string, expected: string, copyId: string, cloid: string): void {
  state.report('other_account', at, copyId, cloid, `order ${cloid} of copy ${copyId} reached account ${account} instead of ${expected}`);
}

function keepWorldFill(state: AuditState, seen: FillSeen): void {
  const key = fillKey(seen.account, seen.coin, seen.tradeId);
  if (state.fills.has(key)) return;
  must(state.fills.size < MAX_ORDERS, `a run of more than ${MAX_ORDERS} fills is cut into several`);
  const net = (state.nets.get(`${seen.account} ${seen.coin}`) ?? 0n) + (seen.buy ? seen.size : -seen.size);
  state.nets.set(`${seen.account} ${seen.coin}`, net);
  const copies = state.copiesByAccount.get(seen.account);
  if (copies === undefined) {
    // What an account does before it has a copy is remembered for the copies to come: what it holds is then the follower's own.
    state.fills.set(key, { ...pick(seen), parts: [], told: false });
    return;
  }
  if (seen.cloid === null) for (const copy of copies) copy.holding(seen.coin).range.theirs(seen.buy ? seen.size : -seen.size);
  const parts = seen.cloid === null ? foreignParts(copies, seen) : ownParts(state, seen);
  state.fills.set(key, { ...pick(seen), parts, told: false });
  const order = state.orders.get(seen.cloid ?? '');
  const ofStop = order?.trigger != null;
  const isEntry = order?.handed != null && !ofStop && !isExit(order.handed);
  for (const part of parts) {
    const { copy, signed, price, fee } = part;
    const holding = copy.holding(seen.coin);
    holding.openedByStops.filling(part, holding.real.position, ofStop);
    holding.real.add(signed, price, fee);
    holding.untold.add(part);
    holding.changed(seen.at, signed);
    state.holders.update(copy, holding);
    if (isEntry) copy.entered(seen.coin, abs(signed));
  }
  if (seen.cloid === null) noteClosedWhole(copies, seen, net, key);
  // Where the copies do not add up to the account, the rest is the follower's own, and whose what is becomes a matter of attribution until they do.
  const held = copies.reduce((sum, copy) => sum + copy.holding(seen.coin).real.position, 0n);
  for (const copy of copies) {
    const holding = copy.holding(seen.coin);
    if (net === 0n && held !== 0n) holding.netted = true;
    if (net === 0n && held !== 0n) {
      holding.flat();
      state.holders.update(copy, holding);
    }
    // Which part is whose stays open from then on: the engine shares out by what it held when it compared, not by what was held when it happened.
    if (seen.cloid === null || held !== net) holding.foreign = true;
    if (seen.cloid === null) copy.meddled = true;
    if (held !== net) copy.attributed = true;
    if (copy.ownShare) copy.losses.haltEnded();
  }
}

/** Whether a trade by hand closed all an account's only copy had, with nothing on its way: whose it was is no question then. */
function noteClosedWhole(copies: readonly CopyTrack[], { coin, at }: FillSeen, net: bigint, key: string): void {
  const [copy, ...others] = copies;
  const holding = copy?.holding(coin);
  if (copy === undefined || holding === undefined) return;
  const isOpen = [...holding.live.values(), ...holding.mirrors.values()].some((order) => order.mayFill(at, 0) || order.filled !== order.toldFilled);
  const isWhole = others.length === 0 && net === 0n && holding.real.position === 0n && !copy.attributed && !holding.netted && !isOpen;
  holding.closedWholeBy = isWhole ? key : null;
  holding.closedWholeAt = null;
}

const pick = (seen: FillSeen) => ({
  account: seen.account,
  coin: seen.coin,
  tradeId: seen.tradeId,
  cloid: seen.cloid,
  size: seen.size,
  price: seen.price,
  fee: seen.fee,
  closedPnl: seen.closedPnl,
});

function ownParts(state: AuditState, seen: FillSeen): readonly FillPart[] {
  const order = state.orders.get(seen.cloid ?? '');
  const copy = order === undefined ? undefined : state.copies.get(order.copyId);
  if (order?.handed == null || copy === undefined) {
    state.report(
      'orphan_order',
      seen.at,
      null,
      seen.cloid,
      `account ${seen.account} has a fill of order ${seen.cloid}, which was never handed to the venue`,
    );
    return [];
  }
  if (order.handed.account !== seen.account) otherAccount(state, seen.at, seen.account, order.handed.account, order.copyId, order.cloid);
  if (order.trigger !== null) copy.stopFilledAt = seen.at;
  order.filled += seen.size;
  order.remaining -= seen.size;
  order.arrived = true;
  const holding = copy.holding(seen.coin);
  if (order.mirror !== null) keepMirrorFill(holding, order, seen.size);
  else if (order.remaining === 0n && !isExit(order.handed) && !order.leavesAsked)
    holding.filledWholeAt = Math.max(holding.filledWholeAt, order.handed.decidedAt);
  if (order.approved) {
    const { decidedAt } = order.handed;
    const terms = copy.termsAt(decidedAt, state.options.raceMs);
    // What closed of the other side, where the exit beside it did not, took no risk on.
    const against = holding.real.position * (seen.buy ? -1n : 1n);
    const entered = seen.size - (against > 0n ? min(against, seen.size) : 0n);
    holding.approvals.spend(seen.buy, decidedAt, laterEnd(state, copy, terms, seen.coin), entered);
  }
  const signed = seen.buy ? seen.size : -seen.size;
  holding.range.ours(signed);
  return [{ copy, signed, price: seen.price, fee: seen.fee, era: holding.era }];
}

/** What is no order of the engine's first takes from the copies on the other side, pro rata (product §2.4); the rest is the follower's own. */
function foreignParts(copies: readonly CopyTrack[], seen: FillSeen): readonly FillPart[] {
  const running = partsOf(
    copies.filter(({ handed }) => handed === null),
    seen,
    seen.size,
  );
  const taken = running.reduce((sum, { signed }) => sum + abs(signed), 0n);
  // What was handed over is the follower's own already.
  return [
    ...running,
    ...partsOf(
      copies.filter(({ handed }) => handed !== null),
      seen,
      seen.size - taken,
    ),
  ];
}

function partsOf(copies: readonly CopyTrack[], seen: FillSeen, size: bigint): readonly FillPart[] {
  const side = seen.buy ? 1n : -1n;
  const against = copies.filter((copy) => sign(copy.holding(seen.coin).real.position) === -side);
  const held = against.reduce((sum, copy) => sum + abs(copy.holding(seen.coin).real.position), 0n);
  if (held === 0n) return [];
  const taken = size < held ? size : held;
  return against.map((copy) => {
    const share = (taken * abs(copy.holding(seen.coin).real.position)) / held;
    return { copy, signed: share * side, price: seen.price, fee: (seen.fee * share) / seen.size, era: copy.holding(seen.coin).era };
  });
}
