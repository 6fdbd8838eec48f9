import { reservePending } from './apply';
import { writeClientOrderId } from './client-order-id';
import { type CopyColumns, MARKUP } from './copy-columns';
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
 */
export function emitOrders(draft: Draft, naming: OrderNaming): PlannedOrders {
  const orders = emptyOrders(draft, draft.orderCount);
  if (draft.orderCount === 0) return orders;
  const places = rankedOrder(waveKey(draft.options.seed, naming.rankWave), draft.copyNo, draft.count);
  for (let leg = 0; leg < 4; leg += 2) {
    for (let place = 0; place < places.length; place += 1) {
      const index = places[place] ?? 0;
      emitLeg(draft, naming, orders, index, leg);
      emitLeg(draft, naming, orders, index, leg + 1);
    }
  }
  return orders;
}

function emitLeg(draft: Draft, naming: OrderNaming, orders: OrderColumnsInWork, index: number, leg: number): void {
  const lots = draft.legs[leg]?.[index] ?? 0;
  if (lots === 0) return;
  const { options, sheet } = draft;
  const { copies } = draft.book;
  const row = draft.row[index] ?? 0;
  const exit = leg < 2;
  const expiry = exit ? 0 : (draft.expiry[index] ?? 0);
  const at = orders.count;
  const signer = copies.signer[row] ?? 0;
  const { departures } = options;
  if (departures !== null) {
    if (exit) departures.exit(signer);
    else if (departures.nextEntry(signer) > expiry) {
      draft.reason[index] = RATE_BUDGET;
      draft.entryLots[index] = (draft.entryLots[index] ?? 0) - lots;
      return;
    } else departures.takeEntry(signer);
  }
  const buy = draft.buy[index] ?? 0;
  const nonce = Math.max(options.now, (options.lastNonce[signer] ?? 0) + 1);
  options.lastNonce[signer] = nonce;
  const wave = naming.waveOf(row);
  const attempt = naming.attemptOf(row);
  orders.decision[at] = index;
  orders.row[at] = row;
  orders.copyNo[at] = draft.copyNo[index] ?? 0;
  orders.signer[at] = signer;
  orders.buy[at] = buy;
  orders.price[at] = (exit ? draft.exitLimit[index] : draft.entryLimit[index]) ?? 0;
  orders.lots[at] = lots;
  orders.reduceOnly[at] = leg % 2 === 0 ? 1 : 0;
  orders.tif[at] = !exit && options.mayRest === true && copies.restOnBreach[row] === 1 ? TIF_GTC : TIF_IOC;
  orders.nonce[at] = nonce;
  orders.expiresAfter[at] = expiry;
  orders.leg[at] = leg;
  orders.attempt[at] = attempt;
  orders.exit[at] = exit ? 1 : 0;
  orders.wave[at] = wave;
  orders.settingsVersion[at] = draft.settingsVersion[index] ?? 0;
  orders.reference[at] = exit ? (buy === 1 ? draft.exitBuyReference : draft.exitSellReference) : (draft.entryReference[index] ?? 0);
  writeMarkup(draft, orders, at, row, exit);
  writeClientOrderId(orders.clientOrderId, at * 16, options.instance, wave, draft.copyNo[index] ?? 0, leg, attempt);
  reservePending(sheet, row, { buy: buy === 1, exit }, lots);
  orders.count = at + 1;
}

/** The builder fee rides on approved flow only; an exit never depends on it. */
function writeMarkup(draft: Draft, orders: OrderColumnsInWork, at: number, row: number, exit: boolean): void {
  const { copies } = draft.book;
  const markup = markupOf(copies, row, exit);
  orders.builder[at] = markup?.builder ?? -1;
  orders.builderFee[at] = markup?.fee ?? 0;
}

/** The builder (its index in the book) and fee that an order of a row bears; null: none. */
export function markupOf(copies: CopyColumns, row: number, exit: boolean): { readonly builder: number; readonly fee: number } | null {
  const flow = copies.markupFlow[row] ?? 0;
  const charged = (copies.builderApproved[row] ?? 0) === 1 && (flow === MARKUP.all || (flow === MARKUP.increasesOnly && !exit));
  return charged ? { builder: copies.builder[row] ?? -1, fee: copies.builderFee[row] ?? 0 } : null;
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
  };
}
