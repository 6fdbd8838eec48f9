import type { EpochMs } from '@lockstep/kernel';
import type { CopySeen, CopyStateSeen, SettingsSeen } from '../terms';
import { Basis } from './basis';
import { Clearings } from './clearings';
import { entryOf } from './entry-of';
import { Holding } from './holding';
import { PassedLimits } from './limit-marks';
import { type LossLimits, LossTrack, lossLimits, type ValueEnds, type ValueSeen } from './losses';
import { RecentRange } from './window';

/** Terms with the moment from which the engine honours them. */
export interface TermsInForce {
  readonly settings: SettingsSeen;
  readonly allocation: bigint;
  /** The allocation in whole units. */
  readonly money: number;
  readonly losses: LossLimits;
  readonly at: EpochMs;
}

/** Terms with their figures as numbers, for valuations at every mark. */
export function termsInForce(settings: SettingsSeen, allocation: bigint, at: EpochMs): TermsInForce {
  return { settings, allocation, money: Number(allocation) / 1e8, losses: lossLimits(settings.losses), at };
}

/** What a copy had in one coin when it was handed over (product §2.11). */
export interface Handed {
  /** Signed. */
  readonly size: bigint;
  /** Whose it was is a matter of attribution. */
  readonly foreign: boolean;
  /** Marks about that moment; null: none was known. */
  readonly marks: { readonly low: bigint; readonly high: bigint } | null;
}

/** A position of a copy that is being unwound. */
export interface Unwinding {
  /** Signed, when that began. */
  readonly held: bigint;
  /** What entries that were on their way then filled since. */
  entered: bigint;
  readonly from: EpochMs;
  /** When its leader had reduced last before, or a reading of him was decided on. */
  readonly reducedAt: EpochMs;
  /** The share of it that its leader's reductions since have left at least, of {@link ALL_KEPT}; 0 also where he is known too little. */
  kept: bigint;
  /** Where its leader was when that was counted last, by fills or by a reading that was decided on. Signed. */
  leader: bigint;
}

export const ALL_KEPT = 1_000_000_000_000n;

/** What a copy is worth at prices; {@link CopyTrack.value} says by whose word. */
export interface CopyValue extends ValueSeen, ValueEnds {
  readonly feesUntold: number;
}

/** One copy as it truly stands. */
export class CopyTrack {
  terms: TermsInForce;
  /** The terms before; decisions from before the change were taken on them. */
  earlier: TermsInForce | null = null;
  /** Terms that were asked for and are not in force yet: an engine may take any of them up at any moment, oldest first. */
  asked: TermsInForce[] = [];
  state: CopyStateSeen = 'preparing';
  stateAt: EpochMs;
  /** Until when it is to be closed evenly, as asked for first since it began or was re-enabled; null: it was not. */
  unwindBy: EpochMs | null = null;
  /** What it had when that began, by coin. */
  unwinding: ReadonlyMap<string, Unwinding> = new Map();
  /** Since when it is being handed over, or when it was; null: it is not. */
  handingAt: EpochMs | null = null;
  /** What it had when its hand-over ended, by coin; null: it did not end so. */
  handed: ReadonlyMap<string, Handed> | null = null;
  /** When the user last asked for something that may take risk: beginning, re-enabling, re-basing. */
  userActAt = Number.NEGATIVE_INFINITY;
  /** Re-bases that were asked for and are not settled; one that is settled before it is told as asked for counts against it. */
  rebasesAsked = 0;
  /** When a re-basis was asked for last while it was not active, since it began last. */
  rebaseAskedAt = Number.NEGATIVE_INFINITY;
  readonly holdings = new Map<string, Holding>();
  /** Funding so far, 10^-8; told: as an engine was told it. */
  funding = 0n;
  toldFunding = 0n;
  /** The same in whole units. */
  private charged = 0;
  private chargedTold = 0;
  /** Copy equity over the last moments, in whole units. */
  readonly equity: RecentRange;
  readonly losses: LossTrack;
  readonly limits = new PassedLimits();
  /** How often its follower enabled it again. */
  reEnabled = 0;
  /** When a protective stop of it filled since it was enabled last; null: none did. */
  stopFilledAt: EpochMs | null = null;
  /** When a mirror of it left the venue's books last. */
  mirrorLeftAt = Number.NEGATIVE_INFINITY;
  /** Leader equity at the first increase of a copy on its fixed allocation. */
  readonly basis = new Basis();
  /** Equity of its venue account as engines were told it, in whole units. */
  readonly accountEquity: RecentRange;
  readonly clearings: Clearings;
  /** Something of the follower's own was in its account: what the copy's money made is a matter of attribution from then on. */
  attributed = false;
  /** Something was traded in its account by hand: how much of it was the copy's depends on when it was seen. */
  meddled = false;
  /** Charges on their way to the engine. */
  private readonly charges = new Map<string, bigint>();
  /** Moments of those that a reading has told already, too young to be taken up for sure. */
  private readonly youngCharges = new Map<string, EpochMs>();
  /** When those were told that are old enough, and may not be booked yet. */
  private readonly readCharges = new Map<string, EpochMs>();
  /** What those charges may change, in whole units. */
  chargesUntold = 0;
  /** By how much its part of its account's charges may be another, in whole units: positions changed about the moment of one. */
  chargesDoubt = 0;
  /** For a charge at least, whose part it was is not known. */
  chargesUnsure = false;

  constructor(
    readonly copy: CopySeen,
    settings: SettingsSeen,
    allocation: bigint,
    at: EpochMs,
    equityWindowMs: number,
  ) {
    this.terms = termsInForce(settings, allocation, at);
    this.stateAt = at;
    this.equity = new RecentRange(equityWindowMs);
    this.accountEquity = new RecentRange(equityWindowMs);
    this.clearings = new Clearings(equityWindowMs);
    this.losses = new LossTrack();
  }

  /** Whether its money is a matter of attribution. */
  get ownShare(): boolean {
    return this.attributed || this.meddled;
  }

  holding(coin: string): Holding {
    return entryOf(this.holdings, coin, () => new Holding(coin));
  }

  /** An entry filled, or crossed: where the copy is being unwound it is closed evenly with the rest. */
  entered(coin: string, size: bigint): void {
    const unwinding = this.unwinding.get(coin);
    if (unwinding !== undefined) unwinding.entered += size;
  }

  fundingCharged(coin: string, time: EpochMs, amount: bigint): void {
    if (this.charges.has(`${coin} ${time}`)) return;
    this.funding += amount;
    this.charged = Number(this.funding) / 1e8;
    this.charges.set(`${coin} ${time}`, amount);
    this.chargesUntold += Math.abs(Number(amount)) / 1e8;
  }

  /** A reading told a charge at `at`: what is `youngMs` old by then and was told is read for sure, this one and those told before, and known once it is booked. */
  fundingTold(coin: string, time: EpochMs, at: EpochMs, youngMs: number): void {
    this.youngCharges.set(`${coin} ${time}`, time);
    for (const [charge, moment] of this.youngCharges) {
      if (at - moment < youngMs) continue;
      this.youngCharges.delete(charge);
      this.readCharges.set(charge, at);
    }
  }

  /** What was read so long ago is booked. */
  fundingBooked(at: EpochMs, bookMs: number): void {
    for (const [charge, read] of this.readCharges) {
      if (at - read < bookMs) continue;
      this.readCharges.delete(charge);
      this.fundingKnown(charge);
    }
  }

  private fundingKnown(charge: string): void {
    const amount = this.charges.get(charge);
    if (amount === undefined) return;
    this.charges.delete(charge);
    this.toldFunding += amount;
    this.chargedTold = Number(this.toldFunding) / 1e8;
    this.chargesUntold = this.charges.size === 0 ? 0 : Math.max(0, this.chargesUntold - Math.abs(Number(amount)) / 1e8);
  }

  /** Whether a re-basis that was asked for may be done at any moment. */
  get mayRebase(): boolean {
    return this.rebasesAsked > 0;
  }

  /** When an engine last may have done, by a moment, what the user asked for. */
  userActBy(at: EpochMs): EpochMs {
    return this.mayRebase ? at : this.userActAt;
  }

  /** The terms a decision of `decidedAt` may have been taken on. */
  termsAt(decidedAt: EpochMs, raceMs: number): readonly TermsInForce[] {
    const known = [this.terms, ...this.asked];
    return this.earlier !== null && decidedAt <= this.terms.at + raceMs ? [...known, this.earlier] : known;
  }

  /** Copy equity an engine may reckon with: the last moments' with the money in force, and with what was asked for instead. */
  equityRange(at: EpochMs): { readonly low: number; readonly high: number } | null {
    const range = this.equity.range(at);
    if (range === null) return null;
    const moved = this.asked.map(({ money }) => money - this.terms.money);
    return { low: range.low + Math.min(0, ...moved), high: range.high + Math.max(0, ...moved) };
  }

  /**
   * Copy equity with everything that happened, and as an engine was told it, at prices `priceOf` knows; null when a price of something held is missing.
   * In whole units. `most` and `least`: with those of the fills on their way that an engine may know by their orders' answers. `feesUntold`: what fees of them may
   * change in between.
   */
  value(priceOf: (coin: string) => number | null): CopyValue | null {
    let [gains, losses] = [0, 0];
    let real = this.terms.money + this.charged;
    let told = this.terms.money + this.chargedTold;
    let feesUntold = 0;
    for (const holding of this.holdings.values()) {
      real += holding.real.money;
      told += holding.told.money;
      feesUntold += Math.abs(holding.real.paid - holding.told.paid);
      if (holding.real.units === 0 && holding.told.units === 0 && holding.untold.size === 0) continue;
      const price = priceOf(holding.coin);
      if (price === null) return null;
      real += holding.real.units * price;
      told += holding.told.units * price;
      for (const fill of holding.untold) {
        const effect = (Number(fill.signed) / 1e8) * (price - Number(fill.price) / 1e8) - Number(fill.fee) / 1e8;
        gains += Math.max(0, effect);
        losses += Math.min(0, effect);
      }
    }
    return { real, told, most: Math.max(real, told + gains), least: Math.min(real, told + losses), feesUntold };
  }
}
