import { err, ok, type Result } from '@lockstep/kernel';
import { writeClientOrderId } from './client-order-id';
import {
  align,
  type Column,
  ENCODING,
  HEADER_BYTES,
  JOURNAL_MAGIC,
  JOURNAL_VERSION,
  JOURNAL_VERSION_WITHOUT_BREAKER,
  JOURNAL_VERSION_WITHOUT_EGRESS,
} from './journal-layout';
import type { Decisions, PlannedOrders } from './wave-plan';

/** Why bytes are not a journal row. */
export type JournalError = 'not_a_journal' | 'journal_version' | 'journal_truncated';

/** Journaled decisions of one scope; units as in Decisions. */
export type JournalDecisions = Omit<Decisions, 'row' | 'scope' | 'cutCount'>;
/** Journaled orders of one scope in sending order; `decision` points into the decisions of the same row. With an `instrument` added they are a venue's order columns again. */
export type JournalOrders = Omit<PlannedOrders, 'instrument' | 'row' | 'settingsVersion'>;

/** A journal row read back: everything needed to resolve, repeat or explain its orders. */
export interface JournalRow {
  readonly wave: number;
  readonly instance: number;
  readonly coin: string;
  readonly szDecimals: number;
  readonly plannedAt: number;
  readonly firstFillAt: number;
  readonly leaderBefore: number;
  readonly leaderAfter: number;
  readonly mark: number;
  readonly m0: number;
  readonly m1: number;
  readonly m2: number;
  /** Forecast last answer of the wave, epoch ms; 0: none was made. */
  readonly forecastEnd: number;
  /** The venue liquidated the leader in the move; false in rows of before it was told. */
  readonly liquidation: boolean;
  readonly decisions: JournalDecisions;
  readonly orders: JournalOrders;
}

/** More rows than a wave ever has: the header is damaged. */
const MOST_ROWS = 4_000_000;

class Truncated extends Error {}

/** Reads a packed journal row of any supported version. */
export function decodeJournal(bytes: Uint8Array): Result<JournalRow, JournalError> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < HEADER_BYTES || view.getUint32(0, true) !== JOURNAL_MAGIC) return err('not_a_journal');
  const version = view.getUint16(4, true);
  if (version < JOURNAL_VERSION_WITHOUT_EGRESS || version > JOURNAL_VERSION) return err('journal_version');
  try {
    return ok(readRow(view, version));
  } catch (failure) {
    if (failure instanceof Truncated || failure instanceof RangeError) return err('journal_truncated');
    throw failure;
  }
}

function readRow(view: DataView, version: number): JournalRow {
  const reader = new ColumnReader(view);
  const double = (index: number): number => view.getFloat64(24 + index * 8, true);
  const instance = view.getUint16(6, true);
  const decisionCount = view.getUint32(8, true);
  const orderCount = view.getUint32(12, true);
  if (decisionCount > MOST_ROWS || orderCount > MOST_ROWS) throw new Truncated();
  const [coin = '', ...builders] = Array.from({ length: view.getUint16(20, true) }, () => reader.text());
  const n = decisionCount;
  const columns = {
    copyNo: reader.f64(n),
    reason: reader.u8(n),
    targetBefore: reader.f64(n),
    targetAfter: reader.f64(n),
    position: reader.f64(n),
    pendingBuy: reader.f64(n),
    pendingSell: reader.f64(n),
    kappa: reader.f64(n),
    settingsVersion: reader.i32(n),
    exitLots: reader.f64(n),
    entryLots: reader.f64(n),
    cutMask: reader.u16(n),
  };
  const cuts = reader.doubles(view.getUint32(16, true));
  const decisions: JournalDecisions = { count: decisionCount, ...columns, cuts, cutFirst: firstCuts(columns.cutMask) };
  return {
    wave: double(0),
    instance,
    coin,
    szDecimals: view.getUint16(22, true),
    plannedAt: double(1),
    firstFillAt: double(2),
    leaderBefore: double(3),
    leaderAfter: double(4),
    mark: double(5),
    m0: double(6),
    m1: double(7),
    m2: double(8),
    forecastEnd: double(9),
    liquidation: double(10) === 1,
    decisions,
    orders: readOrders(reader, version, orderCount, builders, decisions, instance),
  };
}

function readOrders(
  reader: ColumnReader,
  version: number,
  count: number,
  builders: readonly string[],
  decisions: JournalDecisions,
  instance: number,
): JournalOrders {
  const columns = {
    decision: reader.i32(count),
    signer: reader.i32(count),
    buy: reader.u8(count),
    price: reader.f64(count),
    lots: reader.f64(count),
    reduceOnly: reader.u8(count),
    tif: reader.u8(count),
    nonce: reader.f64(count),
    expiresAfter: reader.f64(count),
    builder: reader.i8(count),
    builderFee: reader.u16(count),
    leg: reader.u8(count),
    attempt: reader.u16(count),
    exit: reader.u8(count),
    wave: reader.f64(count),
    reference: reader.f64(count),
    egress: version <= JOURNAL_VERSION_WITHOUT_EGRESS ? new Uint8Array(count) : reader.u8(count),
    breaker: version <= JOURNAL_VERSION_WITHOUT_BREAKER ? new Uint8Array(count) : reader.u8(count),
  };
  const copyNo = new Float64Array(count);
  const clientOrderId = new Uint8Array(count * 16);
  for (let order = 0; order < count; order += 1) {
    copyNo[order] = decisions.copyNo[columns.decision[order] ?? 0] ?? 0;
    writeClientOrderId(
      clientOrderId,
      order * 16,
      instance,
      columns.wave[order] ?? 0,
      copyNo[order] ?? 0,
      columns.leg[order] ?? 0,
      columns.attempt[order] ?? 0,
    );
  }
  return { count, builders, clientOrderId, copyNo, ...columns };
}

function firstCuts(masks: Uint16Array): Int32Array {
  const first = new Int32Array(masks.length);
  let at = 0;
  for (let index = 0; index < masks.length; index += 1) {
    first[index] = at;
    for (let mask = masks[index] ?? 0; mask !== 0; mask &= mask - 1) at += 1;
  }
  return first;
}

/** Reads texts and columns one after another. */
class ColumnReader {
  private offset = HEADER_BYTES;

  constructor(private readonly view: DataView) {}

  text(): string {
    const length = this.view.getUint16(this.offset, true);
    let text = '';
    for (let index = 0; index < length; index += 1) text += String.fromCharCode(this.view.getUint16(this.offset + 2 + index * 2, true));
    this.offset = align(this.offset + 2 + length * 2);
    return text;
  }

  doubles(count: number): Float64Array {
    this.need(count * 8);
    const values = new Float64Array(count);
    for (let index = 0; index < count; index += 1) values[index] = this.view.getFloat64(this.offset + index * 8, true);
    this.offset += count * 8;
    return values;
  }

  f64(count: number): Float64Array {
    return this.into(new Float64Array(count));
  }

  i32(count: number): Int32Array {
    return this.into(new Int32Array(count));
  }

  u16(count: number): Uint16Array {
    return this.into(new Uint16Array(count));
  }

  u8(count: number): Uint8Array {
    return this.into(new Uint8Array(count));
  }

  i8(count: number): Int8Array {
    return this.into(new Int8Array(count));
  }

  private into<T extends Column>(column: T): T {
    this.need(8);
    const encoding = this.view.getUint8(this.offset);
    this.offset += 8;
    if (encoding === ENCODING.zero) return column;
    if (encoding === ENCODING.constant) {
      column.fill(this.view.getFloat64(this.offset, true));
      this.offset += 8;
      return column;
    }
    const bytes = column.byteLength;
    this.need(bytes);
    new Uint8Array(column.buffer).set(new Uint8Array(this.view.buffer, this.view.byteOffset + this.offset, bytes));
    this.offset += align(bytes);
    return column;
  }

  private need(bytes: number): void {
    if (this.offset + bytes > this.view.byteLength) throw new Truncated();
  }
}
