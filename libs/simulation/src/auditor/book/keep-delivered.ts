import { abs, max, min, sign } from '@lockstep/kernel';
import type { DeliveredObservation, OrderObservation, ProcessObservation } from '../observations';
import { admits } from '../terms';
import type { CopyTrack, Unwinding } from './copies';
import type { Holding } from './holding';
import { aheadMost, exitsAhead, noteChange } from './keep-mirrors';
import { beginIn, takeOnBy, takeOnWith } from './keep-terms';
import type { LeaderCoin, LeaderMove, LeaderTrack } from './leaders';
import { noteReference } from './note-reference';
import type { ReadDecided } from './open-moves';
import { CHANGE_MS, ratioBounds } from './ratio';
import { type AuditState, fillKey } from './state';
import { type Followed, widened } from './target';

/** Takes what an engine was told into the books. Marks go to the valuation as well, which their caller sees to. */
export function keepDelivered(state: AuditState, told: DeliveredObservation): void {
  switch (told.kind) {
    case 'mark_delivered':
      state.lastMarks.set(told.coin, told.price);
      state.marks.add(told.process, told.coin, told.at, told.price);
      return;
    case 'quote_delivered':
      state.mids.add(told.process, told.coin, told.at, (told.bid + told.ask) / 2n);
      return;
    case 'leader_fills_delivered': {
      const leader = state.leader(told.leader);
      const unseen = told.read === true || state.blindness.since(told.process, told.leader) !== null;
      for (const move of leader.take(told.fills, told.at, told.process, unseen)) followAll(state, leader, told.leader, move);
      return;
    }
    case 'leader_state_delivered':
      keepLeaderState(state, told);
      return;
    case 'leader_orders_delivered':
      state.leader(told.leader).orders.take(told.orders, told.coins, told.at);
      return;
    case 'account_fill_delivered':
      keepAccountFill(state, fillKey(told.account, told.coin, told.tradeId), told.at);
      return;
    case 'funding_delivered':
      for (const copy of state.copiesByAccount.get(told.account) ?? []) copy.fundingTold(told.coin, told.time, told.at, state.options.fundingYoungMs);
      return;
    case 'answer_delivered': {
      const order = state.orders.get(told.cloid);
      if (order === undefined) return;
      // Where the order is there, the same action was refused that arrived again: of the order nothing was said.
      order.answer = told.outcome === 'rejected' && order.arrived && !order.rejected ? 'unknown' : told.outcome;
      order.answeredAt = told.at;
      noteChange(state, order, told.at);
      order.answeredLate = order.handed !== null && told.at - order.handed.sentAt > state.options.answerLateMs;
      order.stoodWhenAnswered = told.outcome === 'resting' || (told.outcome === 'filled' && order.handed?.tif === 'gtc' && order.remaining > 0n);
      // What the engine was told is refused cannot fill, unless it is there.
      if (told.outcome === 'rejected' && !order.arrived) order.ended = true;
      return;
    }
    case 'disconnected':
      state.blindness.disconnected(told.process, told.addresses, told.at);
      return;
    case 'synced':
      state.blindness.synced(told.process, told.address);
      return;
    case 'account_state_delivered':
      for (const copy of state.copiesByAccount.get(told.account) ?? []) {
        if (told.equity !== null) copy.accountEquity.add(told.at, Number(told.equity) / 1e8);
        if (told.clearing !== undefined) copy.clearings.told(told.clearing.dex, told.process, told.at, Number(told.clearing.value) / 1e8);
      }
  }
}

/** Takes lives and deaths of processes into the books. */
export function keepProcess(state: AuditState, told: Exclude<ProcessObservation, { kind: 'former_wrote' | 'former_sent' }>): void {
  if (!('process' in told)) {
    state.quietSince = told.kind === 'healed' ? told.at : Number.POSITIVE_INFINITY;
    return;
  }
  if (told.kind === 'lock_lost') {
    state.formers.lost(told.process, told.certainUntil);
    return;
  }
  if (told.kind === 'term_begun') {
    state.formers.begun(told.process);
    return;
  }
  if (told.kind === 'process_started') {
    state.startedAt.set(told.process, told.at);
    state.lastStartAt = told.at;
    for (const holding of holdingsOf(state)) holding.started(told.at + state.options.comparisonMs);
    return;
  }
  state.startedAt.delete(told.process);
  state.marks.forget(told.process);
  state.mids.forget(told.process);
  state.blindness.forget(told.process);
  for (const holding of holdingsOf(state)) holding.died(told.at, state.options.owedSlackMs);
  for (const copy of state.copies.values()) copy.limits.died(told.process);
  for (const copy of state.copies.values()) copy.clearings.died(told.process);
  if (state.sharedBy === told.process) state.sharedBy = null;
  for (const copy of state.copies.values()) copy.losses.died(told.process, copy.state === 'breaker_closed' || copy.state === 'stopping');
}

function* holdingsOf(state: AuditState): Generator<Holding> {
  for (const copy of state.copies.values()) yield* copy.holdings.values();
}

function keepLeaderState(state: AuditState, told: Extract<DeliveredObservation, { kind: 'leader_state_delivered' }>): void {
  const leader = state.leader(told.leader);
  if (told.equity !== null) {
    leader.equity.add(told.at, Number(told.equity) / 1e8);
    takeOnBy(state, leader, told.leader, told.at);
  }
  if (told.positions === null) return;
  for (const coin of leader.read(told.positions, told.time, told.at, told.process)) {
    const { position } = leader.coin(coin);
    for (const copy of state.copiesByLeader.get(told.leader) ?? []) {
      const ratio = ratioBounds(state, copy, leader, told.at);
      beginIn(copy, coin, position, told.at, copy.terms.settings.start === 'adopt', ratio);
    }
  }
}

function followAll(state: AuditState, leader: LeaderTrack, address: string, move: LeaderMove): void {
  for (const copy of state.copiesByLeader.get(address) ?? []) follow(state, copy, leader, move);
}

/** What is left of what is unwound where its leader comes to a position: fills told it, or a reading that was decided on. */
function keepShare(unwinding: Unwinding, position: bigint): void {
  const { kept, leader } = unwinding;
  if (sign(position) !== sign(leader)) unwinding.kept = 0n;
  else if (abs(position) < abs(leader)) unwinding.kept = (kept * abs(position)) / abs(leader);
}

/** Fills tell where he comes to. Where some are missing before a reduction, or he left meanwhile, too little is known of how far it is followed. */
function keepMove(unwinding: Unwinding, { before, after, believed, leftAt }: LeaderMove): void {
  keepShare(unwinding, after);
  unwinding.leader = after;
  const grows = sign(after) === sign(before) && abs(after) >= abs(before);
  if (leftAt !== null || (believed !== null && !grows)) unwinding.kept = 0n;
}

function follow(state: AuditState, copy: CopyTrack, leader: LeaderTrack, move: LeaderMove): void {
  const { settings } = copy.terms;
  const holding = copy.holding(move.coin);
  if (copy.state === 'stopped' || copy.state === 'handing_over') return;
  if (move.isBehind) {
    followBehind(state, copy, leader, move);
    return;
  }
  // A copy that begins while nothing of the coin was known: where it was in a position already, the copy waits for an open. A leader known to be flat opened since.
  const first = holding.target.moves === 0 && !holding.target.waiting && holding.target.high === 0n && !holding.begun;
  holding.begun = true;
  // Which exit is for the limit and which for the leader can no longer be told.
  holding.trim = null;
  const unwinding = copy.unwinding.get(move.coin);
  if (unwinding !== undefined) keepMove(unwinding, move);
  if (sign(move.after) !== sign(move.before) || abs(move.after) < abs(move.before)) {
    holding.reducedAt = move.at;
    for (const order of holding.live.values()) order.reducedAt ??= move.at;
  }
  // He went through flat, perhaps unseen: what a follower closed is over.
  const leftSince = move.leftAt !== null && move.leftAt > (holding.closedWholeAt ?? Number.NEGATIVE_INFINITY);
  if (move.believed !== null || leftSince || sign(move.after) !== sign(move.before)) {
    holding.closedWholeAt = null;
    holding.closedWholeBy = null;
  }
  const ratio = ratioBounds(state, copy, leader, move.at);
  if (first && move.before !== 0n && move.believed !== 0n) beginIn(copy, move.coin, move.before, move.at, settings.start === 'adopt', ratio);
  holding.reference.moves(move.at);
  giveUp(state, copy, move);
  if (move.after === 0n || sign(move.after) !== sign(move.before)) holding.mirroredExits = 0n;
  noteReference(state, copy, move);
  const followed = followedOn(state, copy, leader, move, move.at);
  const track = leader.coin(move.coin);
  const isMissed = (earlier: LeaderMove): boolean => track.isUnheard(earlier, move.process, move.at);
  goOnWithout(holding, isMissed);
  holding.open.follow(followed, isMissed);
  if (!reduces(move)) takeOnWith(copy, move.coin, move.after, move.at, ratio);
  const keeps = !followed.exits && reduces(move);
  if (keeps) keepHeld(holding);
  if (!reduces(move)) holding.turnedAt = move.at;
  holding.keptFrom =
    keeps && move.believed === null ? { at: move.at, side: sign(move.before) * (settings.direction === 'inverse' ? -1n : 1n) } : null;
}

/** Fills that were missing, told behind newer ones: an engine that decided on none of these follows all of them in their order. */
function followBehind(state: AuditState, copy: CopyTrack, leader: LeaderTrack, move: LeaderMove): void {
  const holding = copy.holding(move.coin);
  if (!holding.open.followBehind(followedOn(state, copy, leader, move, move.at)) || sign(move.after) === sign(move.before)) return;
  holding.closedWholeAt = null;
  holding.closedWholeBy = null;
}

/** Whoever follows the leader from here on need not have heard of some of his moves: what was owed before them may be owed at its prices still. */
function goOnWithout({ open, reference }: Holding, isMissed: (move: LeaderMove) => boolean): void {
  const missed = open.missed(isMissed);
  if (missed !== null) reference.takeBack(missed.at);
}

/** Whether the leader went towards flat, or to it. */
const reduces = ({ before, after }: LeaderMove): boolean => abs(after) < abs(before) && sign(after) !== -sign(before);

/** A copy that closes by itself keeps what it has where its leader reduces; what was still owed of his increases is owed no more. */
function keepHeld(holding: Holding): void {
  const { side } = holding.target;
  const held = min(holding.real.position * side, holding.told.position * side);
  holding.open.change((bounds) => bounds.lower(max(held, 0n)));
}

/** Moves up to this one were decided on: also on what is so now, where that is another. */
export function keepDecided(state: AuditState, told: Extract<OrderObservation, { kind: 'move_decided' }>): void {
  for (const copyId of told.copyIds) {
    const copy = state.copies.get(copyId);
    const holding = copy?.holdings.get(told.coin);
    if (copy === undefined || holding === undefined) continue;
    const leader = state.leader(copy.copy.leader);
    const track = leader.coin(told.coin);
    const read = readDecided(track, told.time, told.at);
    if (read !== null) keepRead(copy, holding, read, track.lastFillTime < told.time);
    if (!holding.open.waits(told.time)) continue;
    if (read !== null) goOnWithout(holding, (move) => move.time <= told.time && read.isMissed(move));
    holding.open.decided(told.time, (followed) => widened(followed, followedOn(state, copy, leader, followed.move, told.at)), read);
  }
}

/** A reading that is decided on takes off what the leader is smaller by, also where no fill tells of it. */
function keepRead(copy: CopyTrack, holding: Holding, { position, at }: ReadDecided, isNewest: boolean): void {
  holding.readAt = at;
  const unwinding = copy.unwinding.get(holding.coin);
  if (unwinding === undefined) return;
  keepShare(unwinding, position);
  if (isNewest) unwinding.leader = position;
}

/** Where a decision of a moment is on a reading: fills of before that its process was not told by then are none it goes by. */
function readDecided(track: LeaderCoin, time: number, at: number): ReadDecided | null {
  const reading = track.readingOf(time);
  if (reading === null) return null;
  return { position: reading.position, at, isMissed: (move) => track.isUnheard(move, reading.process, reading.at) };
}

/** What a move may be followed on at a moment from its coming to its decision. */
function followedOn(state: AuditState, copy: CopyTrack, leader: LeaderTrack, move: LeaderMove, at: number): Followed {
  const { settings } = copy.terms;
  return {
    move,
    direction: settings.direction,
    modes: copy.termsAt(at, CHANGE_MS).map((terms) => terms.settings.mode),
    ratio: ratioBounds(state, copy, leader, at),
    ...entersOn(state, copy, move.coin, at),
    exits: settings.follow !== 'increases_only' || copy.state === 'winding_down' || copy.state === 'unwinding',
    // A reading is followed once it is written down: to a copy that began to wait meanwhile he left then.
    leftBy: move.leftAt === null ? null : move.leftAt + state.options.owedSlackMs,
    ahead: aheadMost(state, copy, copy.holding(move.coin), at, move.after > 0n),
    against: heldAgainst(state, copy, move, at),
  };
}

/** What is held for mirrors that filled ahead on the side the leader's move does not lead to, as far as was told: what is told later says so then. */
function heldAgainst(state: AuditState, copy: CopyTrack, { coin, after }: LeaderMove, at: number): bigint {
  const holding = copy.holding(coin);
  const held = holding.told.position * -sign(after);
  return held <= 0n ? 0n : min(held, aheadMost(state, copy, holding, at, after < 0n));
}

/** Whether a copy may take new risk on a move, and whether it must. Where that changes about now it may, and need not. */
export function entersOn(state: AuditState, copy: CopyTrack, coin: string, at: number): { readonly may: boolean; readonly must: boolean } {
  const { settings } = copy.terms;
  const halted = state.haltOf(copy, at);
  const takes = copy.state === 'active' && admits(settings.instruments, coin) && settings.follow !== 'decreases_only';
  const asks = [copy.terms, ...copy.asked].some((terms) => terms.settings.approveWithinMs !== undefined);
  const must = takes && !asks && halted === null && copy.losses.breach === null && !state.settlingAny(at);
  const changed = at - copy.terms.at < state.options.owedSlackMs || at - copy.stateAt < state.options.raceMs;
  const possible = [copy.terms, ...(changed ? [copy.earlier ?? copy.terms] : []), ...copy.asked];
  const admitted = possible.some((terms) => admits(terms.settings.instruments, coin) && terms.settings.follow !== 'decreases_only');
  const may = (changed && copy.state !== 'preparing') || copy.state === 'active' ? admitted : takes;
  return { may: may && (halted === null || at <= halted.since + state.options.haltGraceMs), must };
}

/** Until when increments may be owed. */
function owedUntil(state: AuditState, copy: CopyTrack, holding: Holding): number {
  const windows = [copy.terms, copy.earlier ?? copy.terms].map(({ settings }) => settings.maxAgeMs + settings.catchUpMs);
  return Math.max(holding.target.owedAt, state.lastStartAt) + Math.max(...windows) + state.options.owedSlackMs;
}

/** How long what waits for an approval is asked about; 0: nothing does. */
const asksWithin = (copy: CopyTrack): number =>
  Math.max(...[copy.terms, copy.earlier ?? copy.terms].map(({ settings }) => settings.approveWithinMs ?? 0));

/** Until when a move may go on with a proposal of before, whose end is told late where the database is away; without one, with what is owed. */
function askedUntil(state: AuditState, copy: CopyTrack, holding: Holding): number {
  const within = asksWithin(copy);
  const owed = owedUntil(state, copy, holding);
  return within === 0 ? owed : Math.max(owed, Math.max(copy.userActAt, state.quietSince) + state.options.owedSlackMs) + within;
}

/** Increments whose window ended leave the target: only what was executed, is on its way or waits below the venue's minimum is left of them. */
function giveUp(state: AuditState, copy: CopyTrack, move: LeaderMove): void {
  const holding = copy.holding(move.coin);
  const { target } = holding;
  // What a re-basis may still ask for is not given up.
  if (target.high === 0n || copy.mayRebase || move.at <= askedUntil(state, copy, holding) || holding.foreign) return;
  holding.reference.giveUp(move.at);
  // What waits for an approval is given up when nobody knows: it is judged by what was approved.
  if (asksWithin(copy) > 0) return;
  const waits = state.waitingMost(move.coin);
  if (waits === null) return;
  const buy = target.side > 0n;
  const { clockSlackMs } = state.options;
  const exits = exitsAhead(state, copy, holding, move.at);
  const most = holding.most(move.at, clockSlackMs, buy) + holding.unknownEnds(move.at, clockSlackMs, buy, false) + waits + exits;
  holding.open.change((bounds) => bounds.giveUp(move.at, most));
}

function keepAccountFill(state: AuditState, key: string, at: number): void {
  const fill = state.fills.get(key);
  if (fill === undefined) return;
  if (fill.told) {
    for (const part of fill.parts) part.copy.holding(fill.coin).toldAgain(part, at);
    return;
  }
  fill.told = true;
  const order = fill.cloid === null ? undefined : state.orders.get(fill.cloid);
  if (order !== undefined) order.toldFilled += fill.size;
  for (const part of fill.parts) {
    const holding = part.copy.holding(fill.coin);
    if (part.era === holding.era) holding.told.add(part.signed, part.price, part.fee);
    holding.untold.delete(part);
    holding.openedByStops.told(part, at, state.options.owedSlackMs);
    holding.toldAt = at;
    if (order?.mirror != null && order.handed?.reduceOnly === false) closedAhead(holding, part.signed);
    if (order?.fillsUnanswered === true) holding.toldUnanswered(order, at, part, state.options.owedSlackMs);
    state.holders.update(part.copy, holding);
    if (fill.cloid !== null) continue;
    holding.foreignAt = at;
    // Where some of the account is the follower's own, the engine may count the fill against that.
    if (part.copy.attributed) holding.open.change((target) => target.unbound(at));
    else userClosed(state, holding, part.signed, at);
    // What was closed of an episode the leader turned is none of the new one.
    const isOfEpisode = sign(part.signed) === -holding.target.side;
    if (holding.closedWholeBy === key && !part.copy.attributed && isOfEpisode) holding.closedWholeAt = at;
  }
}

/** A mirror that was to enter, and whose fill is told when the leader stands on its other side: it closed of that side, and what is closed ahead is given up where his order goes. */
function closedAhead({ open, target }: Holding, signed: bigint): void {
  if (sign(signed) !== -target.side) return;
  open.change((bounds) => bounds.lower(max(0n, bounds.low - abs(signed))));
}

/**
 * What the copy holds now, or may still get, is all that is left of the episode (product §2.4, `user_closed`). Where the leader stands on the other side of what was
 * closed, that was of the episode before: the present one goes on.
 */
function userClosed(state: AuditState, holding: Holding, signed: bigint, at: number): void {
  if (holding.target.side === sign(signed)) {
    holding.open.change((target) => target.unsure());
    return;
  }
  const side = sign(holding.real.position);
  const left = side === 0n ? 0n : holding.most(at, state.options.clockSlackMs, side > 0n);
  holding.open.change((target) => target.wait(at, side * left));
}
