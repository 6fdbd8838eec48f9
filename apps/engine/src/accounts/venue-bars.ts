import type { Instrument } from '@lockstep/kernel';
import { type InstrumentSheet, reasonNumber } from '@lockstep/replication';
import type { AccountState } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import type { Markets } from '../markets';
import type { AccountRecord, CopyRecord, WatchedAccount } from '../state/registry';

const NO_COLLATERAL = reasonNumber('no_collateral');
const ACCOUNT_TYPE = reasonNumber('account_type');
const FOREIGN_COLLATERAL = reasonNumber('foreign_collateral');
const MAIN_DEX = '';

/** What is asked of an account to know what bars it. */
type Barred = Pick<AccountRecord, 'accountType' | 'balances'> & { readonly network: { readonly markets: Pick<Markets, 'isDollar'> } };

/**
 * Why an account can take no new risk in an instrument, as a reason number; 0: nothing is known against it. Amounts of another collateral than dollars would
 * count as dollars in every cap. Vaults trade the main dex alone. Each dex is a clearinghouse of its own: without its collateral there the venue would refuse
 * every order for margin. A dex that was never read is left to the venue.
 */
export function barOf({ accountType, balances, network }: Barred, { dex, collateral }: Pick<Instrument, 'dex' | 'collateral'>): number {
  if (!network.markets.isDollar(collateral)) return FOREIGN_COLLATERAL;
  if (accountType === 'vault' && dex !== MAIN_DEX) return ACCOUNT_TYPE;
  return balances.get(dex)?.holds === false ? NO_COLLATERAL : 0;
}

/** Puts what is known on every instrument of a copy. */
export function barCopy({ account, watched, row }: CopyRecord): void {
  for (const sheet of watched.book.allSheets()) sheet.rows.barred[row] = barOf(account, sheet.instrument);
}

/** Puts what is known on an instrument the leader trades for the first time, before its first wave is planned. */
export function barSheet(ctx: EngineContext, watched: WatchedAccount, sheet: InstrumentSheet): void {
  for (const copy of ctx.registry.copies.values()) if (copy.watched === watched) sheet.rows.barred[copy.row] = barOf(copy.account, sheet.instrument);
}

/** Takes states of an account as read: what it holds by dex. Its copies are barred, or no longer barred, at once. */
export function takeBalances(ctx: EngineContext, account: AccountRecord, states: readonly AccountState[]): void {
  let changed = false;
  for (const { dex, accountValue, pooled, positions } of states) {
    const holds = accountValue > 0n || positions.length > 0;
    changed ||= account.balances.get(dex)?.holds !== holds;
    account.balances.set(dex, { accountValue, pooled, holds });
  }
  if (changed) for (const copy of ctx.registry.copiesOf(account)) barCopy(copy);
}
