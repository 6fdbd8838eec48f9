import { abs, divide, formatMoney, max, money, mulDiv, parseMoney, pow10, UNIT, unwrap } from '@lockstep/kernel';

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
  readonly closedPnl: string;
}

/** One account in the venue's own books: signed positions, its fills oldest first, limit prices of the orders still known there. */
export interface AccountTruth {
  readonly positions: ReadonlyMap<string, string>;
  readonly fills: readonly TruthFill[];
  readonly limits: ReadonlyMap<number, string>;
}

/** What the API says of one copy in one instrument. */
export interface ToldPosition {
  readonly coin: string;
  readonly position: string;
  readonly target: string;
  readonly dust_pending: boolean;
  readonly user_closed: boolean;
  readonly last_wave_id: string;
}

/** One copy with both sides of the story. */
export interface JudgedCopy {
  readonly brand: string;
  readonly copyId: string;
  readonly leaderId: string;
  readonly allocation: string;
  /** Largest notional of a position; null: no limit. */
  readonly maxNotional: string | null;
  readonly maxLeverage: string | null;
  readonly told: readonly ToldPosition[];
  readonly truth: AccountTruth;
}

export interface World {
  readonly leaderFlat: (leaderId: string, coin: string) => boolean;
  readonly mids: Readonly<Record<string, string>>;
  readonly szDecimals: (coin: string) => number;
  /** The reason on record for a copy's last decision in an instrument; null when none stands there or it says that all was ordered. */
  readonly reasonOf: (copyId: string, coin: string) => string | null;
}

/** One broken promise, named so that somebody can look at it. */
export interface Violation {
  readonly rule: string;
  readonly detail: string;
}

export interface Findings {
  readonly violations: Violation[];
  /** Largest gap between target and position, in money 10^-8. */
  largestGapUsd: bigint;
  explainedGaps: number;
  copiesChecked: number;
  fillsChecked: number;
}

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount of an answer');
const MIN_NOTIONAL = 10n * UNIT;
/** Marks move between two fills of an instrument, so leverage rebuilt from fills is only this exact, in hundredths. */
const LEVERAGE_TOLERANCE = 10n;

export const noFindings = (): Findings => ({ violations: [], largestGapUsd: 0n, explainedGaps: 0, copiesChecked: 0, fillsChecked: 0 });

/** Holds what the API says of a copy against the venue's own books and the product's promises; adds to `findings`. */
export function judgeCopy(copy: JudgedCopy, world: World, findings: Findings): void {
  const held = new Map([...copy.truth.positions].map(([coin, size]) => [coin, units(size)]));
  findings.copiesChecked += 1;
  for (const told of copy.told) {
    const actual = held.get(told.coin) ?? 0n;
    held.delete(told.coin);
    judgePosition(copy, told, actual, world, findings);
  }
  for (const [coin, size] of held) if (size !== 0n) report(findings, 'no position beside the copies', copy, coin, text(size));
  judgeCap(copy, findings);
  judgeLeverage(copy, findings);
}

/** Copies whose gap needs a reason: ask the API for it before judging. */
export function openGaps(copy: JudgedCopy, world: World): readonly ToldPosition[] {
  return copy.told.filter((told) => gapOf(told, units(copy.truth.positions.get(told.coin) ?? '0'), world) !== null);
}

function judgePosition(copy: JudgedCopy, told: ToldPosition, actual: bigint, world: World, findings: Findings): void {
  const { coin } = told;
  if (actual !== units(told.position))
    report(findings, 'the API shows what the venue holds', copy, coin, `API ${told.position}, venue ${text(actual)}`);
  if (world.leaderFlat(copy.leaderId, coin) && actual !== 0n && !told.dust_pending)
    report(findings, 'leader flat: copy flat or dust_pending', copy, coin, text(actual));
  const gap = gapOf(told, actual, world);
  if (gap === null) return;
  findings.largestGapUsd = max(findings.largestGapUsd, gap);
  const reason = told.user_closed ? 'user_closed' : told.dust_pending ? 'dust_pending' : world.reasonOf(copy.copyId, coin);
  if (reason === null) report(findings, 'every gap has a reason', copy, coin, `target ${told.target}, position ${text(actual)}`);
  else findings.explainedGaps += 1;
}

/** Money value of the gap between target and position where it is above max(lot, $10 ÷ price); null where it is not. */
function gapOf(told: ToldPosition, actual: bigint, { mids, szDecimals }: World): bigint | null {
  const price = units(mids[told.coin] ?? '1');
  const lot = pow10(8 - szDecimals(told.coin));
  const gap = abs(units(told.target) - actual);
  return gap <= max(lot, divide(MIN_NOTIONAL * UNIT, price, 'up')) ? null : mulDiv(gap, price, UNIT, 'zero');
}

/**
 * No fill that increased a position left it above the copy's cap. A buy fills at or below its limit and is judged at its own price; a sell may fill above
 * the price it was approved at, so it is judged at its limit.
 */
function judgeCap(copy: JudgedCopy, findings: Findings): void {
  const cap = copy.maxNotional === null ? null : units(copy.maxNotional);
  for (const fill of copy.truth.fills) {
    findings.fillsChecked += 1;
    const { before, after } = positionsOf(fill);
    if (cap === null || abs(after) <= abs(before)) continue;
    const price = fill.side === 'B' ? fill.px : (copy.truth.limits.get(fill.oid) ?? fill.px);
    const notional = mulDiv(abs(after), units(price), UNIT, 'zero');
    if (notional > cap) report(findings, 'position cap', copy, fill.coin, `${text(notional)} above ${copy.maxNotional}`);
  }
}

/** At every fill that took on risk: Σ |position| · last price ÷ equity rebuilt from the venue's fills is within the copy's leverage limit. */
function judgeLeverage(copy: JudgedCopy, findings: Findings): void {
  if (copy.maxLeverage === null) return;
  const most = units(copy.maxLeverage);
  const books = new Map<string, { size: bigint; cost: bigint; price: bigint }>();
  let equity = units(copy.allocation);
  for (const fill of copy.truth.fills) {
    const { before, after } = positionsOf(fill);
    const price = units(fill.px);
    const book = books.get(fill.coin) ?? { size: 0n, cost: 0n, price };
    book.cost += mulDiv(after - before, price, UNIT, 'zero') + units(fill.closedPnl);
    book.size = after;
    book.price = price;
    books.set(fill.coin, book);
    equity += units(fill.closedPnl) - units(fill.fee);
    if (abs(after) <= abs(before)) continue;
    const values = [...books.values()].map((one) => mulDiv(one.size, one.price, UNIT, 'zero'));
    const exposure = values.reduce((sum, value) => sum + abs(value), 0n);
    const unrealised = [...books.values()].reduce((sum, one, index) => sum + (values[index] ?? 0n) - one.cost, 0n);
    const allowed = mulDiv(max(0n, equity + unrealised), most * (100n + LEVERAGE_TOLERANCE), 100n * UNIT, 'up') + MIN_NOTIONAL;
    if (exposure > allowed) report(findings, 'leverage limit', copy, fill.coin, `${text(exposure)} of exposure, ${text(allowed)} allowed`);
  }
}

function positionsOf(fill: TruthFill): { readonly before: bigint; readonly after: bigint } {
  const before = units(fill.startPosition);
  return { before, after: before + (fill.side === 'B' ? units(fill.sz) : -units(fill.sz)) };
}

/** Fees of a brand's accounts as the venue charged them, money 10^-8. */
export function feesAtVenue(copies: readonly JudgedCopy[]): { readonly trading: bigint; readonly builder: bigint } {
  const fills = copies.flatMap((copy) => copy.truth.fills);
  const builder = fills.reduce((sum, fill) => sum + units(fill.builderFee), 0n);
  return { trading: fills.reduce((sum, fill) => sum + units(fill.fee), 0n) - builder, builder };
}

const text = (amount: bigint): string => formatMoney(money(amount));

function report(findings: Findings, rule: string, copy: JudgedCopy, coin: string, detail: string): void {
  findings.violations.push({ rule, detail: `${copy.brand} ${copy.copyId} ${coin}: ${detail}` });
}
