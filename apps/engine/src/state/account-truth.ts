import { STATUS } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { AccountRecord } from './registry';

/*
 * How well the venue's truth about each account is known (product §3: missing or stale truth halts new risk). An account that was never read in this
 * process, whose last reading failed, or whose turn in the rotation is overdue takes no new risk until it is read again; exits go on.
 */

/** Takes a good reading of an account: its copies may take new risk as far as this goes. */
export function truthRead(ctx: EngineContext, account: AccountRecord): void {
  account.truthReadAt = ctx.clock.now();
  setStale(ctx, account, false);
}

/** Takes a reading that failed: what was read before is no longer believed for new risk. */
export function truthUnread(ctx: EngineContext, account: AccountRecord): void {
  setStale(ctx, account, true);
}

/** Oldest reading of an account that allows new risk, in ms: some turns of the rotation as long as it is for so many accounts. */
export function truthMaxAgeMs(ctx: EngineContext): number {
  const { reconcileIntervalMs, reconcileAccountsMax, truthTurnsMax, truthAgeMinMs } = ctx.limits;
  const turnMs = Math.max(reconcileIntervalMs, (ctx.registry.accountCount / reconcileAccountsMax) * 1_000);
  return Math.max(truthAgeMinMs, turnMs * truthTurnsMax);
}

/** Halts accounts whose reading is too old, whatever kept the rotation from them. */
export function haltOverdue(ctx: EngineContext): void {
  const oldest = ctx.clock.now() - truthMaxAgeMs(ctx);
  for (const account of ctx.registry.accounts()) if (!account.truthStale && account.truthReadAt < oldest) setStale(ctx, account, true);
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
