import { type Money, money } from '@lockstep/kernel';
import { type AccountCode, type LedgerAccount, parseAccountCode } from './accounts';
import type { LedgerEntry } from './transaction';

/** One ledger account in one asset over a period: the row of a settlement. opening + debits − credits = closing. */
export interface StatementRow {
  readonly account: AccountCode;
  readonly asset: string;
  readonly opening: Money;
  /** Sum of the amounts above zero. */
  readonly debits: Money;
  /** Sum of the amounts below zero, without the sign. */
  readonly credits: Money;
  readonly closing: Money;
  /** Entries in the period. */
  readonly entryCount: number;
}

/** Totals over all rows of one account name of one owner kind, or over a whole asset. Every `net` of a whole asset is zero. */
export interface ControlTotal {
  readonly asset: string;
  /** `copy:venue_cash`, `tenant:markup_revenue` …; `*` is the whole asset. */
  readonly account: string;
  readonly debits: Money;
  readonly credits: Money;
  readonly closing: Money;
  readonly entryCount: number;
}

/** Folds entries, those before the period and those in it, into rows sorted by account and asset. The model a query is checked against. */
export function statementRows(before: Iterable<LedgerEntry>, during: Iterable<LedgerEntry>): StatementRow[] {
  const rows = new Map<string, { row: StatementRow; opening: bigint; debits: bigint; credits: bigint; count: number }>();
  const at = (entry: LedgerEntry) => {
    const key = `${entry.account} ${entry.asset}`;
    const found = rows.get(key) ?? { row: emptyRow(entry), opening: 0n, debits: 0n, credits: 0n, count: 0 };
    rows.set(key, found);
    return found;
  };
  for (const entry of before) at(entry).opening += entry.amount;
  for (const entry of during) {
    const sum = at(entry);
    if (entry.amount > 0n) sum.debits += entry.amount;
    else sum.credits -= entry.amount;
    sum.count += 1;
  }
  return [...rows.values()]
    .map((sum) => row(sum.row.account, sum.row.asset, money(sum.opening), money(sum.debits), money(sum.credits), sum.count))
    .sort(compareRows);
}

/** A row from its parts; the closing balance is computed, never taken over. */
export function row(account: AccountCode, asset: string, opening: Money, debits: Money, credits: Money, entryCount: number): StatementRow {
  return { account, asset, opening, debits, credits, closing: money(opening + debits - credits), entryCount };
}

/** Adds rows up as they stream by; hold one per file. */
export class ControlTotals {
  private readonly totals = new Map<string, ControlTotal>();

  add(of: StatementRow): void {
    this.addTo(accountGroup(of.account), of);
    this.addTo('*', of);
  }

  /** Sorted by asset and account. */
  list(): ControlTotal[] {
    return [...this.totals.values()].sort((a, b) => compareTexts(a.asset, b.asset) || compareTexts(a.account, b.account));
  }

  /** Assets whose rows do not sum to zero; empty for a sound ledger. */
  unbalancedAssets(): string[] {
    return this.list()
      .filter((total) => total.account === '*' && (total.debits !== total.credits || total.closing !== 0n))
      .map((total) => total.asset);
  }

  private addTo(account: string, of: StatementRow): void {
    const key = `${of.asset} ${account}`;
    const sum = this.totals.get(key) ?? { asset: of.asset, account, debits: money(0n), credits: money(0n), closing: money(0n), entryCount: 0 };
    this.totals.set(key, {
      ...sum,
      debits: money(sum.debits + of.debits),
      credits: money(sum.credits + of.credits),
      closing: money(sum.closing + of.closing),
      entryCount: sum.entryCount + of.entryCount,
    });
  }
}

/** `copy:<id>:funding` → `copy:funding`; house accounts stay as they are. */
export function accountGroup(code: AccountCode): string {
  const parsed = parseAccountCode(code);
  const account: LedgerAccount | null = parsed.ok ? parsed.value : null;
  return account?.owner === 'copy' ? `copy:${account.name}` : code;
}

const emptyRow = (entry: LedgerEntry): StatementRow => row(entry.account, entry.asset, money(0n), money(0n), money(0n), 0);
const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const compareRows = (a: StatementRow, b: StatementRow): number => compareTexts(a.account, b.account) || compareTexts(a.asset, b.asset);
