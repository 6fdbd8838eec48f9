import type { OrderColumns } from '@lockstep/venues/port';

/** Bytes of a client order id. */
const ID_BYTES = 16;

/** The chosen rows of a batch, in the given order, as a batch of their own. */
export function pickOrders(orders: OrderColumns, rows: Int32Array): OrderColumns {
  const count = rows.length;
  const i32 = (from: Int32Array): Int32Array => Int32Array.from(rows, (row) => from[row] ?? 0);
  const f64 = (from: Float64Array): Float64Array => Float64Array.from(rows, (row) => from[row] ?? 0);
  const u8 = (from: Uint8Array): Uint8Array => Uint8Array.from(rows, (row) => from[row] ?? 0);
  const clientOrderId = new Uint8Array(count * ID_BYTES);
  rows.forEach((row, index) => {
    clientOrderId.set(orders.clientOrderId.subarray(row * ID_BYTES, (row + 1) * ID_BYTES), index * ID_BYTES);
  });
  return {
    count,
    instrument: orders.instrument,
    builders: orders.builders,
    signer: i32(orders.signer),
    buy: u8(orders.buy),
    price: f64(orders.price),
    lots: f64(orders.lots),
    reduceOnly: u8(orders.reduceOnly),
    tif: u8(orders.tif),
    clientOrderId,
    nonce: f64(orders.nonce),
    expiresAfter: f64(orders.expiresAfter),
    builder: Int8Array.from(rows, (row) => orders.builder[row] ?? -1),
    builderFee: Uint16Array.from(rows, (row) => orders.builderFee[row] ?? 0),
  };
}

/** 0 … count − 1. */
export const allRows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);
