import { type Branded, type CopyId, err, isId, ok, type Result } from '@lockstep/kernel';

/**
 * The chart of ledger accounts. Every account lives in one tenant's books, per environment and asset.
 * Amounts are signed: above zero is a debit (an asset or a cost grows), below zero a credit (a debt or an income grows).
 */
export const COPY_ACCOUNTS = {
  /** What the venue holds for this copy: allocation, plus PnL, minus fees, plus funding. Mirrors the venue's cash; of a stopped copy what it gained. */
  venue_cash: 'asset',
  /** Money assigned to the copy by its follower, from its activation to its stop, seen from the other side. */
  allocation: 'equity',
  /** Profit closed on the copy's own average entry. */
  realised_pnl: 'income',
  /** The venue's own fee, without the builder fee; a rebate is negative. */
  trading_fee: 'cost',
  /** The execution markup the venue took from the copy for the builder. */
  builder_fee: 'cost',
  /** Funding received and paid. */
  funding: 'income',
  /** Markup owed where the venue cannot collect it: the copy's cost … */
  markup_cost: 'cost',
  /** … and its debt, to be invoiced. */
  markup_due: 'debt',
} as const;

/** Accounts of the tenant and, under the same names, of the platform (the operator) in that tenant's books. */
export const HOUSE_ACCOUNTS = {
  /** Markup to come in: from the venue for the builder's owner, from the other party for its share, from followers where accrued. */
  markup_receivable: 'asset',
  /** The other party's share, owed by whoever receives the markup. */
  markup_payable: 'debt',
  /** The party's own share, earned. */
  markup_revenue: 'income',
  /** What no share could take whole: the remainder of every rounding. */
  rounding: 'income',
} as const;

export type CopyAccount = keyof typeof COPY_ACCOUNTS;
export type HouseAccount = keyof typeof HOUSE_ACCOUNTS;
export type House = 'tenant' | 'platform';
export type AccountNature = 'asset' | 'debt' | 'equity' | 'income' | 'cost';

/** A ledger account's name in storage and files: `copy:<cpy_…>:venue_cash`, `tenant:markup_receivable`, `platform:rounding`. */
export type AccountCode = Branded<string, 'AccountCode'>;

export type LedgerAccount =
  | { readonly owner: 'copy'; readonly copyId: CopyId; readonly name: CopyAccount }
  | { readonly owner: House; readonly name: HouseAccount };

export const copyAccount = (copyId: CopyId, name: CopyAccount): AccountCode => `copy:${copyId}:${name}` as AccountCode;
export const houseAccount = (house: House, name: HouseAccount): AccountCode => `${house}:${name}` as AccountCode;

/** Reads a code back into its parts; any text outside the chart is refused. */
export function parseAccountCode(text: string): Result<LedgerAccount, 'unknown_ledger_account'> {
  const [owner, second = '', third, ...more] = text.split(':');
  if (owner === 'copy' && third !== undefined && more.length === 0 && isId('copy', second) && isCopyAccount(third)) {
    return ok({ owner, copyId: second, name: third });
  }
  if ((owner === 'tenant' || owner === 'platform') && third === undefined && isHouseAccount(second)) return ok({ owner, name: second });
  return err('unknown_ledger_account');
}

export const accountCode = (account: LedgerAccount): AccountCode =>
  account.owner === 'copy' ? copyAccount(account.copyId, account.name) : houseAccount(account.owner, account.name);

/** Which side of the balance an account belongs to. */
export const natureOf = (account: LedgerAccount): AccountNature =>
  account.owner === 'copy' ? COPY_ACCOUNTS[account.name] : HOUSE_ACCOUNTS[account.name];

const isCopyAccount = (name: string): name is CopyAccount => Object.hasOwn(COPY_ACCOUNTS, name);
const isHouseAccount = (name: string): name is HouseAccount => Object.hasOwn(HOUSE_ACCOUNTS, name);
