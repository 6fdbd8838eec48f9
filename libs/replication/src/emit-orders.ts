import { reservePending } from './apply';
import { writeClientOrderId } from './client-order-id';
import { type CopyColumns, MARKUP, STATUS } from './copy-columns';
import { type Draft } from './draft';
import { reasonNumber } from './reasons';
import { rankedOrder, waveKey } from './wave-order';
import { type PlannedOrders, TIF_GTC, TIF_IOC } from './wave-plan';

const RATE_BUDGET = reasonNumber('rate_budget');

/** Wave and attempt an order of a row is named by. */
export interface OrderNaming {
  /** The wave whose key ranks the rows. */
  readonly rankWave: number;
  waveOf(row: number): number;
  attemptOf(row: number): number;
}

type OrderColumnsInWork = { -readonly [K in keyof PlannedOrders]: PlannedOrders[K] };

/**
 * Turns the legs of a draft into order columns in sending order: all exits before all entries, inside each class by rank. Takes nonces,
 * reserves the lots as pending and names each order. An entry that would leave after its own expiry is dropped as `rate_budget`.
 *
 * The sending order takes copies from anywhere in the book. Only what has to be done in that order is, and the rest is gathered a column at a time: a column
 * stays in the processor's cache, and all of them together do not.
 */
export function emitOrders(draft: Draft, naming: OrderNaming): PlannedOrders {
  const orders = emptyOrders(draft, draft.orderCount);
  if (draft.orderCount === 0) return orders;
  const places = rankedOrder(waveKey(draft.options.seed, naming.rankWave), draft.copyNo, draft.count);
  const legs = legsOf(draft);
  for (let first = 0; first < 4; first += 2) takeTurns(draft, orders, places, legs, first);
  gatherCopies(draft, orders);
  gatherPrices(draft, orders);
  gatherMarkups(draft, orders);
  gatherBreakers(draft, orders);
  nameOrders(draft, naming, orders);
  reserve(draft, orders);
  return orders;
}

/** Bit n of each decision: it has something to send as leg n. */
function legsOf({ legs, count }: Draft): Uint8Array {
  const found = new Uint8Array(count);
  for (let leg = 0; leg < legs.length; leg += 1) {
    const lots = legs[leg];
    if (lots === undefined) continue;
    for (let index = 0; index < count; index += 1) if (lots[index] !== 0) found[index] = (found[index] ?? 0) | (1 << leg);
  }
  return found;
}

/** What goes by the order in which orders leave: who leaves at all, and with which nonce. */
function takeTurns(draft: Draft, orders: OrderColumnsInWork, places: Int32Array, legs: Uint8Array, first: number): void {
  for (let place = 0; place < places.length; place += 1) {
    const index = places[place] ?? 0;
    const due = (legs[index] ?? 0) >> first;
    if ((due & 1) !== 0) takeTurn(draft, orders, index, first);
    if ((due & 2) !== 0) takeTurn(draft, orders, index, first + 1);
  }
}

function takeTurn(draft: Draft, orders: OrderColumnsInWork, index: number, leg: number): void {
  const { options } = draft;
  const lots = draft.legs[leg]?.[index] ?? 0;
  const signer = draft.book.copies.signer[draft.row[index] ?? 0] ?? 0;
  const { departures } = options;
  if (departures !== null) {
    if (leg < 2) departures.exit(signer);
    else if (departures.nextEntry(signer) > (draft.expiry[index] ?? 0)) {
      draft.reason[index] = RATE_BUDGET;
      draft.entryLots[index] = (draft.entryLots[index] ?? 0) - lots;
      return;
    } else departures.takeEntry(signer);
  }
  const nonce = Math.max(options.now, (options.lastNonce[signer] ?? 0) + 1);
  options.lastNonce[signer] = nonce;
  const at = orders.count;
  orders.decision[at] = index;
  orders.leg[at] = leg;
  orders.lots[at] = lots;
  orders.signer[at] = signer;
  orders.nonce[at] = nonce;
  orders.count = at + 1;
}

function gatherCopies(draft: Draft, { count, decision, leg, row, copyNo, buy, settingsVersion, exit, reduceOnly, tif }: OrderColumnsInWork): void {
  for (let at = 0; at < count; at += 1) row[at] = draft.row[decision[at] ?? 0] ?? 0;
  for (let at = 0; at < count; at += 1) copyNo[at] = draft.copyNo[decision[at] ?? 0] ?? 0;
  for (let at = 0; at < count; at += 1) buy[at] = draft.buy[decision[at] ?? 0] ?? 0;
  for (let at = 0; at < count; at += 1) settingsVersion[at] = draft.settingsVersion[decision[at] ?? 0] ?? 0;
  const { restOnBreach } = draft.book.copies;
  const mayRest = draft.options.mayRest === true;
  for (let at = 0; at < count; at += 1) {
    const exits = (leg[at] ?? 0) < 2;
    exit[at] = exits ? 1 : 0;
    reduceOnly[at] = (leg[at] ?? 0) % 2 === 0 ? 1 : 0;
    tif[at] = mayRest && !exits && restOnBreach[row[at] ?? 0] === 1 ? TIF_GTC : TIF_IOC;
  }
}

function gatherPrices(draft: Draft, { count, decision, exit, buy, price, reference, expiresAfter }: OrderColumnsInWork): void {
  const { exitBuyReference, exitSellReference } = draft;
  for (let at = 0; at < count; at += 1) price[at] = (exit[at] === 1 ? draft.exitLimit : draft.entryLimit)[decision[at] ?? 0] ?? 0;
  for (let at = 0; at < count; at += 1)
    reference[at] = exit[at] === 1 ? (buy[at] === 1 ? exitBuyReference : exitSellReference) : (draft.entryReference[decision[at] ?? 0] ?? 0);
  for (let at = 0; at < count; at += 1) expiresAfter[at] = exit[at] === 1 ? 0 : (draft.expiry[decision[at] ?? 0] ?? 0);
}

/** The builder fee rides on approved flow only; an exit never depends on it. */
function gatherMarkups({ book }: Draft, { count, row, exit, builder, builderFee }: OrderColumnsInWork): void {
  const { copies } = book;
  for (let at = 0; at < count; at += 1) {
    const charged = isCharged(copies, row[at] ?? 0, exit[at] === 1);
    builder[at] = charged ? (copies.builder[row[at] ?? 0] ?? -1) : -1;
    builderFee[at] = charged ? (copies.builderFee[row[at] ?? 0] ?? 0) : 0;
  }
}

function gatherBreakers({ book }: Draft, { count, row, exit, breaker }: OrderColumnsInWork): void {
  const { status, breakerLimit } = book.copies;
  for (let at = 0; at < count; at += 1) {
    const carriesOut = exit[at] === 1 && ((status[row[at] ?? 0] ?? 0) & STATUS.breaker) !== 0;
    breaker[at] = carriesOut ? 1 + (breakerLimit[row[at] ?? 0] ?? 0) : 0;
  }
}

function nameOrders({ options }: Draft, naming: OrderNaming, { count, row, copyNo, leg, wave, attempt, clientOrderId }: OrderColumnsInWork): void {
  for (let at = 0; at < count; at += 1) wave[at] = naming.waveOf(row[at] ?? 0);
  for (let at = 0; at < count; at += 1) attempt[at] = naming.attemptOf(row[at] ?? 0);
  for (let at = 0; at < count; at += 1)
    writeClientOrderId(clientOrderId, at * 16, options.instance, wave[at] ?? 0, copyNo[at] ?? 0, leg[at] ?? 0, attempt[at] ?? 0);
}

function reserve({ sheet }: Draft, { count, row, buy, exit, lots }: OrderColumnsInWork): void {
  for (let at = 0; at < count; at += 1) reservePending(sheet, row[at] ?? 0, { buy: buy[at] === 1, exit: exit[at] === 1 }, lots[at] ?? 0);
}

function isCharged(copies: CopyColumns, row: number, exit: boolean): boolean {
  const flow = copies.markupFlow[row] ?? 0;
  return copies.builderApproved[row] === 1 && (flow === MARKUP.all || (flow === MARKUP.increasesOnly && !exit));
}

/** The builder (its index in the book) and fee that an order of a row bears; null: none. */
export function markupOf(copies: CopyColumns, row: number, exit: boolean): { readonly builder: number; readonly fee: number } | null {
  return isCharged(copies, row, exit) ? { builder: copies.builder[row] ?? -1, fee: copies.builderFee[row] ?? 0 } : null;
}

function emptyOrders(draft: Draft, capacity: number): OrderColumnsInWork {
  return {
    count: 0,
    instrument: draft.sheet.instrument,
    builders: draft.book.builders,
    signer: new Int32Array(capacity),
    buy: new Uint8Array(capacity),
    price: new Float64Array(capacity),
    lots: new Float64Array(capacity),
    reduceOnly: new Uint8Array(capacity),
    tif: new Uint8Array(capacity),
    clientOrderId: new Uint8Array(capacity * 16),
    nonce: new Float64Array(capacity),
    expiresAfter: new Float64Array(capacity),
    builder: new Int8Array(capacity),
    builderFee: new Uint16Array(capacity),
    decision: new Int32Array(capacity),
    row: new Int32Array(capacity),
    copyNo: new Float64Array(capacity),
    leg: new Uint8Array(capacity),
    attempt: new Uint16Array(capacity),
    exit: new Uint8Array(capacity),
    wave: new Float64Array(capacity),
    settingsVersion: new Int32Array(capacity),
    reference: new Float64Array(capacity),
    egress: new Uint8Array(capacity),
    breaker: new Uint8Array(capacity),
  };
}
