import type { EpochMs } from '@lockstep/kernel';
import { type Followed, type SavedTarget, TargetBounds } from './target';

/** Moves of one copy in one coin that are kept as undecided; older ones count as they were told. */
const OPEN_MOST = 32;

/** What changed a target, in its order; `open` while the engine may still decide on it. */
interface Change {
  readonly redo: (target: TargetBounds) => void;
  open: Followed | null;
}

/**
 * A target and the moves an engine was told of and has not decided yet. A move is followed on what is so when it is decided (product §2.1, "today's ratio"), and a
 * slow database or a wave before it may make that seconds. Until then it counts as it was when it was told; what was so when it was decided is added then, and
 * what came after is gone through again.
 */
export class OpenMoves {
  private base: SavedTarget | null = null;
  private changes: Change[] = [];

  constructor(private readonly target: TargetBounds) {}

  /** Whether a move told by `time` waits for its decision. */
  waits(time: EpochMs): boolean {
    return this.changes.some(({ open }) => open !== null && open.move.time <= time);
  }

  /** `startedAt`: when an engine process began last. */
  follow(followed: Followed, startedAt: EpochMs): void {
    if (this.changes.length === 0) this.base = this.target.save();
    const unheard = this.withUnheard(followed, startedAt);
    const change: Change = { open: followed, redo: (target) => target.follow(change.open ?? followed) };
    this.note(change);
    if (unheard === null) return;
    this.change((target) => {
      target.unsure();
      target.mayBe(followed.move.at, unheard.side, unheard.high);
    });
  }

  /**
   * The target of a process that never heard of moves which another one was told, and died of before it decided on them: it believes in what was before them, and sees
   * one change from there to where this move leads. null: there are none.
   */
  private withUnheard(followed: Followed, startedAt: EpochMs): TargetBounds | null {
    const isUnheard = ({ open }: Change): boolean => open !== null && open.move.at < startedAt;
    const before = this.changes.find(isUnheard)?.open?.move.before;
    if (this.base === null || before === undefined || followed.move.at < startedAt) return null;
    const target = TargetBounds.from(this.base);
    for (const change of this.changes) if (!isUnheard(change)) change.redo(target);
    target.follow({ ...followed, move: { ...followed.move, before, believed: null } });
    return target;
  }

  /** Any other change of the target. */
  change(redo: (target: TargetBounds) => void): void {
    if (this.changes.length === 0) redo(this.target);
    else this.note({ open: null, redo });
  }

  /** Where the leader was before the oldest move that waits for its decision; null: none waits. */
  get leaderBefore(): bigint | null {
    return this.changes.find(({ open }) => open !== null)?.open?.move.before ?? null;
  }

  /** A change of the target on what is so before the moves that wait for their decision. */
  changeBefore(redo: (target: TargetBounds) => void): void {
    if (this.changes.length === 0) redo(this.target);
    else {
      this.changes.unshift({ open: null, redo });
      this.again();
    }
  }

  /** Moves up to `time` were decided, and may have been followed on what `widened` adds. */
  decided(time: EpochMs, widened: (followed: Followed) => Followed): void {
    let isOther = false;
    this.changes = this.changes.map((change) => {
      const { open } = change;
      if (open === null || open.move.time > time) return change;
      const followed = widened(open);
      isOther ||= !isSame(open, followed);
      return { open: null, redo: (target) => target.follow(followed) };
    });
    if (isOther || this.changes.some(({ open }) => open !== null)) this.again();
    else this.changes = [];
  }

  private note(change: Change): void {
    change.redo(this.target);
    this.changes.push(change);
    if (this.changes.length <= OPEN_MOST) return;
    const oldest = this.changes[0];
    if (oldest !== undefined) oldest.open = null;
    this.again();
  }

  /** Goes through what changed from the base on, and moves the base up to the first open move. */
  private again(): void {
    if (this.base !== null) this.target.restore(this.base);
    const first = this.changes.findIndex(({ open }) => open !== null);
    const closed = first < 0 ? this.changes : this.changes.slice(0, first);
    for (const { redo } of closed) redo(this.target);
    this.changes = first < 0 ? [] : this.changes.slice(first);
    this.base = this.target.save();
    for (const { redo } of this.changes) redo(this.target);
  }
}

const isSame = (one: Followed, other: Followed): boolean =>
  one.ratio.low === other.ratio.low &&
  one.ratio.high === other.ratio.high &&
  one.may === other.may &&
  one.must === other.must &&
  one.exits === other.exits &&
  one.against === other.against &&
  one.modes.length === other.modes.length;
