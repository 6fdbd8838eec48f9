import { type EpochMs, max, min, RATE_ONE } from '@lockstep/kernel';
import type { SettingsSeen } from '../terms';
import { leastOfAccount, shareMost } from './account-share';
import type { CopyTrack } from './copies';
import type { LeaderTrack } from './leaders';
import type { AuditState } from './state';
import type { RatioBounds } from './target';

/** Terms that were changed so shortly before a move may be those it was followed by. */
export const CHANGE_MS = 5_000;

/** κ of a copy by its mode at a moment (product §2.2), between what equities an engine may have taken it from. Fixed amounts have none. */
export function ratioBounds(state: AuditState, copy: CopyTrack, leader: LeaderTrack, at: EpochMs): RatioBounds {
  const bounds = copy.termsAt(at, CHANGE_MS).map(({ settings }) => boundsOf(state, copy, leader, at, settings.mode));
  return bounds.reduce((widest, next) => ({
    low: min(widest.low, next.low),
    high: widest.high === null || next.high === null ? null : max(widest.high, next.high),
  }));
}

function boundsOf(state: AuditState, copy: CopyTrack, leader: LeaderTrack, at: EpochMs, mode: SettingsSeen['mode']): RatioBounds {
  switch (mode.kind) {
    case 'fixed_ratio':
      return { low: mode.ratio, high: mode.ratio };
    case 'fixed_amount':
      return { low: 0n, high: 0n };
    case 'proportional':
      return proportional(state, copy, leader, at, mode, mode.multiplier, mode.multiplier);
    case 'risk_normalised':
      return proportional(
        state,
        copy,
        leader,
        at,
        mode,
        (mode.multiplier * mode.scaleLeast) / RATE_ONE,
        (mode.multiplier * mode.scaleMost) / RATE_ONE + 1n,
      );
  }
}

function proportional(
  state: AuditState,
  copy: CopyTrack,
  leader: LeaderTrack,
  at: EpochMs,
  mode: SettingsSeen['mode'],
  least: bigint,
  most: bigint,
): RatioBounds {
  const nominal = mode.kind === 'proportional' && mode.compounding === 'fixed_nominal';
  const theirs = nominal ? copy.basis.at(state, at, leader.equity.range(at)) : leader.equity.range(at);
  const ours = nominal ? allocations(copy) : scaled(state, copy, at);
  if (theirs === null || ours === null || theirs.low <= 0) return { low: 0n, high: null };
  const share = Number(state.options.equityMargin) / 1e12;
  const low = (Number(least) * Math.max(0, ours.low) * (1 - share)) / (theirs.high * (1 + share));
  const high = (Number(most) * Math.max(0, ours.high) * (1 + share)) / (theirs.low * (1 - share));
  return { low: BigInt(Math.floor(low)), high: BigInt(Math.ceil(high)) };
}

/**
 * Copy equity, but no more than its share of what its venue account really has (product §1): what a follower withdraws scales the copies. Of a copy whose money is
 * a matter of attribution that alone is known, where it has the account to itself.
 */
function scaled(state: AuditState, copy: CopyTrack, at: EpochMs): { readonly low: number; readonly high: number } | null {
  const account = copy.accountEquity.range(at);
  if (copy.ownShare) {
    const isAlone = state.copiesByAccount.get(copy.copy.account)?.length === 1;
    return account === null || !isAlone ? null : { low: 0, high: account.high };
  }
  const equity = copy.equityRange(at);
  const least = leastOfAccount(state, copy, at);
  if (equity === null || account === null || least === null) return equity;
  return { low: Math.min(equity.low, least), high: Math.min(equity.high, account.high * shareMost(state, copy, at)) };
}

function allocations(copy: CopyTrack): { readonly low: number; readonly high: number } {
  const all = [copy.terms, copy.earlier ?? copy.terms, ...copy.asked].map(({ money }) => money);
  return { low: Math.min(...all), high: Math.max(...all) };
}
