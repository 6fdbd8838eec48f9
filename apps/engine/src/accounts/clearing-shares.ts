import { mulDiv, toLots } from '@lockstep/kernel';
import { type InstrumentSheet, putClearing } from '@lockstep/replication';
import { equityOf } from '../state/real-equity';
import type { AccountRecord, CopyRecord, DexBalance, Registry } from '../state/registry';
import { ownLots, shareEquity } from '../state/shared-accounts';

/*
 * Each dex is a clearinghouse of its own, unless its balance is one with others of the collateral: what an account holds over all of them need not be where a copy
 * trades. Every copy learns how much of its share of the account is not there.
 */

type Copies = Pick<Registry, 'copiesOf'>;

/** Takes an account's balances, as last read, into all instruments of its copies; behind every division of its equity. */
export function shareClearings(registry: Copies, account: AccountRecord): void {
  const of = equityOf(account);
  for (const copy of registry.copiesOf(account)) {
    for (const sheet of copy.watched.book.allSheets()) put(registry, copy, sheet, of);
  }
}

/** Divides what an account really has, as last read, among its copies as they are worth now: over all, and by clearinghouse. */
export function shareAccount(registry: Copies, account: AccountRecord): void {
  shareEquity(registry, account);
  shareClearings(registry, account);
}

/** Puts what is known on an instrument that is new to a copy's book. */
export const shareClearing = (registry: Copies, copy: CopyRecord, sheet: InstrumentSheet): void => put(registry, copy, sheet, equityOf(copy.account));

function put(registry: Copies, { account, watched, row }: CopyRecord, sheet: InstrumentSheet, of: bigint): void {
  const balance = balanceIn(account, sheet.instrument);
  const value = balance === undefined ? 0n : balance.accountValue - ownMargin(registry, account, balance);
  putClearing(watched.book, sheet, row, { value, of, pooled: balance?.pooled ?? false });
}

/** What is known of a dex's clearinghouse; of one that was never read, the balance it shares with others of its collateral. */
function balanceIn({ balances, network }: AccountRecord, { dex, collateral }: InstrumentSheet['instrument']): DexBalance | undefined {
  const known = balances.get(dex);
  if (known !== undefined) return known;
  const others = network.markets.dollarClearinghouses().filter((one) => one.collateral === collateral);
  return others.map((one) => balances.get(one.dex)).find((balance) => balance?.pooled);
}

/** Margin of what the follower holds of their own in a clearinghouse: it backs no copy. */
function ownMargin(registry: Copies, account: AccountRecord, { positions }: DexBalance): bigint {
  let margin = 0n;
  for (const { coin, size, marginUsed } of positions ?? []) {
    const own = BigInt(Math.abs(ownLots(registry, account, coin) || (account.own.get(coin) ?? 0)));
    const instrument = own === 0n ? undefined : account.network.markets.get(coin)?.instrument;
    if (instrument === undefined) continue;
    const lots = BigInt(Math.abs(toLots(instrument, size)));
    if (lots > 0n) margin += own >= lots ? marginUsed : mulDiv(marginUsed, own, lots, 'up');
  }
  return margin;
}
