import { type EpochMs, max, min, sign } from '@lockstep/kernel';
import type { LeaderMove } from './leaders';
import { type Followed, type SavedTarget, TargetBounds } from './target';

/** Moves of one copy in one coin that are kept as undecided; older ones count as they were told. */
const OPEN_MOST = 32;

/** A move that changed a target. */
interface Moved {
  readonly kind: 'moved';
  followed: Followed;
  /** The engine may still decide on it. */
  isOpen: boolean;
  /** The target before it, while it may be one an engine did not hear of; null: it was decided by itself. */
  start: SavedTarget | null;
  /** Moves before it that the process it was told to need not have heard of. */
  readonly missed: readonly Moved[];
  /** Moves before it that were told only behind it, in their order. */
  behind: readonly Followed[];
}

/** A reading that was decided on at a moment, and which moves before it whoever was told it need not have heard of. */
export interface ReadDecided {
  readonly position: bigint;
  readonly at: EpochMs;
  readonly isMissed: (move: LeaderMove) => boolean;
}

/** What changed a target, in its order. */
type Change = Moved | { readonly kind: 'other'; readonly redo: (target: TargetBounds) => void };

/**
 * A target and the moves an engine was told of and has not decided yet. A move is followed on what is so when it is decided (product §2.1, "today's ratio"), and a
 * slow database or a wave before it may make that seconds. Until then it counts as it was when it was told; what was so when it was decided is added then, and
 * what came after is gone through again.
 *
 * A process that dies may take with it what it was told and had not written down. The next one follows what it is told, or reads, as one change from where it believes
 * the leader.
 */
export class OpenMoves {
  private base: SavedTarget | null = null;
  private changes: Change[] = [];

  constructor(private readonly target: TargetBounds) {}

  /** Whether a move told by `time` waits for its decision. */
  waits(time: EpochMs): boolean {
    return this.changes.some((change) => isOpen(change) && change.followed.move.time <= time);
  }

  /** @param isMissed whether who is told this move need not have heard of an earlier one. */
  follow(followed: Followed, isMissed: (earlier: LeaderMove) => boolean = () => false): void {
    if (this.changes.length === 0) this.base = this.target.save();
    const missed = this.changes.filter(isOpen).filter((earlier) => isMissed(earlier.followed.move));
    this.note({ kind: 'moved', followed, isOpen: true, start: null, missed, behind: [] });
  }

  /** Follows a move that is told behind newer ones: before the first of these, where that waits for its decision. Answers whether it does. */
  followBehind(followed: Followed): boolean {
    const next = this.changes.filter(isOpen).find((newer) => newer.followed.move.time > followed.move.time);
    if (next === undefined) return false;
    next.behind = [...next.behind, followed];
    this.again();
    return true;
  }

  /** Any other change of the target. */
  change(redo: (target: TargetBounds) => void): void {
    if (this.changes.length === 0) redo(this.target);
    else this.note({ kind: 'other', redo });
  }

  /** The oldest move that waits for its decision and of which an engine need not have heard; null: there is none. */
  missed(isMissed: (move: LeaderMove) => boolean): LeaderMove | null {
    return this.changes.filter(isOpen).find(({ followed }) => isMissed(followed.move))?.followed.move ?? null;
  }

  /** Where the leader was before the oldest move that waits for its decision; null: none waits. */
  get leaderBefore(): bigint | null {
    return this.changes.find(isOpen)?.followed.move.before ?? null;
  }

  /** A change of the target on what is so before the moves that wait for their decision. */
  changeBefore(redo: (target: TargetBounds) => void): void {
    if (this.changes.length === 0) redo(this.target);
    else {
      this.changes.unshift({ kind: 'other', redo });
      this.again();
    }
  }

  /** Moves up to `time` were decided, and may have been followed on what `widened` adds. `read`: what was decided on may be this reading. */
  decided(time: EpochMs, widened: (followed: Followed) => Followed, read: ReadDecided | null = null): void {
    const decided = this.changes.filter(isOpen).filter(({ followed }) => followed.move.time <= time);
    const missed = read === null ? [] : decided.filter(({ followed }) => read.isMissed(followed.move));
    let isOther = missed.length > 0;
    for (const change of decided) {
      const followed = widened(change.followed);
      const behind = change.behind.map(widened);
      isOther ||= !isSame(change.followed, followed) || !change.behind.every((move, index) => isSame(move, behind[index] ?? move));
      change.followed = followed;
      change.behind = behind;
      change.isOpen = false;
    }
    if (read !== null && missed.length > 0) this.beforeOpen({ kind: 'other', redo: (target) => followRead(target, missed, read) });
    if (isOther || this.changes.some(isOpen)) this.again();
    else this.changes = [];
  }

  /** A change that comes before the moves that wait for their decision. */
  private beforeOpen(change: Change): void {
    const first = this.changes.findIndex(isOpen);
    this.changes.splice(first < 0 ? this.changes.length : first, 0, change);
  }

  private note(change: Change): void {
    this.play(change);
    this.changes.push(change);
    if (this.changes.length <= OPEN_MOST) return;
    const oldest = this.changes[0];
    if (oldest?.kind === 'moved') oldest.isOpen = false;
    this.again();
  }

  private play(change: Change): void {
    if (change.kind === 'other') {
      change.redo(this.target);
      return;
    }
    const start = this.target.save();
    change.start = start;
    this.target.follow(change.followed);
    if (change.behind.length > 0) this.target.orElse(inOrder(change.behind, change.followed, start));
    for (const missed of change.missed) if (missed.start !== null) this.target.mayBe(without(change.followed, missed.followed.move, missed.start));
  }

  /** Goes through what changed from the base on, and moves the base up to the first open move. */
  private again(): void {
    if (this.base !== null) this.target.restore(this.base);
    const first = this.changes.findIndex(isOpen);
    const closed = first < 0 ? this.changes : this.changes.slice(0, first);
    for (const change of closed) this.play(change);
    // What was decided by itself was heard of.
    for (const change of closed) if (change.kind === 'moved') change.start = null;
    this.changes = first < 0 ? [] : this.changes.slice(first);
    this.base = this.target.save();
    for (const change of this.changes) this.play(change);
  }
}

const isOpen = (change: Change): change is Moved => change.kind === 'moved' && change.isOpen;

/** The target of an engine that never heard of `missed` and what came after it, and follows one change from where the leader was before. */
function without(followed: Followed, missed: LeaderMove, start: SavedTarget): TargetBounds {
  const target = TargetBounds.of(start);
  target.follow({ ...followed, move: { ...followed.move, before: missed.believed ?? missed.before, believed: null } });
  return target;
}

/** The target of an engine that follows moves in their order, the last of which was told before them. An order that filled in several of them is copied at its first. */
function inOrder(behind: readonly Followed[], last: Followed, start: SavedTarget): TargetBounds {
  const target = TargetBounds.of(start);
  for (const followed of behind) target.follow(followed);
  const increases = [...behind, last].flatMap(({ move: { increase } }) => increase ?? []);
  const increase =
    increases.length === 0 ? null : { low: increases.map(({ low }) => low).reduce(min), high: increases.map(({ high }) => high).reduce(max) };
  target.follow({ ...last, leftBy: null, move: { ...last.move, believed: null, increase } });
  return target;
}

/** What was decided on is a reading: an engine that never heard of a move it missed is where that leads from before the move, and none is on a side the leader is not on. */
function followRead(target: TargetBounds, missed: readonly Moved[], { position, at }: ReadDecided): void {
  for (const { followed, start } of missed) {
    if (start === null) continue;
    const other = TargetBounds.of(start);
    other.followRead(followed, position);
    const side = followed.direction === 'same' ? sign(position) : sign(-position);
    if (followed.exits && target.side !== side) target.giveUp(at, 0n);
    if (target.high === 0n) target.side = other.side;
    target.mayBe(other);
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
