import { type EpochMs, mulDiv, RATE_ONE, sign } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import type { LeaderOrder } from '../book/leader-orders';
import type { OrderTrack } from '../book/orders';
import { ratioBounds } from '../book/ratio';
import type { AuditState } from '../book/state';
import type { CalmSnapshot } from '../calm';
import type { MirrorHanded, WorldObservation } from '../observations';
import { priceText, sizeText } from './judged-order';
import { quietSince } from './resting';

/** What left so shortly after a list was told may have been looked at last before it. */
const TOLD_MS = 100;

/**
 * Product §2.3: a mirror stands for one working order of the leader, at its side and prices, for a copy that asked for it; it enters on the leader's side alone, is
 * no larger than the leader's order times the highest ratio, and where it takes off it is reduce-only and no larger than what is held.
 */
export function checkMirror(state: AuditState, mirror: MirrorHanded, at: EpochMs): void {
  const order = state.orders.get(mirror.cloid);
  const copy = state.copies.get(mirror.copyId);
  const tell = (text: string): void => state.report('mirror_wrong', at, mirror.copyId, mirror.cloid, `${nameOf(mirror)} ${text}`);
  if (order?.journaled !== true || order.mirror === null) {
    state.report('not_journaled', at, mirror.copyId, mirror.cloid, `${nameOf(mirror)} left before it was written down`);
    return;
  }
  checkNonce(state, mirror, at);
  if (copy === undefined) return;
  if (copy.copy.account !== mirror.account)
    state.report('other_account', at, mirror.copyId, mirror.cloid, `${nameOf(mirror)} leaves for account ${mirror.account}`);
  if (copy.termsAt(at, state.options.owedSlackMs).every(({ settings }) => settings.policy !== 'orders')) tell('was not asked for');
  const theirs = state.leader(copy.copy.leader).orders.find(order.mirror.leaderOrder);
  if (theirs === undefined) {
    tell(`stands for order ${order.mirror.leaderOrder}, which its leader never had`);
    return;
  }
  const since = at - TOLD_MS;
  const { seen, goneAt } = theirs;
  if (goneAt !== null && goneAt < since) tell(`stands for order ${seen.orderId}, of which a list said ${at - goneAt} ms before that it is gone`);
  if (seen.coin !== mirror.coin || seen.buy !== mirror.buy || seen.price !== mirror.price || seen.trigger !== mirror.trigger)
    tell(`is not at the side and prices of its leader's order: ${seen.buy ? 'buy' : 'sell'} at ${priceText(seen.price)}`);
  if (mirror.reduceOnly) checkExit(state, copy, mirror, at, tell);
  else checkEntry(state, copy, mirror, theirs, order.mirror.writtenAt, tell);
  checkDouble(state, copy, mirror, order, at);
}

type Tell = (text: string) => void;

const nameOf = ({ cloid, copyId, buy, size, coin, price, reduceOnly }: MirrorHanded): string =>
  `mirror ${cloid} of copy ${copyId}: ${buy ? 'buy' : 'sell'} ${sizeText(size)} ${coin} at ${priceText(price)}${reduceOnly ? ', reduce-only,' : ''}`;

/** A nonce is of one action; an action may be of several mirrors. */
function checkNonce(state: AuditState, { signer, nonce, cloid, copyId }: MirrorHanded, at: EpochMs): void {
  const [first] = state.byNonce.get(`${signer} ${nonce}`) ?? [];
  if (first === undefined || first.cloid === cloid || first.mirror?.writtenAt === state.orders.get(cloid)?.mirror?.writtenAt) return;
  state.report(
    'duplicate_nonce',
    at,
    copyId,
    cloid,
    `mirror ${cloid} of copy ${copyId} has nonce ${nonce} of ${signer}, as order ${first.cloid} has`,
  );
}

function checkEntry(state: AuditState, copy: CopyTrack, mirror: MirrorHanded, theirs: LeaderOrder, since: EpochMs, tell: Tell): void {
  if (theirs.seen.reduceOnly || theirs.seen.ofPosition) tell('enters for an order that only reduces');
  const leader = state.leader(copy.copy.leader);
  const { position, movedAt } = leader.coin(mirror.coin);
  const side = mirror.buy ? 1n : -1n;
  if (sign(position) === -side && movedAt < since - state.options.mirrorGraceMs && movedAt > state.quietSince)
    tell(`enters where its leader's order takes off: he has ${sizeText(position)}`);
  const { high } = ratioBounds(state, copy, leader, since);
  if (high === null) return;
  const left = theirs.mostSince(since - state.options.mirrorGraceMs);
  const lot = state.instruments.get(mirror.coin)?.lot ?? 0n;
  const most = mulDiv(high, left, RATE_ONE, 'up') + lot;
  if (mirror.size > most) tell(`is larger than ${sizeText(left)} of its leader's order times the highest ratio, ${sizeText(most)}`);
}

function checkExit(state: AuditState, copy: CopyTrack, mirror: MirrorHanded, at: EpochMs, tell: Tell): void {
  const holding = copy.holding(mirror.coin);
  if (holding.foreign || state.settling(mirror.process, at)) return;
  const side = mirror.buy ? -1n : 1n;
  // What filled and was not told yet is still there for an engine.
  const told = holding.heldMost(at, state.options.owedSlackMs, mirror.buy);
  const held = holding.real.position * side > told ? holding.real.position * side : told;
  if (mirror.size > held) tell(`is of more than the copy can hold there, ${sizeText(held < 0n ? 0n : held)}`);
}

/** One order of the leader has one mirror: another one may fill still, unless this takes its place. */
function checkDouble(state: AuditState, copy: CopyTrack, mirror: MirrorHanded, order: OrderTrack, at: EpochMs): void {
  const same = [...copy.holding(mirror.coin).mirrors.values()].find(
    (other) =>
      other !== order &&
      other.mirror?.leaderOrder === order.mirror?.leaderOrder &&
      other.cloid !== order.mirror?.replaces &&
      other.mayFill(at, state.options.clockSlackMs),
  );
  if (same === undefined) return;
  const text = `${nameOf(mirror)} stands for order ${order.mirror?.leaderOrder}, as ${same.cloid} does, of which ${sizeText(same.remaining)} may fill`;
  state.report('mirror_double', at, mirror.copyId, mirror.cloid, text);
}

interface End {
  readonly at: EpochMs;
  readonly why: string;
  readonly graceMs: number;
}

/** What ends a mirror, the first of all by a moment; null: nothing did. One that only reduces ends with its leader's order and where everything is closed. */
function endOf(state: AuditState, order: OrderTrack, at: EpochMs): End | null {
  const copy = state.copies.get(order.copyId);
  const { handed, mirror } = order;
  if (copy === undefined || handed === null || mirror === null) return null;
  const ends: End[] = [];
  const { mirrorGraceMs } = state.options;
  const goneAt = state.leader(copy.copy.leader).orders.find(mirror.leaderOrder)?.goneAt ?? null;
  if (goneAt !== null) ends.push({ at: goneAt, why: 'its leader’s order went', graceMs: mirrorGraceMs });
  if (copy.terms.settings.policy !== 'orders' && copy.asked.length === 0)
    ends.push({ at: copy.terms.at, why: 'the copy mirrors no more', graceMs: mirrorGraceMs });
  if (copy.state === 'breaker_closed' || copy.state === 'stopping' || copy.state === 'stopped')
    ends.push({ at: copy.stateAt, why: `the copy was ${copy.state}`, graceMs: mirrorGraceMs });
  if (!handed.reduceOnly) ends.push(...haltsOf(state, copy, order, at));
  return ends
    .map((end) => ({ ...end, at: Math.max(end.at, handed.sentAt) }))
    .reduce<End | null>((a, b) => (a === null || b.at + b.graceMs < a.at + a.graceMs ? b : a), null);
}

/** What ends new risk, and with it what may enter. */
function haltsOf(state: AuditState, copy: CopyTrack, order: OrderTrack, at: EpochMs): readonly End[] {
  const ends: End[] = [];
  const graceMs = state.options.mirrorEndMs;
  const halt = state.haltOf(copy, at);
  if (halt !== null) ends.push({ at: halt.since, why: `${halt.cause} of ${halt.thing}`, graceMs });
  if (copy.state !== 'active') ends.push({ at: copy.stateAt, why: `the copy was ${copy.state}`, graceMs });
  const { breach } = copy.losses;
  if (breach !== null && breach.process === order.process) ends.push({ at: breach.since, why: `${breach.limit} was met`, graceMs });
  return ends;
}

/** A mirror that fills, or is cancelled, later than an engine without trouble takes to cancel it was not cancelled in time. */
export function checkMirrorStood(state: AuditState, seen: Extract<WorldObservation, { kind: 'world_fill' | 'world_order' }>): void {
  const order = seen.cloid === null ? undefined : state.orders.get(seen.cloid);
  if (order !== undefined) checkStood(state, order, seen.at, seen.kind === 'world_fill' ? `filled ${sizeText(seen.size)}` : 'stood');
}

/** What ended mirrors is taken back: those that stood through it are told now, because nothing says later that they should have ended. */
export function checkMirrorsThrough(state: AuditState, at: EpochMs): void {
  for (const copy of state.copies.values())
    for (const { mirrors } of copy.holdings.values()) for (const order of mirrors.values()) checkStood(state, order, at, 'stood');
}

/** An engine takes its turns with a venue: where many copies mirror, what is due of all leaves one after another. */
function turnMs(state: AuditState): number {
  let copies = 0;
  for (const { terms } of state.copies.values()) if (terms.settings.policy === 'orders') copies += 1;
  return copies * state.options.mirrorTurnMs;
}

function checkStood(state: AuditState, order: OrderTrack, at: EpochMs, what: string): void {
  if (order.mirror === null || order.handed === null || !order.rested || order.ended || order.remaining <= 0n) return;
  const ended = endOf(state, order, at);
  // Before what a change left open is found out, nothing else is done about it.
  if (at <= order.changedAt + state.options.mirrorChangeMs) return;
  // Without an agent nobody can cancel it.
  const { account } = order.handed;
  if (state.unsigned.has(account)) return;
  const signedAt = state.signedAgainAt.get(account) ?? Number.NEGATIVE_INFINITY;
  // One whose answer got lost is not cancelled before it was asked about.
  const asksMs = order.isAnswered ? besideMs(state, order, ended?.at ?? at) : state.options.owedSlackMs;
  if (
    ended === null ||
    at <= Math.max(ended.at, order.answeredAt, signedAt) + ended.graceMs + asksMs + turnMs(state) ||
    ended.at <= quietSince(state, order)
  )
    return;
  const text = `mirror ${order.cloid} of copy ${order.copyId} ${what} in ${order.handed.coin} ${at - ended.at} ms after ${ended.why}`;
  state.report('mirror_not_cancelled', at, order.copyId, order.cloid, text);
}

/** What became of another mirror of the copy that left the books about then is asked first, and nothing of its account is decided meanwhile: the question may get lost once. */
function besideMs(state: AuditState, order: OrderTrack, since: EpochMs): number {
  const left = state.copies.get(order.copyId)?.mirrorLeftAt ?? Number.NEGATIVE_INFINITY;
  return left > since - state.options.mirrorGraceMs ? state.options.mirrorGraceMs : 0;
}

/** In the calm nothing stands for an order that is gone, for a copy that may not have it, or beside another one for the same order. */
export function checkCalmMirrors(state: AuditState, snapshot: CalmSnapshot): void {
  const standing = new Map(snapshot.leaderOrders?.map(({ leader, orderIds }) => [leader, new Set(orderIds)]));
  for (const copy of state.copies.values()) {
    const named = new Map<string, OrderTrack>();
    for (const holding of copy.holdings.values())
      for (const order of holding.mirrors.values()) {
        if (order.mirror === null || !order.arrived || !order.mayFill(snapshot.at, 0) || state.unsigned.has(copy.copy.account)) continue;
        const text = `in the calm mirror ${order.cloid} of copy ${copy.copy.copyId} stands for ${sizeText(order.remaining)} ${holding.coin}`;
        const twin = named.get(order.mirror.leaderOrder);
        named.set(order.mirror.leaderOrder, order);
        if (twin !== undefined) state.report('mirror_double', snapshot.at, order.copyId, order.cloid, `${text}, as ${twin.cloid} does`);
        const ended = endOf(state, order, snapshot.at);
        const gone = standing.get(copy.copy.leader)?.has(order.mirror.leaderOrder) !== true;
        if (gone) state.report('mirror_not_cancelled', snapshot.at, order.copyId, order.cloid, `${text}, and its leader’s order is gone`);
        else if (ended !== null && snapshot.at - ended.at > state.options.comparisonMs)
          state.report('mirror_not_cancelled', snapshot.at, order.copyId, order.cloid, `${text}, ${snapshot.at - ended.at} ms after ${ended.why}`);
      }
  }
}
