import { type Size, size, toLots } from '@lockstep/kernel';
import { nextCopyState } from '@lockstep/roster';
import type { OrderStanding } from '@lockstep/venues/port';
import type { Bookkeeper } from '../books/bookkeeper';
import type { FillCollector } from '../books/collect-fills';
import { writeIntent } from '../commands/take-on-positions';
import type { EngineContext } from '../context';
import { pastLanding, settleUnknown } from '../settle-unknown';
import { intentOf } from '../state/intent';
import { copyStateOf } from '../state/load-scope';
import { restsUntil } from './rest-times';
import { forget } from './send-stops';
import type { StandingStop } from './standing-stops';
import { writeStops } from './stop-journal';

/** A cancel or change of this process that left so long ago will not land any more without the venue showing it, in ms. */
const LANDED_MS = 6_000;

/**
 * Finds out where a stop stands and brings our record there: one whose action has no answer, one whose trigger the mark has met, one that was not looked at for
 * long, and one that ended and is not booked yet. It leaves the record only when the venue told its end, every fill of it is booked, and what a fill of it asks
 * for, the breaker of its copy, is written down.
 */
export async function settleStop(ctx: EngineContext, books: Bookkeeper, collector: FillCollector, stop: StandingStop): Promise<void> {
  stop.askAt = ctx.clock.now() + ctx.limits.unknownIntervalMs;
  if (stop.end === null) await ask(ctx, books, stop);
  if (stop.end === null) {
    if (stop.mirror === null ? stop.bookedLots > 0 : stop.toldLots > stop.bookedLots) await collector.read(stop.account);
    return;
  }
  if ((stop.filledLots ?? 0) > stop.bookedLots) await collector.read(stop.account);
  if ((stop.filledLots ?? 0) > stop.bookedLots || !isAnswered(ctx, stop)) return;
  if (stop.bookedLots > 0 && stop.mirror === null) await writeTarget(ctx, books, stop);
  await forget(ctx, books, [stop]);
}

/** What its copy wants since it is broken: no wave writes that where nothing was left to close. */
async function writeTarget(ctx: EngineContext, books: Bookkeeper, stop: StandingStop): Promise<void> {
  const copy = ctx.registry.copies.get(stop.copyNo);
  const sheet = copy?.watched.book.findSheet(stop.instrument.coin);
  if (copy === undefined || sheet === undefined || copy.watched.book.copies.copyNo[copy.row] !== copy.no) return;
  await writeIntent(ctx, books, copy, sheet, intentOf(sheet, copy.row));
}

/** Whether nothing is owed for a fill of a stop: its copy's breaker is written, or the copy cannot be broken any more. */
function isAnswered(ctx: EngineContext, stop: StandingStop): boolean {
  if (stop.bookedLots === 0 || stop.mirror !== null) return true;
  const copy = ctx.registry.copies.get(stop.copyNo);
  const state = copy === undefined ? null : copyStateOf(copy.state);
  return state === null || nextCopyState(state, 'break') === null;
}

async function ask(ctx: EngineContext, books: Bookkeeper, stop: StandingStop): Promise<void> {
  if (stop.state === 'sent') return askSent(ctx, books, stop);
  const { venue } = stop.account.network;
  const { doubted } = stop;
  stop.doubted = false;
  const read = await venue.truth.orderStatus(stop.account.address, stop.clientOrderId);
  stop.doubted ||= doubted && !read.ok;
  if (!read.ok) return;
  if (read.value.kind === 'closed') return noteEnd(stop, read.value.status, read.value);
  if (read.value.kind === 'unknown_order') {
    ctx.log.error('the venue does not know a stop that stood', { copyNo: stop.copyNo, clientOrderId: stop.clientOrderId });
    stop.askAt = ctx.clock.now() + ctx.limits.stopRetryMs;
    return endUnlisted(stop);
  }
  noteTold(stop, size(read.value.original - read.value.remaining));
  if (stop.state === 'ending') await stillStands(ctx, books, stop);
  else stop.askAt = doubted ? Math.min(restsUntil(ctx, stop), ctx.clock.now() + ctx.limits.stopRetryMs) : restsUntil(ctx, stop);
}

/** A venue that keeps no order so long says by its list of what is open that it does not stand; a fill of it that comes to light later is booked all the same. */
async function endUnlisted(stop: StandingStop): Promise<void> {
  const { account, instrument, clientOrderId } = stop;
  const open = await account.network.venue.truth.openOrders(account.address, instrument.dex);
  if (!open.ok || open.value.some((order) => order.clientOrderId === clientOrderId)) return;
  stop.end = { status: 'cancelled', why: 'not_at_venue' };
  stop.filledLots = stop.bookedLots;
}

/** As orders of waves are settled: asked for, its nonce spent where the venue does not know it, and never sent again. */
async function askSent(ctx: EngineContext, books: Bookkeeper, stop: StandingStop): Promise<void> {
  const now = ctx.clock.monotonic();
  const settled = await settleUnknown(
    stop.account.network.venue,
    {
      address: stop.account.address,
      signers: stop.signers,
      nonce: stop.nonce,
      clientOrderId: stop.clientOrderId,
      expiresAfter: 0,
      ageMs: now - stop.leftBy,
      now: ctx.clock.now(),
      ...((stop.spentAt !== null || stop.sentBefore === true) && { spentMs: stop.spentAt === null ? 0 : now - stop.spentAt }),
    },
    ctx.pass,
  );
  switch (settled.kind) {
    case 'still_unknown':
      if (settled.spent === true) stop.spentAt ??= now;
      return;
    case 'resting':
      await writeStops(ctx, books, [{ stop, turn: 'stands' }]);
      stop.state = 'standing';
      noteTold(stop, settled.filled);
      stop.askAt = restsUntil(ctx, stop);
      return;
    case 'known':
      return noteFilled(stop, settled.status, settled.filled);
    case 'never_landed':
    case 'refused_unseen':
      endRefused(stop, settled.kind === 'never_landed' ? 'never_arrived' : 'other');
      if (settled.kind === 'never_landed' && settled.voided === true) endVoided(ctx, stop);
  }
}

function endRefused(stop: StandingStop, why: string): void {
  stop.end = { status: 'rejected', why };
  stop.filledLots = 0;
}

/** The nonce an action left with is void: nothing else it carried landed or can. Each of these would find the nonce spent, and wait for what the venue may yet show. */
function endVoided({ standingStops }: EngineContext, { account, nonce, signers }: StandingStop): void {
  for (const other of standingStops.ofAccount(account)) {
    if (other.nonce !== nonce || other.state !== 'sent' || other.end !== null || !other.signers.every((signer) => signers.includes(signer))) continue;
    endRefused(other, 'never_arrived');
    other.askAt = 0;
  }
}

/**
 * A stop stands although an action that ends it left. Not before that action is past, one of an earlier process, which may still run, because its nonce is spent,
 * and what it would have put in its place is settled, is it ours again: otherwise two could stand, or none. A mirror whose cancel may still land is at once, to be
 * cancelled again, which does no harm; it is asked for once that is past.
 */
async function stillStands(ctx: EngineContext, books: Bookkeeper, stop: StandingStop): Promise<void> {
  const isReplaced = ctx.standingStops.ofAccount(stop.account).some(({ replaces, state }) => replaces === stop.clientOrderId && state === 'sent');
  const untilPastMs = Math.max(0, stop.leftBy + LANDED_MS - ctx.clock.monotonic());
  if (isReplaced || (untilPastMs > 0 && stop.mirror === null)) return;
  if (stop.mirror === null && stop.endsBefore && stop.endNonce !== null) {
    const past = await pastLanding(stop.account.network.venue, stop.signers, stop.endNonce);
    if (past !== 'unknown') stop.endsBefore = false;
    // Where it landed after all, the next question tells.
    if (past !== 'cannot_land') return;
  }
  stop.endNonce = null;
  await writeStops(ctx, books, [{ stop, turn: 'stands' }]);
  stop.state = 'standing';
  stop.askAt = untilPastMs > 0 ? Math.min(restsUntil(ctx, stop), ctx.clock.now() + untilPastMs) : restsUntil(ctx, stop);
}

function noteTold(stop: StandingStop, filled: Size): void {
  stop.toldLots = Math.max(stop.toldLots, toLots(stop.instrument, filled));
}

const noteEnd = (stop: StandingStop, status: string, standing: Extract<OrderStanding, { readonly kind: 'closed' }>): void =>
  noteFilled(stop, status, size(standing.original - standing.remaining));

function noteFilled(stop: StandingStop, status: string, filled: Size): void {
  const lots = toLots(stop.instrument, filled);
  stop.filledLots = lots;
  stop.end = {
    status: lots === 0 ? 'cancelled' : filled >= stop.size ? 'filled' : 'partly_filled',
    why: lots === 0 ? status : stop.mirror === null ? 'triggered' : 'filled',
  };
}

/**
 * Whether no stop or mirror of an account in an instrument has traded by now what is not booked, as the venue says. Asked when the account's net, read before, differs
 * from our record, because what a stop did is ours and must not be taken for the follower's own trade; and before copies cross. Those that may have traded are asked for at once.
 */
export async function stopsUntouched(ctx: Pick<EngineContext, 'standingStops'>, account: StandingStop['account'], coin: string): Promise<boolean> {
  let untouched = true;
  for (const stop of ctx.standingStops.ofAccount(account)) {
    if (stop.instrument.coin !== coin) continue;
    const read =
      stop.end === null && (stop.bookedLots === 0 || stop.mirror !== null)
        ? await account.network.venue.truth.orderStatus(account.address, stop.clientOrderId)
        : null;
    if (read?.ok === true && read.value.kind !== 'unknown_order' && tradedLots(stop, read.value) === stop.bookedLots) continue;
    if (stop.end !== null && (stop.filledLots ?? 0) <= stop.bookedLots) continue;
    stop.askAt = 0;
    untouched = false;
  }
  return untouched;
}

const tradedLots = ({ instrument }: StandingStop, { original, remaining }: { readonly original: Size; readonly remaining: Size }): number =>
  toLots(instrument, size(original - remaining));
