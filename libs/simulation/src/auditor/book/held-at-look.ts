import { type EpochMs } from '@lockstep/kernel';
import { leastOfAccount } from './account-share';
import type { CopyTrack } from './copies';
import type { Holding } from './holding';
import type { AuditState, InstrumentSeen } from './state';

/** What a copy holds of a coin at a look, in money 10^-8: the least and the most it may be by what the engine knows. */
export interface HeldAtLook {
  /** Whose look it is. */
  readonly process: string;
  readonly holding: Holding;
  readonly instrument: InstrumentSeen;
  readonly mark: bigint;
  readonly least: bigint;
  readonly most: bigint;
}

/** Copy equity, 10^-8, as the highest or the lowest an engine may reckon with. */
export function equityOf(state: AuditState, copy: CopyTrack, at: EpochMs, end: 'most' | 'least'): bigint | null {
  const range = copy.ownShare ? null : copy.equityRange(at);
  if (range === null) return end === 'most' ? null : 0n;
  const margin = Number(state.options.equityMargin) / 1e12;
  if (end === 'most') return BigInt(Math.ceil(Math.max(0, range.high) * 1e8 * (1 + margin)));
  const account = leastOfAccount(state, copy, at) ?? 0;
  return BigInt(Math.floor(Math.max(0, Math.min(range.low, account)) * 1e8 * (1 - margin)));
}
