import { must, present, toExact, toLots } from '@lockstep/kernel';
import { type CopyBook, leaderEquityColumn } from './book';
import { quoteFor } from './book-quote';
import { CAP_COUNT } from './cap-count';
import { capLots, UNLIMITED } from './caps';
import { asksFirst, CLEAR, instrumentRefusal, standingRefusal, truthRefusal } from './checks';
import { type CopyColumns, FOLLOW, MODE, NO_LIMIT, STATUS } from './copy-columns';
import { decideOrders, UNDECIDED } from './decide-orders';
import { type Draft, decisionsOf, noteCut, openDraft } from './draft';
import { emitOrders } from './emit-orders';
import { EPISODE, type InstrumentRows, type InstrumentSheet, MICRO } from './instrument-columns';
import { weighedReference } from './journaled-intent';
import { mayBeAhead, moveAhead, settleOwed } from './mirror-columns';
import type { Move } from './move';
import { CAPS, reasonNumber } from './reasons';
import { reachOf, revalue } from './revalue';
import { applySharedCaps, FIRST_SHARED_CAP } from './shared-caps';
import { spreadEntries } from './spread';
import { amountTarget, classify, increasedTarget, kappaOf, keptOf, lockedRatio, type MoveClass, reducedTarget } from './target';
import { noteUnsure, reduceUnsure } from './unsure-size';
import type { WaveOptions } from './wave-options';
import type { WavePlan } from './wave-plan';

const STALE_MOVE = reasonNumber('stale_move');
const STALE_MARK = reasonNumber('stale_mark');
const RESYNC = reasonNumber('resync_no_entry');
const LEADER_EQUITY = reasonNumber('leader_equity');
const PRICE_BOUND = reasonNumber('price_bound');
const FOLLOW_FILTER = reasonNumber('follow_filter');
const SAME_ORDER = reasonNumber('same_order');
const MAX_ADDS = reasonNumber('max_adds');
const ORDERS_UNKNOWN = reasonNumber('leader_orders_unknown');
const APPROVAL = reasonNumber('approval_needed');
const LEADER_VOLATILITY = reasonNumber('leader_volatility');

const GROSS = CAPS.indexOf('cap_gross');
const MARGIN = CAPS.indexOf('cap_margin');

/** What is the same for every row of a wave. */
interface WaveFacts {
  readonly kind: MoveClass;
  /** |leader lots| the new side starts from (0 at an open or flip) and ends at. */
  readonly from: number;
  readonly to: number;
  readonly leaderSign: number;
  readonly incrementPrice: number;
  readonly firstFillAt: number;
  readonly followable: boolean;
  readonly leaderEquity: number;
  readonly leaderVolatility: number;
  readonly newOrders: number | null;
}

/**
 * Plans one wave: for every copy of the book the ratio-locked target after the leader's move, the checks and caps in product §3's order, the
 * orders in sending order, and a decision with its reason, skips included. Writes targets, reservations, nonces and attempts in place;
 * the sheet of the coin must exist (`book.sheet`). Deterministic: no clock, no random.
 */
export function planWave(book: CopyBook, move: Move, options: WaveOptions): WavePlan {
  const sheet = present(book.findSheet(move.coin), `sheet of ${move.coin}`);
  must(options.wave > 0 && options.wave < 2 ** 48, 'a wave number has 48 bits');
  revalue(book, options.now, options.markMaxAgeMs);
  const before = sheet.leaderLots;
  const after = toLots(sheet.instrument, move.after);
  const facts = factsOf(sheet, move, before, after, options);
  const draft = openDraft(book, sheet, options);
  exitReferences(draft, move);
  draft.entryBookSince = move.lastFillAt;
  for (let index = 0; index < draft.count; index += 1) decideTarget(draft, index, facts);
  if (book.hasSharedLimits) applySharedCaps(draft);
  oweIncrements(draft, facts);
  sheet.leaderLots = after;
  if (facts.kind === 'reduce' || facts.kind === 'flat' || facts.kind === 'flip') sheet.leaderReductions += 1;
  decideOrders(draft);
  spreadEntries(draft, options.wave);
  startAttempts(draft, options.wave);
  const { wave: waves, attempt } = sheet.rows;
  const orders = emitOrders(draft, { rankWave: options.wave, waveOf: (row) => waves[row] ?? 0, attemptOf: (row) => attempt[row] ?? 0 });
  rememberReasons(draft);
  return {
    wave: options.wave,
    coin: move.coin,
    plannedAt: options.now,
    leaderBefore: before,
    leaderAfter: after,
    mark: sheet.mark,
    firstFillAt: move.firstFillAt,
    liquidation: move.liquidation === true,
    decisions: decisionsOf(draft),
    orders,
  };
}

function factsOf(sheet: InstrumentSheet, move: Move, before: number, after: number, options: WaveOptions): WaveFacts {
  const kind = classify(before, after);
  return {
    kind,
    from: kind === 'flip' ? 0 : Math.abs(before),
    to: Math.abs(after),
    leaderSign: Math.sign(after),
    incrementPrice: move.incrementPrice === null ? 0 : toExact(move.incrementPrice, 'increment price'),
    firstFillAt: move.firstFillAt,
    followable: move.source === 'fills' && move.incrementPrice !== null && toLots(sheet.instrument, move.before) === before,
    leaderEquity: options.leaderEquity === null ? 0 : leaderEquityColumn(options.leaderEquity),
    leaderVolatility: options.leaderVolatility === null ? 0 : toExact(options.leaderVolatility, 'leader volatility'),
    newOrders: move.newOrders,
  };
}

/** Exits are bounded from the freshest price known: the book, else the later of the mark and the leader's own fill. */
function exitReferences(draft: Draft, move: Move): void {
  const { sheet, options } = draft;
  const last = toExact(move.lastPrice, 'last price');
  const fallback = sheet.mark > 0 && (last === 0 || sheet.markAt >= move.lastFillAt) ? sheet.mark : last;
  draft.exitBuyReference = quoteFor(sheet, true, options) || fallback;
  draft.exitSellReference = quoteFor(sheet, false, options) || fallback;
}

function decideTarget(draft: Draft, index: number, facts: WaveFacts): void {
  const row = draft.row[index] ?? 0;
  const target = draft.sheet.rows.target[row] ?? 0;
  const keeps = closesAlone(draft.book.copies, row);
  draft.reason[index] = UNDECIDED;
  draft.capLots[index] = UNLIMITED;
  if (facts.kind !== 'unchanged' && (facts.kind === 'flat' || facts.from === 0)) endEpisode(draft, row, facts);
  switch (facts.kind) {
    case 'unchanged':
      return;
    case 'flat':
      if (keeps) keepTarget(draft, index, row, reached(draft, row, target), 0);
      else setTarget(draft, index, row, 0, 0);
      return;
    case 'reduce': {
      const left = reducedTarget(Math.abs(target), Math.abs(draft.sheet.leaderLots), facts.to);
      if (keeps) keepTarget(draft, index, row, keptOf(target, reached(draft, row, target), left), facts.to);
      else reduceTarget(draft, index, row, Math.sign(target) * left, facts.to);
      return;
    }
    case 'flip':
    case 'increase':
      increaseTarget(draft, index, row, facts);
  }
}

/** True for a copy whose follower closes by himself: not any more once it winds down, because it would never end. */
const closesAlone = (copies: CopyColumns, row: number): boolean =>
  copies.follow[row] === FOLLOW.increasesOnly && ((copies.status[row] ?? 0) & STATUS.windingDown) === 0;

/** A target cut to what is held or on its way: with the episode ends what was still owed of it, and the next open owes its own increments alone. */
function reached(draft: Draft, row: number, target: number): number {
  const { rows } = draft.sheet;
  const side = target < 0 ? -1 : 1;
  return side * Math.min(Math.abs(target), reachOf(rows, row, side > 0) * MICRO);
}

/** The leader's change moves nothing of this copy, by its own choice. */
function keepTarget(draft: Draft, index: number, row: number, target: number, leaderLots: number): void {
  if (target !== 0) draft.reason[index] = FOLLOW_FILTER;
  setTarget(draft, index, row, target, leaderLots);
}

/** The leader went through flat: what kept the copy out of the old position ends with it. What he opened before the copy began keeps it out of the new one. */
function endEpisode(draft: Draft, row: number, facts: WaveFacts): void {
  const { rows } = draft.sheet;
  rows.episode[row] = (rows.episode[row] ?? 0) & (EPISODE.exitStuck | EPISODE.dustPending);
  rows.forfeited[row] = 0;
  rows.forfeitReason[row] = 0;
  rows.adds[row] = 0;
  rows.owedPrice[row] = 0;
  rows.owedUntil[row] = 0;
  rows.unsure[row] = 0;
  if (facts.kind !== 'flat' && facts.firstFillAt < (draft.book.copies.beganAt[row] ?? 0))
    rows.episode[row] = (rows.episode[row] ?? 0) | EPISODE.awaitingOpen;
}

function setTarget(draft: Draft, index: number, row: number, target: number, leaderLots: number): void {
  const { rows } = draft.sheet;
  // A short's zero would be −0, which prints and compares differently once journaled.
  const plain = target + 0;
  moveAhead(rows, row, rows.target[row] ?? 0, plain);
  rows.target[row] = plain;
  rows.rho[row] = lockedRatio(plain, leaderLots);
  draft.targetAfter[index] = plain;
}

/** Where what is held covers what is left, older increments are copied: what is closed below the target, as dust is, is owed at no price of theirs. */
function reduceTarget(draft: Draft, index: number, row: number, target: number, leaderLots: number): void {
  const { rows } = draft.sheet;
  setTarget(draft, index, row, target, leaderLots);
  reduceUnsure(draft.sheet, row, Math.abs(draft.sheet.leaderLots), leaderLots);
  settleOwed(rows, row);
}

function increaseTarget(draft: Draft, index: number, row: number, facts: WaveFacts): void {
  const { copies } = draft.book;
  const { rows } = draft.sheet;
  const now = draft.options.now;
  const before = rows.target[row] ?? 0;
  const follow = copies.follow[row] ?? FOLLOW.all;
  const side = facts.leaderSign * (copies.direction[row] ?? 1);
  // A copy that closes by itself may still hold what the leader left; every other begins at flat where the leader does.
  const held = (facts.from === 0 && follow !== FOLLOW.increasesOnly) || before * side < 0 ? 0 : Math.abs(before);
  if (follow === FOLLOW.decreasesOnly) {
    draft.reason[index] = FOLLOW_FILTER;
    setTarget(draft, index, row, side * held, facts.to);
    return;
  }
  if (copies.mode[row] === MODE.proportionalNominal && copies.basisEquity[row] === 0) copies.basisEquity[row] = facts.leaderEquity;
  const kappa = kappaOf(copies, row, facts.leaderEquity, facts.leaderVolatility);
  const byAmount = copies.mode[row] === MODE.fixedAmount;
  const orders = byAmount ? ordersToCopy(draft, index, row, facts) : 0;
  if (byAmount && orders === 0 && draft.reason[index] !== UNDECIDED) {
    setTarget(draft, index, row, side * held, facts.to);
    return;
  }
  const wanted = wantedTarget(draft, row, held, kappa, orders, facts);
  draft.kappa[index] = byAmount ? lockedRatio(wanted, facts.to) : Math.max(0, kappa);
  // Product §3's order: what stands against the copy, what is too old or unknown, then what stands against the instrument.
  const standing = standingRefusal(copies, row, now);
  const first = standing !== CLEAR ? standing : facts.followable ? CLEAR : RESYNC;
  const soft = first === CLEAR ? softRefusal(draft, row, facts) : CLEAR;
  const hard = first === CLEAR && soft === CLEAR ? hardRefusal(draft, row, kappa, facts) : first;
  const windowEnd = facts.firstFillAt + (copies.catchUpMs[row] ?? 0);
  // What the copy's terms exclude now is not owed until they are loosened, though what may be overcome is told first.
  const excluded = soft !== CLEAR && wanted > held && instrumentRefusal(copies, rows, row) !== CLEAR;
  const refused = asksFirst(copies, row)
    ? askedFirst(draft, row, first, kappa, facts)
    : soft !== CLEAR && (excluded || windowEnd <= now)
      ? soft
      : hard;
  if (refused !== CLEAR) {
    const ahead = (side > 0 ? rows.aheadBuy[row] : rows.aheadSell[row]) ?? 0;
    // Behind a refusal that may be overcome a target as asked for would say that it is owed: a millionth of a lot tells it was given up.
    const taken = mayBeAhead(copies, rows, row) ? Math.max(0, Math.min(wanted - held - (refused === soft ? 1 : 0), ahead)) : 0;
    giveUp(draft, index, row, wanted - held - taken, refused);
    // What a mirror filled ahead of these fills is their copy already. What a copy holds against the leader's new side stays where it alone closes.
    const keeps = closesAlone(copies, row) && before * side < 0;
    setTarget(draft, index, row, keeps ? reached(draft, row, before) : side * (held + taken), facts.to);
    return;
  }
  rows.adds[row] = (rows.adds[row] ?? 0) + orders;
  takeIncrement(draft, index, row, held, wanted - held, facts.incrementPrice);
  if (soft !== CLEAR) draft.reason[index] = soft;
  const target = prepareEntry(draft, index, row, side > 0, held, wanted, soft === STALE_MARK);
  setTarget(draft, index, row, side * target, facts.to);
  noteUnsure(draft.book, draft.sheet, row, target - held);
  draft.expiry[index] = facts.firstFillAt + (copies.maxAgeMs[row] ?? 0);
  draft.mayEnter[index] = draft.reason[index] === UNDECIDED ? 1 : 0;
}

/**
 * What refuses an increase that waits for an approval: it is asked about unless it may not be entered at all. That something is not known well enough just now
 * does not matter to that, it is looked at when the approval comes; by then the move is old in any case.
 */
function askedFirst(draft: Draft, row: number, first: number, kappa: number, facts: WaveFacts): number {
  const refused = first === CLEAR ? hardRefusal(draft, row, kappa, facts) : first;
  if (refused !== CLEAR) return refused;
  return facts.firstFillAt + (draft.book.copies.approveWithinMs[row] ?? 0) <= draft.options.now ? STALE_MOVE : APPROVAL;
}

/** Leader orders that a copy of fixed amounts takes from this move; with none the decision's reason says why. */
function ordersToCopy(draft: Draft, index: number, row: number, facts: WaveFacts): number {
  const most = draft.book.copies.maxAdds[row] ?? NO_LIMIT;
  const room = most < 0 ? Number.MAX_SAFE_INTEGER : Math.max(0, most - (draft.sheet.rows.adds[row] ?? 0));
  const orders = Math.min(facts.newOrders ?? 0, room);
  // Fills that are missing are said to be so below.
  if (orders > 0 || !facts.followable) return orders;
  draft.reason[index] = facts.newOrders === null ? ORDERS_UNKNOWN : facts.newOrders === 0 ? SAME_ORDER : MAX_ADDS;
  return 0;
}

/** What the increase asks for before caps: by κ, or by the amount per leader order at the leader's price. */
function wantedTarget(draft: Draft, row: number, held: number, kappa: number, orders: number, facts: WaveFacts): number {
  const { copies } = draft.book;
  if (copies.mode[row] !== MODE.fixedAmount) return kappa < 0 ? held : increasedTarget(held, kappa, facts.from, facts.to);
  return amountTarget(held, copies.modeRate[row] ?? 0, orders, facts.incrementPrice, draft.sheet.lotsPerUnit);
}

/** Refusals after staleness, with which the increment is given up at once. */
function hardRefusal(draft: Draft, row: number, kappa: number, facts: WaveFacts): number {
  const { copies } = draft.book;
  const refused = instrumentRefusal(copies, draft.sheet.rows, row);
  if (refused !== CLEAR) return refused;
  if (kappa >= 0) return CLEAR;
  return copies.mode[row] === MODE.riskNormalised && facts.leaderVolatility <= 0 ? LEADER_VOLATILITY : LEADER_EQUITY;
}

/** Refusals that a repair inside the catch-up window may still overcome; it looks at those that come later in product §3 then. */
function softRefusal(draft: Draft, row: number, facts: WaveFacts): number {
  const { copies } = draft.book;
  const truth = truthRefusal(copies, row);
  if (truth !== CLEAR) return truth;
  if (draft.options.now - facts.firstFillAt > (copies.maxAgeMs[row] ?? 0)) return STALE_MOVE;
  const { sheet, options } = draft;
  const fresh = sheet.mark > 0 && options.now - sheet.markAt <= options.markMaxAgeMs;
  return fresh && copies.marksFresh[row] === 1 ? CLEAR : STALE_MARK;
}

/** An increment that will not be copied leaves ρ; what was given up is counted per episode with its last reason. */
function giveUp(draft: Draft, index: number, row: number, amount: number, reason: number): void {
  const { rows } = draft.sheet;
  draft.reason[index] = reason;
  if (amount <= 0) return;
  rows.forfeited[row] = (rows.forfeited[row] ?? 0) + amount;
  rows.forfeitReason[row] = reason;
}

/** Takes an increment on: caps judge its entry at the price that it has where they leave all of it. */
function takeIncrement(draft: Draft, index: number, row: number, held: number, increment: number, price: number): void {
  const { rows } = draft.sheet;
  draft.increaseFrom[index] = held;
  draft.entryReference[index] = weighedReference(rows.owedPrice[row] ?? 0, owedOf(rows, row, held), increment, price);
}

/** Micro-lots of a target that are neither held nor on their way. */
function owedOf(rows: InstrumentRows, row: number, target: number): number {
  const standing = (rows.standingBuy[row] ?? 0) + (rows.standingSell[row] ?? 0);
  const inFlight = (rows.pendingBuy[row] ?? 0) + (rows.pendingSell[row] ?? 0) - standing;
  return Math.max(0, target - (Math.abs(rows.position[row] ?? 0) + inFlight) * MICRO);
}

/** What caps left of the increments is owed. */
function oweIncrements(draft: Draft, facts: WaveFacts): void {
  for (let index = 0; index < draft.count; index += 1) {
    const from = draft.increaseFrom[index] ?? -1;
    if (from >= 0) oweIncrement(draft, index, from, facts);
  }
}

/**
 * Weighs the leader's price into the reference of all increments not yet copied, and opens the window to copy them. Of an increment that caps cut whole nothing is
 * owed: what is from before keeps its price, and ends with its own window.
 */
function oweIncrement(draft: Draft, index: number, from: number, facts: WaveFacts): void {
  const row = draft.row[index] ?? 0;
  const { rows } = draft.sheet;
  const older = rows.owedPrice[row] ?? 0;
  const left = Math.abs(draft.targetAfter[index] ?? 0) - from;
  if (left > 0 || older === 0) {
    rows.owedUntil[row] = facts.firstFillAt + (draft.book.copies.catchUpMs[row] ?? 0);
    rows.episode[row] = (rows.episode[row] ?? 0) & ~EPISODE.approved;
    rows.owedPrice[row] = weighedReference(older, owedOf(rows, row, from), left, facts.incrementPrice);
  }
  boundByOwed(draft, index, row);
}

/** Bounds an entry by what is owed, where that is stricter than the price its caps were judged at. */
function boundByOwed(draft: Draft, index: number, row: number): void {
  const { sheet, book } = draft;
  const reference = sheet.rows.owedPrice[row] ?? 0;
  const judged = draft.entryLimit[index] ?? 0;
  const buy = (draft.targetAfter[index] ?? 0) > 0;
  if (reference === draft.entryReference[index] || judged === 0) return;
  const limit = draft.entryLimits.at(reference, book.copies.entryBound[row] ?? 0, buy);
  if (buy ? limit >= judged : limit <= judged) return;
  draft.entryReference[index] = reference;
  draft.entryLimit[index] = limit;
  // A sale above the mark is worth more than its caps were judged at, and would not fill now.
  if (!buy && limit > sheet.mark) draft.capLots[index] = 0;
  if (draft.reason[index] !== UNDECIDED || rests(draft, row) || !beyondBook(draft, buy, limit)) return;
  draft.reason[index] = PRICE_BOUND;
  draft.mayEnter[index] = 0;
}

/** Prices the entry at its reference and applies the caps in order; returns the target (absolute micro-lots) and notes each cut. */
export function prepareEntry(draft: Draft, index: number, row: number, buy: boolean, held: number, wanted: number, withoutMark: boolean): number {
  const { copies } = draft.book;
  const { sheet } = draft;
  const limit = draft.entryLimits.at(draft.entryReference[index] ?? 0, copies.entryBound[row] ?? 0, buy);
  draft.entryLimit[index] = limit;
  if (withoutMark || limit === 0) {
    draft.capLots[index] = 0;
    return wanted;
  }
  if (!rests(draft, row) && beyondBook(draft, buy, limit) && draft.reason[index] === UNDECIDED) draft.reason[index] = PRICE_BOUND;
  capLots(draft.book, sheet, row, buy, Math.max(sheet.mark, limit), draft.caps);
  const caps = draft.book.hasSharedLimits ? FIRST_SHARED_CAP : CAP_COUNT;
  if (caps < CAP_COUNT) keepForShared(draft, index, held);
  let target = wanted;
  let most = UNLIMITED;
  for (let cap = 0; cap < caps; cap += 1) {
    const lots = draft.caps[cap] ?? UNLIMITED;
    if (lots < most) {
      most = lots;
      draft.bindingCap[index] = cap;
    }
    const kept = Math.max(held, lots * MICRO);
    if (target <= kept) continue;
    noteCut(draft, index, cap, target - kept);
    target = kept;
  }
  draft.capLots[index] = most;
  return target;
}

/** Whether entries of a row stand at their bound until they fill. */
function rests(draft: Draft, row: number): boolean {
  const { copies } = draft.book;
  return draft.options.mayRest === true && copies.restOnBreach[row] === 1;
}

/** What the caps behind the shared ones need, as it is before any target of the wave changed. */
function keepForShared(draft: Draft, index: number, held: number): void {
  draft.entryHeld[index] = held;
  draft.grossLots[index] = draft.caps[GROSS] ?? UNLIMITED;
  draft.marginLots[index] = draft.caps[MARGIN] ?? UNLIMITED;
}

/** True when a fresh book shows that the order could not fill inside its bound: wait for a new state, do not chase. */
function beyondBook(draft: Draft, buy: boolean, limit: number): boolean {
  if (draft.sheet.bookAt < draft.entryBookSince) return false;
  const quote = quoteFor(draft.sheet, buy, draft.options);
  return quote > 0 && (buy ? quote > limit : quote < limit);
}

/** A new wave starts every row's attempts anew; a row without orders keeps the name of its last ones. */
function startAttempts(draft: Draft, wave: number): void {
  const { rows } = draft.sheet;
  for (let index = 0; index < draft.count; index += 1) {
    const row = draft.row[index] ?? 0;
    rows.wave[row] = wave;
    rows.attempt[row] = 0;
    rows.refusals[row] = 0;
  }
}

function rememberReasons(draft: Draft): void {
  const { rows } = draft.sheet;
  for (let index = 0; index < draft.count; index += 1) rows.lastReason[draft.row[index] ?? 0] = draft.reason[index] ?? 0;
}
