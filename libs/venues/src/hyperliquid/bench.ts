import { randomBytes } from 'node:crypto';
import { must } from '@lockstep/kernel';
import type { OrderColumns, SignerKey } from '../port';
import { type HyperliquidDeps, type HyperliquidSettings, hyperliquidConfig } from './config';
import { L1Signer, loadSigningTools } from './sign/l1-signer';
import { OrderFrames } from './sign/order-frames';
import type { Network } from './sign/phantom-agent';
import { PresignaturePool } from './sign/presignatures';
import { type BuildReport, WorkerSubmission } from './submit/submission';
import { VenueEgress } from './venue-egress';

export type { BuildReport } from './submit/submission';

/*
 * Building without sending, for `bench fanout`: the same code the orders take, measured alone. Keys are borrowed here, not taken over.
 */

/** How signatures are made: with nonces prepared before, or everything at signing. */
export type SigningWay = 'presigned' | 'rfc6979';

/** A report with what was done before the clock of `elapsedMs` started. */
export interface ThreadBuildReport extends BuildReport {
  /** Time to prepare as many signatures as there are orders; 0 when none are prepared. */
  readonly preparedMs: number;
}

/** Signs and builds every row on this thread. `keyOf` gives the 32-byte key of a signer handle. */
export async function buildOrdersOnThread(
  network: Network,
  orders: OrderColumns,
  keyOf: (signer: number) => Uint8Array,
  way: SigningWay,
): Promise<ThreadBuildReport> {
  const tools = await loadSigningTools();
  const pool = new PresignaturePool(tools.curve, (bytes) => randomBytes(bytes), tools.curve, way === 'presigned' ? orders.count : 0);
  const signer = new L1Signer(tools, network, pool);
  const preparing = performance.now();
  pool.refill(pool.room);
  const started = performance.now();
  const frames = new OrderFrames(signer, orders.instrument, orders.builders);
  let bytes = 0;
  for (let row = 0; row < orders.count; row += 1) {
    const handle = orders.signer[row];
    must(handle !== undefined, `row ${row} has a signer`);
    bytes += frames.payload(orders, row, keyOf(handle), null).length;
  }
  return { orders: orders.count, bytes, elapsedMs: performance.now() - started, preparedMs: way === 'presigned' ? started - preparing : 0 };
}

/** Signing workers for measuring: no order leaves. Close it afterwards. */
export interface BuildWorkers {
  /** Takes the keys over, like `loadSigners`. */
  load(keys: readonly SignerKey[]): Promise<void>;
  /** Fills the pools of presignatures, as idle workers do. */
  prepare(): Promise<void>;
  build(orders: OrderColumns): Promise<BuildReport>;
  close(): Promise<void>;
}

/** Nothing is posted here, so nothing is timed by it. */
const BENCH_CLOCK = { now: () => 0, monotonic: () => performance.now() };

/** Starts the same workers the venue uses. They connect to `settings.wsUrl`, which must answer or refuse; nothing is posted. */
export function createBuildWorkers(settings: HyperliquidSettings, deps: Pick<HyperliquidDeps, 'log' | 'workerFile'>): BuildWorkers {
  const config = hyperliquidConfig(settings);
  const submission = new WorkerSubmission(config, deps, new VenueEgress(config, BENCH_CLOCK, deps.log));
  return {
    load: (keys) => submission.loadSigners(keys),
    prepare: () => submission.prepare(),
    build: (orders) => submission.build(orders),
    close: () => submission.close(),
  };
}
