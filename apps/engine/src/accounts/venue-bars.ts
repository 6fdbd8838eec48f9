import type { Instrument } from '@lockstep/kernel';
import { type InstrumentSheet, MIN_ORDER_VALUE, reasonNumber } from '@lockstep/replication';
import type { AccountState } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { Markets } from '../markets';
import type { AccountRecord, CopyRecord, DexBalance, WatchedAccount } from '../state/registry';

const NO_COLLATERAL = reasonNumber('no_collateral');
const ACCOUNT_TYPE = reasonNumber('account_type');
const FOREIGN_COLLATERAL = reasonNumber('foreign_collateral');
const DELISTED = reasonNumber('delisted');
const MAIN_DEX = '';

type Barring = Pick<Instrument, 'dex' | 'collateral' | 'maxLeverage' | 'delisted'>;

/** What is asked of an account to know what bars it. */
type Barred = Pick<AccountRecord, 'accountType' | 'balances'> & { readonly network: { readonly markets: Pick<Markets, 'isDollar'> } };

/**
 * Why an account can take no new risk in an instrument, as a reason number; 0: nothing is known against it. What is not listed any more is entered by nobody;
 * the venue settles it, and exits are tried as ever. Amounts of another collateral than dollars would
 * count as dollars in every cap. Vaults trade the main dex alone. Each dex is a clearinghouse of its own: where its collateral does not margin the smallest
 * order at the instrument's highest leverage, the venue would refuse every order, and each refusal costs the account one of its requests. A dex that was never
 * read is left to the venue.
 */
export function barOf({ accountType, balances, network }: Barred, { dex, collateral, maxLeverage, delisted }: Barring): number {
  if (delisted) return DELISTED;
  if (!network.markets.isDollar(collateral)) return FOREIGN_COLLATERAL;
  if (accountType === 'vault' && dex !== MAIN_DEX) return ACCOUNT_TYPE;
  const balance = balances.get(dex);
  return balance !== undefined && !margins(balance, maxLeverage) ? NO_COLLATERAL : 0;
}

/** Whether a balance margins the smallest order at a leverage. Beside a position it may yet: its profit counts too. */
const margins = ({ accountValue, inUse }: DexBalance, leverage: number): boolean =>
  inUse || accountValue * BigInt(leverage) >= BigInt(MIN_ORDER_VALUE);

/** Puts what is known on every instrument of a copy. */
export function barCopy({ account, watched, row }: CopyRecord): void {
  for (const sheet of watched.book.allSheets()) sheet.rows.barred[row] = barOf(account, sheet.instrument);
}

/** Puts what is known on every copy of a network again: its list was read anew. */
export function barNetwork(registry: Pick<EngineContext['registry'], 'copies'>, network: AccountRecord['network']): void {
  for (const copy of registry.copies.values()) if (copy.account.network === network) barCopy(copy);
}

/** Puts what is known on an instrument the leader trades for the first time, before its first wave is planned. */
export function barSheet(ctx: EngineContext, watched: WatchedAccount, sheet: InstrumentSheet): void {
  for (const copy of ctx.registry.copies.values()) if (copy.watched === watched) sheet.rows.barred[copy.row] = barOf(copy.account, sheet.instrument);
}

/** Takes states of an account as read: what it holds by dex. Its copies are barred, or no longer barred, at once. */
export function takeBalances(ctx: EngineContext, account: AccountRecord, states: readonly AccountState[]): void {
  let changed = false;
  for (const { dex, accountValue, pooled, positions } of states) {
    const before = account.balances.get(dex);
    const balance = { accountValue, pooled, inUse: positions.length > 0, positions };
    // Where both margin an order at any leverage, nothing is barred before or after.
    changed ||= before === undefined || ((!margins(before, 1) || !margins(balance, 1)) && differ(before, balance));
    account.balances.set(dex, balance);
  }
  if (changed) for (const copy of ctx.registry.copiesOf(account)) barCopy(copy);
}

const differ = (before: DexBalance, after: DexBalance): boolean => before.accountValue !== after.accountValue || before.inUse !== after.inUse;
