import { orderData } from '@lockstep/delivery';
import { fromLots, price, type Timer, toLots } from '@lockstep/kernel';
import { pause } from '@lockstep/platform';
import { applyFill, likelyPrice, noteUnfilled, reasonNumber, releasePending } from '@lockstep/replication';
import { type NewEvent, type OrderResolution, orderPartsOf, resolveOrders, venueOrderIdsSince, writtenOrders } from '@lockstep/storage';
import type { SentOrder } from '@lockstep/venues/port';
import type { Bookkeeper } from '../books/bookkeeper';
import { trueUp } from '../books/true-up';
import { forAtMost, Places } from '../bounded';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { type OpenQuestion, type Settled, settleUnknown } from '../settle-unknown';
import type { Network } from '../state/networks';
import type { OpenOrder } from '../state/open-orders';
import { ownLots } from '../state/shared-accounts';
import { mayRest, restEnds } from './standing-entries';

const SLIPPAGE = reasonNumber('slippage');

type Resolution = 'filled' | 'cancelled' | 'rejected' | 'never_arrived';

/** Asks for orders whose outcome is not known until it is. Nothing is ever sent a second time: a nonce is spent on a `noop` at most. */
export class UnknownResolver {
  private timer: Timer | null = null;
  private readonly asking = new Set<OpenOrder>();
  /** Orders with a cancel on its way: it waits neither for what is asked about them nor for the rest of their wave. */
  private readonly ending = new Set<OpenOrder>();
  /**
   * Places of its own: a `noop` may wait long for its account's turn, and must not keep accounts from being read. And of each network: one that gives no answers
   * must not keep another's exits unknown.
   */
  private readonly places = new Map<Network, Places>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly books: Bookkeeper,
  ) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.unknownIntervalMs, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Asks for every unknown order that is due. Returns at once. */
  look(): void {
    const now = this.ctx.clock.now();
    for (const order of this.ctx.openOrders.unknown()) {
      const ends = order.isOut !== true && restEnds(this.ctx, order);
      if (ends && (order.cancelSent !== true || (order.askAt <= now && !order.wave.handed))) void this.end(order);
      else if (order.askAt <= now) void this.resolve(order);
    }
  }

  /**
   * Asks until every unknown order is settled but those that wait for an agent, or `untilMs` has passed. True when none is left. A question may wait longer than
   * that for room, or a `noop` for its account's turn: then it goes on beside what comes next.
   */
  async settleAll(untilMs: number): Promise<boolean> {
    const { clock, limits, openOrders, timers } = this.ctx;
    const isOurs = ({ awaitsAgent }: OpenOrder): boolean => awaitsAgent !== true;
    for (let left = untilMs - clock.now(); left > 0; left = untilMs - clock.now()) {
      const open = openOrders.unknown().filter(isOurs);
      if (open.length === 0) break;
      await forAtMost(timers, left, Promise.all(open.map((order) => this.resolve(order))));
      if (openOrders.unknown().some(isOurs)) await pause(timers, limits.unknownIntervalMs);
    }
    return openOrders.unknown().length === 0;
  }

  /** Takes an order out of the book that must not stand any more, and asks what became of it. */
  private async end(order: OpenOrder): Promise<void> {
    if (this.ending.has(order)) return;
    this.ending.add(order);
    try {
      order.isOut = await this.cancel(order);
      order.askAt = order.isOut || order.wave.handed ? 0 : this.laterThan(order);
    } catch (failure) {
      order.askAt = this.ctx.clock.now() + this.ctx.limits.unknownIntervalMs * 4;
      this.ctx.log.error('a standing order could not be cancelled', { clientOrderId: order.clientOrderId, error: failure });
    } finally {
      this.ending.delete(order);
    }
    // What was asked about it before may have settled it meanwhile.
    if (order.askAt === 0 && order.filledLots === null) await this.resolve(order);
  }

  private async resolve(order: OpenOrder): Promise<void> {
    // While its wave is still on its way, nothing that is written of it would meet its row.
    if (this.asking.has(order) || !order.wave.handed) return;
    this.asking.add(order);
    try {
      const { network } = order.copy.account;
      const { venue } = network;
      const question = await questionOf(this.ctx, order);
      const settled = await this.placesOf(network).run(() => settleUnknown(venue, question, this.ctx.pass));
      if (settled.kind === 'resting') {
        this.takePart(order, toLots(order.sheet.instrument, settled.filled));
        // What may not rest is taken out of the book and asked for again.
        if (!mayRest(this.ctx, order) && order.isOut !== true && !this.ending.has(order)) order.isOut = await this.cancel(order);
      }
      if (settled.kind === 'still_unknown' || settled.kind === 'resting') {
        if (settled.kind === 'still_unknown' && settled.spent) order.spentAt ??= this.ctx.clock.monotonic();
        this.askLater(order, settled);
        // What was taken out has its end at once, however long it stood before somebody could sign for that.
        if (order.isOut) order.askAt = this.ctx.clock.now() + this.ctx.limits.unknownIntervalMs;
        order.isOut = false;
        return;
      }
      await this.take(order, settled);
    } catch (failure) {
      order.askAt = this.ctx.clock.now() + this.ctx.limits.unknownIntervalMs * 4;
      this.ctx.log.error('an unknown order could not be resolved', { clientOrderId: order.clientOrderId, error: failure });
    } finally {
      this.asking.delete(order);
    }
  }

  /** Takes an order out of the book; true where the venue took that. */
  private async cancel(order: OpenOrder): Promise<boolean> {
    const {
      copy: { account },
      sheet,
      clientOrderId,
    } = order;
    order.cancelSent = true;
    const nonce = this.ctx.nonces.next(account.signer, this.ctx.clock.now());
    const outcome = await account.network.venue.orders.cancel(account.signer, nonce, sheet.instrument, clientOrderId);
    order.awaitsAgent = outcome.kind === 'rejected' && outcome.code === 'unknown_signer';
    return outcome.kind === 'accepted';
  }

  /** What a standing order filled so far: the columns take it, at a likely price until the venue's fills correct it. */
  private takePart(order: OpenOrder, filled: number): void {
    const { copy } = order;
    const lots = Math.min(order.lots, filled) - order.ledBooked;
    if (lots <= 0 || copy.watched.book.copies.copyNo[copy.row] !== copy.no) return;
    leadFill(order, lots);
    order.ledBooked += lots;
    copy.account.touched += 1;
  }

  private placesOf(network: Network): Places {
    const known = this.places.get(network);
    if (known !== undefined) return known;
    const places = new Places(this.ctx.limits.truthReadsMax, this.ctx.limits.openOrdersMax);
    this.places.set(network, places);
    return places;
  }

  /**
   * Asks again after a tenth of the time it has been unknown: soon while the venue is about to tell, seldom once it does not, because every question takes from what
   * reads and the account may ask.
   */
  private askLater(order: OpenOrder, settled: Extract<Settled, { readonly kind: 'still_unknown' | 'resting' }>): void {
    const { clock, limits, log } = this.ctx;
    const ageMs = clock.monotonic() - order.leftBy;
    order.askAt = this.laterThan(order);
    if (ageMs < limits.unknownToldMs || (settled.kind === 'resting' && mayRest(this.ctx, order))) return;
    const detail = settled.kind === 'still_unknown' ? settled.detail : 'it rests at the venue';
    log.error('an order is still unknown', { clientOrderId: order.clientOrderId, copyNo: order.copy.no, ageMs: Math.round(ageMs), detail });
  }

  private laterThan({ leftBy }: OpenOrder): number {
    const { clock, limits } = this.ctx;
    return clock.now() + Math.min(limits.unknownIntervalMaxMs, Math.max(limits.unknownIntervalMs, (clock.monotonic() - leftBy) / 10));
  }

  private async take(order: OpenOrder, settled: Exclude<Settled, { readonly kind: 'still_unknown' | 'resting' }>): Promise<void> {
    const filled = settled.kind === 'known' ? Math.min(order.lots, toLots(order.sheet.instrument, settled.filled)) : 0;
    const resolution: Resolution =
      settled.kind === 'known' ? (filled > 0 ? 'filled' : 'cancelled') : settled.kind === 'never_landed' ? 'never_arrived' : 'rejected';
    const row: OrderResolution = {
      id: order.orderId,
      status: statusOf(resolution, filled, order.lots),
      filledSize: fromLots(order.sheet.instrument, filled),
      venueOrderId: settled.kind === 'known' ? settled.orderId : null,
      rejectCode: settled.kind === 'known' && filled === 0 ? settled.status : null,
    };
    const { scope } = order.copy.group;
    // Written first: its journal row cannot be closed before the resolution stands, and a write that failed is asked for again with nothing taken yet.
    await this.books.run(scope, () =>
      this.ctx.storage.scoped(scope, async (unit) => {
        const resolved = await resolveOrders(unit, [row]);
        if (resolved.has(row.id)) await unit.events.append([this.event(order, resolution, filled, row.venueOrderId)]);
        else if (!(await writtenOrders(unit, [row.id])).has(row.id)) throw new Error('the order has no row');
      }),
    );
    // Like an exit that is refused at once: there may have been nothing to close, and what is entered on our record of it would be entered twice.
    if (order.exit && filled === 0 && settled.kind !== 'never_landed') this.ctx.doubts.onPosition(order.copy.account);
    this.applyToColumns(order, filled);
    this.ctx.openOrders.tellFilled(order.clientOrderId, filled);
    trueUp(this.ctx, order.copy, order.sheet.instrument.coin);
    this.ctx.log.info('an unknown order was resolved', { clientOrderId: order.clientOrderId, resolution, filled });
  }

  /** The reservation is freed but for what filled; that much is taken at a likely price until the venue's fills correct it. */
  private applyToColumns(order: OpenOrder, filled: number): void {
    const { copy, sheet } = order;
    if (copy.watched.book.copies.copyNo[copy.row] !== copy.no) return;
    if (order.rest !== undefined && filled < order.lots) sheet.rows.lastReason[copy.row] = SLIPPAGE;
    const missing = filled - order.ledBooked;
    const unfilled = order.lots - Math.max(filled, order.ledBooked);
    releasePending(sheet, copy.row, order, unfilled);
    if (!order.exit) noteUnfilled(copy.watched.book, sheet, copy.row, unfilled, order.createdAt);
    if (missing <= 0) return;
    leadFill(order, missing);
    // A reading of the account that is older than this tells another position.
    copy.account.touched += 1;
  }

  private event(order: OpenOrder, outcome: Resolution, filled: number, venueOrderId: string | null): NewEvent {
    const { instrument } = order.sheet;
    const parts = orderPartsOf(order.orderId);
    const data = orderData({
      orderId: order.orderId,
      copyId: order.copy.id,
      leaderId: order.copy.group.leaderId,
      moveId: parts?.moveId ?? 0n,
      coin: instrument.coin,
      side: order.buy ? 'buy' : 'sell',
      reduceOnly: order.exit,
      price: price(BigInt(order.price)),
      size: fromLots(instrument, order.lots),
      filledSize: fromLots(instrument, filled),
      averagePrice: price(0n),
      clientOrderId: order.clientOrderId,
      venueOrderId,
      attempt: (parts?.attempt ?? 0) + 1,
    });
    return newEvent(this.ctx, 'order.resolved', this.ctx.clock.now(), { ...data, outcome });
  }
}

/** Takes what filled of an order into the columns, at a likely price: what tells of it names none. */
function leadFill({ copy, sheet, buy, price: limit, exit }: OpenOrder, lots: number): void {
  applyFill(copy.watched.book, sheet, copy.row, { buy, lots, price: likelyPrice(sheet, buy, limit), fee: 0 }, exit ? 'exit' : 'entry');
}

function statusOf(resolution: Resolution, filled: number, lots: number): string {
  if (resolution === 'filled') return filled >= lots ? 'filled' : 'partly_filled';
  return resolution === 'cancelled' ? 'cancelled' : resolution === 'rejected' ? 'rejected' : 'expired';
}

const questionOf = async (ctx: EngineContext, order: OpenOrder): Promise<OpenQuestion> => ({
  address: order.copy.account.address,
  signers: order.signers,
  nonce: order.nonce,
  clientOrderId: order.clientOrderId,
  expiresAfter: order.expiresAfter,
  ageMs: ctx.clock.monotonic() - order.leftBy,
  now: ctx.clock.now(),
  ...(order.givenUp && { spentMs: order.spentAt === undefined ? 0 : ctx.clock.monotonic() - order.spentAt }),
  ...(order.copy.account.network.venue.capabilities.clientOrderId ? {} : { sent: await sentOf(ctx, order) }),
});

/** Orders written down so long before an unknown one may still have traded beside it. */
const OTHERS_BEFORE_MS = 60_000;

/** What was ordered, what the account held without it, which orders at the venue are known to be others, and what was answered. */
export async function sentOf(ctx: EngineContext, order: OpenOrder): Promise<SentOrder> {
  const { copy, sheet, buy, lots, price: limit, nonce, createdAt, answer } = order;
  const { instrument } = sheet;
  const copies = ctx.registry.copiesOf(copy.account);
  const held = copies.reduce((sum, one) => {
    const position = one.watched.book.findSheet(instrument.coin)?.rows.position[one.row] ?? 0;
    return sum + position;
  }, 0);
  const beside = ownLots(ctx.registry, copy.account, instrument.coin);
  const nos = copies.map(({ no }) => no);
  const others = await ctx.storage.scoped(copy.account.scope, (unit) => venueOrderIdsSince(unit, nos, createdAt - OTHERS_BEFORE_MS, order.orderId), {
    readOnly: true,
  });
  const sent = { instrument, buy, price: price(BigInt(limit)), lots, nonce, positionBefore: fromLots(instrument, held + beside), others };
  return answer === undefined ? sent : { ...sent, answer };
}
