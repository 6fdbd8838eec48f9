import { max, min, mulDiv, RATE_ONE } from '@lockstep/kernel';
import type { ReferenceSpan } from '../book/reference';
import { blame, type JudgedOrder, missedBy, priceText } from './judged-order';

interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

/** Product §2.7: buys at most at reference·(1 + b), sells at least at reference·(1 − b), by the follower's own side, with the expiry of its age. */
export function checkPriceBound(judged: JudgedOrder): void {
  checkExpiry(judged);
  checkReference(judged);
}

/** The price alone. */
export function checkReference(judged: JudgedOrder): void {
  const recent = referenceOf(judged, false);
  if (recent === null || outside(judged, recent) === null) return;
  const widest = referenceOf(judged, true);
  const text = widest === null ? null : outside(judged, widest);
  if (text !== null) blame(judged, 'price_bound', text);
}

/** What is wrong with the price where the reference lies within the range; null: nothing. */
function outside(judged: JudgedOrder, range: Range): string | null {
  const { order } = judged;
  const bound = widestBound(judged);
  if (order.buy) {
    const most = mulDiv(range.high, RATE_ONE + bound, RATE_ONE, 'up');
    return order.price <= most ? null : `is above ${priceText(most)}, which is the reference of at most ${priceText(range.high)} and its bound`;
  }
  const least = mulDiv(range.low, RATE_ONE - min(bound, RATE_ONE), RATE_ONE, 'down');
  return order.price >= least ? null : `is below ${priceText(least)}, which is the reference of at least ${priceText(range.low)} and its bound`;
}

/**
 * What the reference may be: between the lowest and highest price of the leader's increments that may not have been copied; after a user's act, the best quotes about it.
 * Increments that wait below the venue's minimum may be of any age, as may those that newer ones came to in time and no entry filled, and a remnant below two lots weighs as much as it is.
 */
function referenceOf(judged: JudgedOrder, remnants: boolean): Range | null {
  const { order, state, copy, holding, instrument } = judged;
  const { settings } = copy.terms;
  const within = Math.max(...judged.terms.map((terms) => terms.settings.approveWithinMs ?? 0));
  const window = settings.maxAgeMs + settings.catchUpMs + within + state.options.owedSlackMs;
  const missed = missedBy(judged, order.decidedAt);
  const spans = missed === null ? [holding.reference] : [holding.reference, holding.reference.before(missed.at)];
  const from = Math.min(...spans.map((span) => owedSince(judged, span, window, within > 0)));
  const track = state.leader(copy.copy.leader).coin(order.coin);
  const near = track.pricesSince(from);
  const leader = remnants ? blended(near, track.pricesSince(Number.NEGATIVE_INFINITY), 2n * instrument.lot, order.size) : near;
  // What a user's act made owed lives as long as increments of its time do: newer ones keep it owed.
  const acted = copy.userActBy(order.sentAt);
  if (acted < from && order.sentAt - acted > window) return leader;
  const until = Math.min(order.sentAt, acted + window);
  // Another process may have taken up what was asked for, on its marks.
  const marks = quotesOf(state.marks.rangeOfAll(order.coin, acted - window, until), widestBound(judged));
  if (leader === null || marks === null) return leader ?? marks;
  return { low: min(leader.low, marks.low), high: max(leader.high, marks.high) };
}

/** Of which increments on something may be owed. */
function owedSince({ order, state, holding, instrument }: JudgedOrder, reference: ReferenceSpan, window: number, asksFirst: boolean): number {
  const waits = state.waitingMost(order.coin);
  const mayWait = reference.owedBefore > instrument.lot && waits !== null && reference.owedBefore <= waits;
  // Increments that came while older ones were owed keep those owed, as long as no entry brought the copy to its target.
  const alive = Math.max(reference.owedFrom, holding.filledWholeAt - state.options.owedSlackMs);
  const owed = Math.min(order.decidedAt - window, alive);
  // What waits for an approval is asked for whatever is held, more than all of it too: exits may be on their way.
  if (asksFirst) return owed;
  return mayWait ? reference.from : Math.max(reference.from, owed);
}

const widestBound = ({ terms }: JudgedOrder): bigint => terms.reduce((widest, { settings }) => max(widest, settings.entryBound), 0n);

/** Best quotes that count while marks were in a range: none that is farther away than the copy's bound. */
const quotesOf = (marks: Range | null, away: bigint): Range | null =>
  marks === null
    ? null
    : { low: mulDiv(marks.low, RATE_ONE - min(away, RATE_ONE), RATE_ONE, 'down'), high: mulDiv(marks.high, RATE_ONE + away, RATE_ONE, 'up') };

/** The range of a mean of which at most `weight` of `whole` has prices of any age. */
function blended(recent: Range | null, all: Range | null, weight: bigint, whole: bigint): Range | null {
  if (recent === null || all === null) return recent;
  const share = min(weight, whole);
  return { low: recent.low - ((recent.low - all.low) * share) / whole - 1n, high: recent.high + ((all.high - recent.high) * share) / whole + 1n };
}

function checkExpiry(judged: JudgedOrder): void {
  const { order, state } = judged;
  const maxAge = Math.max(...judged.terms.map((terms) => terms.settings.maxAgeMs));
  const { clockSlackMs } = state.options;
  if (order.expiresAfter === 0) blame(judged, 'expiry', 'is an entry without an expiry');
  else if (order.expiresAfter > order.decidedAt + maxAge + clockSlackMs) {
    blame(judged, 'expiry', `expires ${order.expiresAfter - order.decidedAt} ms after its decision, its age is ${maxAge} ms`);
  } else if (order.sentAt > order.expiresAfter + clockSlackMs) {
    blame(judged, 'expiry', `left ${order.sentAt - order.expiresAfter} ms after its own expiry`);
  }
}
