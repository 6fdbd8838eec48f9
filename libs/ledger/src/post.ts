import { type CopyId, type EpochMs, type Money, money, must, type Rate } from '@lockstep/kernel';
import { type AccountCode, copyAccount, type House, houseAccount } from './accounts';
import type { BuilderOwner } from './fee-schedule';
import { markupOn, splitMarkup } from './fees';
import { compose, type LedgerEntry, type LedgerTransaction } from './transaction';

/** How a markup is shared; from the fee schedule in force when the order was sent. */
export interface MarkupTerms {
  readonly builderOwner: BuilderOwner;
  readonly operatorShare: Rate;
  /** The schedule's version, kept in the memo. */
  readonly scheduleVersion: number;
}

export interface FillPosting {
  /** Unique name of the venue's fill, from `fillSource`. */
  readonly source: string;
  readonly copyId: CopyId;
  readonly occurredAtMs: EpochMs;
  readonly coin: string;
  readonly notional: Money;
  /** The asset PnL is counted in. */
  readonly asset: string;
  /** Closed on the copy's own book (`applyFill`), before fees. */
  readonly closedPnl: Money;
  readonly feeAsset: string;
  /** All the venue took, builder fee included; below zero is a rebate. */
  readonly fee: Money;
  /** The part of `fee` that goes to the builder; 0 to fee. */
  readonly builderFee: Money;
  /** Null when no schedule of ours stands behind the builder fee. */
  readonly markup: MarkupTerms | null;
}

/** The source of a venue fill. `account` is the venue account's stable number or address. */
export const fillSource = (venue: string, account: string | number, coin: string, timeMs: EpochMs, tid: string | number | bigint): string =>
  `fill:${venue}:${account}:${coin}:${timeMs}:${tid}`;

/** One fill: PnL and fees against the copy's venue cash, and the builder fee shared between tenant and operator. Null: nothing to book. */
export function postFill(fill: FillPosting): LedgerTransaction | null {
  must(fill.builderFee >= 0n, `fill ${fill.source} has a builder fee below zero`);
  const of = (name: 'venue_cash' | 'realised_pnl' | 'trading_fee' | 'builder_fee'): AccountCode => copyAccount(fill.copyId, name);
  const tradingFee = money(fill.fee - fill.builderFee);
  const entries = [
    entry(of('venue_cash'), fill.asset, fill.closedPnl),
    entry(of('realised_pnl'), fill.asset, -fill.closedPnl),
    entry(of('venue_cash'), fill.feeAsset, -fill.fee),
    entry(of('trading_fee'), fill.feeAsset, tradingFee),
    entry(of('builder_fee'), fill.feeAsset, fill.builderFee),
  ];
  const memo: Record<string, string> = { coin: fill.coin, notional: fill.notional.toString() };
  if (fill.markup !== null && fill.builderFee > 0n) {
    entries.push(...shareEntries(fill.builderFee, fill.feeAsset, fill.markup));
    memo.schedule = String(fill.markup.scheduleVersion);
  }
  return compose({ source: fill.source, kind: 'fill', copyId: fill.copyId, occurredAtMs: fill.occurredAtMs, memo }, entries);
}

export interface MarkupPosting {
  /** The fill's own source; the markup gets `markup:` before it, so that a fill is charged once. */
  readonly fillSource: string;
  readonly copyId: CopyId;
  readonly occurredAtMs: EpochMs;
  readonly coin: string;
  readonly notional: Money;
  readonly asset: string;
  readonly markupTenthsBp: number;
  readonly terms: MarkupTerms;
}

/**
 * The markup of a fill at a venue that cannot collect it: the copy owes it (to be invoiced), the tenant invoices it, the operator's share
 * is the tenant's debt. The amount rounds down in the follower's favour.
 */
export function postMarkup(posting: MarkupPosting): LedgerTransaction | null {
  const amount = markupOn(posting.notional, posting.markupTenthsBp);
  const entries = [
    entry(copyAccount(posting.copyId, 'markup_cost'), posting.asset, amount),
    entry(copyAccount(posting.copyId, 'markup_due'), posting.asset, -amount),
    ...shareEntries(amount, posting.asset, { ...posting.terms, builderOwner: 'tenant' }),
  ];
  const memo = { coin: posting.coin, notional: posting.notional.toString(), schedule: String(posting.terms.scheduleVersion) };
  const source = `markup:${posting.fillSource}`;
  return compose({ source, kind: 'markup', copyId: posting.copyId, occurredAtMs: posting.occurredAtMs, memo }, entries);
}

export interface FundingPosting {
  /** Unique name of the venue's funding row and copy, from `fundingSource`. */
  readonly source: string;
  readonly copyId: CopyId;
  readonly occurredAtMs: EpochMs;
  readonly coin: string;
  readonly asset: string;
  /** Above zero received, below zero paid. */
  readonly amount: Money;
}

export const fundingSource = (venue: string, account: string | number, coin: string, timeMs: EpochMs, copyId: CopyId): string =>
  `funding:${venue}:${account}:${coin}:${timeMs}:${copyId}`;

/** One copy's part of a funding row. */
export function postFunding(posting: FundingPosting): LedgerTransaction | null {
  const entries = [
    entry(copyAccount(posting.copyId, 'venue_cash'), posting.asset, posting.amount),
    entry(copyAccount(posting.copyId, 'funding'), posting.asset, -posting.amount),
  ];
  const { source, copyId, occurredAtMs } = posting;
  return compose({ source, kind: 'funding', copyId, occurredAtMs, memo: { coin: posting.coin } }, entries);
}

/** A change of the money assigned to a copy: above zero added, below zero taken out. */
export function postAllocation(source: string, copyId: CopyId, occurredAtMs: EpochMs, asset: string, amount: Money): LedgerTransaction | null {
  const entries = [entry(copyAccount(copyId, 'venue_cash'), asset, amount), entry(copyAccount(copyId, 'allocation'), asset, -amount)];
  return compose({ source: `allocation:${source}`, kind: 'allocation', copyId, occurredAtMs, memo: {} }, entries);
}

/** The receiver books the whole; the other's share is its payable and the other's receivable; both book their own share as revenue. */
function shareEntries(amount: Money, asset: string, terms: MarkupTerms): LedgerEntry[] {
  const shares = splitMarkup(amount, terms.operatorShare);
  const receiver: House = terms.builderOwner === 'operator' ? 'platform' : 'tenant';
  const other: House = receiver === 'platform' ? 'tenant' : 'platform';
  const own = receiver === 'platform' ? shares.operator : shares.tenant;
  const owed = receiver === 'platform' ? shares.tenant : shares.operator;
  return [
    entry(houseAccount(receiver, 'markup_receivable'), asset, amount),
    entry(houseAccount(receiver, 'markup_payable'), asset, -owed),
    entry(houseAccount(receiver, 'markup_revenue'), asset, -own),
    entry(houseAccount(receiver, 'rounding'), asset, -shares.remainder),
    entry(houseAccount(other, 'markup_receivable'), asset, owed),
    entry(houseAccount(other, 'markup_revenue'), asset, -owed),
  ];
}

const entry = (account: AccountCode, asset: string, amount: bigint): LedgerEntry => ({ account, asset, amount: money(amount) });
