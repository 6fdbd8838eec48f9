import type { EpochMs } from '@lockstep/kernel';

/** Earlier standings kept for an engine that heard of less. */
const KEPT = 64;

/** Which of the leader's increments the reference of an entry may be of. */
export interface ReferenceSpan {
  /** Prices of the leader before it are those of increments that were copied. */
  readonly from: EpochMs;
  /** The oldest increment that may still be owed, as each newer one that came in time keeps all of them; older ones wait below the minimum at most. */
  readonly owedFrom: EpochMs;
  /** What was owed and not on its way before the newest move. */
  readonly owedBefore: bigint;
}

/** The increments the reference of a copy's entries in one coin may be of, as moves of its leader come. */
export class Reference implements ReferenceSpan {
  from = Number.NEGATIVE_INFINITY;
  owedFrom = Number.NEGATIVE_INFINITY;
  owedBefore = 0n;
  /** A limit took the target down, and not what was asked about beside it: the target does not say what may still be approved. */
  asksBeyond = false;
  /** What stood before each move, oldest first. */
  private readonly past: { readonly at: EpochMs; readonly span: ReferenceSpan }[] = [];

  /** A move is told at a moment: what follows from it is noted behind it. */
  moves(at: EpochMs): void {
    const { from, owedFrom, owedBefore } = this;
    if (this.past.length === KEPT) this.past.shift();
    this.past.push({ at, span: { from, owedFrom, owedBefore } });
  }

  /** What stands for an engine that heard of no move told since a moment. */
  before(at: EpochMs): ReferenceSpan {
    return this.past.find((entry) => entry.at >= at)?.span ?? this;
  }

  /** Nothing of before a moment is owed or asked about any more. */
  giveUp(at: EpochMs): void {
    this.owedFrom = at;
    this.asksBeyond = false;
  }

  /** The engine went on without the moves told since a moment, or from them: what was owed before them may be owed still. */
  takeBack(at: EpochMs): void {
    const { from, owedFrom, owedBefore } = this.before(at);
    this.from = Math.min(this.from, from);
    this.owedFrom = Math.min(this.owedFrom, owedFrom);
    this.owedBefore = owedBefore;
  }
}
