import { STATUS, settleUnsure } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { Network } from './networks';
import type { AccountRecord } from './registry';

/*
 * How well the venue's truth about each account is known (product §3: missing or stale truth halts new risk). An account that was never read in this
 * process, whose last reading failed, or whose turn in the rotation is overdue takes no new risk until it is read again; exits go on.
 */

/**
 * Takes a good reading of an account, begun when it had been contradicted so often: its copies may take new risk as far as this goes. False where the venue
 * contradicted our record since: what was read then may be older, and the next reading counts.
 */
export function truthRead(ctx: EngineContext, account: AccountRecord, contradicted: number): boolean {
  if (account.truthContradicted !== contradicted) return false;
  account.truthReadAt = ctx.clock.now();
  for (const { watched, row } of ctx.registry.copiesOf(account)) settleUnsure(watched.book, row);
  setStale(ctx, account, false);
  return true;
}

/**
 * The venue says that an account has nothing an exit of ours could close: something closed it of which we were not told (a protective stop, a liquidation, the
 * follower's hand). Nothing more is entered on it until a reading that begins from now on: what was entered beside that exit would be entered twice.
 */
export function truthContradicted(ctx: EngineContext, account: AccountRecord): void {
  account.truthContradicted += 1;
  setStale(ctx, account, true);
}

/** Takes a reading that failed: what was read before is no longer believed for new risk. */
export function truthUnread(ctx: EngineContext, account: AccountRecord): void {
  setStale(ctx, account, true);
}

/** Accounts of a network that can be compared in a second: the engine's own bound, or what the venue's limits keep for reads where that is less. */
export function comparedPerSecond(ctx: EngineContext, network: Network): number {
  const { egress } = network.venue;
  const { reconcileAccountsMax } = ctx.limits;
  return egress === undefined ? reconcileAccountsMax : Math.min(reconcileAccountsMax, egress.comparisonsPerMinute() / 60);
}

/** Oldest reading of an account that allows new risk, in ms: some turns of its network's rotation, as long as it is for so many accounts. */
export function truthMaxAgeMs(ctx: EngineContext, network: Network, accounts: number): number {
  const { reconcileIntervalMs, truthTurnsMax, truthAgeMinMs } = ctx.limits;
  const turnMs = Math.max(reconcileIntervalMs, (accounts / comparedPerSecond(ctx, network)) * 1_000);
  return Math.max(truthAgeMinMs, turnMs * truthTurnsMax);
}

/** Halts accounts whose reading is too old, whatever kept the rotation from them. */
export function haltOverdue(ctx: EngineContext): void {
  for (const [network, accounts] of byNetwork(ctx.registry.accounts())) {
    const oldest = ctx.clock.now() - truthMaxAgeMs(ctx, network, accounts.length);
    for (const account of accounts) if (!account.truthStale && account.truthReadAt < oldest) setStale(ctx, account, true);
  }
}

/** Accounts by the network they trade on, in their order. */
export function byNetwork(accounts: Iterable<AccountRecord>): ReadonlyMap<Network, readonly AccountRecord[]> {
  const found = new Map<Network, AccountRecord[]>();
  for (const account of accounts) {
    const list = found.get(account.network);
    if (list === undefined) found.set(account.network, [account]);
    else list.push(account);
  }
  return found;
}

function setStale(ctx: EngineContext, account: AccountRecord, stale: boolean): void {
  if (account.truthStale === stale) return;
  account.truthStale = stale;
  const copies = ctx.registry.copiesOf(account);
  for (const copy of copies) copy.watched.book.setStatus(copy.row, STATUS.staleTruth, stale);
  if (copies.length === 0 || !stale) return;
  ctx.stops.changed();
  ctx.log.warn('an account is not known well enough for new risk', { venueAccountNo: account.no, readAt: account.truthReadAt });
}
