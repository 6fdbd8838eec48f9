import { abs, type EpochMs, min, sign } from '@lockstep/kernel';
import type { OrderHanded } from '../observations';
import { Approvals } from './approvals';
import type { Trim } from './limit-marks';
import { OpenMoves } from './open-moves';
import { OpenedByStops } from './opened-by-stops';
import { isExit, type OrderTrack } from './orders';
import { Reference } from './reference';
import { TargetBounds } from './target';

/** What a copy's fills in one coin add up to: position 10^-8, cash 10^-16 (what was received for what was sold, less what was paid), fees 10^-8. */
export class Tally {
  position = 0n;
  cash = 0n;
  fees = 0n;
  /** Fills so far. */
  count = 0;
  /** Entry value of the position at average cost, and profit realised on it, 10^-16. The venue's own figure cuts its average entry to a price. */
  cost = 0n;
  realised = 0n;
  /** The position, cash less fees, and fees as numbers of whole units. */
  units = 0;
  money = 0;
  paid = 0;

  add(signed: bigint, price: bigint, fee: bigint): void {
    this.realise(signed, price);
    this.position += signed;
    this.cash -= signed * price;
    this.fees += fee;
    this.count += 1;
    this.units = Number(this.position) / 1e8;
    this.paid = Number(this.fees) / 1e8;
    this.money = Number(this.cash) / 1e16 - this.paid;
  }

  private realise(signed: bigint, price: bigint): void {
    const held = abs(this.position);
    const closing = sign(signed) === -sign(this.position) ? min(held, abs(signed)) : 0n;
    const released = held === 0n ? 0n : (this.cost * closing) / held;
    const value = closing * price;
    this.realised += this.position > 0n ? value - released : released - value;
    this.cost += (abs(signed) - closing) * price - released;
  }

  /** The account is flat, whatever was whose. */
  flat(): void {
    this.position = 0n;
    this.cost = 0n;
    this.units = 0;
  }
}

/**
 * What a copy may hold where the follower trades beside it: its own orders' fills move both ends, a trade of the follower's may have taken what there was against
 * it, or nothing. An engine counts by what it was told when, so either is admitted.
 */
export class HeldRange {
  low = 0n;
  high = 0n;

  ours(signed: bigint): void {
    this.low += signed;
    this.high += signed;
  }

  theirs(signed: bigint): void {
    if (signed > 0n && this.high < 0n) this.high = min(0n, this.high + signed);
    if (signed < 0n && this.low > 0n) this.low = this.low + signed < 0n ? 0n : this.low + signed;
  }

  /** The least that is held on a side; below zero it is on the other. */
  least(buy: boolean): bigint {
    return buy ? this.low : -this.high;
  }

  get isFlat(): boolean {
    return this.low === 0n && this.high === 0n;
  }

  flat(): void {
    this.low = 0n;
    this.high = 0n;
  }
}

/** What a fill changed, signed; price and fee 10^-8. */
interface Filled {
  readonly signed: bigint;
  readonly price: bigint;
  readonly fee: bigint;
}

/** A change of what is held, signed. */
interface Change {
  readonly at: EpochMs;
  readonly signed: bigint;
}

/** Changes are kept for so long: a charge is told this late at most. */
const CHANGES_KEPT_MS = 2_000;

interface UnansweredFill {
  /** When it was told; infinity: whoever was told died with it, and nobody began since. */
  readonly at: EpochMs;
  readonly part: Filled;
  readonly order: OrderTrack;
}

/** One copy in one coin: what it truly holds, what an engine was told of it, what it should hold, and what may still fill. */
export class Holding {
  readonly approvals = new Approvals();
  readonly real = new Tally();
  readonly told = new Tally();
  /** Fills that no engine was told: of any of them it may know by its order's answer. */
  readonly untold = new Set<Filled>();
  readonly range = new HeldRange();
  readonly target = new TargetBounds();
  /** The way every change of the target takes. */
  readonly open = new OpenMoves(this.target);
  /** Orders that may still fill, oldest first. */
  readonly live = new Map<string, OrderTrack>();
  /** Mirrors of the leader's orders that may still fill, or filled and were not told. */
  readonly mirrors = new Map<string, OrderTrack>();
  /** What mirrors filled so far: entries by side, and exits. */
  mirroredBuys = 0n;
  mirroredSells = 0n;
  mirroredExits = 0n;
  /** Something that was no order of the engine's changed it since it was flat: what is the follower's own is a matter of attribution. */
  foreign = false;
  /** The follower closed all there was, of a copy that had the account to itself: when an engine was told; null: not, or its leader opened anew since. */
  closedWholeAt: EpochMs | null = null;
  /** The trade that did so, until it is told. */
  closedWholeBy: string | null = null;
  /** When an engine was told last of what was no order of the engine's. */
  foreignAt = Number.NEGATIVE_INFINITY;
  /** The account was flat while its copies were not, or held something before them: part of it is the follower's own, and whose what is stays attribution for good. */
  netted = false;
  /** Counts how often it was taken for flat with the account: what is told later of fills before that changes nothing. */
  era = 0;
  changedAt = Number.NEGATIVE_INFINITY;
  private changes: Change[] = [];
  /** When an engine was told last of a change. */
  toldAt = Number.NEGATIVE_INFINITY;
  /** The copy was there when a move of the leader came. */
  begun = false;
  readonly reference = new Reference();
  /** Where more is held than the target, what an exit to come leaves, and since when; null: none is to come. */
  exitLeaves: { readonly size: bigint; readonly at: EpochMs } | null = null;
  /** When the newest entry was decided that filled whole and left nothing to approve. */
  filledWholeAt = Number.NEGATIVE_INFINITY;
  readonly openedByStops = new OpenedByStops();
  /** Fills told while their orders had no answer: an engine knows them once it has booked them, and not before. */
  private unanswered: UnansweredFill[] = [];
  /** When the newest exit and the newest entry were decided. */
  exitDecidedAt = Number.NEGATIVE_INFINITY;
  /** The newest exit since the newest entry to the other side, while it is not filled whole: what it was to take off is owed, and tried again. */
  owedExit: OrderTrack | null = null;
  /** What the next exit has to leave at most because of a limit on what is held; null: none is to be acted on. */
  trim: Trim | null = null;
  /** When the leader reduced last. */
  reducedAt = Number.NEGATIVE_INFINITY;
  /** When a reading of the leader was decided on last. */
  readAt = Number.NEGATIVE_INFINITY;
  /** The leader's newest move took him towards flat, and the copy keeps what it has: when, and on which side that is; null: not so. */
  keptFrom: { readonly at: EpochMs; readonly side: bigint } | null = null;
  /** When he moved otherwise last: exits for that may leave still. */
  turnedAt = Number.NEGATIVE_INFINITY;
  /** The follower took money out with effect at once, or took on anew what its leader has, which may be less: something may be to be closed for that. */
  lowered = false;
  /** The newest wave an entry left in. */
  enteredWave = '';

  constructor(readonly coin: string) {}

  /** What is held changed at a moment. */
  changed(at: EpochMs, signed: bigint): void {
    this.changedAt = at;
    this.changes = [...this.changes.filter((change) => change.at > at - CHANGES_KEPT_MS), { at, signed }];
  }

  /** What was held right before a moment of the last seconds; what came in the very millisecond came after it. */
  heldBefore(moment: EpochMs): bigint {
    return this.changes.reduce((held, { at, signed }) => (at >= moment ? held - signed : held), this.real.position);
  }

  /** Whatever was whose, nothing is held. */
  flat(): void {
    this.era += 1;
    this.openedByStops.flat();
    this.real.flat();
    this.told.flat();
    this.untold.clear();
    this.changes = [];
  }

  /** A fill was told whose order has no answer. `bookingMs`: how long the books may take. */
  toldUnanswered(order: OrderTrack, at: EpochMs, part: Filled, bookingMs: number): void {
    this.unanswered = [...this.unanswered.filter((fill) => fill.at > at - bookingMs), { at, part, order }];
  }

  /** A fill was told that was told before, to whoever died with it. */
  toldAgain(part: Filled, at: EpochMs): void {
    this.unanswered = this.unanswered.map((fill) => (fill.part === part && fill.at > at ? { ...fill, at } : fill));
  }

  /** Who was told died: what may not have been booked by then is known to nobody. */
  died(at: EpochMs, bookingMs: number): void {
    this.unanswered = this.unanswered.map((fill) => (fill.at > at - bookingMs ? { ...fill, at: Number.POSITIVE_INFINITY } : fill));
  }

  /** Somebody began: what died with the one before is told by `by` at the latest. */
  started(by: EpochMs): void {
    this.unanswered = this.unanswered.map((fill) => (fill.at > by ? { ...fill, at: by } : fill));
  }

  /** The position an engine knows for sure: what it was told, less what may not be booked yet. */
  knownFor(at: EpochMs, bookingMs: number): bigint {
    return this.unbooked(at, bookingMs).reduce((sum, { part }) => sum - part.signed, this.told.position);
  }

  /** Fills that may not be booked yet, and that no answer told. */
  private unbooked(at: EpochMs, bookingMs: number): readonly UnansweredFill[] {
    return this.unanswered.filter((fill) => fill.at > at - bookingMs && fill.order.fillsUnanswered);
  }

  /**
   * What entries of a side filled that an engine was told and may not have booked, and what stops did: to it they close nothing yet. A stop is no exit that is on
   * its way; until its fill is booked nothing of it is known.
   */
  unbookedEntries(at: EpochMs, bookingMs: number, buy: boolean): bigint {
    let sum = 0n;
    for (const { order, part } of this.unbooked(at, bookingMs))
      if (order.handed !== null && (order.trigger !== null || order.mirror !== null || !isExit(order.handed)) && part.signed > 0n === buy)
        sum += abs(part.signed);
    return sum;
  }

  /** What orders of a side have to close by fills alone that an engine was told and may not have booked: to it there is nothing of that yet. */
  unbookedToClose(at: EpochMs, bookingMs: number, buy: boolean): bigint {
    return this.unbooked(at, bookingMs).reduce((sum, { part: { signed } }) => (signed > 0n === buy ? sum : sum + abs(signed)), 0n);
  }

  /** What may still fill on a side, of exits or of entries. */
  pending(at: EpochMs, clockSlackMs: number, buy: boolean, exits: boolean): bigint {
    let sum = 0n;
    for (const order of this.live.values()) {
      if (!order.mayFill(at, clockSlackMs)) {
        if (order.filled === order.toldFilled && !order.isUnknown(at)) this.live.delete(order.cloid);
        continue;
      }
      const handed = order.handed;
      if (handed !== null && handed.buy === buy && isExit(handed) === exits) sum += order.remaining;
    }
    return sum;
  }

  /**
   * The most an engine may believe there is to close by orders of a side: what it was told, and every fill to the other side it may know of before it is
   * told. Exits whose answers it has are off; entries without an answer stand against it only where their fills were told so long ago that they are booked.
   */
  closableMost(at: EpochMs, bookingMs: number, buy: boolean): bigint {
    let most = buy ? -this.told.position : this.told.position;
    most += this.unbookedEntries(at, bookingMs, buy);
    for (const order of this.live.values()) {
      const { handed } = order;
      if (handed === null) continue;
      if (handed.buy !== buy) most += order.filled - order.toldFilled;
      else if (isExit(handed)) most -= order.answeredUntold();
    }
    for (const order of this.mirrors.values()) if (order.handed !== null && order.handed.buy !== buy) most += order.filled - order.toldFilled;
    return most > 0n ? most : 0n;
  }

  /**
   * The most an engine may believe is held against orders of a side, its exits that are on their way among it: those whose fills may not be booked yet, too,
   * and those whose answer came as shortly before, as the answers of a wave are taken up together.
   */
  heldMost(at: EpochMs, bookingMs: number, buy: boolean): bigint {
    let most = this.closableMost(at, bookingMs, buy);
    for (const { order, part } of this.unbooked(at, bookingMs))
      if (order.handed !== null && order.trigger === null && order.mirror === null && isExit(order.handed) && part.signed > 0n === buy)
        most += abs(part.signed);
    for (const order of this.live.values()) {
      const isFresh = order.handed !== null && isExit(order.handed) && order.handed.buy === buy && at - order.answeredAt < bookingMs;
      if (isFresh) most += order.answeredUntold();
    }
    return most;
  }

  /** What mirrors that enter may still fill on a side. */
  standing(at: EpochMs, clockSlackMs: number, buy: boolean): bigint {
    return this.mirrorsOn(at, clockSlackMs, buy, ({ reduceOnly }) => !reduceOnly);
  }

  /** What mirrors may still fill on a side. */
  mirrorsOn(at: EpochMs, clockSlackMs: number, buy: boolean, counts: (mirror: OrderHanded) => boolean = () => true): bigint {
    let sum = 0n;
    for (const order of this.mirrors.values()) {
      if (!order.mayFill(at, clockSlackMs)) {
        if (order.handed !== null && order.filled === order.toldFilled) this.mirrors.delete(order.cloid);
        continue;
      }
      if (order.handed?.buy === buy && counts(order.handed)) sum += order.remaining;
    }
    return sum;
  }

  /** What exits of a side, or entries, filled without the engine knowing: to it they are still on their way. */
  unknownFills(buy: boolean, exits: boolean): bigint {
    let sum = 0n;
    for (const order of this.live.values()) {
      if (order.handed !== null && isExit(order.handed) === exits && order.handed.buy === buy) sum += order.untold();
    }
    return sum;
  }

  /** What exits of a side, or entries, could fill no more, of which an engine does not know it: to it they are on their way. */
  unknownEnds(at: EpochMs, clockSlackMs: number, buy: boolean, exits: boolean): bigint {
    let sum = 0n;
    for (const order of this.live.values()) {
      const { handed } = order;
      if (handed === null || handed.buy !== buy || isExit(handed) !== exits || order.mayFill(at, clockSlackMs) || !order.isUnknown(at)) continue;
      sum += handed.size - order.filled;
    }
    return sum;
  }

  /** What entries of a side add to: the position there; below zero what stands against them and no exit on its way may close before. */
  base(at: EpochMs, clockSlackMs: number, buy: boolean): bigint {
    const held = this.real.position * (buy ? 1n : -1n);
    if (held >= 0n) return held - min(held, this.openedByStops.unbooked(at, buy));
    return min(0n, held + this.pending(at, clockSlackMs, buy, true));
  }

  /** The position on a side with every entry filled and no exit of it; below zero it is on the other. */
  reach(at: EpochMs, clockSlackMs: number, buy: boolean): bigint {
    return this.reachSent(at, clockSlackMs, buy) + this.standing(at, clockSlackMs, buy);
  }

  /** The same without mirrors: what was sent for the target. */
  reachSent(at: EpochMs, clockSlackMs: number, buy: boolean): bigint {
    return this.base(at, clockSlackMs, buy) + this.pending(at, clockSlackMs, buy, false);
  }

  /** The same once what stands against it is closed, whoever does so. */
  worst(at: EpochMs, clockSlackMs: number, buy: boolean): bigint {
    const held = this.real.position * (buy ? 1n : -1n);
    const unbooked = held > 0n ? min(held, this.openedByStops.unbooked(at, buy)) : 0n;
    return this.most(at, clockSlackMs, buy) - unbooked;
  }

  /** The same with what an engine need not know of. */
  most(at: EpochMs, clockSlackMs: number, buy: boolean): bigint {
    const held = this.real.position * (buy ? 1n : -1n);
    return (held > 0n ? held : 0n) + this.pending(at, clockSlackMs, buy, false) + this.standing(at, clockSlackMs, buy);
  }
}
