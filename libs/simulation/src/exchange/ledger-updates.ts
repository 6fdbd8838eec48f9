import type { Exchange } from './exchange';
import type { LedgerUpdate, VenueAccount } from './state';

const UPDATES_KEPT = 2_000;

/** Writes a deposit, transfer or liquidation into an account's ledger and owes it to the subscribers. */
export function noteLedger(ex: Exchange, account: VenueAccount, delta: LedgerUpdate['delta']): void {
  const update: LedgerUpdate = { time: ex.time, block: ex.block, index: ex.index, delta };
  account.ledger.push(update);
  if (account.ledger.length > 2 * UPDATES_KEPT) account.ledger.splice(0, UPDATES_KEPT);
  account.topic?.ledger.push(update);
}
