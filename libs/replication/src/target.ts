import { mulDivFloor } from '@lockstep/kernel';
import type { CopyColumns } from './copy-columns';
import { MODE } from './copy-columns';
import { MICRO } from './instrument-columns';
import { usableEquity } from './revalue';

// Bound once: a call through the front door of another room costs a getter, and these run several times per copy.
const floorOf = mulDivFloor;

/** 10^12 ÷ 10^6: from a ratio in 10^-12 to micro-lots per lot. */
const RATE_PER_MICRO = 1_000_000;
const RATE_ONE = 1_000_000_000_000;

/** What a leader's move asks of a target, by absolute values and sides. */
export type MoveClass = 'increase' | 'reduce' | 'flat' | 'flip' | 'unchanged';

/** Class of a move from `before` to `after` (signed lots). An open is an increase from zero. */
export function classify(before: number, after: number): MoveClass {
  if (after === before) return 'unchanged';
  if (after === 0) return 'flat';
  if (before !== 0 && before < 0 !== after < 0) return 'flip';
  return Math.abs(after) > Math.abs(before) ? 'increase' : 'reduce';
}

/**
 * κ (10^-12) of a row by its mode; −1 when it cannot be formed: leader equity or volatility unknown or not positive. `fixedAmount` has none ({@link amountTarget}).
 * `leaderEquity` is in 10^-6 quote units, rounded up, 0 when unknown; `leaderVolatility` is 10^-12, 0 when unknown. Saturates at 2^53 − 1.
 */
export function kappaOf(copies: CopyColumns, row: number, leaderEquity: number, leaderVolatility: number): number {
  const mode = copies.mode[row] ?? 0;
  if (mode === MODE.fixedRatio) return copies.modeRate[row] ?? 0;
  if (mode === MODE.fixedAmount) return 0;
  const rate = mode === MODE.riskNormalised ? scaledRate(copies, row, leaderVolatility) : (copies.modeRate[row] ?? 0);
  if (rate < 0) return -1;
  const nominal = mode === MODE.proportionalNominal;
  const basis = nominal ? (copies.basisEquity[row] ?? 0) : 0;
  // Before its first increase a copy on a fixed base has none yet: the leader's equity of now is what it would become.
  const base = basis > 0 ? basis : leaderEquity;
  if (base <= 0) return -1;
  const own = nominal ? (copies.allocation[row] ?? 0) - (copies.leaving[row] ?? 0) : usableEquity(copies, row);
  // Money is 10^-8 and the base 10^-6: the quotient is a hundred times κ.
  return Math.floor(floorOf(rate, own, base) / 100);
}

/** Multiplier times the ratio of volatilities inside its corridor; −1 while the leader's is unknown. */
function scaledRate(copies: CopyColumns, row: number, leaderVolatility: number): number {
  if (leaderVolatility <= 0) return -1;
  const scale = floorOf(copies.targetVolatility[row] ?? 0, RATE_ONE, leaderVolatility);
  const held = Math.max(copies.scaleLeast[row] ?? 0, Math.min(copies.scaleMost[row] ?? 0, scale));
  return floorOf(copies.modeRate[row] ?? 0, held, RATE_ONE);
}

/** Target (micro-lots, absolute) after `orders` more leader orders at `amount` of money each, at the leader's price. All ≥ 0, `price` > 0. */
export function amountTarget(target: number, amount: number, orders: number, price: number, lotsPerUnit: number): number {
  return orders === 0 ? target : target + orders * floorOf(amount, lotsPerUnit * MICRO, price);
}

/** Target (micro-lots, absolute) that an increase from `before` to `after` asks for, before caps: clamp(κ·L′, D, D + κ·(L′ − L)). All ≥ 0. */
export function increasedTarget(target: number, kappa: number, before: number, after: number): number {
  const full = floorOf(kappa, after, RATE_PER_MICRO);
  const most = target + floorOf(kappa, after - before, RATE_PER_MICRO);
  return Math.max(target, Math.min(full, most));
}

/** Target after the leader reduced: D·L′ ÷ L, towards zero. All ≥ 0, `before` > 0. */
export function reducedTarget(target: number, before: number, after: number): number {
  return floorOf(target, after, before);
}

/** ρ (10^-12, rounded down) of a target in micro-lots against the leader's lots; 0 when the leader is flat. */
export function lockedRatio(target: number, leaderLots: number): number {
  return leaderLots === 0 ? 0 : floorOf(Math.abs(target), RATE_PER_MICRO, Math.abs(leaderLots));
}

/**
 * The leader's lots (absolute) that a target was locked against: what {@link lockedRatio} was given, to the lot where the ratio is larger than twice that. 0: the ratio
 * does not tell.
 */
export const lotsLockedTo = (target: number, rho: number): number =>
  rho === 0 || rho === Number.MAX_SAFE_INTEGER ? 0 : floorOf(Math.abs(target), RATE_PER_MICRO, rho);

/**
 * Whether a position (signed lots) is all that is wanted (signed micro-lots) on its side, to the lot: nothing is owed then, and what increments before cost is
 * the price of none that is still to be copied.
 */
export const isCovered = (wanted: number, position: number): boolean =>
  wanted === 0 || (wanted < 0 ? position * MICRO - wanted : wanted - position * MICRO) < MICRO;

/** Whole lots of a target, towards zero. */
export const targetLots = (micro: number): number => Math.trunc(micro / MICRO);

/**
 * The target of a copy that closes by itself where its leader reduces: what it holds stays, and what was still owed of it falls with his position, because an
 * entry behind his exit would be larger than what he has. `left`: |target| of a copy that follows him, micro-lots.
 */
export function keptOf(target: number, reach: number, left: number): number {
  if (Math.abs(target) - Math.abs(reach) < MICRO) return target;
  return Math.sign(target) * Math.max(Math.abs(reach), left);
}
