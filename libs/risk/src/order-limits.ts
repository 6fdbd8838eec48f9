import { RATE_ONE, UNIT } from '@lockstep/kernel';
import { type MarginFacts, marginBreached } from './margin-limit';

/** What the second look needs of an order batch: a subset of every order batch's columns. */
export interface OrderBatch {
  readonly count: number;
  readonly buy: Uint8Array;
  /** Limit price times 10^8. */
  readonly price: Float64Array;
  readonly lots: Float64Array;
  readonly reduceOnly: Uint8Array;
}

/**
 * Truth and limits per order row, taken from the books and not from the planner. Lots signed where they are positions; money 10^-8,
 * rates 10^-12, sizes 10^-8 base units; a limit below zero is none.
 */
export interface OrderFacts {
  /** Time now and of the mark; the mark times 10^8. */
  readonly now: number;
  readonly mark: number;
  readonly markAt: number;
  readonly markMaxAgeMs: number;
  readonly szDecimals: number;
  /** 1: closes the copy's own position and is judged as an exit. */
  readonly exit: Uint8Array;
  /** Row of the copy; the columns below are indexed by it. */
  readonly row: Int32Array;
  readonly position: Float64Array;
  /** Worst-case lots in flight, this batch's own orders included. */
  readonly pendingBuy: Float64Array;
  readonly pendingSell: Float64Array;
  /** What of that are exits. */
  readonly pendingExitBuy: Float64Array;
  readonly pendingExitSell: Float64Array;
  /** What is held against an order that enters, and is worth less than this, leaves with it. Money 10^-8. */
  readonly remnant: number;
  readonly maxPositionSize: Float64Array;
  readonly maxPositionNotional: Float64Array;
  readonly maxPositionShare: Float64Array;
  readonly maxLeverage: Float64Array;
  /** Largest Σ notional over the copy's instruments. */
  readonly maxGross: Float64Array;
  /** What limits that several copies share leave for the row's whole position at its order's price; Infinity: no such limit, below zero: less than nothing. */
  readonly sharedRoom: { readonly concentration: Float64Array; readonly follower: Float64Array; readonly leader: Float64Array } | null;
  /** Margin in the instrument's clearinghouse; null: no copy has a floor. */
  readonly margin: MarginFacts | null;
  readonly equity: Float64Array;
  /** What is to leave the equity and has not yet. */
  readonly leaving: Float64Array;
  readonly realEquity: Float64Array;
  /** Σ notional and margin at worst of the copy's other instruments. */
  readonly otherExposure: Float64Array;
  readonly otherMargin: Float64Array;
  readonly leverage: Float64Array;
  /** 1: the copy may take new risk. */
  readonly mayRisk: Uint8Array;
}

/** Limits an order may break at its worst case. Closed set. */
export const BREACHES = [
  'not_allowed',
  'stale_mark',
  'position_size',
  'position_notional',
  'position_share',
  'allocation',
  'leverage',
  'concentration',
  'gross',
  'margin',
  'capacity',
  'exit_grows',
] as const;
export type Breach = (typeof BREACHES)[number];

/** Doubles decide when a value is clear of its limit by more than this share; else integers do. */
const CLEARANCE = 1e-9;

/** The first limit an order breaks if it and every order in flight fills; null when none. Exits may only shrink the position. */
export function breachOf(orders: OrderBatch, facts: OrderFacts, order: number): Breach | null {
  const row = facts.row[order] ?? 0;
  const position = facts.position[row] ?? 0;
  const buy = orders.buy[order] === 1;
  if (facts.exit[order] === 1) return exitGrows(position, buy, orders.lots[order] ?? 0) ? 'exit_grows' : null;
  if (facts.mayRisk[row] !== 1) return 'not_allowed';
  if (facts.mark <= 0 || facts.now - facts.markAt > facts.markMaxAgeMs) return 'stale_mark';
  const price = Math.max(facts.mark, orders.price[order] ?? 0);
  const worst = worstOf(facts, row, buy, price);
  if (worst <= 0) return null;
  return worstBreach(facts, row, buy, worst, price);
}

/**
 * Lots a side comes to with every order in flight there filled. What is held against it is taken off only as far as exits in flight close it: the rest has exits of
 * its own, which no limit withholds and which may fill before the entries do.
 */
function worstOf(facts: OrderFacts, row: number, buy: boolean, price: number): number {
  const held = (facts.position[row] ?? 0) * (buy ? 1 : -1);
  const reached = held + ((buy ? facts.pendingBuy : facts.pendingSell)[row] ?? 0);
  const left = -held - ((buy ? facts.pendingExitBuy : facts.pendingExitSell)[row] ?? 0);
  if (left <= 0) return reached;
  const rides = (left * price) / 10 ** facts.szDecimals < facts.remnant;
  return rides ? reached : reached + left;
}

/** An exit is for the copy's own position only: it must not be larger than it, nor on its side. */
function exitGrows(position: number, buy: boolean, lots: number): boolean {
  return position === 0 || position > 0 === buy || lots > Math.abs(position);
}

function worstBreach(facts: OrderFacts, row: number, buy: boolean, lots: number, price: number): Breach | null {
  const perUnit = 10 ** facts.szDecimals;
  const notional = (lots * price) / perUnit;
  // What a venue account falls short of its copies scales them (product §1).
  const own = Math.max(0, (facts.equity[row] ?? 0) - (facts.leaving[row] ?? 0));
  const equity = Math.min(own, facts.realEquity[row] ?? 0);
  const size = facts.maxPositionSize[row] ?? -1;
  const money = facts.maxPositionNotional[row] ?? -1;
  const share = facts.maxPositionShare[row] ?? -1;
  const leverage = facts.maxLeverage[row] ?? -1;
  const unit = { lots, price, perUnit };
  if (size >= 0 && exceeds((lots * 1e8) / perUnit, size, () => BigInt(lots) * UNIT > BigInt(size) * BigInt(perUnit))) return 'position_size';
  if (money >= 0 && exceeds(notional, money, () => notionalAbove(unit, BigInt(money)))) return 'position_notional';
  const shareLimit = (): bigint => (BigInt(equity) * BigInt(share)) / RATE_ONE;
  if (share >= 0 && exceeds(notional, (equity * share) / 1e12, () => notionalAbove(unit, shareLimit()))) return 'position_share';
  const free = equity - (facts.otherMargin[row] ?? 0);
  const times = facts.leverage[row] ?? 1;
  if (exceeds(notional, free * times, () => notionalAbove(unit, BigInt(free) * BigInt(times)))) return 'allocation';
  const other = facts.otherExposure[row] ?? 0;
  const most = (): bigint => (BigInt(equity) * BigInt(leverage)) / RATE_ONE - BigInt(other);
  if (leverage >= 0 && exceeds(notional, (equity * leverage) / 1e12 - other, () => notionalAbove(unit, most()))) return 'leverage';
  const { sharedRoom } = facts;
  const beyond = (room: number | undefined): boolean =>
    room !== undefined && notional > room && (room < 0 || notionalAbove(unit, BigInt(Math.floor(room))));
  if (beyond(sharedRoom?.concentration[row])) return 'concentration';
  const gross = facts.maxGross[row] ?? -1;
  if (gross >= 0 && exceeds(notional, gross - other, () => notionalAbove(unit, BigInt(gross) - BigInt(other)))) return 'gross';
  if (beyond(sharedRoom?.follower[row])) return 'gross';
  if (facts.margin !== null && marginBreached(facts.margin, row, unit, buy)) return 'margin';
  return beyond(sharedRoom?.leader[row]) ? 'capacity' : null;
}

/** Doubles when the answer is clear, integers when it is close. */
function exceeds(value: number, limit: number, exactly: () => boolean): boolean {
  const margin = CLEARANCE * (Math.abs(value) + Math.abs(limit)) + 2;
  if (value < limit - margin) return false;
  return value > limit + margin || exactly();
}

function notionalAbove(unit: { readonly lots: number; readonly price: number; readonly perUnit: number }, limit: bigint): boolean {
  return BigInt(unit.lots) * BigInt(unit.price) > limit * BigInt(unit.perUnit);
}
