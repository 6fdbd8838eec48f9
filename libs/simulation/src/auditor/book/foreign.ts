import type { EpochMs } from '@lockstep/kernel';
import type { Holding } from './holding';
import type { AuditState } from './state';

/**
 * Everybody is flat in a coin of an account, knows it, nothing is on its way, and engines had the time to compare: nobody can take part of what comes for
 * somebody else's any more.
 */
export function endForeign(state: AuditState, account: string, coin: string, at: EpochMs): void {
  if ((state.nets.get(`${account} ${coin}`) ?? 0n) !== 0n) return;
  const copies = state.copiesByAccount.get(account) ?? [];
  const isOver = (holding: Holding): boolean => isStill(holding) && at - holding.foreignAt > state.options.comparisonMs;
  if (!copies.every((copy) => isOver(copy.holding(coin)))) return;
  for (const copy of copies) {
    copy.holding(coin).foreign = false;
    copy.holding(coin).range.flat();
  }
}

const isStill = ({ real, told, untold, live, netted }: Holding): boolean =>
  !netted &&
  // What no engine was told may have come to nothing together, and is still to be taken up.
  untold.size === 0 &&
  real.position === 0n &&
  told.position === 0n &&
  [...live.values()].every((order) => order.remaining <= 0n || order.ended || order.voided || order.withheld);
