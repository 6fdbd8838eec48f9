import type { Exchange } from './exchange';
import { endByVenue } from './order';
import type { VenueAccount } from './state';

const DAY_MS = 86_400_000;

/** How often an account's dead-man switch has fired on the UTC day of `time`. */
export function firedOn(ex: Exchange, account: VenueAccount, time: number): number {
  const fires = ex.scheduleFires.get(account);
  return fires?.day === Math.floor(time / DAY_MS) ? fires.count : 0;
}

/** Cancels every order of the accounts whose dead-man switch is due. */
export function fireSchedules(ex: Exchange): void {
  for (const account of [...ex.scheduled]) {
    if (account.scheduledCancel === null || account.scheduledCancel > ex.time) continue;
    ex.scheduleFires.set(account, { day: Math.floor(ex.time / DAY_MS), count: firedOn(ex, account, ex.time) + 1 });
    for (const order of [...account.open.values()]) if (account.open.has(order.oid)) endByVenue(ex, order, 'scheduledCancel');
    account.scheduledCancel = null;
    ex.scheduled.delete(account);
  }
}
