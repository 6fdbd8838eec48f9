import { abs, type EpochMs, max, min, mulDiv, RATE_ONE, sign, UNIT } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import { dexOf } from '../book/held-distance';
import type { Holding } from '../book/holding';
import { aheadMost } from '../book/keep-mirrors';
import type { LeaderOrder } from '../book/leader-orders';
import { ratioBounds } from '../book/ratio';
import type { AuditState, InstrumentSeen } from '../book/state';
import { type RatioBounds } from '../book/target';
import type { CalmSnapshot, CopyAtCalm, ShortfallReason } from '../calm';
import { admits, type CapsSeen } from '../terms';
import { sizeText } from './judged-order';
import { leverageOf } from './order-limits';
import { closableAlone } from './protective-stops';

/*
 * Product §2.3: each working order of the leader stands for the copy as well, at proportional size. What may keep a mirror from standing is much (caps, minimums, refusals, a
 * ratio that moves), so only a copy of which nothing of it is near is judged: one whose every wish, all filled at once, is far from every limit it has.
 */

/** What was changed, asked for or told so shortly before the calm's comparison may not be followed yet, in ms. */
const SETTLED_MS = 20_000;
/** A mirror that is wished larger than so many times the venue's minimum is placed whatever rounding and the ratio do. Percent. */
const MINIMUM_PERCENT = 150n;
/** What an entry's mirror may be smaller than the lowest that follows: its size is changed only where it is a tenth off, and the ratio moved by as much at most. Percent. */
const SIZE_PERCENT = 80n;
/** Every wish together is within so much of every limit. Percent. */
const ROOM_PERCENT = 70n;
/** What keeps a copy from entering anything in a coin, whatever its size. */
const REFUSING: ReadonlySet<ShortfallReason> = new Set(['user_closed', 'rejected', 'waiting_for_open', 'barred']);
/** Orders on a side of a coin beyond so many have no mirrors. */
const PER_SIDE = 40;

/** In the calm each order of the leader that stands has a mirror, as large as follows from it, of every copy that mirrors and has room. */
export function checkMissingMirrors(state: AuditState, snapshot: CalmSnapshot): void {
  const standing = new Map(snapshot.leaderOrders?.map(({ leader, orderIds }) => [leader, orderIds]));
  const marks = new Map(snapshot.marks.map(({ coin, price }) => [coin, price]));
  for (const told of snapshot.copies) {
    const copy = state.copies.get(told.copyId);
    if (copy === undefined || snapshot.unapproved?.includes(copy.copy.account) === true || !isSettled(state, copy, told, snapshot.at)) continue;
    const orders = ordersOf(state, copy, standing.get(copy.copy.leader) ?? [], snapshot.at);
    if (orders !== null && orders.length > 0)
      checkCopy({ state, at: snapshot.at, copy, told, marks, orders, ratio: ratioOf(state, copy, snapshot.at) });
  }
}

interface Mirroring {
  readonly state: AuditState;
  readonly at: EpochMs;
  readonly copy: CopyTrack;
  readonly told: CopyAtCalm;
  readonly marks: ReadonlyMap<string, bigint>;
  /** Those of the leader's orders that stand. */
  readonly orders: readonly LeaderOrder[];
  readonly ratio: RatioBounds;
}

/** Whether a copy has mirrored under the same terms for a while, takes new risk, and asks nobody. */
function isSettled(state: AuditState, copy: CopyTrack, told: CopyAtCalm, at: EpochMs): boolean {
  const { terms, asked } = copy;
  const { settings } = terms;
  if (settings.policy !== 'orders' || settings.follow !== 'all' || settings.approveWithinMs !== undefined) return false;
  if (asked.length > 0 || terms.at > at - SETTLED_MS || told.state !== 'active' || copy.state !== 'active' || copy.stateAt > at - SETTLED_MS)
    return false;
  if (copy.ownShare || copy.losses.breach !== null || mayHalt(state, copy, at) || state.halts.oldest(copy.copy) !== null) return false;
  const soon = at + state.options.clockSlackMs;
  if (state.rights.missing(copy.copy, soon) !== null || state.rights.changed(copy.copy, at - SETTLED_MS, soon)) return false;
  return !state.unsigned.has(copy.copy.account);
}

/** An engine may take no new risk for a loss that is none beyond doubt. */
function mayHalt({ options }: AuditState, copy: CopyTrack, at: EpochMs): boolean {
  const least = copy.equityRange(at)?.low ?? null;
  return least !== null && copy.losses.mayHalt(least, copy.terms.losses, copy.terms.money, options.lossMargin);
}

/** The leader's orders as engines know them; null: something of them was told a moment ago. */
function ordersOf(state: AuditState, copy: CopyTrack, orderIds: readonly string[], at: EpochMs): readonly LeaderOrder[] | null {
  const { orders } = state.leader(copy.copy.leader);
  const known: LeaderOrder[] = [];
  for (const orderId of orderIds) {
    const order = orders.find(orderId);
    if (order === undefined || order.goneAt !== null || order.firstAt > at - SETTLED_MS) return null;
    known.push(order);
  }
  return known;
}

const ratioOf = (state: AuditState, copy: CopyTrack, at: EpochMs): RatioBounds => ratioBounds(state, copy, state.leader(copy.copy.leader), at);

function checkCopy(mirroring: Mirroring): void {
  const { ratio, orders } = mirroring;
  if (ratio.high === null || ratio.low <= 0n || !hasRoom(mirroring, ratio.high)) return;
  for (const order of orders) {
    const beside = orders.filter(({ seen }) => seen.coin === order.seen.coin && seen.buy === order.seen.buy);
    if (beside.length <= PER_SIDE) checkOrder(mirroring, order);
  }
}

function checkOrder(mirroring: Mirroring, order: LeaderOrder): void {
  const { state, at, copy, told, marks } = mirroring;
  const { coin, buy, price, orderId } = order.seen;
  const instrument = state.instruments.get(coin);
  const mark = marks.get(coin);
  const leader = state.leader(copy.copy.leader).coin(coin);
  if (instrument === undefined || mark === undefined || !admits(copy.terms.settings.instruments, coin)) return;
  if (leader.movedAt > at - SETTLED_MS || copy.holding(coin).foreign || !mayTrade(copy, instrument, at)) return;
  const row = told.instruments.find((each) => each.coin === coin);
  if (row?.reasons.some((reason) => REFUSING.has(reason)) === true) return;
  const adds = leader.position === 0n || sign(leader.position) === (buy ? 1n : -1n);
  // A copy that entered nothing of what its leader holds waits for his next open.
  if (leader.position !== 0n && (row?.target ?? 0n) === 0n) return;
  const least = adds
    ? leastEntry(mirroring, order, leader.position, row?.target ?? 0n)
    : leastExit(mirroring, order, leader.position, row?.target ?? 0n);
  const wished = least - (least % instrument.lot) - instrument.lot;
  if (wished * min(price, mark) * 100n < instrument.minNotional * UNIT * MINIMUM_PERCENT) return;
  const stands = standingFor(copy.holding(coin), orderId, at);
  if (stands * 100n >= wished * SIZE_PERCENT || wasRefused(state, copy, orderId)) return;
  const text = `in the calm ${sizeText(stands)} ${coin} of copy ${copy.copy.copyId} stand for order ${orderId} of its leader, at least ${sizeText(wished)} follow from it`;
  state.report('mirror_missing', at, copy.copy.copyId, null, text);
}

/** Whether the account has the margin of the venue's smallest order in the clearinghouse of a coin, by the least that was told; one nobody told of may have it. */
function mayTrade(copy: CopyTrack, { coin, maxLeverage, minNotional }: InstrumentSeen, at: EpochMs): boolean {
  const there = copy.clearings.range(dexOf(coin), at);
  return copy.holding(coin).real.position !== 0n || there === null || there.low * 1e8 * maxLeverage >= Number(minNotional);
}

/** The least of an order that adds: the ratio's, less what the target is ahead of the leader, which the nearest order is the smaller by. */
function leastEntry({ state, at, copy, ratio }: Mirroring, { seen, remaining }: LeaderOrder, position: bigint, target: bigint): bigint {
  if (seen.reduceOnly || seen.ofPosition) return 0n;
  const above = max(0n, abs(target) - mulDiv(ratio.low, abs(position), RATE_ONE, 'down'));
  return mulDiv(ratio.low, remaining, RATE_ONE, 'down') - above - aheadMost(state, copy, copy.holding(seen.coin), at, seen.buy);
}

/** The least of an order that takes off: the same share of the copy's position, of what an order can close of it beside what ended copies of its account left. What mirrors closed or entered before their leader did is taken off it. */
function leastExit({ state, at, copy }: Mirroring, { seen, remaining }: LeaderOrder, position: bigint, target: bigint): bigint {
  const holding = copy.holding(seen.coin);
  const held = abs(holding.real.position);
  if (position === 0n || sign(holding.real.position) !== sign(target) || sign(target) !== sign(position)) return 0n;
  const share = mulDiv(min(held, abs(target)), min(remaining, abs(position)), abs(position), 'down');
  return (
    min(share, closableAlone(state, copy, holding)) -
    holding.mirroredExits -
    aheadMost(state, copy, holding, at, true) -
    aheadMost(state, copy, holding, at, false)
  );
}

function standingFor(holding: Holding, orderId: string, at: EpochMs): bigint {
  let sum = 0n;
  for (const order of holding.mirrors.values()) if (order.mirror?.leaderOrder === orderId && order.mayFill(at, 0)) sum += order.remaining;
  return sum;
}

/** A venue that refused the like will do it again: why is not the copy's matter. */
function wasRefused(state: AuditState, { copy }: CopyTrack, orderId: string): boolean {
  for (const order of state.orders.values())
    if (order.copyId === copy.copyId && order.mirror?.leaderOrder === orderId && (order.rejected || order.answer === 'rejected')) return true;
  return false;
}

/** Whether all that is held, and all the leader's orders mirrored at the highest ratio, filled at once, is far from every limit of the copy. */
function hasRoom(mirroring: Mirroring, ratio: bigint): boolean {
  const { copy, at } = mirroring;
  const { caps, shared, venueLeverage } = copy.terms.settings;
  const limited = shared !== undefined && (shared.leaderCapacity !== null || shared.followerGross !== null || shared.underlyingShare !== null);
  const equity = copy.equityRange(at)?.low;
  const real = copy.accountEquity.range(at)?.low;
  if (limited || (caps.minLiquidationDistance ?? null) !== null || equity === undefined || real === undefined) return false;
  const own = BigInt(Math.floor(Math.max(0, Math.min(equity, real)) * 1e8));
  let gross = 0n;
  let margin = 0n;
  for (const coin of new Set([...copy.holdings.keys(), ...mirroring.orders.map(({ seen }) => seen.coin)])) {
    const instrument = mirroring.state.instruments.get(coin);
    const most = instrument === undefined ? null : mostIn(mirroring, coin, ratio);
    if (instrument === undefined || most === null || !withinPosition(caps, most, own)) return false;
    gross += most.value;
    margin += most.value / leverageOf(venueLeverage, instrument.maxLeverage);
  }
  const { maxLeverage, maxGrossExposure } = caps;
  if (!isWithin(margin, own)) return false;
  if (maxLeverage !== null && !isWithin(gross, mulDiv(own, maxLeverage, RATE_ONE, 'down'))) return false;
  return (maxGrossExposure ?? null) === null || isWithin(gross, maxGrossExposure ?? 0n);
}

const isWithin = (value: bigint, limit: bigint): boolean => value * 100n <= limit * ROOM_PERCENT;

interface Most {
  readonly size: bigint;
  /** 10^-8. */
  readonly value: bigint;
}

function withinPosition({ maxPositionSize, maxPositionNotional, maxPositionShare }: CapsSeen, { size, value }: Most, equity: bigint): boolean {
  if (maxPositionSize !== null && !isWithin(size, maxPositionSize)) return false;
  if (maxPositionNotional !== null && !isWithin(value, maxPositionNotional)) return false;
  return maxPositionShare === null || isWithin(value, mulDiv(equity, maxPositionShare, RATE_ONE, 'down'));
}

/** The most a copy may come to in a coin with everything that stands or should stand on either side filled, at the dearest of its prices; null: no mark is known. */
function mostIn({ copy, told, marks, orders }: Mirroring, coin: string, ratio: bigint): Most | null {
  const holding = copy.holding(coin);
  let price = marks.get(coin);
  if (price === undefined)
    return abs(holding.real.position) === 0n && !orders.some(({ seen }) => seen.coin === coin) ? { size: 0n, value: 0n } : null;
  const target = abs(told.instruments.find((each) => each.coin === coin)?.target ?? 0n);
  let size = max(abs(holding.real.position), target);
  for (const { seen, remaining } of orders) {
    if (seen.coin !== coin) continue;
    size += mulDiv(ratio, remaining, RATE_ONE, 'up');
    price = max(price, seen.price);
  }
  for (const order of holding.mirrors.values()) size += order.remaining;
  return { size, value: (size * price) / UNIT };
}
