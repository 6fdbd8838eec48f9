import { abs, type EpochMs, min, UNIT } from '@lockstep/kernel';
import type { CopyTrack } from '../book/copies';
import { entryOf } from '../book/entry-of';
import { isExit, type OrderTrack } from '../book/orders';
import type { AuditState } from '../book/state';
import type { OrderHanded, OrderObservation } from '../observations';
import { priceText, sizeText } from './judged-order';

/** An order of another copy that was written down so shortly after may have been planned before. */
const PLANNED_MS = 10_000;
/** A part to close of less than this share of the venue's minimum, in percent, may not go alone. */
const ALONE_PERCENT = 110n;

interface Suspect {
  readonly at: EpochMs;
  readonly order: OrderHanded;
  readonly text: string;
}

/**
 * Product §2.6: for the venue an order is reduce-only exactly where it moves the account towards zero without crossing it, with whatever is on its way filled against
 * it, and a crossing order leaves as two, the reduce-only one first. Keeps what was handed over in each coin of each account until its outcome is known.
 */
export class ReduceOnly {
  private readonly handed = new Map<string, OrderTrack[]>();
  /** When orders of each account were written down: copy and time, and those not handed over yet. */
  private readonly written = new Map<string, { readonly copyId: string; readonly cloid: string; readonly at: EpochMs }[]>();
  /** What is wrong unless another copy's order was planned before; told once that would have been written down. */
  private suspects: Suspect[] = [];

  constructor(private readonly state: AuditState) {}

  journaled({ copyId, cloid, at }: Extract<OrderObservation, { kind: 'order_journaled' }>): void {
    const account = this.state.copies.get(copyId)?.copy.account;
    if (account === undefined || (this.state.copiesByAccount.get(account)?.length ?? 0) < 2) return;
    const written = entryOf(this.written, account, () => []);
    written.push({ copyId, cloid, at });
    while ((written[0]?.at ?? at) < at - 10 * PLANNED_MS) written.shift();
  }

  keep(order: OrderHanded): void {
    const track = this.state.orders.get(order.cloid);
    const list = entryOf(this.handed, keyOf(order), () => []);
    if (track !== undefined && !list.includes(track)) list.push(track);
  }

  check(order: OrderHanded, at: EpochMs): void {
    const { state } = this;
    this.tell(at - PLANNED_MS);
    const copies = state.copiesByAccount.get(order.account) ?? [];
    if (state.settling(order.process, order.sentAt) || copies.some((copy) => copy.holdings.get(order.coin)?.foreign === true)) return;
    // Of an account's only copy it is said already that it closes more than it has.
    if (order.reduceOnly && copies.length > 1) this.checkSet(order, at, copies);
    else if (!order.reduceOnly) this.checkNotSet(order, at, copies);
  }

  /** Tells what was found by a time and not excused since. */
  tell(by: EpochMs): void {
    const due = this.suspects.filter(({ at }) => at <= by);
    if (due.length === 0) return;
    this.suspects = this.suspects.filter(({ at }) => at > by);
    for (const { at, order, text } of due) if (!this.isExcused(order)) this.blame(order, at, text);
  }

  /** The venue would refuse it: there is not so much to close in the account, for all the engine may know. */
  private checkSet(order: OrderHanded, at: EpochMs, copies: readonly CopyTrack[]): void {
    const against = this.of(order).reduce((sum, track) => sum + (track.handed?.buy === order.buy ? 0n : track.filled - track.toldFilled), 0n);
    const most = toClose(order, copies) + against + this.unbooked(order, copies);
    const behind = this.of(order).some(({ handed }) => handed?.reduceOnly === false && isSibling(handed, order));
    if (behind) this.blame(order, at, 'is reduce-only, and left after the other part of the same order');
    if (order.size <= most) return;
    this.blame(order, at, `is reduce-only, and the account has at most ${sizeText(most > 0n ? most : 0n)} to close on that side`);
  }

  /** What entries and stops of the copy itself filled and the engine may not have booked: its exit leaves beside them, and the venue refuses what they closed. */
  private unbooked(order: OrderHanded, copies: readonly CopyTrack[]): bigint {
    const holding = copies.find(({ copy }) => copy.copyId === order.copyId)?.holdings.get(order.coin);
    return isExit(order) ? (holding?.unbookedEntries(order.decidedAt, this.state.options.owedSlackMs, order.buy) ?? 0n) : 0n;
  }

  /** It is closed for certain what the venue could have been told to close. */
  private checkNotSet(order: OrderHanded, at: EpochMs, copies: readonly CopyTrack[]): void {
    const { state } = this;
    const since = order.decidedAt - state.options.raceMs;
    const orders = this.of(order);
    const holdings = copies.flatMap((copy) => copy.holdings.get(order.coin) ?? []);
    if (holdings.some(({ changedAt, toldAt }) => changedAt > since || toldAt > since)) return;
    if (orders.some(({ answeredAt }) => answeredAt > since)) return;
    if (orders.some(({ handed }) => handed?.reduceOnly === true && isSibling(handed, order))) return;
    const unbooked = holdings.reduce((sum, holding) => sum + holding.unbookedToClose(order.decidedAt, state.options.owedSlackMs, order.buy), 0n);
    const standing = holdings.reduce((sum, holding) => sum + holding.mirrorsOn(order.decidedAt, state.options.clockSlackMs, order.buy), 0n);
    const sure = toClose(order, copies) - unbooked - standing - orders.reduce((sum, track) => sum + this.mayBeOnItsWay(track, order), 0n);
    const least = ((state.instruments.get(order.coin)?.minNotional ?? 0n) * UNIT * ALONE_PERCENT) / 100n;
    // As the venue judges it: a part that is worth the minimum at the mark need not be at a limit far below.
    const price = min(state.lastMarks.get(order.coin) ?? order.price, order.price);
    if (sure <= 0n || (sure < order.size && sure * price < least)) return;
    this.suspects.push({ at, order, text: `is not reduce-only, and ${sizeText(sure)} of the account is closed by it for certain` });
  }

  /** What an order of the same side takes of it, or may still. */
  private mayBeOnItsWay(track: OrderTrack, { buy, decidedAt }: OrderHanded): bigint {
    const { handed, answer } = track;
    if (handed === null || handed.buy !== buy) return 0n;
    const isGone = track.voided && handed.sentAt < decidedAt - PLANNED_MS && !track.isUnknown(decidedAt);
    const isUnheard = track.answeredLate && decidedAt - track.answeredAt < this.state.options.owedSlackMs;
    const settled = isGone || (!isUnheard && (answer === 'filled' || answer === 'rejected'));
    return abs(settled ? track.filled - track.toldFilled : handed.size - track.toldFilled);
  }

  /** What was planned before it and was not handed over yet counted as on its way. */
  private isExcused({ account, copyId, decidedAt }: OrderHanded): boolean {
    return (this.written.get(account) ?? []).some((other) => {
      if (other.copyId === copyId) return false;
      const handed = this.state.orders.get(other.cloid)?.handed;
      const sentAt = handed === null || handed === undefined ? Number.POSITIVE_INFINITY : handed.sentAt;
      return other.at <= decidedAt + PLANNED_MS && sentAt >= decidedAt - this.state.options.raceMs;
    });
  }

  /** Orders of the account and coin of which something is not known to the engine yet. */
  private of(order: OrderHanded): readonly OrderTrack[] {
    const list = entryOf(this.handed, keyOf(order), () => []);
    const open = list.filter(
      (track) => track.answer === null || track.answer === 'unknown' || track.answer === 'resting' || track.filled !== track.toldFilled,
    );
    const recent = list.filter((track) => !open.includes(track) && (track.handed?.sentAt ?? 0) > order.sentAt - PLANNED_MS);
    this.handed.set(keyOf(order), [...open, ...recent]);
    return [...open, ...recent];
  }

  private blame(order: OrderHanded, at: EpochMs, text: string): void {
    const side = order.buy ? 'buy' : 'sell';
    const what = `order ${order.cloid} of copy ${order.copyId}: ${side} ${sizeText(order.size)} ${order.coin} at ${priceText(order.price)}`;
    this.state.report('reduce_only_wrong', at, order.copyId, order.cloid, `${what} ${text}`);
  }
}

/** Parts of one order that crosses flat. */
const isSibling = (one: OrderHanded, other: OrderHanded): boolean =>
  one.wave === other.wave &&
  one.copyId === other.copyId &&
  one.buy === other.buy &&
  isExit(one) === isExit(other) &&
  one.decidedAt === other.decidedAt;

const keyOf = ({ account, coin }: OrderHanded): string => `${account} ${coin}`;

/** What an account has to close by orders of a side, as an engine was told; below zero where it would open. */
function toClose({ coin, buy }: OrderHanded, copies: readonly CopyTrack[]): bigint {
  const net = copies.reduce((sum, copy) => sum + (copy.holdings.get(coin)?.told.position ?? 0n), 0n);
  return buy ? -net : net;
}
