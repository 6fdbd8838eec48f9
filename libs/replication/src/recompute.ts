import { mulDivFloor } from '@lockstep/kernel';
import type { CopySettings, Follow } from '@lockstep/roster';
import { MICRO } from './instrument-columns';
import type { JournalRow } from './journal-decode';
import { ASKED_NOTHING, GIVEN_UP, OVERCOME, weighedReference } from './journaled-intent';
import { boundedLimit, exitBoundAt, minimumPrice } from './price-bound';
import { type ReasonCode, reasonAt } from './reasons';
import { amountTarget, classify, increasedTarget, keptOf, reducedTarget } from './target';
import { EXIT_BAND, MIN_ORDER_VALUE } from './wave-options';
import { TIF_GTC, TIF_IOC } from './wave-plan';

/** What of a decision is not in its journal row: the settings of the version the row names, and the move it stands for. Rates 10^-12, prices 10^-8. */
export interface RecomputeTerms {
  readonly settings: Pick<CopySettings, 'mode' | 'direction' | 'follow' | 'slippage' | 'maxAgeMs' | 'catchUpMs'>;
  /** As recorded with the move; null: no move stands behind the row, or it is not known. */
  readonly move: { readonly incrementPrice: number; readonly lastPrice: number; readonly newOrders: number | null } | null;
  /** Reference of the copy's entry before this one in the coin; 0: there was none. */
  readonly owedPrice: number;
}

/**
 * `equal`: journaled as recomputed. `admitted`: among the values the journaled inputs leave open; what chose it is not journaled, and `missing` names it.
 * `not_journaled`: nothing can be recomputed without `missing`. `differs`: the journaled inputs cannot have given it.
 */
export type CheckVerdict = 'equal' | 'admitted' | 'not_journaled' | 'differs';

/** One value of a decision, or of the order at `order` of its row, as journaled and as recomputed. */
export interface DecisionCheck {
  readonly what: 'target' | 'exit_lots' | 'entry_lots' | 'side' | 'class' | 'price' | 'reference' | 'expiry' | 'reduce_only' | 'tif' | 'nonce';
  readonly order: number | null;
  readonly journaled: number;
  /** Null where it takes what is not journaled. */
  readonly recomputed: number | null;
  readonly verdict: CheckVerdict;
  readonly missing: string;
}

const EXIT_FAILURES_MAX = 40;

/** A value that follows from what is journaled, or those that are left open without `missing`. */
type Answer = { readonly exact: number } | { readonly among: readonly number[]; readonly missing: string };

/**
 * Makes the decision at `index` of a journal row once more from its journaled inputs, with the functions that planning uses, and compares value by value.
 * Says of each value that takes more than is journaled what that would be.
 */
export function recomputeDecision(row: JournalRow, index: number, terms: RecomputeTerms): readonly DecisionCheck[] {
  const target = targetOf(row, index, terms);
  const checks = [checkOf('target', null, row.decisions.targetAfter[index] ?? 0, target.answer)];
  const residual = residualOf(row, index);
  checks.push(...lotsChecks(row, index, residual));
  for (let order = 0; order < row.orders.count; order += 1)
    if (row.orders.decision[order] === index) checks.push(...orderChecks(row, index, order, terms, residual, target));
  return checks;
}

function checkOf(what: DecisionCheck['what'], order: number | null, journaled: number, answer: Answer): DecisionCheck {
  if ('exact' in answer)
    return { what, order, journaled, recomputed: answer.exact, verdict: journaled === answer.exact ? 'equal' : 'differs', missing: '' };
  const { among, missing } = answer;
  if (among.length === 0) return { what, order, journaled, recomputed: null, verdict: 'not_journaled', missing };
  const admitted = among.includes(journaled);
  return { what, order, journaled, recomputed: admitted ? journaled : (among[0] ?? null), verdict: admitted ? 'admitted' : 'differs', missing };
}

interface TargetAnswer {
  readonly answer: Answer;
  /** What a copied increase held and asked for before caps, absolute micro-lots; `wanted` null: it takes what is not journaled. */
  readonly held: number;
  readonly wanted: number | null;
}

const plain = (value: number): number => value + 0;

function targetOf(row: JournalRow, index: number, terms: RecomputeTerms): TargetAnswer {
  const before = row.decisions.targetBefore[index] ?? 0;
  const still = { answer: { exact: before }, held: Math.abs(before), wanted: Math.abs(before) };
  // A repair plans towards the target that stands.
  if (row.firstFillAt === 0) return still;
  const kind = classify(row.leaderBefore, row.leaderAfter);
  if (kind === 'unchanged') return still;
  if (kind === 'increase' || kind === 'flip') return increasedOf(row, index, terms, kind === 'flip' ? 0 : Math.abs(row.leaderBefore));
  const followed =
    kind === 'flat' ? 0 : plain(Math.sign(before) * reducedTarget(Math.abs(before), Math.abs(row.leaderBefore), Math.abs(row.leaderAfter)));
  const reached = reachedOf(row, index);
  const kept = kind === 'flat' ? reached : plain(keptOf(before, reached, Math.abs(followed)));
  const answer: Answer = terms.settings.follow === 'increases_only' ? { among: [kept, followed], missing: WINDING_DOWN } : { exact: followed };
  return { answer, held: Math.abs(before), wanted: Math.abs(followed) };
}

const WINDING_DOWN = 'whether the copy was winding down';

/** A target cut to what is held or on its way, as planning does where the episode of a copy that closes by itself ends. */
function reachedOf({ decisions }: JournalRow, index: number): number {
  const target = decisions.targetBefore[index] ?? 0;
  const side = target < 0 ? -1 : 1;
  const onItsWay = (side > 0 ? decisions.pendingBuy[index] : decisions.pendingSell[index]) ?? 0;
  return plain(side * Math.min(Math.abs(target), Math.max(0, (decisions.position[index] ?? 0) * side + onItsWay) * MICRO));
}

function increasedOf(row: JournalRow, index: number, terms: RecomputeTerms, from: number): TargetAnswer {
  const { mode, direction, follow, catchUpMs } = terms.settings;
  const { decisions } = row;
  const before = decisions.targetBefore[index] ?? 0;
  const side = Math.sign(row.leaderAfter) * (direction === 'inverse' ? -1 : 1);
  const held = heldOf(before, side, from, follow);
  const asIs: TargetAnswer = { answer: { exact: plain(side * held) }, held, wanted: held };
  const reason = reasonAt(decisions.reason[index] ?? 0);
  if (follow === 'decreases_only' || (reason !== null && ASKED_NOTHING.has(reason))) return asIs;
  if (reason !== null && isRefused(reason, row.firstFillAt + catchUpMs <= row.plannedAt)) {
    const against = follow === 'increases_only' && before * side < 0;
    return against ? { ...asIs, answer: { among: [reachedOf(row, index), plain(side * held)], missing: WINDING_DOWN } } : asIs;
  }
  const cut = sumOfCuts(row, index);
  const targetFor = (wanted: number): number => plain(side * (wanted - cut));
  if (mode.kind !== 'fixed_amount') {
    const wanted = increasedTarget(held, decisions.kappa[index] ?? 0, from, Math.abs(row.leaderAfter));
    return { answer: orGivenUp(row, index, targetFor(wanted), [plain(side * held), before]), held, wanted };
  }
  const { move } = terms;
  if (move === null) return { answer: { among: [], missing: 'the orders and the price of the move' }, held, wanted: null };
  const wantedFor = (orders: number): number => amountTarget(held, Number(mode.amount), orders, move.incrementPrice, 10 ** row.szDecimals);
  const most = move.newOrders ?? 0;
  if (mode.maxAdds === null) {
    const wanted = wantedFor(most);
    return { answer: orGivenUp(row, index, targetFor(wanted), [plain(side * held), before]), held, wanted };
  }
  const possible = Array.from({ length: Math.min(most, mode.maxAdds) + 1 }, (_, orders) => wantedFor(orders));
  const wanted = possible.find((one) => targetFor(one) === decisions.targetAfter[index]) ?? null;
  return { answer: { among: possible.map(targetFor), missing: 'how many orders of the episode were copied before' }, held, wanted };
}

const EXCLUDED = 'whether something that no repair overcomes stood behind the reason';

/** What may be overcome is told before what may not: then the target stays where it was, but for what a mirror filled ahead. */
function orGivenUp(row: JournalRow, index: number, asked: number, stays: readonly number[]): Answer {
  const reason = reasonAt(row.decisions.reason[index] ?? 0);
  const mayBe = reason !== null && OVERCOME.has(reason) && (row.decisions.cutMask[index] ?? 0) === 0 && row.decisions.targetAfter[index] !== asked;
  return mayBe ? { among: [asked, ...stays], missing: EXCLUDED } : { exact: asked };
}

function heldOf(before: number, side: number, from: number, follow: Follow): number {
  return (from === 0 && follow !== 'increases_only') || before * side < 0 ? 0 : Math.abs(before);
}

const isRefused = (reason: ReasonCode, late: boolean): boolean => GIVEN_UP.has(reason) || (late && OVERCOME.has(reason));

function sumOfCuts({ decisions }: JournalRow, index: number): number {
  let sum = 0;
  let at = decisions.cutFirst[index] ?? 0;
  for (let mask = decisions.cutMask[index] ?? 0; mask !== 0; mask &= mask - 1) sum += decisions.cuts[at++] ?? 0;
  return sum;
}

/** What is missing to the target with every order in flight filled: which side, how much of it takes from the position and how much adds. Lots. */
interface Residual {
  readonly buy: boolean;
  readonly exit: number;
  readonly entry: number;
  /** All there is to take from. */
  readonly available: number;
  /** True where orders in flight may close some of it: how many of them are exits is not journaled, and the lots are the most. */
  readonly open: boolean;
}

function residualOf({ decisions }: JournalRow, index: number): Residual {
  const target = decisions.targetAfter[index] ?? 0;
  const position = decisions.position[index] ?? 0;
  const buy = target - position * MICRO > 0;
  const held = buy ? position : -position;
  const inFlight = (buy ? decisions.pendingBuy[index] : decisions.pendingSell[index]) ?? 0;
  const kept = Math.max(0, position < 0 ? -target : target);
  const exit = held < 0 ? Math.max(0, Math.floor((-held * MICRO - kept) / MICRO)) : 0;
  // Of what is in flight, that much may close what is held against the side; the rest adds to it.
  const reach = Math.max(0, held) + inFlight - Math.min(inFlight, Math.max(0, -held));
  const entry = Math.max(0, Math.floor(((buy ? target : -target) - reach * MICRO) / MICRO));
  return { buy, exit, entry, available: Math.max(0, -held), open: held < 0 && inFlight > 0 };
}

function lotsChecks(row: JournalRow, index: number, residual: Residual): DecisionCheck[] {
  const { decisions, orders } = row;
  const sums = [0, 0];
  for (let order = 0; order < orders.count; order += 1)
    if (orders.decision[order] === index) sums[orders.exit[order] ?? 0] = (sums[orders.exit[order] ?? 0] ?? 0) + (orders.lots[order] ?? 0);
  const [entry = 0, exit = 0] = sums;
  const whole = residual.open || (exit === residual.available && isDust(row, index, residual)) ? residual.available : residual.exit;
  return [
    lotsCheck(
      'exit_lots',
      decisions.exitLots[index] ?? 0,
      exit,
      whole,
      residual.open,
      'what the account holds beside it, which orders in flight are exits, and prices',
    ),
    lotsCheck(
      'entry_lots',
      decisions.entryLots[index] ?? 0,
      entry,
      residual.entry,
      residual.open,
      'the room under the caps, which orders in flight are exits, and what stood against entering',
    ),
  ];
}

/** An exit too small to be taken, of a position that flat is nearer to its target than it is: all of it closes (product §2.5). */
function isDust({ decisions, orders, mark, szDecimals }: JournalRow, index: number, { exit, available }: Residual): boolean {
  const target = Math.abs(decisions.targetAfter[index] ?? 0);
  if (exit === 0 || target === 0 || available * MICRO - target < target) return false;
  for (let order = 0; order < orders.count; order += 1) {
    if (orders.decision[order] !== index || orders.exit[order] === 0) continue;
    const limit = orders.price[order] ?? 0;
    const worth = (lots: number): number => mulDivFloor(lots, mark > 0 ? Math.min(limit, mark) : limit, 10 ** szDecimals);
    return worth(exit) < MIN_ORDER_VALUE && worth(available) < 2 * MIN_ORDER_VALUE;
  }
  return false;
}

/** Orders sum to the journaled lots; those are the residual, or less where something not journaled held lots back. */
function lotsCheck(
  what: 'exit_lots' | 'entry_lots',
  journaled: number,
  ordered: number,
  residual: number,
  open: boolean,
  missing: string,
): DecisionCheck {
  if (ordered !== journaled) return checkOf(what, null, journaled, { exact: ordered });
  return journaled >= 0 && (journaled < residual || (open && journaled === residual && residual > 0))
    ? { what, order: null, journaled, recomputed: residual, verdict: 'admitted', missing }
    : checkOf(what, null, journaled, { exact: residual });
}

function orderChecks(
  row: JournalRow,
  index: number,
  order: number,
  terms: RecomputeTerms,
  residual: Residual,
  target: TargetAnswer,
): DecisionCheck[] {
  const { orders } = row;
  const leg = orders.leg[order] ?? 0;
  const exit = leg < 2;
  const nonce = orders.nonce[order] ?? 0;
  const one = (what: DecisionCheck['what'], journaled: number | undefined, answer: Answer) => checkOf(what, order, journaled ?? 0, answer);
  const age = (row.firstFillAt || row.plannedAt) + terms.settings.maxAgeMs;
  return [
    one('side', orders.buy[order], { exact: residual.buy ? 1 : 0 }),
    one('class', orders.exit[order], { exact: exit ? 1 : 0 }),
    one('reduce_only', orders.reduceOnly[order], { exact: leg % 2 === 0 ? 1 : 0 }),
    one('tif', orders.tif[order], timeInForce(exit, terms)),
    one('reference', orders.reference[order], exit ? exitReference(row, order, terms) : entryReference(row, index, terms, target)),
    one('price', orders.price[order], exit ? exitPrice(row, order, terms) : entryPrice(row, order, terms)),
    one('expiry', orders.expiresAfter[order], { exact: exit ? 0 : age }),
    one('nonce', nonce, nonce > row.plannedAt ? { among: [nonce], missing: 'the nonce its signer used last' } : { exact: row.plannedAt }),
  ];
}

/** An entry rests where its copy asks for that and the venue knows such orders. */
const timeInForce = (exit: boolean, { settings }: RecomputeTerms): Answer =>
  exit || settings.slippage.onBreach !== 'rest'
    ? { exact: TIF_IOC }
    : { among: [TIF_GTC, TIF_IOC], missing: 'whether the venue lets an entry stand' };

function entryReference(row: JournalRow, index: number, { move, owedPrice }: RecomputeTerms, { held, wanted }: TargetAnswer): Answer {
  const { decisions } = row;
  const journaled = referenceOf(row, index);
  // What is owed is the price of the entry before, unless a wish or a wave without an order set it anew: then nothing is known.
  const seen = (references: readonly number[], missing: string): Answer => ({ among: references.filter((one) => one === journaled), missing });
  if (row.firstFillAt === 0) return seen(owedPrice === 0 ? [] : [owedPrice], 'the price of what is owed');
  if (move === null || wanted === null) return { among: [], missing: 'the price of the move' };
  const opens = classify(row.leaderBefore, row.leaderAfter) === 'flip' || row.leaderBefore === 0;
  const inFlight = (decisions.pendingBuy[index] ?? 0) + (decisions.pendingSell[index] ?? 0);
  const owed = Math.max(0, held - (Math.abs(decisions.position[index] ?? 0) + inFlight) * MICRO);
  const price = move.incrementPrice;
  if (opens || owed < MICRO) return { exact: price };
  // The price is of all that was asked for, or of what caps left of it, whichever bounds more strictly.
  const left = Math.abs(decisions.targetAfter[index] ?? 0) - held;
  const among = [wanted - held, left].map((increment) => weighedReference(owedPrice, owed, increment, price));
  return seen([price, ...(owedPrice === 0 ? [] : [...among, owedPrice])], 'the price of what was owed before');
}

/** Reference of the decision's entry; 0: it has none. */
function referenceOf({ orders }: JournalRow, index: number): number {
  for (let order = 0; order < orders.count; order += 1)
    if (orders.decision[order] === index && orders.exit[order] === 0) return orders.reference[order] ?? 0;
  return 0;
}

function exitReference({ mark, orders }: JournalRow, order: number, { move }: RecomputeTerms): Answer {
  const reference = orders.reference[order] ?? 0;
  const known = reference === mark || reference === move?.lastPrice;
  return { among: known ? [reference] : [], missing: 'the best bid or ask' };
}

function entryPrice({ orders, szDecimals }: JournalRow, order: number, { settings }: RecomputeTerms): Answer {
  return { exact: boundedLimit(orders.reference[order] ?? 0, Number(settings.slippage.entryBound), orders.buy[order] === 1, szDecimals) };
}

/** The bound of an exit widens with each that failed; how many did is not journaled. */
function exitPrice({ decisions, orders, szDecimals }: JournalRow, order: number, { settings }: RecomputeTerms): Answer {
  const limitAfter = (failures: number): number =>
    boundedLimit(
      orders.reference[order] ?? 0,
      exitBoundAt(Number(settings.slippage.exitBound), failures, EXIT_BAND),
      orders.buy[order] === 1,
      szDecimals,
    );
  const first = limitAfter(0);
  if (orders.price[order] === first) return { exact: first };
  const decision = orders.decision[order] ?? 0;
  const held = Math.abs(decisions.position[decision] ?? 0);
  const lowest = [...exitsOfDecision(orders, decision), held].map((lots) => minimumPrice(lots, 10 ** szDecimals, szDecimals));
  if (orders.buy[order] !== 1 && lowest.includes(orders.price[order] ?? 0)) return { exact: orders.price[order] ?? 0 };
  return { among: Array.from({ length: EXIT_FAILURES_MAX + 1 }, (_, failures) => limitAfter(failures)), missing: 'how often the exit failed before' };
}

/** Lots of each order that takes off for a decision: whichever is the larger sets the price of both, or all that is held where the larger did not leave. */
function exitsOfDecision(orders: JournalRow['orders'], decision: number): readonly number[] {
  const lots: number[] = [];
  for (let order = 0; order < orders.count; order += 1)
    if (orders.decision[order] === decision && orders.exit[order] === 1) lots.push(orders.lots[order] ?? 0);
  return lots;
}
