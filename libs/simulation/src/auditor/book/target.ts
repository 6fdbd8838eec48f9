import { abs, type EpochMs, max, min, mulDiv, RATE_ONE, sign, UNIT } from '@lockstep/kernel';
import type { SettingsSeen } from '../terms';
import type { LeaderMove } from './leaders';

/** Bounds of κ, 10^-12. `high` null: nothing bounds it, because an equity is not known. */
export interface RatioBounds {
  readonly low: bigint;
  readonly high: bigint | null;
}

/** What is beyond every real target: nothing is known that would bound it. */
export const UNBOUNDED = 10n ** 30n;
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
  /** Moves of this episode: each may have been rounded down by a lot. */
  moves = 0;
  /** False: something happened in this episode that makes `low` no bound. */
  lowHolds = true;
  /** Leader orders copied of this episode: moves for which an entry left. */
  adds = 0;
  /** When something was owed last. */
  owedAt = Number.NEGATIVE_INFINITY;
  /** Increments that came while nothing might be entered, and the newest of them. */
  private blocked = 0n;
  private blockedAt = Number.NEGATIVE_INFINITY;
  /** The highest target on the other side: a copy that closes by itself may still hold it after its leader turned. */
  private against = 0n;
  private readonly past: { at: EpochMs; side: bigint; high: bigint }[] = [];

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
    if (this.past.length === KEPT) this.past.shift();
    this.past.push({ at, side: this.side, high: this.high });
  }

  /** Follows a leader's move. `enters`: whether new risk may, and whether it must, follow it. */
  follow(
    move: LeaderMove,
    settings: SettingsSeen,
    ratio: RatioBounds,
    enters: { readonly may: boolean; readonly must: boolean },
    exits: boolean,
  ): void {
    this.remember(move.at);
    if (move.believed !== null) this.bridge(move, settings, ratio, enters.may);
    const { before, after } = move;
    const turned = sign(before) !== 0n && sign(after) !== 0n && sign(before) !== sign(after);
    const side = settings.direction === 'same' ? sign(after) : sign(-after);
    if (after === 0n) {
      this.flat(exits);
      return;
    }
    if (turned || before === 0n) {
      this.open(move, settings, ratio, enters, side, exits);
      return;
    }
    if (abs(after) < abs(before)) {
      this.reduce(before, after, exits);
      return;
    }
    if (this.waiting) return;
    this.increase(move, settings, ratio, enters, side);
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

  /** Nothing is entered until the leader opens anew; what is held stays. */
  wait(at: EpochMs, held: bigint): void {
    this.remember(at);
    this.waiting = true;
    this.blocked = 0n;
    this.lowHolds = false;
    this.low = 0n;
    this.high = abs(held);
    this.side = held === 0n ? this.side : sign(held);
  }

  /** What the engine may want is not known until the leader opens anew. */
  unbound(at: EpochMs): void {
    this.remember(at);
    this.high = UNBOUNDED;
    this.lowHolds = false;
    this.low = 0n;
  }

  /** Increments given up leave the target: what is above `most` is owed no more. */
  giveUp(at: EpochMs, most: bigint): void {
    if (this.high <= most) return;
    this.remember(at);
    this.high = most;
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

  /** An entry left for a move: an order of the leader was copied. What was refused before it came to that counts for none. */
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

  private open(
    move: LeaderMove,
    settings: SettingsSeen,
    ratio: RatioBounds,
    enters: { may: boolean; must: boolean },
    side: -1n | 0n | 1n,
    exits: boolean,
  ): void {
    this.waiting = false;
    if (this.side !== side) {
      const kept = exits ? 0n : this.against;
      this.against = exits ? 0n : this.high;
      this.high = kept;
      this.low = 0n;
      this.side = side;
    }
    this.begin();
    const opened: LeaderMove = { ...move, before: 0n };
    this.increase(opened, settings, ratio, enters, side);
  }

  private reduce(before: bigint, after: bigint, exits: boolean): void {
    if (!exits) return;
    this.moves += 1;
    this.high = this.high === UNBOUNDED ? UNBOUNDED : mulDiv(this.high, abs(after), abs(before), 'up');
    this.low = mulDiv(this.low, abs(after), abs(before), 'down');
  }

  private increase(move: LeaderMove, settings: SettingsSeen, ratio: RatioBounds, enters: { may: boolean; must: boolean }, side: -1n | 0n | 1n): void {
    this.moves += 1;
    this.side = side;
    if (!enters.must) this.lowHolds = false;
    if (settings.mode.kind === 'fixed_amount') {
      this.addAmounts(move, settings.mode.amount, settings.mode.maxAdds, enters.may);
      return;
    }
    const by = abs(move.after) - abs(move.before);
    if (this.lowHolds) this.low = grown(this.low, ratio.low, abs(move.after), by, 'down');
    const high = ratio.high === null ? UNBOUNDED : grown(this.high, ratio.high, abs(move.after), by, 'up');
    if (enters.may) this.owe(move.at, high);
    else this.block(move.at, high - this.high);
  }

  private addAmounts(move: LeaderMove, amount: bigint, maxAdds: number | null, may: boolean): void {
    if (move.unnamed) this.lowHolds = false;
    for (const [index, order] of move.newOrders.entries()) {
      if (maxAdds !== null && this.adds + index >= maxAdds) return;
      this.low += mulDiv(amount, UNIT, order.high, 'down');
      const more = mulDiv(amount, UNIT, order.low, 'up');
      if (!may) {
        this.block(move.at, more);
        continue;
      }
      this.owe(move.at, this.high + more);
    }
  }

  /** Fills are missing between what was believed and what the leader had: reductions are followed, increases may have been. */
  private bridge(move: LeaderMove, settings: SettingsSeen, ratio: RatioBounds, may: boolean): void {
    const { before } = move;
    const believed = move.believed ?? before;
    this.lowHolds = false;
    this.low = 0n;
    if (!may || before === 0n || (sign(before) === sign(believed) && abs(before) <= abs(believed))) return;
    const side = settings.direction === 'same' ? sign(before) : sign(-before);
    const kept = this.side === side ? this.high : 0n;
    this.side = side;
    this.high = ratio.high === null ? UNBOUNDED : kept + mulDiv(ratio.high, abs(before), RATE_ONE, 'up');
  }
}

/** D′ = clamp(κ·L′, D, D + κ·(L′ − L)). */
function grown(target: bigint, ratio: bigint, leader: bigint, by: bigint, rounding: 'up' | 'down'): bigint {
  if (target >= UNBOUNDED) return UNBOUNDED;
  const asked = mulDiv(ratio, leader, RATE_ONE, rounding);
  return max(target, min(asked, target + mulDiv(ratio, by, RATE_ONE, rounding)));
}
