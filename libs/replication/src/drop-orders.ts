import { releasePending, reservationOf } from './apply';
import type { CopyBook } from './book';
import { type ReasonCode, reasonNumber } from './reasons';
import type { PlannedOrders, WavePlan } from './wave-plan';

/**
 * The plan without some of its orders (refused by the gate, or stopped before anything was written): frees their reservations, sets the
 * reason of their decisions and packs the rest in the same order.
 */
export function dropOrders(book: CopyBook, plan: WavePlan, dropped: readonly number[], reason: ReasonCode): WavePlan {
  const sheet = book.findSheet(plan.coin);
  const gone = new Set(dropped);
  const { orders, decisions } = plan;
  for (const order of gone) {
    const row = orders.row[order] ?? 0;
    const decision = orders.decision[order] ?? 0;
    const lots = orders.lots[order] ?? 0;
    if (sheet && book.copies.copyNo[row] === orders.copyNo[order]) releasePending(sheet, row, reservationOf(orders, order), lots);
    const sent = orders.exit[order] === 1 ? decisions.exitLots : decisions.entryLots;
    sent[decision] = Math.max(0, (sent[decision] ?? 0) - lots);
    decisions.reason[decision] = reasonNumber(reason);
    if (sheet) sheet.rows.lastReason[row] = reasonNumber(reason);
  }
  const kept = Int32Array.from(Array.from({ length: orders.count }, (_, order) => order).filter((order) => !gone.has(order)));
  return { ...plan, orders: pickOrders(orders, kept) };
}

/** The chosen orders as columns of their own. */
export function pickOrders(orders: PlannedOrders, chosen: Int32Array): PlannedOrders {
  const pick = <T extends { [index: number]: number }>(from: T, into: T): T => {
    chosen.forEach((order, at) => {
      into[at] = from[order] ?? 0;
    });
    return into;
  };
  const count = chosen.length;
  const clientOrderId = new Uint8Array(count * 16);
  chosen.forEach((order, at) => {
    clientOrderId.set(orders.clientOrderId.subarray(order * 16, order * 16 + 16), at * 16);
  });
  const f64 = (from: Float64Array): Float64Array => pick(from, new Float64Array(count));
  const i32 = (from: Int32Array): Int32Array => pick(from, new Int32Array(count));
  const u16 = (from: Uint16Array): Uint16Array => pick(from, new Uint16Array(count));
  const u8 = (from: Uint8Array): Uint8Array => pick(from, new Uint8Array(count));
  return {
    count,
    instrument: orders.instrument,
    builders: orders.builders,
    clientOrderId,
    signer: i32(orders.signer),
    buy: u8(orders.buy),
    price: f64(orders.price),
    lots: f64(orders.lots),
    reduceOnly: u8(orders.reduceOnly),
    tif: u8(orders.tif),
    nonce: f64(orders.nonce),
    expiresAfter: f64(orders.expiresAfter),
    builder: pick(orders.builder, new Int8Array(count)),
    builderFee: u16(orders.builderFee),
    egress: u8(orders.egress),
    breaker: u8(orders.breaker),
    decision: i32(orders.decision),
    row: i32(orders.row),
    copyNo: f64(orders.copyNo),
    leg: u8(orders.leg),
    attempt: u16(orders.attempt),
    exit: u8(orders.exit),
    wave: f64(orders.wave),
    settingsVersion: i32(orders.settingsVersion),
    reference: f64(orders.reference),
  };
}
