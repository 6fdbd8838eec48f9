import type { OrderTrack } from '../book/orders';
import { type AuditState, fillKey, type WorldFill } from '../book/state';
import type { CalmSnapshot, FillRow, OrderRow } from '../calm';
import { checkCrossed } from './calm-crosses';
import { sizeText } from './judged-order';

/** An order that left so shortly before may be on its way, and what stood until so shortly before need not be known as ended. */
const NEW_MS = 2_000;

/** In a calm every order has one end that is true, and every fill is booked once, whole and for its own copy (product §2.9, §5). */
export function checkCalmBooks(state: AuditState, snapshot: CalmSnapshot): void {
  checkOrders(state, snapshot);
  checkFills(state, snapshot);
  checkCrossed(state, snapshot);
  checkMentions(state, snapshot);
}

function checkOrders(state: AuditState, snapshot: CalmSnapshot): void {
  const rows = new Map<string, OrderRow>();
  for (const row of snapshot.orders) {
    if (rows.has(row.cloid)) {
      state.report('order_end_wrong', snapshot.at, row.copyId, row.cloid, `order ${row.cloid} of copy ${row.copyId} has two rows`);
    }
    rows.set(row.cloid, row);
    if (!state.orders.has(row.cloid) && (row.filled !== 0n || row.end !== 'denied')) {
      state.report(
        'order_end_wrong',
        snapshot.at,
        row.copyId,
        row.cloid,
        `order ${row.cloid} of copy ${row.copyId} is booked as ${row.end} and was never journaled`,
      );
    }
  }
  for (const order of state.orders.values()) checkEnd(state, snapshot.at, order, rows.get(order.cloid));
}

function checkEnd(state: AuditState, at: number, order: OrderTrack, row: OrderRow | undefined): void {
  const named = (): string => `order ${order.cloid} of copy ${order.copyId}`;
  if (row === undefined || row.end === 'open') {
    const resting = order.handed !== null && order.handed.tif !== 'ioc' && order.arrived && !order.ended;
    // Where a market does not trade an exit is tried again and again, in a calm too.
    const isNew = order.handed !== null && (at - order.handed.sentAt < NEW_MS || (order.handed.tif !== 'ioc' && at - order.endedAt < NEW_MS));
    if (!resting && !isNew)
      state.report('order_without_end', at, order.copyId, order.cloid, `${named()} was journaled and has ${row === undefined ? 'no row' : 'no end'}`);
    return;
  }
  if (row.copyId !== order.copyId || row.scope !== order.scope) {
    state.report('other_scope', at, order.copyId, order.cloid, `${named()} of ${order.scope} is booked for copy ${row.copyId} of ${row.scope}`);
  }
  const wrong = endWrong(order, row);
  if (wrong !== null)
    state.report(
      'order_end_wrong',
      at,
      order.copyId,
      order.cloid,
      `${named()} is booked as ${row.end} with ${sizeText(row.filled)} filled, but ${wrong}`,
    );
}

function endWrong(order: OrderTrack, row: OrderRow): string | null {
  if (row.filled !== order.filled) return `${sizeText(order.filled)} filled`;
  if ((row.end === 'filled') !== order.filled > 0n) return order.filled > 0n ? 'it filled' : 'nothing filled';
  if (row.end === 'denied' && order.handed !== null) return 'it was handed to the venue';
  if (row.end === 'not_landed' && order.arrived && !order.rejected && !order.ended) return 'the venue has it';
  return null;
}

function checkFills(state: AuditState, snapshot: CalmSnapshot): void {
  const rows = new Map<string, FillRow[]>();
  for (const row of snapshot.fills) {
    if (row.internal !== undefined) continue;
    const key = fillKey(row.account, row.coin, row.tradeId);
    const list = rows.get(key);
    if (list === undefined) rows.set(key, [row]);
    else list.push(row);
    if (!state.fills.has(key)) {
      state.report('fill_invented', snapshot.at, row.copyId, null, `fill ${key} of copy ${row.copyId} is booked, and the venue never had it`);
    }
  }
  for (const [key, fill] of state.fills) {
    if (fill.cloid === null) checkForeign(state, snapshot.at, key, fill, rows.get(key) ?? []);
    else checkOwn(state, snapshot.at, key, fill, rows.get(key) ?? []);
  }
}

function checkOwn(state: AuditState, at: number, key: string, fill: WorldFill, rows: readonly FillRow[]): void {
  const copyId = fill.parts[0]?.copy.copy.copyId ?? null;
  const named = (): string => `fill ${key} (${sizeText(fill.size)}) of order ${fill.cloid}`;
  const first = rows[0];
  if (first === undefined) {
    state.report('fill_lost', at, copyId, fill.cloid, `${named()} is not booked`);
    return;
  }
  if (rows.length > 1) {
    state.report('fill_booked_twice', at, copyId, fill.cloid, `${named()} is booked ${rows.length} times`);
    return;
  }
  if (first.copyId !== copyId) {
    state.report('other_scope', at, copyId, fill.cloid, `${named()} of copy ${copyId} is booked for copy ${first.copyId}`);
    return;
  }
  if (first.size !== fill.size || first.price !== fill.price || first.fee !== fill.fee) {
    state.report(
      'money_wrong',
      at,
      copyId,
      fill.cloid,
      `${named()} is booked with size ${first.size}, price ${first.price}, fee ${first.fee} instead of ${fill.size}, ${fill.price}, ${fill.fee}`,
    );
  }
}

/** Of what was no order of ours each copy of the account has at most one part, and all of them no more than there was. */
function checkForeign(state: AuditState, at: number, key: string, fill: WorldFill, rows: readonly FillRow[]): void {
  const owners = new Set(rows.map((row) => row.copyId));
  const booked = rows.reduce((sum, row) => sum + row.size, 0n);
  const copyId = rows[0]?.copyId ?? null;
  if (owners.size < rows.length) state.report('fill_booked_twice', at, copyId, null, `fill ${key}, no order of ours, is booked twice for one copy`);
  else if (booked > fill.size)
    state.report('fill_booked_twice', at, copyId, null, `fill ${key} of ${sizeText(fill.size)} is booked with ${sizeText(booked)}`);
}

/** Rows and events of a scope name its own copies alone. */
function checkMentions(state: AuditState, snapshot: CalmSnapshot): void {
  const check = (what: () => string, scope: string, copyId: string) => {
    const copy = state.copies.get(copyId)?.copy;
    if (copy !== undefined && copy.scope === scope) return;
    state.report(
      'other_scope',
      snapshot.at,
      copyId,
      null,
      `${what()} of ${scope} names copy ${copyId}, which is ${copy === undefined ? 'nobody’s' : `one of ${copy.scope}`}`,
    );
  };
  for (const { what, scope, copyId } of snapshot.mentions) check(() => what, scope, copyId);
  for (const row of snapshot.fills) check(() => `fill ${row.tradeId}`, row.scope, row.copyId);
}
