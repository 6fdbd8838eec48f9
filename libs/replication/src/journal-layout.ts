import type { Decisions, PlannedOrders } from './wave-plan';

/**
 * The packed journal row. Little-endian; a fixed header, the texts, then one block per column: one encoding byte padded to 8, and either
 * nothing (all zero), one double (all equal) or the raw values padded to 8. Columns follow in the order below: append only, and a change of
 * anything else is a new version. The client order id is not stored: instance, wave, copy, leg and attempt give it back.
 */
export const JOURNAL_MAGIC = 0x4c4b4a31;
export const JOURNAL_VERSION = 3;
/** Rows of before have no `breaker` column; they are read as if no exit carried one out. */
export const JOURNAL_VERSION_WITHOUT_BREAKER = 2;
/** Rows of before have no `egress` column either; they are read as if no limits were kept to. */
export const JOURNAL_VERSION_WITHOUT_EGRESS = 1;
export const HEADER_BYTES = 136;

export type ColumnKind = 'f64' | 'i32' | 'u16' | 'u8' | 'i8';
export type Column = Float64Array | Int32Array | Uint16Array | Uint8Array | Int8Array;

export const BYTES_OF: Readonly<Record<ColumnKind, number>> = { f64: 8, i32: 4, u16: 2, u8: 1, i8: 1 };

/** Columns of the decisions. */
export const DECISION_COLUMNS = [
  ['copyNo', 'f64'],
  ['reason', 'u8'],
  ['targetBefore', 'f64'],
  ['targetAfter', 'f64'],
  ['position', 'f64'],
  ['pendingBuy', 'f64'],
  ['pendingSell', 'f64'],
  ['kappa', 'f64'],
  ['settingsVersion', 'i32'],
  ['exitLots', 'f64'],
  ['entryLots', 'f64'],
  ['cutMask', 'u16'],
] as const satisfies readonly (readonly [keyof Decisions, ColumnKind])[];

/** Columns of the orders; `decision` points into the decisions of the same row. */
export const ORDER_COLUMNS = [
  ['decision', 'i32'],
  ['signer', 'i32'],
  ['buy', 'u8'],
  ['price', 'f64'],
  ['lots', 'f64'],
  ['reduceOnly', 'u8'],
  ['tif', 'u8'],
  ['nonce', 'f64'],
  ['expiresAfter', 'f64'],
  ['builder', 'i8'],
  ['builderFee', 'u16'],
  ['leg', 'u8'],
  ['attempt', 'u16'],
  ['exit', 'u8'],
  ['wave', 'f64'],
  ['reference', 'f64'],
  // Not in rows of version 1.
  ['egress', 'u8'],
  // Not in rows of version 2 and before.
  ['breaker', 'u8'],
] as const satisfies readonly (readonly [keyof PlannedOrders, ColumnKind])[];

/** A column of a kind over bytes of a buffer; `offset` is a multiple of 8. */
export function viewColumn(kind: ColumnKind, buffer: ArrayBuffer, offset: number, count: number): Column {
  switch (kind) {
    case 'f64':
      return new Float64Array(buffer, offset, count);
    case 'i32':
      return new Int32Array(buffer, offset, count);
    case 'u16':
      return new Uint16Array(buffer, offset, count);
    case 'u8':
      return new Uint8Array(buffer, offset, count);
    case 'i8':
      return new Int8Array(buffer, offset, count);
  }
}

export const ENCODING = { zero: 0, constant: 1, raw: 2 } as const;

/** The next multiple of 8. */
export const align = (offset: number): number => Math.ceil(offset / 8) * 8;
