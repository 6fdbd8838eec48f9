import { must, type TenantScope } from '@lockstep/kernel';
import type { OrderRow, Page, PageRequest, Storage } from '@lockstep/storage';
import { type OrderColumns, TIF } from '@lockstep/venues/port';
import type { BuildTask } from '../build-figures';
import { type Cast, COIN, LOT_DECIMALS } from './cast';

const PAGE_ROWS = 1_000;
const SIZE_PER_LOT = 10 ** (8 - LOT_DECIMALS);

/** The orders of one wave as they were written down, in columns again, with the agent key of each: what is signed and built once more beside the SDK. */
export async function sentOrders(storage: Storage, cast: Cast, waveId: string): Promise<Pick<BuildTask, 'orders' | 'keys'>> {
  const instruments = await storage.platform((unit) => unit.markets.instruments('hyperliquid', 'sim'));
  const instrument = instruments.find(({ coin }) => coin === COIN);
  must(instrument !== undefined, `${COIN} is listed`);
  const rows: OrderRow[] = [];
  for (const scope of cast.scopes) rows.push(...(await ordersOf(storage, scope, BigInt(waveId))));
  const keys = new Map(cast.followers.map(({ copyId, agentKey }) => [copyId, agentKey]));
  const numbers = (of: (row: OrderRow) => number): Float64Array => Float64Array.from(rows, of);
  const orders: OrderColumns = {
    count: rows.length,
    instrument,
    builders: [cast.builder],
    signer: Int32Array.from(rows, (_, index) => index),
    buy: Uint8Array.from(rows, (row) => (row.side === 'buy' ? 1 : 0)),
    price: numbers((row) => Number(row.price)),
    lots: numbers((row) => Number(row.size) / SIZE_PER_LOT),
    reduceOnly: Uint8Array.from(rows, (row) => (row.reduceOnly ? 1 : 0)),
    tif: new Uint8Array(rows.length).fill(TIF.ioc),
    clientOrderId: Buffer.from(rows.map((row) => row.clientOrderId.slice(2)).join(''), 'hex'),
    nonce: numbers((row) => Number(row.nonce)),
    expiresAfter: numbers((row) => row.expiresAfterMs),
    builder: Int8Array.from(rows, (row) => (row.builderFeeTenths > 0 ? 0 : -1)),
    builderFee: Uint16Array.from(rows, (row) => row.builderFeeTenths),
  };
  return { orders, keys: rows.map((row) => keys.get(row.copyId) ?? new Uint8Array(32)) };
}

async function ordersOf(storage: Storage, scope: TenantScope, moveId: bigint): Promise<OrderRow[]> {
  const rows: OrderRow[] = [];
  let after: string | null = null;
  do {
    const request: PageRequest<string> = { limit: PAGE_ROWS, after, order: 'oldest_first' };
    const page: Page<OrderRow, string> = await storage.scoped(scope, (unit) => unit.orders.page(request, { moveId }));
    rows.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return rows;
}
