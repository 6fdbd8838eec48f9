import type { EpochMs } from '@lockstep/kernel';
import type { CopyTrack } from './copies';
import type { AuditState } from './state';

/**
 * The least an engine may count of a venue account's real equity for one of its copies, in whole units (product §1): all of it where the copy is alone, else its
 * share by the equities of those that run there, whether they take risk or not. null: nothing is known of the account.
 */
export function leastOfAccount(state: AuditState, copy: CopyTrack, at: EpochMs): number | null {
  const account = copy.accountEquity.range(at);
  if (account === null) return null;
  const runs = (other: CopyTrack): boolean => other.state !== 'stopped' || at - other.stateAt < state.options.equityWindowMs;
  const others = (state.copiesByAccount.get(copy.copy.account) ?? []).filter((other) => other !== copy && runs(other));
  const beside = others.reduce((sum, other) => sum + Math.max(0, other.equityRange(at)?.high ?? 0), 0);
  const own = Math.max(0, copy.equityRange(at)?.low ?? 0);
  return beside === 0 ? account.low : (account.low * own) / (own + beside);
}

/** The most a copy's share of its account's real equity may be, by equities (product §1): all of it where it is alone. */
export function shareMost(state: AuditState, copy: CopyTrack, at: EpochMs): number {
  const own = copy.equityRange(at)?.high ?? 0;
  const others = (state.copiesByAccount.get(copy.copy.account) ?? []).filter((other) => other !== copy && other.state === 'active');
  const beside = others.reduce((sum, other) => sum + Math.max(0, other.equityRange(at)?.low ?? 0), 0);
  return own > 0 ? own / (own + beside) : 1;
}
