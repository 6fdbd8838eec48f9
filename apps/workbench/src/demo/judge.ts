import { abs, divide, formatMoney, max, money, mulDiv, parseMoney, pow10, UNIT, unwrap } from '@lockstep/kernel';
import type { ReasonCode } from '@lockstep/replication';
import { brokenLimits, type CopyLimits, type TruthFill, type TruthFunding } from './judge-limits';
import { dexOfCoin } from './market';
import type { MarksBetween } from './marks';

/** One account in the venue's own books: signed positions, its fills and charges oldest first, limit prices of the orders still known there. */
export interface AccountTruth {
  /** What its clearinghouses hold outside of isolated positions, by dex; below zero where another part of a unified balance carries it. */
  readonly cash: ReadonlyMap<string, string>;
  /** Spot balances by token. */
  readonly spot: ReadonlyMap<string, string>;
  /** Leverage of its isolated positions, by coin. */
  readonly isolated: ReadonlyMap<string, number>;
  /** Coins of the orders the venue still knows, one entry each. */
  readonly ordered: readonly string[];
  readonly positions: ReadonlyMap<string, string>;
  readonly fills: readonly TruthFill[];
  readonly fundings: readonly TruthFunding[];
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
  /** All it was booked, above zero received. */
  readonly funding: string;
}

/** One copy with both sides of the story. */
export interface JudgedCopy {
  readonly brand: string;
  readonly copyId: string;
  readonly leaderId: string;
  readonly limits: CopyLimits;
  /** What was paid into its venue account, by asset; money 10^-8. */
  readonly paid: ReadonlyMap<string, bigint>;
  readonly told: readonly ToldPosition[];
  readonly truth: AccountTruth;
}

export interface World {
  readonly leaderFlat: (leaderId: string, coin: string) => boolean;
  readonly mids: Readonly<Record<string, string>>;
  readonly szDecimals: (coin: string) => number;
  readonly marks: MarksBetween;
  readonly mostLeverage: (coin: string) => number;
  /** Gaps of a lot need a reason; otherwise those above the venue's minimum order alone. */
  readonly toTheLot: boolean;
  /** Funding is due in the books within seconds of the charge; otherwise the engine may take its time. */
  readonly fundingDue: boolean;
  /** Every copy's leverage is set by now, on instruments its leader began to trade too. */
  readonly leverageDue: boolean;
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
  /** The same by dex; none where no gap was found. */
  readonly largestGaps: Map<string, bigint>;
  explainedGaps: number;
  /** Those of them whose reason may pass inside the catch-up window: repair may still send an order for them. */
  passingGaps: number;
  copiesChecked: number;
  fillsChecked: number;
}

const units = (text: string): bigint => unwrap(parseMoney(text), 'an amount of an answer');
const MIN_NOTIONAL = 10n * UNIT;
/** Broken where something was filled between the two readings that are compared. */
export const BOOKS_RULE = 'the API shows what the venue holds';
/** As {@link BOOKS_RULE}, in an instrument that the API told nothing of. */
export const BESIDE_RULE = 'no position beside the copies';
/** Broken while a charge is still to be booked. */
export const FUNDING_RULE = 'the copy bears the venue’s funding';
/** Broken while leverage is still to be set. */
export const LEVERAGE_RULE = 'an isolated position stands at the copy’s leverage';
/** Reasons that stand until somebody acts: no repair is at work behind them. */
const AT_REST: ReadonlySet<string> = new Set<ReasonCode>([
  'below_minimum',
  'below_lot',
  'dust_pending',
  'dust_kept',
  'waiting_next_move',
  'awaiting_open',
  'paused',
  'user_closed',
]);

/** Reasons that say that an order would have been too small. */
const SMALL: ReadonlySet<string> = new Set<ReasonCode>(['below_minimum', 'below_lot']);

export const noFindings = (): Findings => ({
  violations: [],
  largestGapUsd: 0n,
  largestGaps: new Map(),
  explainedGaps: 0,
  passingGaps: 0,
  copiesChecked: 0,
  fillsChecked: 0,
});

/** Holds what the API says of a copy against the venue's own books and the product's promises; adds to `findings`. */
export function judgeCopy(copy: JudgedCopy, world: World, findings: Findings): void {
  const held = new Map([...copy.truth.positions].map(([coin, size]) => [coin, units(size)]));
  findings.copiesChecked += 1;
  for (const told of copy.told) {
    const actual = held.get(told.coin) ?? 0n;
    held.delete(told.coin);
    judgePosition(copy, told, actual, world, findings);
  }
  for (const [coin, size] of held) if (size !== 0n) report(findings, BESIDE_RULE, copy, coin, text(size));
  if (world.leverageDue) judgeLeverage(copy, world, findings);
  judgeLimits(copy, world, findings);
}

/** An isolated position stands on its own margin alone: at a higher leverage than the follower chose it is liquidated sooner. */
function judgeLeverage(copy: JudgedCopy, { mostLeverage }: World, findings: Findings): void {
  for (const [coin, leverage] of copy.truth.isolated) {
    const chosen = Math.min(copy.limits.venueLeverage, mostLeverage(coin));
    if (leverage !== chosen) report(findings, LEVERAGE_RULE, copy, coin, `${leverage}, chosen ${chosen}`);
  }
}

/** Copies whose gap needs a reason: ask the API for it before judging. */
export function openGaps(copy: JudgedCopy, world: World): readonly ToldPosition[] {
  return copy.told.filter((told) => gapOf(told, units(copy.truth.positions.get(told.coin) ?? '0'), world) !== null);
}

function judgePosition(copy: JudgedCopy, told: ToldPosition, actual: bigint, world: World, findings: Findings): void {
  const { coin } = told;
  if (actual !== units(told.position)) report(findings, BOOKS_RULE, copy, coin, `API ${told.position}, venue ${text(actual)}`);
  if (world.leaderFlat(copy.leaderId, coin) && actual !== 0n && !told.dust_pending)
    report(findings, 'leader flat: copy flat or dust_pending', copy, coin, text(actual));
  if (world.fundingDue) judgeFunding(copy, told, findings);
  const gap = gapOf(told, actual, world);
  if (gap === null) return;
  findings.largestGapUsd = max(findings.largestGapUsd, gap);
  const dex = dexOfCoin(coin);
  findings.largestGaps.set(dex, max(findings.largestGaps.get(dex) ?? 0n, gap));
  const reason = told.user_closed ? 'user_closed' : told.dust_pending ? 'dust_pending' : world.reasonOf(copy.copyId, coin);
  if (reason === null) report(findings, 'every gap has a reason', copy, coin, `target ${told.target}, position ${text(actual)}`);
  else {
    findings.explainedGaps += 1;
    // What was too small when it was decided may be worth the minimum by now: the next comparison orders it.
    const isOutgrown = SMALL.has(reason) && gap >= MIN_NOTIONAL;
    if (!AT_REST.has(reason) || isOutgrown) findings.passingGaps += 1;
  }
}

/** What the venue charged and paid for a coin is booked, to the last digit: an account of one copy bears it all. */
function judgeFunding(copy: JudgedCopy, { coin, funding }: ToldPosition, findings: Findings): void {
  const charged = copy.truth.fundings.filter((charge) => charge.coin === coin).reduce((sum, { usdc }) => sum + units(usdc), 0n);
  if (units(funding) !== charged) report(findings, FUNDING_RULE, copy, coin, `booked ${funding}, charged ${text(charged)}`);
}

/** Money value of the gap between target and position where it is a lot or more, and above $10 ÷ price unless lots are judged; null where it is not. */
function gapOf(told: ToldPosition, actual: bigint, { mids, szDecimals, toTheLot }: World): bigint | null {
  const price = units(mids[told.coin] ?? '1');
  const lot = pow10(8 - szDecimals(told.coin));
  const gap = abs(units(told.target) - actual);
  const small = toTheLot ? gap < lot : gap <= max(lot, divide(MIN_NOTIONAL * UNIT, price, 'up'));
  return small ? null : mulDiv(gap, price, UNIT, 'zero');
}

/** No fill that increased a position broke a limit of the copy. */
function judgeLimits(copy: JudgedCopy, { marks, mostLeverage }: World, findings: Findings): void {
  const { fills, fundings, limits: limitPrices } = copy.truth;
  findings.fillsChecked += fills.length;
  for (const { rule, coin, detail } of brokenLimits({ limits: copy.limits, fills, fundings, limitPrices, marks, mostLeverage }))
    report(findings, rule, copy, coin, detail);
}

const text = (amount: bigint): string => formatMoney(money(amount));

function report(findings: Findings, rule: string, copy: JudgedCopy, coin: string, detail: string): void {
  findings.violations.push({ rule, detail: `${copy.brand} ${copy.copyId} ${coin}: ${detail}` });
}
