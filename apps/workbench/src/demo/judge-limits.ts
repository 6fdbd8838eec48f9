import { abs, formatMoney, max, min, money, mulDiv, parseMoney, UNIT, unwrap } from '@lockstep/kernel';
import type { MarksBetween } from './marks';

/** A fill as the venue's own books hold it. Decimal texts. */
export interface TruthFill {
  readonly coin: string;
  readonly side: 'A' | 'B';
  readonly px: string;
  readonly sz: string;
  readonly startPosition: string;
  readonly time: number;
  readonly oid: number;
  readonly fee: string;
  readonly builderFee: string;
  /** The token the fees were paid in. */
  readonly feeToken: string;
  readonly closedPnl: string;
}

/** A charge of funding as the venue's own books hold it: what the account got, negative when it paid. */
export interface TruthFunding {
  readonly coin: string;
  readonly time: number;
  readonly usdc: string;
}

/** The limits a copy's settings can set, as decimal texts; null: none of that kind. The allocation is a limit of every copy. */
export interface CopyLimits {
  readonly allocation: string;
  readonly maxSize: string | null;
  readonly maxNotional: string | null;
  readonly maxShare: string | null;
  readonly maxLeverage: string | null;
  readonly venueLeverage: number;
}

/** What the limits are judged by: the venue's own books alone. Fills and fundings oldest first. */
export interface LimitCase {
  readonly limits: CopyLimits;
  readonly fills: readonly TruthFill[];
  readonly fundings: readonly TruthFunding[];
  /** Limit prices of the orders the venue still knows. */
  readonly limitPrices: ReadonlyMap<number, string>;
  readonly marks: MarksBetween;
  /** Largest leverage an instrument admits. */
  readonly mostLeverage: (coin: string) => number;
}

/** A limit that an increase broke. */
export interface BrokenLimit {
  readonly rule: string;
  readonly coin: string;
  readonly detail: string;
}

/**
 * How old may be what an order was approved on, in ms: a mark of five seconds (product: no older), and as much again for its way to us, for booking a
 * fill, and for the order's way to the venue. Whatever stood at the venue in that time may have been what was known; the kindest of it is judged.
 * This is the only tolerance: size and notional at the limit price have none.
 */
export const KNOWN_WITHIN_MS = 10_000;

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount of an answer');
const notionalOf = (size: bigint, price: bigint): bigint => mulDiv(size, price, UNIT, 'zero');
const text = (amount: bigint): string => formatMoney(money(amount));

/** An account in one instrument from a moment on: its position, and the money that went in and out for it. */
interface State {
  readonly time: number;
  readonly position: bigint;
  readonly cash: bigint;
}

/** What may have been known of the account when an order was approved, at its kindest. */
interface Known {
  readonly equity: bigint;
  /** Σ |position| · mark, and the margin it takes, of all other instruments. */
  readonly otherExposure: bigint;
  readonly otherMargin: bigint;
}

/** Every limit that a fill which increased a position broke: the position after it, at max(mark, limit price), beside the account as it was known then. */
export function brokenLimits(judged: LimitCase): readonly BrokenLimit[] {
  const account = new Map<string, State[]>();
  const fundings = [...judged.fundings];
  // A venue that forgot the first fills no longer tells what the positions cost: then equity cannot be rebuilt.
  const whole = startsFlat(judged.fills);
  const broken: BrokenLimit[] = [];
  for (const fill of judged.fills) {
    for (let paid = fundings[0]; paid !== undefined && paid.time <= fill.time; paid = fundings[0]) {
      move(account, paid.coin, paid.time, 0n, units(paid.usdc));
      fundings.shift();
    }
    const { before, after } = positionsOf(fill);
    if (abs(after) > abs(before)) broken.push(...brokenBy(judged, fill, abs(after), whole ? account : null));
    const traded = after - before;
    move(account, fill.coin, fill.time, traded, -notionalOf(traded, units(fill.px)) - units(fill.fee));
  }
  return broken;
}

function startsFlat(fills: readonly TruthFill[]): boolean {
  const seen = new Set<string>();
  return fills.every(({ coin, startPosition }) => {
    const first = !seen.has(coin);
    seen.add(coin);
    return !first || units(startPosition) === 0n;
  });
}

/** Signed position before and after a fill. */
export function positionsOf(fill: TruthFill): { readonly before: bigint; readonly after: bigint } {
  const before = units(fill.startPosition);
  return { before, after: before + (fill.side === 'B' ? units(fill.sz) : -units(fill.sz)) };
}

/** What holds as the account stood at that very moment holds; only what does not is judged by all that may have been known. */
function brokenBy(judged: LimitCase, fill: TruthFill, after: bigint, account: ReadonlyMap<string, State[]> | null): readonly BrokenLimit[] {
  const within = (withinMs: number): readonly BrokenLimit[] =>
    limitsOf(judged, fill, after, withinMs, account === null ? null : knownAt(judged, account, fill, withinMs));
  return within(0).length === 0 ? [] : within(KNOWN_WITHIN_MS);
}

function limitsOf(judged: LimitCase, fill: TruthFill, after: bigint, withinMs: number, known: Known | null): readonly BrokenLimit[] {
  const { limits, limitPrices, marks } = judged;
  const approvedAt = units(limitPrices.get(fill.oid) ?? fill.px);
  const price = max(approvedAt, marks(fill.coin, fill.time - withinMs, fill.time)?.lowest ?? approvedAt);
  const notional = notionalOf(after, price);
  const amount = (limit: string | null): bigint | null => (limit === null ? null : units(limit));
  const timesEquity = (limit: string | null): bigint | null =>
    limit === null || known === null ? null : mulDiv(known.equity, units(limit), UNIT, 'up');
  const margin = (known?.otherMargin ?? 0n) + notional / leverageOn(judged, fill.coin);
  const checks: readonly (readonly [rule: string, amount: bigint, most: bigint | null])[] = [
    ['position size cap', after, amount(limits.maxSize)],
    ['position notional cap', notional, amount(limits.maxNotional)],
    ['position share cap', notional, timesEquity(limits.maxShare)],
    ['allocation cap', margin, known?.equity ?? null],
    ['leverage cap', (known?.otherExposure ?? 0n) + notional, timesEquity(limits.maxLeverage)],
  ];
  return checks.flatMap(([rule, taken, most]) =>
    most === null || taken <= most ? [] : [{ rule, coin: fill.coin, detail: `${text(taken)} above ${text(most)}` }],
  );
}

/** Equity at its highest, what else is held at its lowest, over all that stood at the venue while it may have been the newest known. */
function knownAt(judged: LimitCase, account: ReadonlyMap<string, State[]>, fill: TruthFill, withinMs: number): Known {
  const from = fill.time - withinMs;
  let equity = units(judged.limits.allocation);
  let otherExposure = 0n;
  let otherMargin = 0n;
  for (const [coin, all] of account) {
    const states = standingSince(all, from);
    if (states.every(({ position }) => position === 0n)) {
      equity += states.map(({ cash }) => cash).reduce(max);
      continue;
    }
    const span = judged.marks(coin, from, fill.time);
    const worth = states.map(({ position, cash }) => cash + (span === null ? 0n : bestValue(position, span)));
    equity += worth.reduce(max);
    if (coin === fill.coin) continue;
    const least = states.map(({ position }) => (span === null ? 0n : notionalOf(abs(position), span.lowest))).reduce(min);
    otherExposure += least;
    otherMargin += least / leverageOn(judged, coin);
  }
  return { equity: max(0n, equity), otherExposure, otherMargin };
}

/** The states of an instrument that stood at `from` or came later. */
function standingSince(states: readonly State[], from: number): readonly State[] {
  let first = states.length - 1;
  while (first > 0 && (states[first]?.time ?? 0) > from) first -= 1;
  return states.slice(first);
}

const bestValue = (position: bigint, { lowest, highest }: { readonly lowest: bigint; readonly highest: bigint }): bigint =>
  mulDiv(position, position > 0n ? highest : lowest, UNIT, 'up');

const leverageOn = ({ limits, mostLeverage }: LimitCase, coin: string): bigint =>
  BigInt(Math.max(1, Math.min(limits.venueLeverage, mostLeverage(coin))));

function move(account: Map<string, State[]>, coin: string, time: number, size: bigint, cash: bigint): void {
  const states = account.get(coin) ?? [{ time: 0, position: 0n, cash: 0n }];
  const last = states.at(-1);
  states.push({ time, position: (last?.position ?? 0n) + size, cash: (last?.cash ?? 0n) + cash });
  account.set(coin, states);
}
