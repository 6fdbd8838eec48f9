import { type Approved, err, fromLots, must, type Result, type Size, size, toLots } from '@lockstep/kernel';
import { isHandingOver, leftOf, markupOf, mirrorEntries, orderFacts, packClientOrderId } from '@lockstep/replication';
import { gateEntries, gateExits } from '@lockstep/risk';
import { nextWaveNumber, orderIdOf } from '@lockstep/storage';
import {
  type ActionOutcome,
  OUTCOME,
  outcomeClass,
  type PlacementTerms,
  type SignerHandle,
  type WorkingOrder,
  type WorkingOrders,
  type WorkingOutcome,
} from '@lockstep/venues/port';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { endsMirrors } from '../mirrors/mirror-totals';
import type { AccountRecord } from '../state/registry';
import { freshStops, isFresh } from '../unheard-stops';
import { restsUntil } from './rest-times';
import type { StandingStop } from './standing-stops';
import { isReduceOnly, legOf, writeStops } from './stop-journal';
import type { StopTask } from './stop-tasks';

type Placing = Extract<StopTask, { readonly kind: 'place' | 'change' }>;

/** What a refusal of the venue leaves to do: nothing of the stop stands, and it is tried again later. */
export type OnRefused = (stop: StandingStop) => void;

/** Lots a copy holds of a stop's instrument now, as a signed size; none where it is gone, or handed over, since the stop was decided. */
const heldBy = ({ copy, sheet }: Placing): Size => {
  const { copyNo, status } = copy.watched.book.copies;
  const isOurs = copyNo[copy.row] === copy.no && !isHandingOver(status[copy.row] ?? 0);
  const lots = isOurs ? (sheet.rows.position[copy.row] ?? 0) : 0;
  const quantity = fromLots(sheet.instrument, Math.abs(lots));
  return size(lots < 0 ? -quantity : quantity);
};

/**
 * Sends what is due about stops of one account: one action of each kind, each written down with its nonce before its first byte leaves. An outcome that is not
 * known stays open and is asked for; nothing is sent a second time. Throws when it could not be written down, and then nothing left.
 */
export async function sendStops(
  ctx: EngineContext,
  books: Bookkeeper,
  account: AccountRecord,
  tasks: readonly StopTask[],
  onRefused: OnRefused,
): Promise<void> {
  const orders = account.network.venue.workingOrders;
  if (orders === undefined) return;
  const cancels = tasks.flatMap((task) => (task.kind === 'cancel' ? [task] : []));
  const changes = tasks.flatMap((task) => (task.kind === 'change' ? [task] : []));
  const places = tasks.flatMap((task) => (task.kind === 'place' ? [task] : []));
  if (cancels.length > 0) await cancelStops(ctx, books, account, orders, cancels);
  if (changes.length > 0) await placeStops(ctx, books, account, orders, changes, onRefused);
  if (places.length > 0) await placeStops(ctx, books, account, orders, places, onRefused);
}

async function cancelStops(
  ctx: EngineContext,
  books: Bookkeeper,
  account: AccountRecord,
  orders: WorkingOrders,
  tasks: readonly Extract<StopTask, { readonly kind: 'cancel' }>[],
): Promise<void> {
  const stops = tasks.map(({ standing }) => standing);
  // The key the nonce is of, though another may have taken over by the time this is written down.
  const { signer } = account;
  const nonce = ctx.nonces.next(signer, ctx.clock.now());
  await end(ctx, books, stops, nonce, []);
  const outcomes = await orders.cancelAll(signer, nonce, stops);
  await takeCancels(ctx, books, tasks, outcomes);
}

type Refusal = Extract<WorkingOutcome, { readonly kind: 'rejected' }>;

/**
 * Whether the venue executed nothing. A request that reaches it twice is refused the second time for its nonce, and that answer may be the one we get: what
 * the first did is asked for, as where there was no answer.
 */
const isRefused = (outcome: ActionOutcome | WorkingOutcome | undefined): outcome is Refusal =>
  outcome?.kind === 'rejected' && outcomeClass(OUTCOME.rejected, outcome.code) !== 'unknown';

/** A cancel that was accepted is an end; one that was refused or not answered is asked for: the stop may have been triggered before it. */
async function takeCancels(
  ctx: EngineContext,
  books: Bookkeeper,
  tasks: readonly Extract<StopTask, { readonly kind: 'cancel' }>[],
  outcomes: readonly ActionOutcome[],
): Promise<void> {
  const gone: StandingStop[] = [];
  for (const [index, { standing, why }] of tasks.entries()) {
    standing.leftBy = ctx.clock.monotonic();
    standing.askAt = 0;
    if (isRefused(outcomes[index])) cancelRefused(ctx, standing);
    // A mirror may have filled in part before it was cancelled: the venue is asked how much.
    if (outcomes[index]?.kind !== 'accepted' || standing.bookedLots > 0 || standing.mirror !== null) continue;
    standing.end = { status: 'cancelled', why };
    standing.filledLots = 0;
    gone.push(standing);
  }
  await forget(ctx, books, gone);
}

/** A cancel that was refused is tried again, each time after twice as long: whatever the reason, it is no reason to spend what others' cancels need. */
function cancelRefused({ clock, limits }: Pick<EngineContext, 'clock' | 'limits'>, standing: StandingStop): void {
  standsAgain(standing);
  standing.cancelAt = clock.now() + Math.min(limits.stopRetryMs, limits.mirrorCancelRetryMs * 2 ** standing.cancelsRefused);
  standing.cancelsRefused += 1;
}

/** An action about a mirror that the venue refused changed nothing: what it was about is asked for at once, without waiting for a landing that will not be. */
function standsAgain(standing: StandingStop): void {
  if (standing.mirror !== null) standing.leftBy = Number.NEGATIVE_INFINITY;
}

async function placeStops(
  ctx: EngineContext,
  books: Bookkeeper,
  account: AccountRecord,
  orders: WorkingOrders,
  tasks: readonly Placing[],
  onRefused: OnRefused,
): Promise<void> {
  const wave = await ctx.storage.platform((unit) => nextWaveNumber(unit));
  // The key that is written down with it signs it, though another may have taken over by then: what became of it is found out by that one.
  const { signer } = account;
  const nonce = ctx.nonces.next(signer, ctx.clock.now());
  // The legs of one action differ by their instruments: each takes an attempt of its own, so that their ids do.
  const stops = tasks.map((task, index) => stopOf(ctx, account, task, { wave, nonce, index }));
  const replaced = tasks.flatMap((task) => (task.kind === 'change' ? [task.standing] : []));
  const asOf = await end(ctx, books, replaced, nonce, stops);
  for (const stop of stops) ctx.standingStops.add(stop);
  const sure = await areStopsKnown(ctx, tasks, asOf);
  const asked = sure ? tasks.flatMap((task, index) => (isAskedFor(task) && mayMirror(ctx, task) ? [index] : [])) : [];
  const pick = <T>(all: readonly T[]): readonly T[] => all.filter((_, index) => asked.includes(index));
  const send = tasks[0]?.kind === 'change' ? change : place;
  const left = asked.length === 0 ? [] : await send(ctx, orders, signer, nonce, pick(tasks), pick(stops), pick(tasks).map(heldBy));
  const kept = sure ? GONE : UNSURE;
  const placed = tasks.map((_, index) => (asked.includes(index) ? left[asked.indexOf(index)] : kept));
  await takePlaced(ctx, books, tasks, stops, placed, onRefused);
}

/** Whether it is known what stops orders that enter, as they are about to leave: writing them down may have taken long. What only closes asks for nothing. */
async function areStopsKnown(ctx: EngineContext, tasks: readonly Placing[], asOf: number): Promise<boolean> {
  const entering = tasks.find(({ wanted }) => wanted.mirror?.reduceOnly === false);
  return entering === undefined || isFresh(ctx, await freshStops(ctx, entering.copy.group.scope, asOf));
}

/**
 * Whether the leader's order a mirror stands for still does, and is as large where it adds risk: it may have filled or gone since the mirror was decided, which a slow
 * database makes long. What was known of it counts where the leader is out of sight since, and one that is not remembered any more ended before that.
 */
function isAskedFor({ copy: { watched }, sheet, wanted: { mirror } }: Placing): boolean {
  if (mirror === undefined) return true;
  const order = watched.working.find(mirror.leaderOrderId);
  return order?.end === null && (mirror.reduceOnly || mirror.basis <= leftOf(order, sheet.leaderLots));
}

/**
 * Whether its copy may have a mirror still: new settings, the follower's own trade or the leader's turn may have come since it was decided. Limits are the second
 * look's.
 */
function mayMirror(ctx: EngineContext, { copy, sheet, wanted: { mirror, buy } }: Placing): boolean {
  if (mirror === undefined) return true;
  if (endsMirrors(copy)) return false;
  if (mirror.reduceOnly) return true;
  const isAddedTo = sheet.leaderLots === 0 || sheet.leaderLots > 0 === buy;
  const options = { now: Math.floor(ctx.clock.now()), markMaxAgeMs: ctx.limits.markMaxAgeMs };
  return isAddedTo && mirrorEntries(copy.watched.book, sheet, copy.row, options) !== 'no';
}

const GONE: WorkingOutcome = { kind: 'rejected', code: 'not_sent', text: 'what it was for went before it left' };
const REFUSED: WorkingOutcome = { kind: 'rejected', code: 'not_sent', text: 'the position changed before it left' };
const UNSURE: WorkingOutcome = { kind: 'rejected', code: 'not_sent', text: 'what stops new risk could not be read before it left' };
/** Nothing left: what it should have taken the place of is what it was. */
const neverLeft = (outcome: WorkingOutcome): boolean => outcome === GONE || outcome === REFUSED || outcome === UNSURE;

async function place(
  ctx: EngineContext,
  orders: WorkingOrders,
  signer: SignerHandle,
  nonce: number,
  tasks: readonly Placing[],
  stops: readonly StandingStop[],
  held: readonly Size[],
): Promise<readonly WorkingOutcome[]> {
  const judged = judge(ctx, stops.map(orderOf), (order) => order, tasks, held);
  return judged.ok ? orders.place(signer, nonce, judged.value, placementOf(tasks)) : stops.map(() => REFUSED);
}

/** Mirrors bear the markup that orders of a wave bear, where it is approved; a protective stop never depends on it, and a change of an order carries none at the venue. */
function placementOf(tasks: readonly Placing[]): PlacementTerms {
  const [first] = tasks;
  if (first === undefined || first.wanted.mirror === undefined) return {};
  const { book } = first.copy.watched;
  const markup = markupOf(book.copies, first.copy.row, first.wanted.mirror.reduceOnly);
  const address = markup === null ? undefined : book.builders[markup.builder];
  return markup === null || address === undefined ? {} : { builder: { address, feeTenthsBp: markup.fee } };
}

/** The second look: exits against what is held, entries as those of a wave are. An action carries entries of one instrument, or exits. */
function judge<T>(
  ctx: EngineContext,
  items: readonly T[],
  orderOf: (item: T) => WorkingOrder,
  tasks: readonly Placing[],
  held: readonly Size[],
): Result<Approved<readonly T[]>, unknown> {
  const [first] = tasks;
  const enters = tasks.some(({ wanted }) => wanted.mirror?.reduceOnly === false);
  if (first === undefined || !enters) return gateExits(items, orderOf, held);
  const orders = items.map(orderOf);
  const { book } = first.copy.watched;
  const isOurs = tasks.every(({ copy, sheet }) => copy === first.copy && sheet === first.sheet && book.copies.copyNo[copy.row] === copy.no);
  if (!isOurs) return err('not of one copy and instrument');
  const batch = {
    count: orders.length,
    buy: Uint8Array.from(orders, ({ buy }) => (buy ? 1 : 0)),
    price: Float64Array.from(orders, ({ price }) => Number(price)),
    lots: Float64Array.from(orders, ({ instrument, size: whole }) => toLots(instrument, whole)),
    reduceOnly: new Uint8Array(orders.length),
    row: Int32Array.from(tasks, ({ copy }) => copy.row),
    exit: new Uint8Array(orders.length),
  };
  const facts = orderFacts(book, { coin: first.sheet.instrument.coin, orders: batch }, Math.floor(ctx.clock.now()), ctx.limits.markMaxAgeMs);
  return facts === null ? err('no sheet') : gateEntries(items, batch, facts);
}

async function change(
  ctx: EngineContext,
  orders: WorkingOrders,
  signer: SignerHandle,
  nonce: number,
  tasks: readonly Placing[],
  stops: readonly StandingStop[],
  held: readonly Size[],
): Promise<readonly WorkingOutcome[]> {
  const changes = stops.map((stop) => ({ target: stop.replaces ?? '', order: orderOf(stop) }));
  must(changes.length === tasks.length, 'each change has its stop');
  const judged = judge(ctx, changes, ({ order }) => order, tasks, held);
  return judged.ok ? orders.modify(signer, nonce, judged.value) : stops.map(() => REFUSED);
}

const orderOf = (stop: StandingStop): WorkingOrder => ({
  instrument: stop.instrument,
  buy: stop.buy,
  price: stop.price,
  size: stop.size,
  reduceOnly: isReduceOnly(stop),
  clientOrderId: stop.clientOrderId,
  terms: termsOf(stop),
});

/** A mirror that would match at once does: its limit is the leader's own price. */
function termsOf({ trigger, mirror }: StandingStop): WorkingOrder['terms'] {
  if (trigger === null) return { kind: 'limit', tif: 'gtc' };
  const { purpose, market } = mirror?.trigger ?? { purpose: 'stop_loss', market: true };
  return { kind: 'trigger', trigger: { price: trigger, purpose, market } };
}

function stopOf(
  ctx: EngineContext,
  account: AccountRecord,
  task: Placing,
  { wave, nonce, index }: { readonly wave: number; readonly nonce: number; readonly index: number },
): StandingStop {
  const { copy, sheet, wanted } = task;
  const mirror = wanted.mirror ?? null;
  const parts = { instance: ctx.instance, leg: legOf({ mirror }), attempt: index };
  return {
    clientOrderId: packClientOrderId({ ...parts, wave, copyNo: copy.no }),
    orderId: orderIdOf({ ...parts, moveId: BigInt(wave), copyNo: BigInt(copy.no) }),
    createdAt: ctx.clock.now(),
    account,
    scope: copy.group.scope,
    copyNo: copy.no,
    copyId: copy.id,
    leaderId: copy.group.leaderId,
    settingsVersion: copy.settingsVersion,
    instrument: sheet.instrument,
    buy: wanted.buy,
    size: wanted.size,
    price: wanted.worst,
    trigger: wanted.trigger,
    mirror,
    nonce,
    signers: [account.signer],
    replaces: task.kind === 'change' ? task.standing.clientOrderId : null,
    state: 'sent',
    endNonce: null,
    leftBy: ctx.clock.monotonic(),
    spentAt: null,
    askAt: ctx.clock.now() + ctx.limits.stopRetryMs,
    doubted: false,
    cancelsRefused: 0,
    cancelAt: 0,
    end: null,
    filledLots: null,
    bookedLots: 0,
    toldLots: 0,
  };
}

/** Writes down that these end with an action, and what it puts in their place; memory follows once it stands. Returns as of when stops are known, monotonic ms. */
async function end(
  ctx: EngineContext,
  books: Bookkeeper,
  stops: readonly StandingStop[],
  nonce: number,
  fresh: readonly StandingStop[],
): Promise<number> {
  const before = stops.map(({ endNonce, askAt }) => ({ endNonce, askAt }));
  for (const stop of stops) {
    stop.endNonce = nonce;
    stop.askAt = ctx.clock.now() + ctx.limits.stopRetryMs;
  }
  try {
    const asOf = await writeStops(ctx, books, [
      ...stops.map((stop) => ({ stop, turn: 'ends' as const })),
      ...fresh.map((stop) => ({ stop, turn: 'written' as const })),
    ]);
    for (const stop of stops) stop.state = 'ending';
    return asOf;
  } catch (failure) {
    for (const [index, stop] of stops.entries()) Object.assign(stop, before[index]);
    throw failure;
  }
}

async function takePlaced(
  ctx: EngineContext,
  books: Bookkeeper,
  tasks: readonly Placing[],
  stops: readonly StandingStop[],
  outcomes: readonly (WorkingOutcome | undefined)[],
  onRefused: OnRefused,
): Promise<void> {
  const standing: StandingStop[] = [];
  const gone: StandingStop[] = [];
  for (const [index, stop] of stops.entries()) {
    const outcome = outcomes[index];
    const task = tasks[index];
    const replaced = task?.kind === 'change' ? task.standing : null;
    stop.leftBy = ctx.clock.monotonic();
    if (replaced !== null) replaced.leftBy = stop.leftBy;
    if (outcome?.kind === 'resting') {
      standing.push(stop);
      // Asked for at once where it cannot be written down that it stands: until that is known, nothing cancels it.
      stop.askAt = 0;
      if (replaced !== null && replaced.mirror !== null) replaced.askAt = 0;
      else if (replaced !== null && replaced.bookedLots === 0) {
        replaced.end = { status: 'cancelled', why: 'replaced' };
        replaced.filledLots = 0;
        gone.push(replaced);
      }
      continue;
    }
    // What filled at once, and what is not known, is found by asking; so is what became of the one it should have replaced.
    stop.askAt = 0;
    if (replaced !== null) replaced.askAt = 0;
    if (!isRefused(outcome)) continue;
    if (replaced !== null) standsAgain(replaced);
    if (replaced !== null && replaced.end === null && neverLeft(outcome)) {
      replaced.endNonce = null;
      standing.push(replaced);
    }
    stop.end = { status: 'rejected', why: outcome.code };
    stop.filledLots = 0;
    gone.push(stop);
    onRefused(stop);
    ctx.log.warn(stop.mirror === null ? 'a protective stop was refused' : 'a mirrored order was refused', {
      copyNo: stop.copyNo,
      coin: stop.instrument.coin,
      code: outcome.code,
      text: outcome.text,
    });
  }
  if (standing.length + gone.length === 0) return;
  await writeStops(ctx, books, [
    ...standing.map((stop) => ({ stop, turn: 'stands' as const })),
    ...gone.map((stop) => ({ stop, turn: 'ended' as const })),
  ]);
  for (const stop of standing) {
    stop.state = 'standing';
    stop.askAt = restsUntil(ctx, stop);
  }
  for (const stop of gone) ctx.standingStops.remove(stop);
}

/** Writes the end of stops of which nothing is to be booked any more, and lets go of them. */
export async function forget(ctx: EngineContext, books: Bookkeeper, stops: readonly StandingStop[]): Promise<void> {
  if (stops.length === 0) return;
  await writeStops(
    ctx,
    books,
    stops.map((stop) => ({ stop, turn: 'ended' as const })),
  );
  for (const stop of stops) ctx.standingStops.remove(stop);
}
