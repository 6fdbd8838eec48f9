import { mulDiv, toLots } from '@lockstep/kernel';
import { clearingValue, type InstrumentSheet, putClearing, usableEquity } from '@lockstep/replication';
import type { EngineContext } from '../context';
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

/**
 * Divides what an account really has, as last read, among its copies as they are worth now: over all, and by clearinghouse. Where one may enter with less than
 * before, what was approved of it and has not left is judged again: a slow database makes long what was read in between.
 */
export function shareAccount({ registry, stops }: Pick<EngineContext, 'stops'> & { readonly registry: Copies }, account: AccountRecord): void {
  const copies = registry.copiesOf(account);
  const before = copies.map(entersWith);
  shareEquity(registry, account);
  shareClearings(registry, account);
  const isLess = (copy: CopyRecord, index: number): boolean => entersWith(copy).some((amount, at) => amount < (before[index]?.[at] ?? 0));
  if (copies.some(isLess)) stops.changed();
}

/** What a copy's limits are judged on: its equity, and where it has a floor what it counts on in each clearinghouse it trades in. */
function entersWith({ watched: { book }, row }: CopyRecord): readonly number[] {
  const hasFloor = (book.copies.minDistance[row] ?? -1) >= 0;
  const clearings = hasFloor ? [...book.allSheets()].map((sheet) => clearingValue(book, sheet, row)) : [];
  return [usableEquity(book.copies, row), ...clearings];
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
