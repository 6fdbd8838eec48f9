import { createHash, randomBytes } from 'node:crypto';

import type { Instrument } from '@lockstep/kernel';
import { buildOrdersOnThread, createBuildWorkers } from '@lockstep/venues/hyperliquid';
import { type OrderColumns, TIF } from '@lockstep/venues/port';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Bench, machine, median, option, round } from './report';

const BTC: Instrument = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};
const BUILDER = '0x1719884eb866cb12b2287399b15f7db5e7d775ea';
const FIRST_NONCE = 1_700_000_000_000;

/** Sign and build `--orders` order actions of as many agents, on one thread and on two workers, beside the SDK with viem one by one. */
export const signBench: Bench = {
  about: 'sign and build N orders: ours on a thread and on workers, and @nktkas/hyperliquid with viem (--orders 2000 --runs 5 --sdk 200 --workers 2)',
  run: async ({ args, say }) => {
    const count = option(args, 'orders', 2_000, 100_000);
    const runs = option(args, 'runs', 5, 100);
    const sdkCount = option(args, 'sdk', 200, 10_000);
    const workers = option(args, 'workers', 2, 16);
    const keys = Array.from({ length: count }, () => Uint8Array.from(randomBytes(32)));
    const orders = ordersOf(count);
    const thread: number[] = [];
    for (let run = 0; run < runs; run += 1)
      thread.push((await buildOrdersOnThread('mainnet', orders, (signer) => keys[signer] ?? new Uint8Array(32))).elapsedMs / count);
    say(`one thread: ${round(median(thread) * 1000)} µs an order`);
    const wall = await onWorkers(orders, keys, workers, runs);
    say(`${workers} workers: ${round(median(wall) * 1000)} µs an order`);
    const sdk = await withSdk(orders, keys, sdkCount, runs);
    say(`SDK: ${round(median(sdk) * 1000)} µs an order`);
    return {
      bench: 'sign',
      params: { orders: count, sdk_orders: sdkCount, workers, signer: 'rfc6979' },
      runs,
      machine: machine(),
      metrics: { thread_us_per_order: round(median(thread) * 1000), workers_us_per_order: round(median(wall) * 1000) },
      reference: { sdk_us_per_order: round(median(sdk) * 1000) },
      ratios: { sign_build_vs_sdk: round(median(sdk) / median(thread)), sign_build_vs_sdk_wall: round(median(sdk) / median(wall)) },
    };
  },
};

async function onWorkers(orders: OrderColumns, keys: readonly Uint8Array[], workers: number, runs: number): Promise<number[]> {
  const settings = { url: 'http://127.0.0.1:9', wsUrl: 'ws://127.0.0.1:9/ws', network: 'mainnet', workers } as const;
  const pool = createBuildWorkers(settings, { log: () => undefined });
  try {
    await pool.load(keys.map((privateKey, handle) => ({ handle, agentAddress: addressOf(handle), privateKey: Uint8Array.from(privateKey) })));
    const perOrder: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const started = performance.now();
      await pool.build(orders);
      perOrder.push((performance.now() - started) / orders.count);
    }
    return perOrder;
  } finally {
    await pool.close();
  }
}

/** What a program built on the SDK does per order: sign the action, make the request body. */
async function withSdk(orders: OrderColumns, keys: readonly Uint8Array[], count: number, runs: number): Promise<number[]> {
  const { signL1Action } = await import('@nktkas/hyperliquid/signing');
  const perOrder: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const wallets = keys.slice(0, count).map((key) => privateKeyToAccount(`0x${Buffer.from(key).toString('hex')}` as Hex));
    const started = performance.now();
    let bytes = 0;
    for (const [row, wallet] of wallets.entries()) {
      const nonce = orders.nonce[row] ?? 0;
      const action = {
        type: 'order',
        orders: [{ a: 0, b: true, p: '64000', s: '0.001', r: false, t: { limit: { tif: 'Ioc' } }, c: cloidOf(orders, row) }],
        grouping: 'na',
        builder: { b: BUILDER, f: 10 },
      };
      const signature = await signL1Action({ wallet, action, nonce });
      bytes += JSON.stringify({ method: 'post', id: row, request: { type: 'action', payload: { action, nonce, signature } } }).length;
    }
    if (bytes === 0) throw new Error('the SDK built nothing');
    perOrder.push((performance.now() - started) / wallets.length);
  }
  return perOrder;
}

function ordersOf(count: number): OrderColumns {
  const clientOrderId = new Uint8Array(16 * count);
  for (let row = 0; row < count; row += 1) clientOrderId.set(createHash('sha256').update(String(row)).digest().subarray(0, 16), 16 * row);
  return {
    count,
    instrument: BTC,
    builders: [BUILDER],
    signer: Int32Array.from({ length: count }, (_, row) => row),
    buy: new Uint8Array(count).fill(1),
    price: new Float64Array(count).fill(64_000 * 1e8),
    lots: new Float64Array(count).fill(100),
    reduceOnly: new Uint8Array(count),
    tif: new Uint8Array(count).fill(TIF.ioc),
    clientOrderId,
    nonce: Float64Array.from({ length: count }, (_, row) => FIRST_NONCE + row),
    expiresAfter: new Float64Array(count),
    builder: new Int8Array(count),
    builderFee: new Uint16Array(count).fill(10),
  };
}

const cloidOf = (orders: OrderColumns, row: number): Hex =>
  `0x${Buffer.from(orders.clientOrderId.subarray(16 * row, 16 * row + 16)).toString('hex')}`;
const addressOf = (handle: number): string => `0x${handle.toString(16).padStart(40, '0')}`;
