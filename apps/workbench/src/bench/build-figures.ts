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
  readonly threadUs: number;
  readonly workersUs: number;
  readonly sdkUs: number;
}

/** Signs and builds the same orders three ways: ours on one thread, ours on workers, and @nktkas/hyperliquid with viem one by one. Run by run, so that a machine that slows down slows all three. */
export async function buildFigures(task: BuildTask, say: (text: string) => void): Promise<BuildFigures> {
  const { orders, keys, workers, runs, sdkOrders } = task;
  const settings = { url: 'http://127.0.0.1:9', wsUrl: 'ws://127.0.0.1:9/ws', network: 'mainnet', workers } as const;
  const pool = createBuildWorkers(settings, { log: () => undefined });
  const figures = { thread: [] as number[], workers: [] as number[], sdk: [] as number[] };
  try {
    await pool.load(keys.map((privateKey, handle) => ({ handle, agentAddress: addressOf(handle), privateKey: Uint8Array.from(privateKey) })));
    for (let run = 0; run < runs; run += 1) {
      const thread = await buildOrdersOnThread('mainnet', orders, (signer) => keys[signer] ?? new Uint8Array(32));
      figures.thread.push((thread.elapsedMs * 1000) / orders.count);
      const started = performance.now();
      await pool.build(orders);
      figures.workers.push(((performance.now() - started) * 1000) / orders.count);
      figures.sdk.push(await sdkUs(orders, keys, sdkOrders));
    }
  } finally {
    await pool.close();
  }
  const found = { threadUs: round(median(figures.thread)), workersUs: round(median(figures.workers)), sdkUs: round(median(figures.sdk)) };
  say(`sign and build, µs an order: one thread ${found.threadUs}, ${workers} workers ${found.workersUs}, SDK ${found.sdkUs}`);
  return found;
}

/** How many times faster than the SDK: per core, and on the wall with the workers. */
export const ratiosOf = ({ threadUs, workersUs, sdkUs }: BuildFigures) => ({
  sign_build_vs_sdk: round(sdkUs / threadUs),
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
