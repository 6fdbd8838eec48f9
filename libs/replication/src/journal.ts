import { must } from '@lockstep/kernel';
import {
  align,
  BYTES_OF,
  type Column,
  type ColumnKind,
  DECISION_COLUMNS,
  ENCODING,
  HEADER_BYTES,
  JOURNAL_MAGIC,
  JOURNAL_VERSION,
  ORDER_COLUMNS,
  viewColumn,
} from './journal-layout';
import type { WavePlan } from './wave-plan';

/** The part of a plan that belongs to one (tenant, environment): what one journal row holds. */
export interface ScopeSlice {
  readonly scope: number;
  /** Indexes into the plan's decisions and orders. */
  readonly decisions: Int32Array;
  readonly orders: Int32Array;
  readonly maxNonce: number;
}

/** What the engine adds to a plan when it writes it down. Stage marks are epoch ms with fractions; 0 when not taken. */
export interface JournalStamp {
  readonly instance: number;
  readonly m0: number;
  readonly m1: number;
  readonly m2: number;
  /** When the wave was forecast to have its last answer, epoch ms; 0: no limits are kept to. */
  readonly forecastEnd: number;
}

/** Splits a plan by scope, in ascending scope order; every decision and order is in exactly one slice. */
export function splitByScope(plan: WavePlan): readonly ScopeSlice[] {
  const { decisions, orders } = plan;
  const counts = new Map<number, { decisions: number; orders: number }>();
  const countOf = (scope: number): { decisions: number; orders: number } => {
    const known = counts.get(scope);
    if (known) return known;
    const fresh = { decisions: 0, orders: 0 };
    counts.set(scope, fresh);
    return fresh;
  };
  for (let index = 0; index < decisions.count; index += 1) countOf(decisions.scope[index] ?? 0).decisions += 1;
  for (let order = 0; order < orders.count; order += 1) countOf(decisions.scope[orders.decision[order] ?? 0] ?? 0).orders += 1;
  return [...counts].sort(([a], [b]) => a - b).map(([scope, count]) => sliceOf(plan, scope, count));
}

function sliceOf(plan: WavePlan, scope: number, count: { readonly decisions: number; readonly orders: number }): ScopeSlice {
  const decisions = new Int32Array(count.decisions);
  const orders = new Int32Array(count.orders);
  let at = 0;
  for (let index = 0; index < plan.decisions.count; index += 1) if (plan.decisions.scope[index] === scope) decisions[at++] = index;
  at = 0;
  let maxNonce = 0;
  for (let order = 0; order < plan.orders.count; order += 1) {
    if (plan.decisions.scope[plan.orders.decision[order] ?? 0] !== scope) continue;
    orders[at++] = order;
    maxNonce = Math.max(maxNonce, plan.orders.nonce[order] ?? 0);
  }
  return { scope, decisions, orders, maxNonce };
}

/** Packs one slice of a plan. 10,000 copies take well under 1.2 MB. */
export function encodeJournal(plan: WavePlan, slice: ScopeSlice, stamp: JournalStamp): Uint8Array {
  const cuts = cutsOf(plan, slice.decisions);
  const texts = [plan.coin, ...plan.orders.builders];
  const writer = new ColumnWriter(mostBytes(texts, slice.decisions.length, slice.orders.length, cuts.length));
  writer.header(plan, slice, stamp, cuts.length, texts.length);
  for (const text of texts) writer.text(text);
  for (const [name, kind] of DECISION_COLUMNS) writer.column(kind, plan.decisions[name], slice.decisions);
  writer.raw(cuts);
  const local = localDecisions(plan, slice);
  for (const [name, kind] of ORDER_COLUMNS) {
    if (name === 'decision') writer.column(kind, local, null);
    else writer.column(kind, plan.orders[name], slice.orders);
  }
  return writer.bytes();
}

/** A plan's scope as one slice: for a book of one scope and for tests. */
export function wholeSlice(plan: WavePlan): ScopeSlice {
  const slices = splitByScope(plan);
  must(slices.length <= 1, 'the plan spans several scopes');
  return slices[0] ?? { scope: 0, decisions: new Int32Array(0), orders: new Int32Array(0), maxNonce: 0 };
}

function cutsOf(plan: WavePlan, chosen: Int32Array): Float64Array {
  const { cutMask, cutFirst, cuts } = plan.decisions;
  const picked: number[] = [];
  for (const index of chosen) {
    let mask = cutMask[index] ?? 0;
    for (let at = cutFirst[index] ?? 0; mask !== 0; mask &= mask - 1) picked.push(cuts[at++] ?? 0);
  }
  return Float64Array.from(picked);
}

/** Each order's decision as its index inside the slice. */
function localDecisions(plan: WavePlan, slice: ScopeSlice): Int32Array {
  const place = new Int32Array(plan.decisions.count);
  slice.decisions.forEach((index, at) => {
    place[index] = at;
  });
  return Int32Array.from(slice.orders, (order) => place[plan.orders.decision[order] ?? 0] ?? 0);
}

function mostBytes(texts: readonly string[], decisions: number, orders: number, cuts: number): number {
  const columns = (list: readonly (readonly [string, ColumnKind])[], count: number): number =>
    list.reduce((sum, [, kind]) => sum + 8 + align(BYTES_OF[kind] * count), 0);
  const textBytes = texts.reduce((sum, text) => sum + align(2 + 2 * text.length), 0);
  return HEADER_BYTES + textBytes + columns(DECISION_COLUMNS, decisions) + cuts * 8 + columns(ORDER_COLUMNS, orders);
}

/** Writes header, texts and columns one after another into one buffer. */
class ColumnWriter {
  private readonly buffer: ArrayBuffer;
  private readonly view: DataView;
  private offset = HEADER_BYTES;

  constructor(capacity: number) {
    this.buffer = new ArrayBuffer(capacity + 64);
    this.view = new DataView(this.buffer);
  }

  header(plan: WavePlan, slice: ScopeSlice, stamp: JournalStamp, cuts: number, texts: number): void {
    const { view } = this;
    view.setUint32(0, JOURNAL_MAGIC, true);
    view.setUint16(4, JOURNAL_VERSION, true);
    view.setUint16(6, stamp.instance, true);
    view.setUint32(8, slice.decisions.length, true);
    view.setUint32(12, slice.orders.length, true);
    view.setUint32(16, cuts, true);
    view.setUint16(20, texts, true);
    view.setUint16(22, plan.orders.instrument.szDecimals, true);
    const doubles = [
      plan.wave,
      plan.plannedAt,
      plan.firstFillAt,
      plan.leaderBefore,
      plan.leaderAfter,
      plan.mark,
      stamp.m0,
      stamp.m1,
      stamp.m2,
      stamp.forecastEnd,
      // Zero in rows of before it was told.
      plan.liquidation ? 1 : 0,
    ];
    doubles.forEach((value, index) => {
      view.setFloat64(24 + index * 8, value, true);
    });
  }

  text(text: string): void {
    must(text.length <= 0xffff, 'a journaled text has at most 65535 characters');
    this.view.setUint16(this.offset, text.length, true);
    for (let index = 0; index < text.length; index += 1) this.view.setUint16(this.offset + 2 + index * 2, text.charCodeAt(index), true);
    this.offset = align(this.offset + 2 + text.length * 2);
  }

  raw(values: Float64Array): void {
    new Float64Array(this.buffer, this.offset, values.length).set(values);
    this.offset += values.byteLength;
  }

  /** Writes the chosen rows of a column (all of them when `chosen` is null) in the shortest of its three encodings. */
  column(kind: ColumnKind, from: Column, chosen: Int32Array | null): void {
    const count = chosen === null ? from.length : chosen.length;
    const target = viewColumn(kind, this.buffer, this.offset + 8, count);
    const same = gather(from, chosen, target);
    if (!same) {
      this.view.setUint8(this.offset, ENCODING.raw);
      this.offset += 8 + align(target.byteLength);
      return;
    }
    const first = target[0] ?? 0;
    target.fill(0);
    this.view.setUint8(this.offset, first === 0 ? ENCODING.zero : ENCODING.constant);
    this.offset += 8;
    if (first === 0) return;
    this.view.setFloat64(this.offset, first, true);
    this.offset += 8;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.buffer, 0, this.offset);
  }
}

/** Copies the chosen values and tells whether all are equal. One loop per element type, so that each stays fast. */
function gather(from: Column, chosen: Int32Array | null, into: Column): boolean {
  if (chosen === null) {
    into.set(from);
    return into.every((value) => value === into[0]);
  }
  if (from instanceof Float64Array && into instanceof Float64Array) return gatherDoubles(from, chosen, into);
  if (from instanceof Uint8Array && into instanceof Uint8Array) return gatherBytes(from, chosen, into);
  let same = true;
  const first = from[chosen[0] ?? 0] ?? 0;
  for (let at = 0; at < chosen.length; at += 1) {
    const value = from[chosen[at] ?? 0] ?? 0;
    into[at] = value;
    if (value !== first) same = false;
  }
  return same;
}

function gatherDoubles(from: Float64Array, chosen: Int32Array, into: Float64Array): boolean {
  let same = true;
  const first = from[chosen[0] ?? 0] ?? 0;
  for (let at = 0; at < chosen.length; at += 1) {
    const value = from[chosen[at] ?? 0] ?? 0;
    into[at] = value;
    if (value !== first) same = false;
  }
  return same;
}

function gatherBytes(from: Uint8Array, chosen: Int32Array, into: Uint8Array): boolean {
  let same = true;
  const first = from[chosen[0] ?? 0] ?? 0;
  for (let at = 0; at < chosen.length; at += 1) {
    const value = from[chosen[at] ?? 0] ?? 0;
    into[at] = value;
    if (value !== first) same = false;
  }
  return same;
}
