import type { EpochMs } from '@lockstep/kernel';

/** What makes a leader worth a seat. */
export interface LeaderHeat {
  readonly address: string;
  /** Copies that run. */
  readonly copies: number;
  /** Sum of their allocations, 10^-8 of the collateral. */
  readonly allocated: number;
  /** Moves of late: each counts one and half of that an hour later. */
  readonly activity: number;
  readonly seated: boolean;
  /** Copies of it cannot follow without a seat. */
  readonly needsSeat: boolean;
}

/** A leader who holds a seat counts for a quarter more: two of about the same heat do not take it from each other again and again. */
const HOLDER_BONUS = 1.25;
const HALF_LIFE_MS = 3_600_000;

/**
 * Leaders by heat, hottest first: what is copied (allocations of the running copies) times how much happens (one and the moves of late). Money that
 * nothing happens to needs no speed, and moves that nobody copies need none either. Leaders
 * whose copies cannot follow without a seat come first, leaders without copies last, in the order given.
 */
export function byHeat(leaders: readonly LeaderHeat[]): readonly string[] {
  const heat = ({ copies, allocated, activity, seated }: LeaderHeat): number =>
    copies === 0 ? 0 : Math.max(1, allocated) * (1 + activity) * (seated ? HOLDER_BONUS : 1);
  return [...leaders]
    .sort((a, b) => Number(b.needsSeat) - Number(a.needsSeat) || heat(b) - heat(a) || b.copies - a.copies)
    .map(({ address }) => address);
}

/** A count of moves that forgets. */
export class Activity {
  private count = 0;
  private at: EpochMs = 0;

  note(now: EpochMs): void {
    this.count = this.value(now) + 1;
    this.at = now;
  }

  value(now: EpochMs): number {
    return this.count * 2 ** (-Math.max(0, now - this.at) / HALF_LIFE_MS);
  }
}
