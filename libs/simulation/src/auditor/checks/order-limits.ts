import { abs, max, min, RATE_ONE, UNIT } from '@lockstep/kernel';
import { shareMost } from '../book/account-share';
import type { TermsInForce } from '../book/copies';
import type { Holding } from '../book/holding';
import { WAITING_PERCENT } from '../book/state';
import { admits } from '../terms';
import type { ViolationKind } from '../violation';
import { beyondMarks } from './decided-last';
import { blame, type JudgedOrder, priceText, sizeText } from './judged-order';

/**
 * Product §3 (1): no approved order whose worst case exceeds a limit on the truth and the mark known then. The worst case counts what truly is and what may
 * still fill; an engine that knows less can only count more. Limits in sizes and money are exact; those by copy equity take the highest the engine may have had.
 */
export function checkOrderLimits(judged: JudgedOrder): void {
  const broken = judged.terms.map((terms) => firstBroken(judged, terms));
  const first = broken[0];
  if (first === undefined || first === null || broken.includes(null)) return;
  blame(judged, first.kind, first.text);
}

interface Broken {
  readonly kind: ViolationKind;
  readonly text: string;
}

function firstBroken(judged: JudgedOrder, terms: TermsInForce): Broken | null {
  const { order, instrument } = judged;
  if (!admits(terms.settings.instruments, order.coin)) return { kind: 'instrument_filter', text: 'the filter does not admit the coin' };
  const { state, holding } = judged;
  const worst = holding.reach(judged.at, state.options.clockSlackMs, order.buy) + order.size;
  const { caps } = terms.settings;
  if (caps.maxPositionSize !== null && worst > caps.maxPositionSize) {
    return {
      kind: 'cap_position_size',
      text: `makes ${sizeText(worst)} at worst, the limit is ${sizeText(caps.maxPositionSize)} (lot ${sizeText(instrument.lot)})`,
    };
  }
  const mark = markOf(judged, order.coin);
  if (mark === null) return null;
  return notionalBroken(judged, terms, worst, max(mark, order.price)) ?? equityBroken(judged, terms, worst, max(mark, order.price), mark);
}

function notionalBroken(judged: JudgedOrder, terms: TermsInForce, worst: bigint, at: bigint): Broken | null {
  const { caps } = terms.settings;
  if (caps.maxPositionNotional !== null && worst * at > caps.maxPositionNotional * UNIT) {
    const text = `makes ${sizeText(worst)} × ${priceText(at)} at worst, the limit is ${priceText(caps.maxPositionNotional)} of notional`;
    return { kind: 'cap_position_notional', text };
  }
  const equity = highestEquity(judged);
  if (caps.maxPositionShare !== null && equity !== null && worst * at * RATE_ONE > caps.maxPositionShare * equity * UNIT) {
    const text = `makes ${sizeText(worst)} × ${priceText(at)} at worst, the limit is ${rateText(caps.maxPositionShare)} of an equity of at most ${priceText(equity)}`;
    return { kind: 'cap_position_share', text };
  }
  return null;
}

/** Σ initial margin against copy equity, and Σ notional against its leverage. Other coins count as they are at the lowest mark known. */
function equityBroken(judged: JudgedOrder, terms: TermsInForce, worst: bigint, at: bigint, mark: bigint): Broken | null {
  const { settings } = terms;
  let margin = (worst * at) / leverageOf(settings.venueLeverage, judged.instrument.maxLeverage);
  let gross = worst * mark;
  for (const other of judged.copy.holdings.values()) {
    if (other === judged.holding) continue;
    const instrument = judged.state.instruments.get(other.coin);
    const price = markOf(judged, other.coin);
    if (instrument === undefined || price === null) continue;
    const held =
      max(sideWorst(judged, other, price, instrument.minNotional, true), sideWorst(judged, other, price, instrument.minNotional, false)) * price;
    margin += held / leverageOf(settings.venueLeverage, instrument.maxLeverage);
    gross += held;
  }
  const { maxLeverage, maxGrossExposure = null } = settings.caps;
  const exposed = gross + beyondMarks(judged, judged.copy.holdings.values(), worst, (coin) => markOf(judged, coin));
  if (maxGrossExposure !== null && exposed > maxGrossExposure * UNIT) {
    return { kind: 'gross_exposure', text: `takes exposure to ${priceText(exposed / UNIT)} at worst, ${priceText(maxGrossExposure)} is allowed` };
  }
  const equity = highestEquity(judged);
  if (equity === null) return null;
  if (margin > equity * UNIT) {
    return { kind: 'allocation', text: `takes initial margin to ${priceText(margin / UNIT)} at worst, copy equity is at most ${priceText(equity)}` };
  }
  if (maxLeverage === null || gross * RATE_ONE <= maxLeverage * equity * UNIT) return null;
  return {
    kind: 'leverage',
    text: `takes exposure to ${priceText(gross / UNIT)} at worst, ${rateText(maxLeverage)} times at most ${priceText(equity)} is allowed`,
  };
}

/**
 * What a side of another coin may come to; a remnant against it leaves with the very order that enters (product §2.5). Where the follower trades beside the copy
 * it is the least that may be the copy's.
 */
export function sideWorst({ at, state }: JudgedOrder, other: Holding, price: bigint, minNotional: bigint, buy: boolean): bigint {
  const { clockSlackMs } = state.options;
  if (other.foreign) return max(0n, other.range.least(buy)) + other.pending(at, clockSlackMs, buy, false);
  return mayRide(other, price, minNotional) ? max(0n, other.reach(at, clockSlackMs, buy)) : other.worst(at, clockSlackMs, buy);
}

/** Whether what is held may be a remnant that cannot close alone: against an entry it leaves with that (product §2.5). */
export const mayRide = ({ real }: Holding, price: bigint, minNotional: bigint): boolean =>
  abs(real.position) * price * 100n < minNotional * UNIT * WAITING_PERCENT;

export const leverageOf = (wanted: number, most: number): bigint => BigInt(Math.max(1, Math.min(wanted, most)));
const rateText = (rate: bigint): string => `${Number(rate) / 1e12}`;

/** The lowest mark of a coin the engine may have decided on; null: none, which is another check's business. */
export function markOf(judged: JudgedOrder, coin: string): bigint | null {
  const { order, state } = judged;
  const trail = state.marks.of(order.process, coin);
  return trail?.range(order.decidedAt - state.options.raceMs, Math.max(order.decidedAt, judged.at))?.low ?? null;
}

/** The most copy equity an engine may have reckoned with, 10^-8; never below zero. What its venue account falls short of its copies scales it (product §1). */
export function highestEquity(judged: JudgedOrder): bigint | null {
  const { copy, at, state } = judged;
  const range = copy.ownShare ? null : copy.equityRange(at);
  if (range === null) return null;
  const [own, real] = [widened(range.high, state.options.equityMargin), copy.accountEquity.range(at)];
  return real === null ? own : min(own, widened(real.high * shareMost(state, copy, at), state.options.equityMargin));
}

export const widened = (value: number, margin: bigint): bigint => BigInt(Math.ceil(Math.max(0, value) * 1e8 * (1 + Number(margin) / 1e12)));
