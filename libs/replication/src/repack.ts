import type { Instrument } from '@lockstep/kernel';
import { encodeJournal, wholeSlice } from './journal';
import type { JournalRow } from './journal-decode';
import type { DecisionCheck } from './recompute';
import type { Decisions, PlannedOrders, WavePlan } from './wave-plan';

/**
 * Packs a journal row once more as planning packs a wave: the bytes it was read from, of the newest version. With checks of its decision at `index`, what
 * they recomputed is put in the place of what was journaled: equal bytes then mean that the row says of it exactly what its inputs give.
 */
export function repackJournal(row: JournalRow, index = 0, checks: readonly DecisionCheck[] = []): Uint8Array {
  const plan = planOf(row);
  for (const check of checks) put(plan, index, check);
  const { instance, m0, m1, m2, forecastEnd } = row;
  return encodeJournal(plan, wholeSlice(plan), { instance, m0, m1, m2, forecastEnd });
}

function planOf({ decisions, orders, ...row }: JournalRow): WavePlan {
  const { count } = decisions;
  const copied: Decisions = {
    ...decisions,
    row: new Int32Array(count),
    scope: new Int32Array(count),
    cutCount: decisions.cuts.length,
    targetAfter: decisions.targetAfter.slice(),
    exitLots: decisions.exitLots.slice(),
    entryLots: decisions.entryLots.slice(),
  };
  const planned: PlannedOrders = {
    ...orders,
    instrument: instrumentOf(row.coin, row.szDecimals),
    row: new Int32Array(orders.count),
    settingsVersion: new Int32Array(orders.count),
    buy: orders.buy.slice(),
    exit: orders.exit.slice(),
    price: orders.price.slice(),
    reference: orders.reference.slice(),
    expiresAfter: orders.expiresAfter.slice(),
    reduceOnly: orders.reduceOnly.slice(),
    tif: orders.tif.slice(),
    nonce: orders.nonce.slice(),
  };
  return { ...row, decisions: copied, orders: planned };
}

/** A row keeps no more of its instrument than name and decimals. */
const instrumentOf = (coin: string, szDecimals: number): Instrument => ({
  venue: 'hyperliquid',
  dex: '',
  coin,
  assetId: 0,
  szDecimals,
  maxLeverage: 1,
  onlyIsolated: false,
  delisted: false,
  collateral: '',
});

/** Lots that something not journaled held back stay as they are. */
function put({ decisions, orders }: WavePlan, index: number, { what, order, recomputed, verdict }: DecisionCheck): void {
  if (recomputed === null || verdict === 'admitted') return;
  const columns = {
    target: decisions.targetAfter,
    exit_lots: decisions.exitLots,
    entry_lots: decisions.entryLots,
    side: orders.buy,
    class: orders.exit,
    price: orders.price,
    reference: orders.reference,
    expiry: orders.expiresAfter,
    reduce_only: orders.reduceOnly,
    tif: orders.tif,
    nonce: orders.nonce,
  };
  columns[what][order ?? index] = recomputed;
}
