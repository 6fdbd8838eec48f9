import type { EpochMs } from '@lockstep/kernel';
import type { CopyTrack } from './copies';
import type { Holding } from './holding';
import type { AuditState } from './state';

/**
 * Everybody is flat in a coin of an account, knows it, nothing is on its way, and engines had the time to compare: nobody can take part of what comes for
 * somebody else's any more.
 */
export function endForeign(state: AuditState, account: string, coin: string, at: EpochMs): void {
  if (!isFlatTogether(state, account, coin, at)) return;
  for (const copy of state.copiesByAccount.get(account) ?? []) {
    copy.holding(coin).foreign = false;
    copy.holding(coin).range.flat();
  }
}

/** Whether an engine may take part of a position for the copy's of which it truly has nothing. */
export function mayBelieve(state: AuditState, { copy }: CopyTrack, { coin, foreign, range }: Holding, at: EpochMs): boolean {
  return foreign && !range.isFlat && !isFlatTogether(state, copy.account, coin, at);
}

function isFlatTogether(state: AuditState, account: string, coin: string, at: EpochMs): boolean {
  if ((state.nets.get(`${account} ${coin}`) ?? 0n) !== 0n) return false;
  const isOver = (holding: Holding | undefined): boolean =>
    holding === undefined || (isStill(holding) && at - holding.foreignAt > state.options.comparisonMs);
  return (state.copiesByAccount.get(account) ?? []).every(({ holdings }) => isOver(holdings.get(coin)));
}

const isStill = ({ real, told, untold, live, netted }: Holding): boolean =>
  !netted &&
  // What no engine was told may have come to nothing together, and is still to be taken up.
  untold.size === 0 &&
  real.position === 0n &&
  told.position === 0n &&
  [...live.values()].every((order) => order.remaining <= 0n || order.ended || order.voided || order.withheld);
