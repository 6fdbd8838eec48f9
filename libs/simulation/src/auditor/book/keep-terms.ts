import { abs, max, min, mulDiv, RATE_ONE, sign } from '@lockstep/kernel';
import type { ApprovalSeen, TermsObservation } from '../observations';
import { type CopyStateSeen, isFollowed } from '../terms';
import { ALL_KEPT, CopyTrack, termsInForce } from './copies';
import { entryOf } from './entry-of';
import { keepHandOver } from './hand-overs';
import type { LeaderCoin, LeaderTrack } from './leaders';
import { ratioBounds } from './ratio';
import type { RightsTold } from './rights';
import { type AuditState, lotOf } from './state';
import type { RatioBounds } from './target';
import { endsOf, readEquity } from './value';

/** How long an engine may take from writing down that a copy is active to its targets. */
const TAKING_ON_MS = 5_000;

/** Takes what is agreed and what is asked for into the books. */
export function keepTerms(state: AuditState, told: Exclude<TermsObservation, RightsTold | { kind: 'added_now' }>): void {
  switch (told.kind) {
    case 'instrument': {
      const { coin, maxLeverage, minNotional, isolated = false } = told;
      state.instruments.set(coin, { coin, lot: lotOf(told.szDecimals), maxLeverage, minNotional, isolated });
      return;
    }
    case 'copy_terms':
      keepCopyTerms(state, told);
      return;
    case 'terms_asked':
      state.copies.get(told.copyId)?.asked.push(termsInForce(told.settings, told.allocation, told.at));
      return;
    case 'terms_refused': {
      const asked = state.copies.get(told.copyId)?.asked;
      if (told.newest === true) asked?.pop();
      else asked?.shift();
      return;
    }
    case 'copy_state':
      keepCopyState(state, told);
      return;
    case 'halt':
      state.halts.halt(told.thing, told.cause, told.at);
      return;
    case 'halt_lifted':
      state.halts.lift(told.thing, told.cause);
      for (const copy of state.copies.values()) release(state, copy, told.at);
      return;
    case 'reduced_now': {
      const copy = state.copies.get(told.copyId);
      if (copy !== undefined) keepReduced(copy, told.at, told.before, told.after);
      return;
    }
    case 'unwind_asked': {
      const copy = state.copies.get(told.copyId);
      // One asked for before this, though nothing shows it yet, is the one carried out: a copy that is being unwound is given no other deadline.
      if (copy !== undefined) copy.unwindBy ??= told.by;
      return;
    }
    case 'approved': {
      const { copyId, coin } = told.approval;
      const copy = state.copies.get(copyId);
      if (copy === undefined) return;
      // A decision in the very moment of it may carry the millisecond before.
      copy.holding(coin).approvals.give(told.approval, told.at - state.options.raceMs, copy.terms.settings.approveWithinMs ?? 0);
      raiseTo(state, told.at, told.approval);
      return;
    }
    case 'approval_refused': {
      for (const holding of state.copies.get(told.copyId)?.holdings.values() ?? []) holding.approvals.refuse(told.no);
      return;
    }
    case 'rebased': {
      const copy = state.copies.get(told.copyId);
      if (copy === undefined) return;
      if (told.asked === true) copy.rebasesAsked += 1;
      if (copy.state !== 'active') copy.rebaseAskedAt = told.at;
      takeOn(state, copy, told.at, true);
      return;
    }
    case 'rebase_settled': {
      const copy = state.copies.get(told.copyId);
      if (copy !== undefined) copy.rebasesAsked -= 1;
      return;
    }
  }
}

/** Takes what is told of rights: what was missing may be there again, and increments of the last moments be decided on only now. */
export function keepRights(state: AuditState, told: RightsTold): void {
  state.rights.keep(told);
  for (const copy of state.copies.values()) if (state.rights.missing(copy.copy, told.at) === null) release(state, copy, told.at);
}

/**
 * What a follower approved is theirs to ask for beside what is held, whatever was given up of it before, and no more than the mode makes of what the leader has: a
 * limit that trims what is held leaves what was not entered yet.
 */
function raiseTo(state: AuditState, at: number, { copyId, coin, buy, size }: ApprovalSeen): void {
  const copy = state.copies.get(copyId);
  if (copy === undefined) return;
  const side = buy ? 1n : -1n;
  const { open, real, told } = copy.holding(coin);
  const held = max(0n, max(real.position * side, told.position * side));
  const leader = state.leader(copy.copy.leader);
  const { high } = ratioBounds(state, copy, leader, at);
  const isFree = high === null || copy.terms.settings.mode.kind === 'fixed_amount';
  const most = isFree ? held + size : min(held + size, mulDiv(high, abs(leader.coin(coin).position), RATE_ONE, 'up'));
  open.change((target) => target.raise(at, side, most));
}

type TermsTold = Extract<TermsObservation, { kind: 'copy_terms' }>;
type StateTold = Extract<TermsObservation, { kind: 'copy_state' }>;

function keepCopyTerms(state: AuditState, told: TermsTold): void {
  const known = state.copies.get(told.copy.copyId);
  if (known === undefined) {
    beginCopy(state, told);
    return;
  }
  const before = readEquity(state, known);
  known.asked.shift();
  known.earlier = known.terms;
  known.terms = termsInForce(told.settings, told.allocation, told.at);
  known.losses.haltEnded();
  for (const holding of known.holdings.values()) holding.open.change((target) => target.unsure());
  if (known.earlier.allocation === told.allocation) return;
  const moved = Number(told.allocation - known.earlier.allocation) / 1e8;
  if (before === null) known.losses.unsure();
  else {
    known.losses.flow(endsOf(before), moved);
    for (const value of [before.told, before.real]) known.equity.add(told.at, value + moved);
  }
}

function beginCopy(state: AuditState, told: TermsTold): void {
  const copy = new CopyTrack(told.copy, told.settings, told.allocation, told.at, state.options.equityWindowMs);
  const allocation = Number(told.allocation) / 1e8;
  copy.equity.add(told.at, allocation);
  copy.losses.anchor({ least: allocation, most: allocation }, allocation);
  const held = [...state.instruments.keys()].filter((coin) => isOwn(state, told.copy.account, coin));
  for (const coin of held) Object.assign(copy.holding(coin), { foreign: true, netted: true });
  if (held.length > 0) copy.attributed = true;
  state.copies.set(told.copy.copyId, copy);
  entryOf(state.copiesByLeader, told.copy.leader, () => []).push(copy);
  entryOf(state.copiesByAccount, told.copy.account, () => []).push(copy);
  takeOn(state, copy, told.at, told.settings.start === 'adopt');
}

/** Whether something in a coin of an account may be the follower's own beside what was handed over: what its running copies do not hold, or what is a matter of attribution. */
function isOwn(state: AuditState, account: string, coin: string): boolean {
  const sharers = (state.copiesByAccount.get(account) ?? [])
    .filter((copy) => copy.state !== 'stopped' || copy.handed !== null)
    .flatMap((copy) => copy.holdings.get(coin) ?? []);
  const held = sharers.reduce((sum, { real }) => sum + real.position, 0n);
  return (state.nets.get(`${account} ${coin}`) ?? 0n) !== held || sharers.some(({ foreign }) => foreign);
}

/** Marks and funding on their way move a copy's equity by so much at most. */
const EQUITY_DOUBT = 0.01;

/** States in which nothing is wanted any more. */
const ENDS: ReadonlySet<CopyStateSeen> = new Set(['breaker_closed', 'handing_over', 'stopping', 'stopped']);

function keepCopyState(state: AuditState, told: StateTold): void {
  const copy = state.copies.get(told.copyId);
  if (copy === undefined) return;
  const before = copy.state;
  if (before !== told.state) copy.stateAt = told.at;
  copy.state = told.state;
  keepHandOver(state, copy, before, told.state, told.at);
  if (told.state === 'unwinding') keepUnwinding(state, copy, told.at);
  if (!isFollowed(told.state)) copy.limits.closing(told.at - state.options.owedSlackMs);
  if (ENDS.has(told.state)) {
    for (const holding of copy.holdings.values()) holding.open.change((target) => target.close(told.at));
  }
  if (told.reEnabled === true) {
    copy.unwindBy = null;
    copy.stopFilledAt = null;
    copy.reEnabled += 1;
    const value = readEquity(state, copy);
    if (value === null) copy.losses.unsure();
    else copy.losses.anchor(endsOf(value), Number(copy.terms.allocation) / 1e8);
  }
  if (told.state !== 'active' || before === 'active') return;
  if (before === 'preparing' || told.reEnabled === true) begin(state, copy, before, told.at);
  release(state, copy, told.at);
}

/** A copy begins anew as its terms say, and with what its leader holds where a re-basis was asked for already: that one is done behind its beginning. */
function begin(state: AuditState, copy: CopyTrack, before: CopyStateSeen, at: number): void {
  takeOn(state, copy, at, copy.terms.settings.start === 'adopt');
  const isNext = before === 'preparing' || at - copy.rebaseAskedAt <= state.options.owedSlackMs;
  if (copy.rebaseAskedAt > Number.NEGATIVE_INFINITY && isNext) takeOn(state, copy, at, true);
  copy.rebaseAskedAt = Number.NEGATIVE_INFINITY;
}

/** Targets go down by the share the copy's equity loses, before what waits for its decision: of that equity the highest and lowest of the last moments is known. */
function keepReduced(copy: CopyTrack, at: number, before: bigint, after: bigint): void {
  const equity = copy.ownShare ? null : copy.equity.range(at);
  const taken = Number(before - after) / 1e8;
  const left = (worth: number): number => (worth <= taken ? 0 : 1 - taken / worth);
  const high = equity === null ? 1 : left(equity.high * (1 + EQUITY_DOUBT));
  const low = equity === null ? 0 : left(equity.low * (1 - EQUITY_DOUBT));
  for (const holding of copy.holdings.values()) {
    holding.lowered = true;
    holding.open.changeBefore((target) => target.scale(at, low, high));
  }
}

/** What the copy has when it begins to be unwound; of its targets nothing more is known than that they fall. */
function keepUnwinding(state: AuditState, copy: CopyTrack, at: number): void {
  const track = state.leader(copy.copy.leader);
  copy.unwinding = new Map(
    [...copy.holdings.values()].map(({ coin, real, reducedAt, readAt }) => {
      const leader = track.coin(coin).largest;
      return [coin, { held: real.position, entered: 0n, from: at, reducedAt: Math.max(reducedAt, readAt), kept: ALL_KEPT, leader }];
    }),
  );
  for (const holding of copy.holdings.values()) holding.open.change((target) => target.unsure());
}

/** What a copy does with positions its leader is in when it begins, or when it is asked to take them on. */
function takeOn(state: AuditState, copy: CopyTrack, at: number, adopts: boolean): void {
  if (adopts) copy.userActAt = at;
  const leader = state.leader(copy.copy.leader);
  const ratio = ratioBounds(state, copy, leader, at);
  for (const coin of leader.coins.values()) {
    if (adopts) noteLowered(state, copy, coin, at, ratio);
    if (adopts) beginIn(copy, coin.coin, coin.largest, at, adopts, ratio);
    else waitIn(copy, coin.coin, coin.position, at);
  }
}

/** What a copy holds, or may come to hold, beyond the least its mode asks for as it takes on what its leader has is to be closed, also where it closes by itself. */
function noteLowered(state: AuditState, copy: CopyTrack, { coin, smallest }: LeaderCoin, at: number, ratio: RatioBounds): void {
  const holding = copy.holdings.get(coin);
  const { direction, mode } = copy.terms.settings;
  // What fixed amounts came to stays as it is.
  if (holding === undefined || mode.kind === 'fixed_amount') return;
  const before = holding.open.leaderBefore ?? smallest;
  const least = sign(before) === sign(smallest) ? min(abs(before), abs(smallest)) : 0n;
  const asked = mulDiv(ratio.low, least, RATE_ONE, 'down');
  const side = direction === 'same' ? sign(smallest) : sign(-smallest);
  for (const way of [1n, -1n]) {
    if (holding.most(at, state.options.clockSlackMs, way > 0n) > (way === side ? asked : 0n)) holding.lowered = true;
  }
}

/**
 * The leader's equity was told, and copies that begin by adopting may have their targets from it: the engine writes down that they are active, then reads at what
 * prices the leader entered, then takes his positions on. A re-basis that was asked for is done by what is known when it is done.
 */
export function takeOnBy(state: AuditState, leader: LeaderTrack, address: string, at: number): void {
  for (const copy of state.copiesByLeader.get(address) ?? []) {
    const { settings } = copy.terms;
    if (!takesOn(copy, at) || settings.mode.kind === 'fixed_amount') continue;
    const ratio = ratioBounds(state, copy, leader, at);
    for (const { coin, largest } of leader.coins.values())
      if (largest !== 0n) copy.holding(coin).open.change((target) => target.adoptedBy(at, largest, settings.direction, ratio));
  }
}

/** A fixed amount of what the leader adds to, or turns to, while a copy is still to take his positions on is the amount at the mark of then, as all that it takes on is. */
export function takeOnWith(copy: CopyTrack, coin: string, leader: bigint, at: number, ratio: RatioBounds): void {
  const { settings } = copy.terms;
  if (takesOn(copy, at) && settings.mode.kind === 'fixed_amount') beginIn(copy, coin, leader, at, true, ratio);
}

/** Whether a copy is still to take on what its leader holds: it adopts and became active so shortly before, or its follower asked for that. */
const takesOn = (copy: CopyTrack, at: number): boolean =>
  copy.state === 'active' &&
  (copy.mayRebase || (copy.terms.settings.start === 'adopt' && copy.userActAt === copy.stateAt && at - copy.stateAt <= TAKING_ON_MS));

/** A copy waits where its leader is when it begins: by what the engine has decided on by then. */
function waitIn(copy: CopyTrack, coin: string, leader: bigint, at: number): void {
  const { open, real } = copy.holding(coin);
  const held = real.position;
  const before = open.leaderBefore ?? leader;
  open.changeBefore((target) => (before === 0n ? target.unsure() : target.wait(at, held)));
}

/** How a copy begins in one coin where its leader is. */
export function beginIn(copy: CopyTrack, coin: string, leader: bigint, at: number, adopts: boolean, ratio: RatioBounds): void {
  if (leader === 0n) return;
  const { open, real } = copy.holding(coin);
  const { settings } = copy.terms;
  const held = real.position;
  open.change((target) => (adopts ? target.adopt(at, leader, settings, ratio) : target.wait(at, held)));
}

/** Increments of the last moments that a halt kept back may be decided on now. */
function release(state: AuditState, copy: CopyTrack, at: number): void {
  const { maxAgeMs, catchUpMs } = copy.terms.settings;
  const windowMs = maxAgeMs + catchUpMs + state.options.owedSlackMs;
  for (const holding of copy.holdings.values()) holding.open.change((target) => target.release(at, windowMs));
}
