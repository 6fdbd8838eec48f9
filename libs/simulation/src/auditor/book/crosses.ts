import { type EpochMs, min } from '@lockstep/kernel';
import type { CrossMade } from '../observations';
import { asksFirst, laterEnd } from './asks-first';
import { type AuditState, fillKey } from './state';

/** Takes a cross into the books of both copies: the account's net stays what it is, nobody is charged, and the engine knows of it. */
export function keepCross(state: AuditState, cross: CrossMade, at: EpochMs): void {
  const account = state.copies.get(cross.buyerId)?.copy.account ?? '';
  state.crosses.set(fillKey(account, cross.coin, cross.no), cross);
  for (const [copyId, signed] of [
    [cross.buyerId, cross.size],
    [cross.sellerId, -cross.size],
  ] as const) {
    const copy = state.copies.get(copyId);
    if (copy === undefined) continue;
    const holding = copy.holding(cross.coin);
    const terms = copy.termsAt(cross.decidedAt, state.options.raceMs);
    const against = holding.real.position * (signed > 0n ? -1n : 1n);
    const entered = cross.size - (against > 0n ? min(against, cross.size) : 0n);
    if (asksFirst(terms)) holding.approvals.spend(signed > 0n, cross.decidedAt, laterEnd(state, copy, terms, cross.coin), entered);
    holding.openedByStops.filling({ signed }, holding.real.position, false);
    holding.real.add(signed, cross.price, 0n);
    holding.range.ours(signed);
    holding.told.add(signed, cross.price, 0n);
    holding.changed(at, signed);
    holding.toldAt = at;
    state.holders.update(copy, holding);
    copy.entered(cross.coin, entered);
  }
}
