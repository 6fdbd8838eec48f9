import { formatPrice, formatSize, fromLots, price } from '@lockstep/kernel';
import { buildOrdersOnThread, createBuildWorkers } from '@lockstep/venues/hyperliquid';
import { type OrderColumns, TIF } from '@lockstep/venues/port';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { median, round } from './report';

/** Orders to sign and build, with the key of each signer handle. */
export interface BuildTask {
  readonly orders: OrderColumns;
  readonly keys: readonly Uint8Array[];
  readonly workers: number;
  readonly runs: number;
  /** The first so many orders are made with the SDK, one by one. */
  readonly sdkOrders: number;
}

/** Microseconds an order, medians over the runs. */
export interface BuildFigures {
  /** On one thread with prepared signatures, and on the wall with the workers. */
  readonly threadUs: number;
  readonly workersUs: number;
  /** To prepare the signature of one order beforehand, on one thread. */
  readonly prepareUs: number;
  /** On one thread with nothing prepared. */
  readonly rfc6979Us: number;
  readonly sdkUs: number;
}

/** Signs and builds the same orders each way: ours on one thread with prepared signatures and without, ours on workers, and @nktkas/hyperliquid with viem one by one. Run by run, so that a machine that slows down slows all. */
export async function buildFigures(task: BuildTask, say: (text: string) => void): Promise<BuildFigures> {
  const { orders, keys, workers, runs, sdkOrders } = task;
  const presignaturesPerWorker = Math.ceil(orders.count / workers);
  const settings = { url: 'http://127.0.0.1:9', wsUrl: 'ws://127.0.0.1:9/ws', network: 'mainnet', workers, presignaturesPerWorker } as const;
  const pool = createBuildWorkers(settings, { log: () => undefined });
  const figures = { thread: [] as number[], prepare: [] as number[], rfc6979: [] as number[], workers: [] as number[], sdk: [] as number[] };
  const keyOf = (signer: number): Uint8Array => keys[signer] ?? new Uint8Array(32);
  const usPerOrder = (elapsedMs: number): number => (elapsedMs * 1000) / orders.count;
  try {
    await pool.load(keys.map((privateKey, handle) => ({ handle, agentAddress: addressOf(handle), privateKey: Uint8Array.from(privateKey) })));
    for (let run = 0; run < runs; run += 1) {
      const thread = await buildOrdersOnThread('mainnet', orders, keyOf, 'presigned');
      figures.thread.push(usPerOrder(thread.elapsedMs));
      figures.prepare.push(usPerOrder(thread.preparedMs));
      figures.rfc6979.push(usPerOrder((await buildOrdersOnThread('mainnet', orders, keyOf, 'rfc6979')).elapsedMs));
      await pool.prepare();
      const started = performance.now();
      await pool.build(orders);
      figures.workers.push(usPerOrder(performance.now() - started));
      figures.sdk.push(await sdkUs(orders, keys, sdkOrders));
    }
  } finally {
    await pool.close();
  }
  const middle = (of: readonly number[]): number => round(median(of));
  const found = {
    threadUs: middle(figures.thread),
    workersUs: middle(figures.workers),
    prepareUs: middle(figures.prepare),
    rfc6979Us: middle(figures.rfc6979),
    sdkUs: middle(figures.sdk),
  };
  say(
    `sign and build, µs an order: one thread ${found.threadUs} (and ${found.prepareUs} before), ${workers} workers ${found.workersUs}, ` +
      `nothing prepared ${found.rfc6979Us}, SDK ${found.sdkUs}`,
  );
  return found;
}

/** How many times faster than the SDK: per core with prepared signatures, with their preparation counted in, with nothing prepared, and on the wall with the workers. */
export const ratiosOf = ({ threadUs, workersUs, prepareUs, rfc6979Us, sdkUs }: BuildFigures) => ({
  sign_build_vs_sdk: round(sdkUs / threadUs),
  sign_build_vs_sdk_with_preparation: round(sdkUs / (threadUs + prepareUs)),
  sign_build_vs_sdk_rfc6979: round(sdkUs / rfc6979Us),
  sign_build_vs_sdk_wall: round(sdkUs / workersUs),
});

/** What a program built on the SDK does per order: sign the action, make the request body. */
async function sdkUs(orders: OrderColumns, keys: readonly Uint8Array[], count: number): Promise<number> {
  const { signL1Action } = await import('@nktkas/hyperliquid/signing');
  const wallets = Array.from({ length: count }, (_, row) => privateKeyToAccount(hex(keys[orders.signer[row] ?? 0] ?? new Uint8Array(32))));
  const started = performance.now();
  let bytes = 0;
  for (const [row, wallet] of wallets.entries()) {
    const nonce = orders.nonce[row] ?? 0;
    const expiresAfter = orders.expiresAfter[row] ?? 0;
    const expiry = expiresAfter === 0 ? {} : { expiresAfter };
    const action = actionOf(orders, row);
    const signature = await signL1Action({ wallet, action, nonce, ...expiry });
    bytes += JSON.stringify({ method: 'post', id: row, request: { type: 'action', payload: { action, nonce, signature, ...expiry } } }).length;
  }
  if (bytes === 0) throw new Error('the SDK built nothing');
  return ((performance.now() - started) * 1000) / wallets.length;
}

function actionOf(orders: OrderColumns, row: number) {
  const builder = orders.builders[orders.builder[row] ?? -1];
  return {
    type: 'order',
    orders: [
      {
        a: orders.instrument.assetId,
        b: orders.buy[row] === 1,
        p: formatPrice(price(BigInt(orders.price[row] ?? 0))),
        s: formatSize(fromLots(orders.instrument, orders.lots[row] ?? 0)),
        r: orders.reduceOnly[row] === 1,
        t: { limit: { tif: orders.tif[row] === TIF.gtc ? 'Gtc' : 'Ioc' } },
        c: hex(orders.clientOrderId.subarray(16 * row, 16 * row + 16)),
      },
    ],
    grouping: 'na',
    ...(builder === undefined ? {} : { builder: { b: builder, f: orders.builderFee[row] ?? 0 } }),
  };
}

const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;
const addressOf = (handle: number): string => `0x${handle.toString(16).padStart(40, '0')}`;
