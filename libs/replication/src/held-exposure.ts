import { mulDivFloor } from '@lockstep/kernel';
import { EXPOSURE_LIMITS, type ExposureLimit } from '@lockstep/roster';
import type { CopyBook } from './book';
import { EXPOSURE_OVER, ExposureSums } from './exposure-sums';

/*
 * Limits that copies share, judged on what is held at every mark (product §3, state limits), beside the caps that judge what an order may come to. Whatever the limit,
 * it is told and nothing more: there is no one copy whose positions would be reduced for all of them.
 */

// Bound once: a call through the front door of another room costs a getter.
const floorOf = mulDivFloor;
const RATE_ONE = 1_000_000_000_000;
/** A product of doubles this share below another is below it beyond all rounding. */
const CLEARLY = 0.999_999_999;
/** What is told stays passed until this share of the limit: a capped group stands at its limit, and would else be told at every turn of the mark. */
const STAYS_PERCENT = 95;
const SHARES = EXPOSURE_LIMITS.flatMap((limit, index) => (EXPOSURE_OVER[limit].over === 'share' ? [index] : []));
const WHOLES = EXPOSURE_LIMITS.flatMap((limit, index) => (EXPOSURE_OVER[limit].over === 'share' ? [] : [index]));

/** A limit that copies of one follower or leader share, by the index the books have of it. */
export interface ExposureKey {
  readonly limit: ExposureLimit;
  readonly of: number;
  /** Empty where the limit is not one of an underlying. */
  readonly underlying: string;
}

/** A limit that is passed now and was not told, or that was told and is met again. Money 10^-8. */
export interface ExposureFinding extends ExposureKey {
  /** Null: nobody sets such a limit any more. */
  readonly threshold: number | null;
  readonly measured: number;
  readonly passed: boolean;
}

/** Whose copies a limit is over. */
export const isOverLeader = (limit: ExposureLimit): boolean => EXPOSURE_OVER[limit].over === 'capacity';

/**
 * Judges what copies hold together against the limits they share. It knows what was told: `note` and `forget` are called once an event is written, so that a finding
 * which could not be written is found again at the next look.
 */
export class HeldExposure {
  private readonly sums = new ExposureSums();
  private readonly told = new Map<string, ExposureKey & { measured: number }>();

  /** The limit is told as passed. */
  note({ limit, of, underlying }: ExposureKey): void {
    this.told.set(nameOf(limit, of, underlying), { limit, of, underlying, measured: 0 });
  }

  /** The limit is told as met again. */
  forget({ limit, of, underlying }: ExposureKey): void {
    this.told.delete(nameOf(limit, of, underlying));
  }

  /** Findings over all books, after they were valued at the present marks. */
  judge(books: readonly CopyBook[]): readonly ExposureFinding[] {
    if (this.told.size === 0 && books.every(({ tellsExposure }) => !tellsExposure)) return NOTHING;
    const { sums } = this;
    const found: ExposureFinding[] = [];
    for (const each of this.told.values()) each.measured = 0;
    sums.begin(books);
    sums.addUnderlyings((underlying) => this.judgeShares(underlying, found));
    for (const limit of WHOLES) this.judgeWhole(limit, found);
    for (const each of this.told.values()) this.judgeTold(each, found);
    return found;
  }

  private judgeShares(underlying: string, found: ExposureFinding[]): void {
    const { sums } = this;
    const { holders, ofUnderlying, equity, unmarked } = sums;
    for (const limit of SHARES) {
      const shares = sums.limitsOf(limit);
      for (let index = 0; index < sums.holding; index += 1) {
        const of = holders[index] ?? 0;
        const measured = ofUnderlying[of] ?? 0;
        // Nearly all stand clearly below: only what is near is worth an exact quotient.
        if (measured * RATE_ONE < (equity[of] ?? 0) * (shares[of] ?? 0) * CLEARLY) continue;
        const threshold = this.thresholdOf(limit, of);
        if (measured > threshold && unmarked[of] === 0) this.findPassed(limit, of, underlying, threshold, measured, found);
      }
    }
    for (const each of this.told.values()) if (each.underlying === underlying) each.measured = sums.ofUnderlying[each.of] ?? 0;
  }

  /** Of marks that are missing less is held: what is passed all the same is. */
  private judgeWhole(limit: number, found: ExposureFinding[]): void {
    const isLeaders = isOverLeader(nameAt(limit));
    const count = isLeaders ? this.sums.leaders : this.sums.followers;
    const held = isLeaders ? this.sums.capacity : this.sums.gross;
    for (let of = 0; of < count; of += 1) {
      const threshold = this.sums.limitOf(limit, of);
      const measured = held[of] ?? 0;
      if (measured > threshold) this.findPassed(limit, of, '', threshold, measured, found);
    }
  }

  private findPassed(limit: number, of: number, underlying: string, threshold: number, measured: number, found: ExposureFinding[]): void {
    const name = nameAt(limit);
    if (!this.told.has(nameOf(name, of, underlying))) found.push({ limit: name, of, underlying, threshold, measured, passed: true });
  }

  private judgeTold(told: ExposureKey & { readonly measured: number }, found: ExposureFinding[]): void {
    const { limit, of, underlying } = told;
    const { sums } = this;
    const { over } = EXPOSURE_OVER[limit];
    const measured = over === 'share' ? told.measured : ((over === 'gross' ? sums.gross : sums.capacity)[of] ?? 0);
    const threshold = this.thresholdOf(EXPOSURE_LIMITS.indexOf(limit), of);
    if (threshold === Number.POSITIVE_INFINITY) {
      found.push({ limit, of, underlying, threshold: null, measured, passed: false });
      return;
    }
    // A process that begins has no marks and no truth yet, and would take what it does not know for met.
    const isKnown = over === 'capacity' ? sums.unmarkedLeader[of] !== 1 : sums.unmarked[of] !== 1 && sums.unsure[of] !== 1;
    if (!isKnown) return;
    if (measured <= floorOf(threshold, STAYS_PERCENT, 100)) found.push({ limit, of, underlying, threshold, measured, passed: false });
  }

  /** The limit in money now; infinite: none. */
  private thresholdOf(limit: number, of: number): number {
    const value = this.sums.limitOf(limit, of);
    if (value === Number.POSITIVE_INFINITY || EXPOSURE_OVER[nameAt(limit)].over !== 'share') return value;
    return floorOf(this.sums.equity[of] ?? 0, value, RATE_ONE);
  }
}

const NOTHING: readonly ExposureFinding[] = [];
const nameAt = (limit: number): ExposureLimit => EXPOSURE_LIMITS[limit] ?? 'max_follower_exposure';
const nameOf = (limit: ExposureLimit, of: number, underlying: string): string => `${limit} ${of} ${underlying}`;
