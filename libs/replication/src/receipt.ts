import { clientOrderIdText } from './client-order-id';
import type { JournalRow } from './journal-decode';
import { CAPS, type CapCode, type ReasonCode, reasonAt, reasonText } from './reasons';

/** One order of a receipt. Prices are 10^-8, sizes lots. */
export interface ReceiptOrder {
  readonly clientOrderId: string;
  readonly side: 'buy' | 'sell';
  readonly purpose: 'exit' | 'entry';
  readonly reduceOnly: boolean;
  readonly lots: number;
  readonly limitPrice: number;
  readonly reference: number;
  readonly nonce: number;
  /** Venue time after which it must not execute; null for exits. */
  readonly expiresAfter: number | null;
  readonly leg: number;
  readonly attempt: number;
  /** Tenths of a basis point; 0 without markup. */
  readonly builderFee: number;
  /** Number of the egress address, from 1; null where no limits are kept to. */
  readonly egress: number | null;
}

/** The record of one decision for one copy in one wave (product §1). Targets are micro-lots (10^-6 lot), κ is 10^-12. */
export interface Receipt {
  readonly wave: number;
  readonly copyNo: number;
  readonly coin: string;
  readonly szDecimals: number;
  readonly reason: ReasonCode | 'unknown_reason';
  readonly explanation: string;
  readonly settingsVersion: number;
  readonly leaderBeforeLots: number;
  readonly leaderAfterLots: number;
  /** The venue liquidated the leader in this move. */
  readonly leaderLiquidated: boolean;
  readonly kappa: number;
  readonly targetBefore: number;
  readonly targetAfter: number;
  readonly positionLots: number;
  readonly pendingBuyLots: number;
  readonly pendingSellLots: number;
  readonly mark: number;
  readonly cuts: readonly { readonly cap: CapCode; readonly amount: number }[];
  readonly orders: readonly ReceiptOrder[];
  /** Leader fill, event received, decided; epoch ms, 0 when not taken. */
  readonly stages: { readonly m0: number; readonly m1: number; readonly m2: number };
  /** When the whole wave was forecast to have its last answer, epoch ms; null where no limits are kept to. */
  readonly forecastEnd: number | null;
}

/** The receipt of a copy in a journaled wave; null when the wave did not decide about it. */
export function receiptOf(row: JournalRow, copyNo: number): Receipt | null {
  const { decisions } = row;
  const index = decisions.copyNo.indexOf(copyNo);
  return index < 0 ? null : receiptAt(row, index);
}

/** The receipt of the decision at an index: for listing a whole wave. */
export function receiptAt(row: JournalRow, index: number): Receipt {
  const { decisions } = row;
  const reason = reasonAt(decisions.reason[index] ?? 0);
  return {
    wave: row.wave,
    copyNo: decisions.copyNo[index] ?? 0,
    coin: row.coin,
    szDecimals: row.szDecimals,
    reason: reason ?? 'unknown_reason',
    explanation: reason === null ? '' : reasonText(reason),
    settingsVersion: decisions.settingsVersion[index] ?? 0,
    leaderBeforeLots: row.leaderBefore,
    leaderAfterLots: row.leaderAfter,
    leaderLiquidated: row.liquidation,
    kappa: decisions.kappa[index] ?? 0,
    targetBefore: decisions.targetBefore[index] ?? 0,
    targetAfter: decisions.targetAfter[index] ?? 0,
    positionLots: decisions.position[index] ?? 0,
    pendingBuyLots: decisions.pendingBuy[index] ?? 0,
    pendingSellLots: decisions.pendingSell[index] ?? 0,
    mark: row.mark,
    cuts: cutsAt(row, index),
    orders: ordersOf(row, index),
    stages: { m0: row.m0, m1: row.m1, m2: row.m2 },
    forecastEnd: row.forecastEnd || null,
  };
}

function cutsAt(row: JournalRow, index: number): Receipt['cuts'] {
  const mask = row.decisions.cutMask[index] ?? 0;
  let at = row.decisions.cutFirst[index] ?? 0;
  return CAPS.flatMap((cap, bit) => ((mask & (1 << bit)) === 0 ? [] : [{ cap, amount: row.decisions.cuts[at++] ?? 0 }]));
}

function ordersOf(row: JournalRow, index: number): readonly ReceiptOrder[] {
  const { orders } = row;
  const found: ReceiptOrder[] = [];
  for (let order = 0; order < orders.count; order += 1) {
    if (orders.decision[order] !== index) continue;
    const expiresAfter = orders.expiresAfter[order] ?? 0;
    found.push({
      clientOrderId: clientOrderIdText(orders.clientOrderId, order * 16),
      side: orders.buy[order] === 1 ? 'buy' : 'sell',
      purpose: orders.exit[order] === 1 ? 'exit' : 'entry',
      reduceOnly: orders.reduceOnly[order] === 1,
      lots: orders.lots[order] ?? 0,
      limitPrice: orders.price[order] ?? 0,
      reference: orders.reference[order] ?? 0,
      nonce: orders.nonce[order] ?? 0,
      expiresAfter: expiresAfter === 0 ? null : expiresAfter,
      leg: orders.leg[order] ?? 0,
      attempt: orders.attempt[order] ?? 0,
      builderFee: orders.builderFee[order] ?? 0,
      egress: orders.egress[order] || null,
    });
  }
  return found;
}
