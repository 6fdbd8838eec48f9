import type { EpochMs } from '@lockstep/kernel';
import type { LossLimitsSeen } from '../terms';

const DAY_MS = 86_400_000;

/** A limit that is met beyond doubt. `no_new_risk` ends with the loss; `closed` stays until the follower re-enables. */
export interface Breach {
  readonly level: 'no_new_risk' | 'closed';
  readonly limit: 'from_start' | 'trailing' | 'daily' | 'loss_money';
  readonly since: EpochMs;
  /** When it came to this level. */
  readonly reachedAt: EpochMs;
  readonly process: string;
  readonly text: string;
}

/** Limits of loss as numbers: shares, and money in whole units. */
export interface LossLimits {
  readonly fromStart: number | null;
  readonly trailing: number | null;
  readonly daily: number | null;
  readonly lossMoney: number | null;
  readonly haltNewAt: number | null;
  readonly closeAfterMarks: number;
}

/** Limits as they are told, as numbers. */
export function lossLimits(seen: LossLimitsSeen): LossLimits {
  const share = (rate: bigint | null) => (rate === null ? null : Number(rate) / 1e12);
  return {
    fromStart: share(seen.fromStart),
    trailing: share(seen.trailing),
    daily: share(seen.daily),
    lossMoney: seen.lossMoney === null ? null : Number(seen.lossMoney) / 1e8,
    haltNewAt: share(seen.haltNewAt),
    closeAfterMarks: seen.closeAfterMarks,
  };
}

/**
 * Losses of one copy by product §3: unit value chained over flows, so that money moved is no profit, against references that are never above what an engine
 * may hold. What it calls a breach is one on every figure the engine may have had.
 */
export class LossTrack {
  breach: Breach | null = null;
  /** What the unit value is chained to: the figures with which it is highest, and lowest, of those an engine may have had when money moved. */
  private high: UnitBase = { unit: 1, value: null };
  private low: UnitBase = { unit: 1, value: null };
  private moneyBase = 0;
  private peak = 1;
  /** The highest value as it stood when the last two spans of memory ended. */
  private middlePeak = 1;
  private olderPeak = 1;
  private peakTurnedAt = Number.NEGATIVE_INFINITY;
  private day = Number.NaN;
  private dayUnit = 1;
  /** What the day before was counted from. */
  private dayBeforeUnit = 1;
  private lastUnit = 1;
  private inRow = 0;
  private lastPrices = '';
  private sure = true;

  /**
   * Value, in whole units, at which the first limit is met at the earliest; null: there is none, or it is not known. `dayUnit`: what the day is counted from, where
   * that is not as of the last valuation.
   */
  floor(limits: LossLimits, allocation: number, dayUnit = this.dayUnit): number | null {
    return this.floorOn(this.high, limits, allocation, dayUnit);
  }

  private floorOn({ value, unit: base }: UnitBase, limits: LossLimits, allocation: number, dayUnit: number): number | null {
    if (!this.sure || value === null) return null;
    const at = (unit: number): number => (value * unit) / base;
    const floors = [
      limits.fromStart === null ? null : at(1 - limits.fromStart),
      limits.trailing === null ? null : at(this.peak * (1 - limits.trailing)),
      limits.daily === null ? null : at(dayUnit * (1 - limits.daily)),
      limits.lossMoney === null ? null : this.moneyBase - limits.lossMoney + allocation,
    ].filter((floor) => floor !== null);
    return floors.length === 0 ? null : Math.max(...floors);
  }

  /** The least an engine may count its day from between two moments: nobody values a copy that is flat as its day turns, and the engine turns it all the same. */
  leastDay({ from, to }: { readonly from: EpochMs; readonly to: EpochMs }, dayBeginsMs: number, value: ValueSeen): number {
    const now = Math.min(this.lastUnit, unitOf(this.low, Math.min(value.told, value.real)));
    const turned = dayOf(to, dayBeginsMs) === this.day ? this.dayUnit : now;
    return Math.min(this.dayUnit, turned, dayOf(from, dayBeginsMs) === this.day ? this.dayUnit : this.dayBeforeUnit);
  }

  /**
   * Whether an engine may take a limit for met where the copy is worth as little as `least`: on figures a thousandth away from those that meet it, with its unit value
   * chained to what it is lowest with.
   */
  mayBeMet(least: number, limits: LossLimits, allocation: number, margin: number): boolean {
    const floor = this.floorOn(this.low, limits, allocation, this.dayUnit);
    return floor !== null && least <= floor + margin * Math.abs(floor);
  }

  /** The same for the share of a limit from which no new risk is taken. */
  mayHalt(least: number, limits: LossLimits, allocation: number, margin: number): boolean {
    const share = limits.haltNewAt ?? 1;
    const { fromStart, trailing, daily, lossMoney } = limits;
    const halting = { ...limits, fromStart: partOf(fromStart, share), trailing: partOf(trailing, share), daily: partOf(daily, share) };
    return this.mayBeMet(least, { ...halting, lossMoney: partOf(lossMoney, share) }, allocation, margin);
  }

  /** Every reference begins anew at what an engine may take the copy to be worth. */
  anchor({ least, most }: ValueEnds, allocation: number): void {
    this.high = { unit: 1, value: least };
    this.low = { unit: 1, value: most };
    this.moneyBase = least - allocation;
    this.peak = 1;
    this.middlePeak = 1;
    this.olderPeak = 1;
    this.day = Number.NaN;
    this.dayUnit = 1;
    this.dayBeforeUnit = 1;
    this.lastUnit = 1;
    this.inRow = 0;
    this.breach = null;
    this.sure = true;
  }

  /** Money moved while the value was not known: nothing is judged until every reference begins anew. */
  unsure(): void {
    this.sure = false;
  }

  /** The limits are others, or the loss is not known any more: what only halted is judged anew at the next mark, or by nobody. */
  haltEnded(): void {
    if (this.breach?.level === 'no_new_risk') this.breach = null;
  }

  /** Money moved in or out of what an engine may take the copy to be worth: the unit value stays. */
  flow({ least, most }: ValueEnds, moved: number): void {
    const isMostHigher = most * (least + moved) >= least * (most + moved);
    const [high, low] = isMostHigher ? [most, least] : [least, most];
    this.high = { unit: linkedUnit(this.high, high), value: high + moved };
    this.low = { unit: linkedUnit(this.low, low), value: low + moved };
  }

  /** A process died and took the highest values of its last seconds with it. */
  died(process: string, written: boolean): void {
    this.peak = this.olderPeak;
    this.middlePeak = this.olderPeak;
    // What a dead process saw and did not write down is found again by the next one, or was a wick.
    if (!written && this.breach?.process === process) this.breach = null;
    this.inRow = 0;
  }

  /** Judges one valuation; the higher and the lower of what the figures may be. True: the copy was not in breach of that level before. */
  value(valuation: Valuation, limits: LossLimits, margin: number): boolean {
    const high = unitOf(this.high, valuation.high);
    const low = unitOf(this.low, valuation.low);
    if (!this.sure) return false;
    this.turnDay(valuation, low);
    this.turnPeak(valuation.at, low);
    const met = this.met(valuation, high, limits, margin, 1);
    this.lastUnit = low;
    if (this.breach?.level === 'closed') return false;
    if (met !== null) return this.count(valuation, limits, met);
    this.inRow = 0;
    const halted = limits.haltNewAt === null ? null : this.met(valuation, high, limits, margin, limits.haltNewAt);
    return this.set(halted === null ? null : { level: 'no_new_risk', ...halted }, valuation);
  }

  /** A fill or a charge changed what a copy is worth, flat maybe, so that no mark would tell: what only halted it is over where that shows no such loss. */
  ease(valuation: Valuation, limits: LossLimits, margin: number): void {
    if (this.breach?.level !== 'no_new_risk' || !this.sure) return;
    if (this.met(valuation, unitOf(this.high, valuation.high), limits, margin, limits.haltNewAt ?? 1) === null) this.breach = null;
  }

  private count(valuation: Valuation, limits: LossLimits, met: Met): boolean {
    const prices = valuation.prices();
    if (prices !== this.lastPrices) this.inRow += 1;
    this.lastPrices = prices;
    return this.set({ level: this.inRow >= limits.closeAfterMarks ? 'closed' : 'no_new_risk', ...met }, valuation);
  }

  private set(found: (Met & { readonly level: Breach['level'] }) | null, valuation: Valuation): boolean {
    const had = this.breach;
    const reachedAt = had !== null && had.level === found?.level ? had.reachedAt : valuation.at;
    if (found === null) this.breach = null;
    else if (had === null) this.breach = { ...found, reachedAt, since: valuation.at, process: valuation.process };
    else this.breach = { ...found, reachedAt, since: had.since, process: had.process };
    return this.breach !== null && had?.level !== this.breach.level;
  }

  private met(valuation: Valuation, high: number, limits: LossLimits, margin: number, share: number): Met | null {
    return (
      met('from_start', limits.fromStart, share, margin, high, 1) ??
      met('trailing', limits.trailing, share, margin, high, this.peak) ??
      met('daily', limits.daily, share, margin, high, this.dayUnit) ??
      this.lostMoney(valuation, limits.lossMoney, margin, share)
    );
  }

  private lostMoney(valuation: Valuation, allowed: number | null, margin: number, share: number): Met | null {
    if (allowed === null) return null;
    const lost = this.moneyBase - (valuation.high - valuation.allocation);
    const bound = allowed * share;
    if (lost < bound + margin * Math.max(Math.abs(valuation.allocation), bound)) return null;
    return { limit: 'loss_money', text: `lost ${lost.toFixed(2)} in money, the limit is ${bound}` };
  }

  private turnDay(valuation: Valuation, low: number): void {
    const day = dayOf(valuation.at, valuation.dayBeginsMs);
    if (day === this.day) return;
    this.dayBeforeUnit = this.dayUnit;
    // The day may be counted from its first value or, where no engine ran, from the last one before it.
    this.dayUnit = Number.isNaN(this.day) ? 1 : Math.min(this.lastUnit, low);
    this.day = day;
  }

  private turnPeak(at: EpochMs, low: number): void {
    if (at - this.peakTurnedAt >= PEAK_BUCKET_MS) {
      this.olderPeak = this.middlePeak;
      this.middlePeak = this.peak;
      this.peakTurnedAt = at;
    }
    if (low > this.peak) this.peak = low;
  }
}

/** A copy's value by what engines were told, and by all that happened, in whole units. */
export interface ValueSeen {
  readonly told: number;
  readonly real: number;
}

/** The ends between which an engine may take a copy's value to be, in whole units. */
export interface ValueEnds {
  readonly least: number;
  readonly most: number;
}

/** A unit value and the copy's value it stands for; null: none yet. */
interface UnitBase {
  readonly unit: number;
  readonly value: number | null;
}

/** Which day of a tenant a moment is in. */
const dayOf = (at: EpochMs, dayBeginsMs: number): number => Math.floor((at - dayBeginsMs) / DAY_MS);
const partOf = (limit: number | null, share: number): number | null => (limit === null ? null : limit * share);

function unitOf(base: UnitBase, value: number): number {
  if (value <= 0) return 0;
  return base.value === null || base.value <= 0 ? base.unit : base.unit * (value / base.value);
}

/** The unit value as money moves: where money that was taken left nothing, and no mark came since, it is what it was before that. */
const linkedUnit = (base: UnitBase, value: number): number => (base.value !== null && base.value <= 0 ? base.unit : unitOf(base, value));

/** What a death may take with it is older than one of these. */
const PEAK_BUCKET_MS = 6_000;

interface Met {
  readonly limit: Breach['limit'];
  readonly text: string;
}

/** A copy's value at a moment, in whole units: the highest and lowest it may be on figures the engine may have. */
export interface Valuation {
  readonly at: EpochMs;
  readonly process: string;
  readonly high: number;
  readonly low: number;
  readonly allocation: number;
  readonly dayBeginsMs: number;
  /** Names the marks it was made of: the same ones are no new marks. Asked for only while a limit is met. */
  readonly prices: () => string;
}

/** Whether so much of the reference is lost beyond doubt. All of it is the most that can be lost: no margin can be asked for above. */
function met(limit: Met['limit'], allowed: number | null, share: number, margin: number, high: number, reference: number): Met | null {
  if (allowed === null) return null;
  const loss = reference <= 0 ? 1 : 1 - high / reference;
  const bound = allowed * share;
  if (loss < Math.min(bound + margin, 1)) return null;
  return { limit, text: `lost ${loss.toFixed(6)} of ${reference.toFixed(6)} a unit, the limit is ${bound}` };
}
