import {
  type Instrument,
  lotSize,
  mulDiv,
  must,
  type Price,
  present,
  price,
  roundPrice,
  type Size,
  size,
  toLots,
  UNIT,
  unwrap,
} from '@lockstep/kernel';
import { type MarketContext, type OrderColumns, type OutcomeColumns, REJECT_CODES, type RejectCode, type SubmitReport, TIF } from '../port';
import type { ConformanceDriver, TradingAccount } from './driver';

/** One order in words. */
export interface PlainOrder {
  readonly account: TradingAccount;
  readonly buy: boolean;
  readonly price: Price;
  readonly size: Size;
  readonly tif?: keyof typeof TIF;
  readonly reduceOnly?: boolean;
  readonly nonce?: number;
  readonly expiresAfter?: number;
  readonly builder?: { readonly address: string; readonly feeTenthsBp: number };
  readonly clientOrderId?: string;
}

/** What became of one order. */
export interface PlainOutcome {
  readonly outcome: number;
  readonly reject: RejectCode;
  readonly filledLots: number;
  readonly averagePrice: number;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly nonce: number;
}

let cloidCounter = 0;

/** A client order id of its own for each call. */
export function nextCloid(driver: ConformanceDriver): string {
  cloidCounter += 1;
  return `0x${driver.venueNow().toString(16).padStart(16, '0')}${cloidCounter.toString(16).padStart(16, '0')}`;
}

/** The instrument under test with its marks. */
export async function market(driver: ConformanceDriver): Promise<MarketContext> {
  const markets = unwrap(await driver.venue.truth.markets(['']), 'markets of the main dex');
  return present(
    markets.find(({ instrument }) => instrument.coin === driver.coin),
    `market of ${driver.coin}`,
  );
}

/** A price away from the mark by a percentage (negative: below), on the grid. */
export function awayFromMark({ instrument, markPrice }: MarketContext, percent: number): Price {
  return roundPrice(instrument, price(mulDiv(markPrice, BigInt(Math.round((100 + percent) * 1000)), 100_000n, 'down')), 'down');
}

/** The smallest size worth at least so many dollars at a price. */
export function sizeWorth(instrument: Instrument, dollars: number, at: Price): Size {
  const lot = lotSize(instrument);
  const wanted = mulDiv(BigInt(dollars) * UNIT, UNIT, at, 'up');
  return size(((wanted + lot - 1n) / lot) * lot);
}

/** Columns of orders of one instrument. */
export function columnsOf(
  driver: ConformanceDriver,
  instrument: Instrument,
  orders: readonly PlainOrder[],
): { readonly columns: OrderColumns; readonly cloids: readonly string[] } {
  const builders = [...new Set(orders.flatMap(({ builder }) => (builder === undefined ? [] : [builder.address])))];
  const cloids = orders.map(({ clientOrderId }) => clientOrderId ?? nextCloid(driver));
  const columns: OrderColumns = {
    count: orders.length,
    instrument,
    builders,
    signer: Int32Array.from(orders, ({ account }) => account.signer),
    buy: Uint8Array.from(orders, ({ buy }) => (buy ? 1 : 0)),
    price: Float64Array.from(orders, (order) => Number(order.price)),
    lots: Float64Array.from(orders, (order) => toLots(instrument, order.size)),
    reduceOnly: Uint8Array.from(orders, ({ reduceOnly }) => (reduceOnly === true ? 1 : 0)),
    tif: Uint8Array.from(orders, ({ tif }) => TIF[tif ?? 'ioc']),
    clientOrderId: Uint8Array.from(Buffer.from(cloids.map((cloid) => cloid.slice(2)).join(''), 'hex')),
    nonce: Float64Array.from(orders, ({ nonce, account }) => nonce ?? account.nextNonce()),
    expiresAfter: Float64Array.from(orders, ({ expiresAfter }) => expiresAfter ?? 0),
    builder: Int8Array.from(orders, ({ builder }) => (builder === undefined ? -1 : builders.indexOf(builder.address))),
    builderFee: Uint16Array.from(orders, ({ builder }) => builder?.feeTenthsBp ?? 0),
  };
  return { columns, cloids };
}

/** Submits orders of one instrument and gathers their outcomes by row. */
export async function place(
  driver: ConformanceDriver,
  instrument: Instrument,
  orders: readonly PlainOrder[],
): Promise<{ readonly outcomes: readonly PlainOutcome[]; readonly report: SubmitReport }> {
  const { columns, cloids } = columnsOf(driver, instrument, orders);
  const found = new Map<number, PlainOutcome>();
  const report = await driver.venue.orders.submit(driver.approved(columns), {
    onOutcomes: (batch) => {
      for (let index = 0; index < batch.count; index += 1) {
        const row = batch.row[index] ?? -1;
        must(!found.has(row), `row ${row} has one outcome`);
        found.set(row, plainOutcome(batch, index, cloids[row] ?? '', columns.nonce[row] ?? 0));
      }
    },
  });
  return { outcomes: orders.map((_, row) => present(found.get(row), `outcome of row ${row}`)), report };
}

/** Submits one order. */
export async function placeOne(driver: ConformanceDriver, instrument: Instrument, order: PlainOrder): Promise<PlainOutcome> {
  const { outcomes } = await place(driver, instrument, [order]);
  return present(outcomes[0], 'outcome of the order');
}

function plainOutcome(batch: OutcomeColumns, index: number, clientOrderId: string, nonce: number): PlainOutcome {
  return {
    outcome: batch.outcome[index] ?? 0,
    reject: REJECT_CODES[batch.rejectCode[index] ?? 0] ?? 'none',
    filledLots: batch.filledLots[index] ?? 0,
    averagePrice: batch.averagePrice[index] ?? 0,
    orderId: batch.orderId[index] ?? 0,
    clientOrderId,
    nonce,
  };
}

/** Signed position of an account in the instrument, by the venue's truth. */
export async function positionOf(driver: ConformanceDriver, account: TradingAccount): Promise<bigint> {
  const state = unwrap(await driver.venue.truth.account(account.address, ''), 'account state');
  return state.positions.find(({ coin }) => coin === driver.coin)?.size ?? 0n;
}
