import { fromLots, type Size, toExact, toLots } from '@lockstep/kernel';
import { type AccountMember, equityShares, membersIn, netRange, putOthers } from '@lockstep/replication';
import type { EngineContext } from '../context';
import { equityOf } from './real-equity';
import type { AccountRecord, CopyRecord, Registry, WatchedAccount } from './registry';

/*
 * Several copies on one venue account stand in the books of different leaders. What each plan needs to know of the others is worked out here from the live
 * columns right before it, in one turn with it, so that no plan counts on what another has reserved.
 */

/**
 * What the follower holds of their own in a coin beside the account's copies, in lots, as last compared with the venue. A copy that is alone and has not met the coin
 * says nothing of it: what others left there that ended before is their follower's all the same.
 */
export function ownLots(registry: Pick<Registry, 'copiesOf'>, account: AccountRecord, coin: string): number {
  const copies = registry.copiesOf(account);
  const only = copies.length === 1 ? copies[0] : undefined;
  return only?.watched.book.findSheet(coin)?.rows.beside[only.row] ?? account.own.get(coin) ?? 0;
}

/** Before a plan of one instrument of a leader: its copies learn what the other copies of their accounts hold and have in flight. */
export function putAccountNets(registry: Registry, watched: WatchedAccount, coin: string): void {
  for (const account of registry.sharedAccountsOf(watched)) putOthers(membersIn(registry.rowsOf(account), coin), account.own.get(coin) ?? 0);
}

/** True when an account's record explains what the venue tells: nothing needs to be held up for a comparison then. */
export function explains(members: readonly AccountMember[], account: AccountRecord, coin: string, netLots: number): boolean {
  return netRange(members, account.own.get(coin) ?? 0).net === netLots;
}

/** Takes an account's real equity into its copies: each has its share by its own equity, a copy alone all of it (product §1). */
export function shareEquity(registry: Pick<Registry, 'copiesOf'>, account: AccountRecord, real: bigint = equityOf(account)): void {
  const copies = registry.copiesOf(account);
  const equities = copies.map(({ watched, row }) => watched.book.copies.equity[row] ?? 0);
  const shares = equityShares(Math.max(0, toExact(real, 'account value')), equities);
  copies.forEach(({ watched, row }, index) => {
    watched.book.copies.realEquity[row] = shares[index] ?? 0;
  });
}

/**
 * The same again once money was moved into or out of a copy, by what its copies are worth now. Of an account that was not read in this process, what they are known to
 * have of it is shared.
 */
export function shareAgain(registry: Pick<Registry, 'copiesOf'>, account: AccountRecord): void {
  const known = registry.copiesOf(account).map(({ watched, row }) => BigInt(watched.book.copies.realEquity[row] ?? 0));
  shareEquity(registry, account, account.balances.size > 0 ? equityOf(account) : known.reduce((sum, share) => sum + share, 0n));
}

/** Σ U of an account's copies but for one, as of their last valuation, with what is about to come into them: what is not there for another (product §1). */
export function equityOfOthers(registry: Pick<Registry, 'copiesOf'>, account: AccountRecord, but: CopyRecord | null): bigint {
  const worthOf = ({ watched, row, arriving }: CopyRecord): bigint => BigInt(watched.book.copies.equity[row] ?? 0) + arriving;
  return registry.copiesOf(account).reduce((sum, copy) => (copy === but ? sum : sum + worthOf(copy)), 0n);
}

/** What is to leave the other copies of an account and waits until it may move: it is there for another in moments. */
export function leavingOfOthers(registry: Pick<Registry, 'copiesOf'>, account: AccountRecord, but: CopyRecord | null): bigint {
  return registry.copiesOf(account).reduce((sum, copy) => (copy === but ? sum : sum + copy.leaving), 0n);
}

/** What a copy that ends leaves on its account: the follower's own from then on. */
export interface LeftPosition {
  readonly venueAccountNo: number;
  readonly coin: string;
  /** Signed. */
  readonly quantity: Size;
  readonly lots: number;
}

/** What a copy still holds: it must not look like a trade against those that trade through its account as well, or will, once the copy is gone. */
export function leftBy(copy: CopyRecord): readonly LeftPosition[] {
  return [...copy.watched.book.allSheets()].flatMap(({ instrument, rows }) => {
    const lots = rows.position[copy.row] ?? 0;
    return lots === 0 ? [] : [{ venueAccountNo: copy.account.no, coin: instrument.coin, lots, quantity: fromLots(instrument, lots) }];
  });
}

/**
 * Takes a copy that ended out of memory; what it left is the follower's own, and those that stay know it. What was approved of those and has not left is judged again:
 * a share of what the follower's copies are worth together is less without it.
 */
export function dropEnded({ registry, stops }: Pick<EngineContext, 'registry' | 'stops'>, copy: CopyRecord, left: readonly LeftPosition[]): void {
  const { account } = copy;
  registry.dropCopy(copy.no);
  stops.changed();
  for (const { coin, lots } of left) account.own.set(coin, (account.own.get(coin) ?? 0) + lots);
  const coins = new Set(registry.copiesOf(account).flatMap(({ watched }) => [...watched.book.allSheets()].map(({ instrument }) => instrument.coin)));
  for (const coin of coins) putOthers(membersIn(registry.rowsOf(account), coin), account.own.get(coin) ?? 0);
}

/**
 * A row learns what the follower holds of their own in the instruments of its book, as last compared: a coin met for the first time may be one they hold, and that must
 * not look like a trade against the copy.
 */
export function learnOwn({ account, watched, row }: CopyRecord): void {
  for (const { instrument, rows } of watched.book.allSheets()) {
    const lots = account.own.get(instrument.coin);
    if (lots !== undefined) rows.beside[row] = lots;
  }
}

/** Notes an account's own position in a coin that no copy has met, as the venue tells it. */
export function noteOwn(account: AccountRecord, coin: string, quantity: Size): void {
  const instrument = account.network.markets.get(coin)?.instrument;
  if (instrument !== undefined && quantity % fromLots(instrument, 1) === 0n) account.own.set(coin, toLots(instrument, quantity));
}
