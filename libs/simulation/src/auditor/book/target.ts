import { abs, type EpochMs, max, min, mulDiv, RATE_ONE, sign, UNIT } from '@lockstep/kernel';
import type { ModeSeen, SettingsSeen } from '../terms';
import type { LeaderMove } from './leaders';

/** Bounds of κ, 10^-12. `high` null: nothing bounds it, because an equity is not known. */
export interface RatioBounds {
  readonly low: bigint;
  readonly high: bigint | null;
}

/** A leader's move with what it may be followed on: every mode that may be in force, κ of all of them, whether new risk may and must follow, whether reductions do. */
export interface Followed {
  readonly move: LeaderMove;
  readonly direction: SettingsSeen['direction'];
  readonly modes: readonly ModeSeen[];
  readonly ratio: RatioBounds;
  readonly may: boolean;
  readonly must: boolean;
  readonly exits: boolean;
  /** He left before it, as was read: a copy that waited for an open by then waits no more. null: nothing says so. */
  readonly leftBy: EpochMs | null;
  /** What mirrors may have filled ahead of it on its side: that much of an increase is the copy's already, whatever keeps it from entering. */
  readonly ahead: bigint;
  /** What mirrors that were to enter may have filled ahead on the other side: it closes of an increase, which is given up that far where their order goes. */
  readonly against: bigint;
}

/** A move that may be followed on either of two. */
export function widened(one: Followed, other: Followed): Followed {
  const high = one.ratio.high === null || other.ratio.high === null ? null : max(one.ratio.high, other.ratio.high);
  return {
    move: one.move,
    direction: one.direction,
    modes: [...one.modes, ...other.modes.filter((mode) => !one.modes.includes(mode))],
    ratio: { low: min(one.ratio.low, other.ratio.low), high },
    may: one.may || other.may,
    must: one.must && other.must,
    exits: one.exits && other.exits,
    leftBy: one.leftBy,
    ahead: max(one.ahead, other.ahead),
    against: max(one.against, other.against),
  };
}

/** What is beyond every real target: nothing is known that would bound it. */
export const UNBOUNDED = 10n ** 30n;
const SHARE = 1_000_000_000;
/** Earlier values of the upper bound kept for orders decided before the newest. */
const KEPT = 64;

/**
 * The target of one copy in one coin by product §2.1, as two numbers it must lie between: the highest follows every increment whole with the largest κ the
 * copy may have had, the lowest the smallest. Both are above zero or zero; `side` is the copy's side. Caps, refusals and what was given up only lower a target,
 * hence `high` holds in spite of them, and `low` holds only where none is told.
 */
export class TargetBounds {
  side: -1n | 0n | 1n = 0n;
  high = 0n;
  low = 0n;
  /** Nothing is entered before the leader opens anew. */
  waiting = false;
  /** Since when it waits, where it does. */
  waitingSince = Number.NEGATIVE_INFINITY;
  /** Moves of this episode: each may have been rounded down by a lot. */
  moves = 0;
  /** False: something happened in this episode that makes `low` no bound. */
  lowHolds = true;
  /** Leader orders copied by fixed amounts in this episode: moves for which an entry left. */
  adds = 0;
  /** When something was owed last. */
  owedAt = Number.NEGATIVE_INFINITY;
  /** Increments that came while nothing might be entered, and the newest of them. */
  private blocked = 0n;
  private blockedAt = Number.NEGATIVE_INFINITY;
  /** The highest target on the other side: a copy that closes by itself may still hold it after its leader turned. */
  private against = 0n;
  private readonly past: { at: EpochMs; side: bigint; high: bigint }[] = [];
  /** How often it was remembered so far. */
  private turns = 0;

  /** Everything as it stands now, for {@link restore}. */
  save(): SavedTarget {
    const { side, high, low, waiting, waitingSince, moves, lowHolds, adds, owedAt, blocked, blockedAt, against, turns } = this;
    return { side, high, low, waiting, waitingSince, moves, lowHolds, adds, owedAt, blocked, blockedAt, against, turns };
  }

  /** Goes back to what was saved; what was forgotten since stays forgotten. */
  restore(saved: SavedTarget): void {
    this.past.length = Math.max(0, this.past.length - (this.turns - saved.turns));
    Object.assign(this, saved);
  }

  /** A target of its own that stands as one stood when it was saved. */
  static of(saved: SavedTarget): TargetBounds {
    return Object.assign(new TargetBounds(), saved, { turns: 0 });
  }

  /** What an engine that heard less made of the newest move is admitted too. */
  mayBe(other: TargetBounds): void {
    this.lowHolds = false;
    this.lower(other.side === this.side ? other.low : 0n);
    if (other.side === this.side && other.high > this.high) this.owe(Math.max(this.owedAt, other.owedAt), other.high);
  }

  /** The newest move may as well have led to another target from where this one stood before it: what halts kept back of it counts too, and a wait for an open may be over. */
  orElse(other: TargetBounds): void {
    const wanted = max(this.high + this.blocked, other.high + other.blocked);
    this.mayBe(other);
    if (other.side !== this.side) return;
    this.blocked = max(0n, wanted - this.high);
    this.blockedAt = Math.max(this.blockedAt, other.blockedAt);
    this.waiting &&= other.waiting;
  }

  /** Highest target on `side` that held at some moment from `from` on. */
  highSince(from: EpochMs, side: bigint): bigint {
    let highest = this.side === side ? this.high : 0n;
    for (let index = this.past.length - 1; index >= 0; index -= 1) {
      const entry = this.past[index];
      // Each entry holds until its `at`.
      if (entry === undefined || entry.at < from) break;
      if (entry.side === side && entry.high > highest) highest = entry.high;
    }
    return highest;
  }

  private remember(at: EpochMs): void {
    this.turns += 1;
    if (this.past.length === KEPT) this.past.shift();
    this.past.push({ at, side: this.side, high: this.high });
  }

  /** Follows a leader's move. */
  follow(followed: Followed): void {
    const { move, exits } = followed;
    this.remember(move.at);
    if (move.believed !== null || followed.leftBy !== null) this.bridge(followed);
    const { before, after } = move;
    const turned = sign(before) !== 0n && sign(after) !== 0n && sign(before) !== sign(after);
    const side = followed.direction === 'same' ? sign(after) : sign(-after);
    if (after === 0n) {
      this.flat(exits);
      return;
    }
    if (turned || before === 0n) {
      this.open(followed, side);
      return;
    }
    if (abs(after) < abs(before)) {
      this.reduce(seenBefore(move), after, exits);
      return;
    }
    if (this.waiting) return;
    this.increase(followed, side);
  }

  /** Follows a reading instead of a move, which an engine never heard of: where the leader has less by it than before that move, or left; that he has more is not followed. */
  followRead({ move, exits }: Followed, position: bigint): void {
    const before = move.believed ?? move.before;
    if (sign(position) !== sign(before)) this.flat(exits);
    else if (abs(position) < abs(before)) this.reduce(before, position, exits);
  }

  /** The leader is in a position when the copy begins, or the user asks for what the mode says now. */
  adopt(at: EpochMs, leader: bigint, settings: SettingsSeen, ratio: RatioBounds): void {
    this.remember(at);
    this.waiting = false;
    this.lowHolds = false;
    this.low = 0n;
    this.owedAt = at;
    const side = settings.direction === 'same' ? sign(leader) : sign(-leader);
    const asked = settings.mode.kind === 'fixed_amount' || ratio.high === null ? UNBOUNDED : mulDiv(ratio.high, abs(leader), RATE_ONE, 'up');
    this.high = this.side === side ? max(this.high, asked) : asked;
    this.side = side;
  }

  /** What was adopted may have been taken on by another ratio. */
  adoptedBy(at: EpochMs, leader: bigint, direction: SettingsSeen['direction'], ratio: RatioBounds): void {
    const side = direction === 'same' ? sign(leader) : sign(-leader);
    const asked = ratio.high === null ? UNBOUNDED : mulDiv(ratio.high, abs(leader), RATE_ONE, 'up');
    if (this.side !== side || this.waiting || asked <= this.high) return;
    this.remember(at);
    this.high = asked;
  }

  /** Nothing is entered until the leader opens anew; what is held stays. */
  wait(at: EpochMs, held: bigint): void {
    this.remember(at);
    this.waiting = true;
    this.waitingSince = at;
    this.blocked = 0n;
    this.lowHolds = false;
    this.low = 0n;
    this.high = abs(held);
    this.side = held === 0n ? this.side : sign(held);
  }

  /** Other terms: what must be followed by them is not known. */
  unsure(): void {
    this.lowHolds = false;
  }

  /** What the engine may want is not known until the leader opens anew. */
  unbound(at: EpochMs): void {
    this.remember(at);
    this.high = UNBOUNDED;
    this.lowHolds = false;
    this.low = 0n;
  }

  /** What is left may be as little as `least`. */
  lower(least: bigint): void {
    if (this.low > least) this.low = least;
  }

  /** What is wanted goes down to a share between two. */
  scale(at: EpochMs, low: number, high: number): void {
    this.remember(at);
    this.moves += 1;
    if (this.high !== UNBOUNDED) this.high = mulDiv(this.high, BigInt(Math.ceil(high * SHARE)), BigInt(SHARE), 'up');
    this.low = mulDiv(this.low, BigInt(Math.floor(low * SHARE)), BigInt(SHARE), 'down');
  }

  /** Increments given up leave the target: what is above `most` is owed no more. */
  giveUp(at: EpochMs, most: bigint): void {
    if (this.high <= most) return;
    this.remember(at);
    this.high = most;
  }

  /** The follower asks for so much on the copy's side. */
  raise(at: EpochMs, side: -1n | 1n, most: bigint): void {
    if (this.waiting || this.side !== side || this.high >= most) return;
    this.remember(at);
    this.owe(at, most);
  }

  /** New risk may be taken again: what came within `windowMs` before may have been decided on only now. */
  release(at: EpochMs, windowMs: number): void {
    if (this.blocked === 0n) return;
    if (at - this.blockedAt <= windowMs) {
      this.remember(at);
      this.high += this.blocked;
      this.owedAt = this.blockedAt;
    }
    this.blocked = 0n;
  }

  /** Increments that came while nothing might be entered, where {@link release} would make them owed: the newest came at `from` or since. */
  blockedSince(from: EpochMs): bigint {
    return this.blockedAt >= from ? this.blocked : 0n;
  }

  /** An entry of a fixed amount left for a move: an order of the leader was copied. What was refused before it came to that counts for none. */
  entered(): void {
    this.adds += 1;
  }

  private owe(at: EpochMs, high: bigint): void {
    this.high = high;
    this.owedAt = at;
  }

  private block(at: EpochMs, by: bigint): void {
    this.blocked += by;
    this.blockedAt = at;
  }

  /** Everything is closed. */
  close(at: EpochMs): void {
    this.remember(at);
    this.high = 0n;
    this.low = 0n;
    this.lowHolds = false;
  }

  private flat(exits: boolean): void {
    this.waiting = false;
    if (!exits) return;
    this.high = 0n;
    this.low = 0n;
    this.begin();
  }

  private begin(): void {
    this.moves = 0;
    this.adds = 0;
    this.blocked = 0n;
    this.lowHolds = true;
  }

  /** Goes by the side the leader came to. What was wanted on the other one is left, unless the copy closes by itself. */
  private turn(side: -1n | 0n | 1n, exits: boolean): void {
    if (this.side === side) return;
    const kept = exits ? 0n : this.against;
    this.against = exits ? 0n : this.high;
    this.high = kept;
    this.low = 0n;
    this.side = side;
  }

  private open(followed: Followed, side: -1n | 0n | 1n): void {
    const { move, exits } = followed;
    this.waiting = false;
    this.turn(side, exits);
    this.begin();
    // What came between is not known to an engine that missed it: it sees the two ends.
    if (move.believed !== null) this.lowHolds = false;
    this.increase({ ...followed, move: { ...move, before: 0n } }, side);
  }

  private reduce(before: bigint, after: bigint, exits: boolean): void {
    if (!exits) return;
    this.moves += 1;
    this.high = this.high === UNBOUNDED ? UNBOUNDED : mulDiv(this.high, abs(after), abs(before), 'up');
    this.low = mulDiv(this.low, abs(after), abs(before), 'down');
  }

  private increase(followed: Followed, side: -1n | 0n | 1n): void {
    const { move, modes } = followed;
    this.moves += 1;
    this.side = side;
    if (!followed.must) this.lowHolds = false;
    const ways = modes.map((mode) => (mode.kind === 'fixed_amount' ? this.byAmounts(move, mode.amount, mode.maxAdds) : this.byRatio(followed)));
    if (this.lowHolds) this.low = max(0n, ways.reduce((least, { low }) => min(least, low), UNBOUNDED) - followed.against);
    const high = ways.reduce((most, way) => max(most, way.high), this.high);
    if (high === this.high && modes.every(({ kind }) => kind === 'fixed_amount')) return;
    if (followed.may) {
      this.owe(move.at, high);
      return;
    }
    this.high += min(high - this.high, followed.ahead);
    this.block(move.at, high - this.high);
  }

  private byRatio({ move, ratio }: Followed): { readonly low: bigint; readonly high: bigint } {
    const by = abs(move.after) - abs(move.before);
    return {
      low: grown(this.low, ratio.low, abs(move.after), by, 'down'),
      high: ratio.high === null ? UNBOUNDED : grown(this.high, ratio.high, abs(move.after), by, 'up'),
    };
  }

  private byAmounts(move: LeaderMove, amount: bigint, maxAdds: number | null): { readonly low: bigint; readonly high: bigint } {
    if (move.unnamed) this.lowHolds = false;
    const orders = BigInt(maxAdds === null ? move.newOrders : Math.min(move.newOrders, Math.max(0, maxAdds - this.adds)));
    if (move.increase === null) return this;
    return {
      low: this.low + orders * mulDiv(amount, UNIT, move.increase.high, 'down'),
      high: this.high + orders * mulDiv(amount, UNIT, move.increase.low, 'up'),
    };
  }

  /** Fills are missing between what was believed and what the leader had: reductions are followed, increases may have been. */
  private bridge({ move, direction, ratio, may, exits, leftBy }: Followed): void {
    const { before } = move;
    const believed = move.believed ?? before;
    this.lowHolds = false;
    this.low = 0n;
    // It went through flat, or opened, unseen: what waited for the next open waits no more, and follows what comes after, as a new episode.
    const turned = sign(before) !== sign(believed);
    if (turned || leftBy !== null) this.adds = 0;
    if (turned || (leftBy !== null && this.waitingSince <= leftBy)) this.waiting = false;
    if (before === 0n || (!turned && (!may || abs(before) <= abs(believed)))) return;
    this.turn(direction === 'same' ? sign(before) : sign(-before), exits);
    if (may) this.high = ratio.high === null ? UNBOUNDED : this.high + mulDiv(ratio.high, abs(before), RATE_ONE, 'up');
  }
}

/** A target's figures at a moment. */
export interface SavedTarget {
  readonly side: -1n | 0n | 1n;
  readonly high: bigint;
  readonly low: bigint;
  readonly waiting: boolean;
  readonly waitingSince: number;
  readonly moves: number;
  readonly lowHolds: boolean;
  readonly adds: number;
  readonly owedAt: number;
  readonly blocked: bigint;
  readonly blockedAt: number;
  readonly against: bigint;
  readonly turns: number;
}

/** What a reduction is counted from. Where fills are missing before it, an engine sees one change from what it believed, which may be a smaller one. */
function seenBefore({ before, after, believed }: LeaderMove): bigint {
  if (believed === null || sign(believed) !== sign(before)) return before;
  return max(abs(after), min(abs(before), abs(believed)));
}

/** D′ = clamp(κ·L′, D, D + κ·(L′ − L)). */
function grown(target: bigint, ratio: bigint, leader: bigint, by: bigint, rounding: 'up' | 'down'): bigint {
  if (target >= UNBOUNDED) return UNBOUNDED;
  const asked = mulDiv(ratio, leader, RATE_ONE, rounding);
  return max(target, min(asked, target + mulDiv(ratio, by, RATE_ONE, rounding)));
}
