import { ACCOUNT_TEXTS } from './account-texts';
import type { PreparedAction } from './actions/prepared';
import { formatUsd } from './decimals';
import type { Exchange } from './exchange';
import { dayOf } from './fee-tiers';
import { isUnified } from './margin';
import type { VenueAccount } from './state';
import { tooManyRequests } from './texts';

/* Budgets of an address, fact sheet §11.2. Sub-accounts and vaults have their own. */

const REQUESTS_BASE = 10_000;
const CANCEL_EXTRA = 100_000;
const REQUEST_GAP_MS = 10_000;
const STALE_FACTOR = 5;
const USD = 1_000_000;

/** Requests an address may make in its life: 10,000 and one per dollar traded; a tenth of that in growth mode. */
export const requestCap = (account: VenueAccount): number => REQUESTS_BASE + Math.floor(account.volume / USD);

/**
 * Charges an action to its address, or answers the venue's refusal: once the budget is spent one request every ten seconds passes.
 * A refused one costs nothing and does not begin the ten seconds anew. A batch is as many requests as it has elements, so that above the
 * cap only single ones pass. Cancels have a larger cap.
 */
export function chargeRequests(ex: Exchange, owner: VenueAccount, action: PreparedAction): string | null {
  const limit = requestCap(owner);
  const cap = action.isCancel ? Math.min(limit + CANCEL_EXTRA, 2 * limit) : limit;
  const wanted = owner.requests + action.weight;
  const passesAlone = action.weight <= 1 && ex.time - owner.lastRequestTime >= REQUEST_GAP_MS;
  if (ex.settings.addressLimits && wanted > cap && !passesAlone) return tooManyRequests(wanted, cap, formatUsd(owner.volume));
  if (!countDaily(ex, owner)) return ACCOUNT_TEXTS.unifiedActions;
  owner.requests = wanted;
  owner.lastRequestTime = ex.time;
  return null;
}

/** An action that came after its expiry costs five times its requests. */
export function chargeStale(owner: VenueAccount, action: PreparedAction): void {
  owner.requests += STALE_FACTOR * action.weight;
}

/** Counts the user actions of a day; false once a unified account has had its share. */
function countDaily(ex: Exchange, owner: VenueAccount): boolean {
  const { unifiedActionsPerDay } = ex.settings;
  const today = dayOf(ex.time);
  if (owner.actionsDay !== today) {
    owner.actionsDay = today;
    owner.actionsToday = 0;
  }
  if (unifiedActionsPerDay > 0 && isUnified(owner) && owner.actionsToday >= unifiedActionsPerDay) return false;
  owner.actionsToday += 1;
  return true;
}
