import type { Holding } from './holding';
import type { AuditState } from './state';

/** Everybody is flat in a coin of an account, knows it, and nothing is on its way: nobody can take part of what comes for somebody else's. */
export function endForeign(state: AuditState, account: string, coin: string): void {
  if ((state.nets.get(`${account} ${coin}`) ?? 0n) !== 0n) return;
  const copies = state.copiesByAccount.get(account) ?? [];
  if (copies.every((copy) => isStill(copy.holding(coin)))) for (const copy of copies) copy.holding(coin).foreign = false;
}

const isStill = ({ real, told, live, netted }: Holding): boolean =>
  !netted &&
  real.position === 0n &&
  told.position === 0n &&
  [...live.values()].every((order) => order.remaining <= 0n || order.ended || order.voided || order.withheld);
