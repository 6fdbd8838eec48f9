import { createHash, randomBytes } from 'node:crypto';
import type { Instrument } from '@lockstep/kernel';
import { type OrderColumns, TIF } from '@lockstep/venues/port';
import { buildFigures, ratiosOf } from './build-figures';
import { type Bench, machine, option } from './report';

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
    const sdkOrders = Math.min(count, option(args, 'sdk', 200, 10_000));
    const workers = option(args, 'workers', 2, 16);
    const keys = Array.from({ length: count }, () => Uint8Array.from(randomBytes(32)));
    const figures = await buildFigures({ orders: ordersOf(count), keys, workers, runs, sdkOrders }, say);
    return {
      bench: 'sign',
      params: { orders: count, sdk_orders: sdkOrders, workers },
      runs,
      machine: machine(),
      metrics: {
        thread_us_per_order: figures.threadUs,
        prepare_us_per_order: figures.prepareUs,
        rfc6979_us_per_order: figures.rfc6979Us,
        workers_us_per_order: figures.workersUs,
      },
      reference: { sdk_us_per_order: figures.sdkUs },
      ratios: ratiosOf(figures),
    };
  },
};

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
