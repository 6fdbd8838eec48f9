import type { OrderColumns } from '../../port';
import type { FrameColumns } from '../sign/order-frames';
import type { Chunk } from './protocol';

/** The worker that holds a signer: always the same one, so that a signer's nonces leave in order. */
export const workerOf = (signer: number, workers: number): number => signer % workers;

/** The egress address of a signer: always the same one, spread evenly over each worker's signers. */
export const egressOf = (signer: number, workers: number, addresses: number): number => Math.floor(signer / workers) % addresses;

/** The rows of each worker, ascending. */
export function rowsByWorker(signer: Int32Array, count: number, workers: number): Int32Array[] {
  const sizes = new Int32Array(workers);
  for (let row = 0; row < count; row += 1) add(sizes, workerOf(signer[row] ?? 0, workers));
  const lists = Array.from(sizes, (length) => new Int32Array(length));
  const filled = new Int32Array(workers);
  for (let row = 0; row < count; row += 1) {
    const worker = workerOf(signer[row] ?? 0, workers);
    const list = lists[worker];
    if (list !== undefined) list[filled[worker] ?? 0] = row;
    add(filled, worker);
  }
  return lists;
}

/** Copies the named rows of a batch into a chunk of its own. */
export function chunkOf(batch: number, orders: OrderColumns, rows: Int32Array): Chunk {
  const columns: FrameColumns = {
    buy: picked(orders.buy, rows, new Uint8Array(rows.length)),
    price: picked(orders.price, rows, new Float64Array(rows.length)),
    lots: picked(orders.lots, rows, new Float64Array(rows.length)),
    reduceOnly: picked(orders.reduceOnly, rows, new Uint8Array(rows.length)),
    tif: picked(orders.tif, rows, new Uint8Array(rows.length)),
    clientOrderId: cloids(orders.clientOrderId, rows),
    nonce: picked(orders.nonce, rows, new Float64Array(rows.length)),
    expiresAfter: picked(orders.expiresAfter, rows, new Float64Array(rows.length)),
    builder: picked(orders.builder, rows, new Int8Array(rows.length)),
    builderFee: picked(orders.builderFee, rows, new Uint16Array(rows.length)),
  };
  return {
    batch,
    instrument: orders.instrument,
    builders: orders.builders,
    rows,
    signer: picked(orders.signer, rows, new Int32Array(rows.length)),
    columns,
  };
}

/** The buffers behind a chunk, for handing it to a worker without a copy. */
export function chunkBuffers(chunk: Chunk): ArrayBuffer[] {
  return [chunk.rows, chunk.signer, ...Object.values(chunk.columns)].flatMap(({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}

interface Column {
  [index: number]: number;
}

function picked<T extends Column>(source: Column, rows: Int32Array, target: T): T {
  rows.forEach((row, index) => {
    target[index] = source[row] ?? 0;
  });
  return target;
}

function cloids(source: Uint8Array, rows: Int32Array): Uint8Array {
  const target = new Uint8Array(rows.length * 16);
  rows.forEach((row, index) => {
    target.set(source.subarray(row * 16, row * 16 + 16), index * 16);
  });
  return target;
}

function add(counts: Int32Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}
