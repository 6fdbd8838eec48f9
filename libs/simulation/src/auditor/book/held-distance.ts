import { type EpochMs, max, min, RATE_ONE } from '@lockstep/kernel';
import type { CopyTrack, TermsInForce } from './copies';
import { equityOf, type HeldAtLook } from './held-at-look';
import type { AuditState } from './state';

/** A trim of a floor ends this far above it, in hundredths (product §3 (2)). */
const RAISED = 105n;

/**
 * The largest notional, 10^-8, of a position that is at least its floor away from liquidation, by the venue's own formula: what the copy has in the clearinghouse,
 * less the maintenance of what it holds beside it there, ÷ (l + floor · (1 − side · l)), l = 1 ÷ twice the largest leverage. As the most or the least an engine may
 * reckon with; null: there is no floor, the position is isolated, or what it is of is not known.
 */
export function mostAway(
  state: AuditState,
  copy: CopyTrack,
  at: EpochMs,
  { settings }: TermsInForce,
  held: readonly HeldAtLook[],
  own: HeldAtLook,
  end: 'most' | 'least',
  raised = false,
): bigint | null {
  const floor = settings.caps.minLiquidationDistance ?? 0n;
  const value = floor === 0n || own.instrument.isolated ? null : valueThere(state, copy, at, own, end);
  if (value === null) return null;
  let left = value;
  for (const other of held) {
    if (other === own || dexOf(other.holding.coin) !== dexOf(own.holding.coin)) continue;
    const notional = end === 'most' ? other.least : other.most;
    const { isolated, maxLeverage } = other.instrument;
    left -= isolated ? notional / BigInt(Math.max(1, Math.min(settings.venueLeverage, maxLeverage))) : notional / BigInt(2 * maxLeverage);
  }
  const distance = raised ? (floor * RAISED) / 100n : floor;
  const twice = BigInt(2 * own.instrument.maxLeverage);
  const side = own.holding.real.position > 0n ? -1n : 1n;
  return max(0n, (left * twice * RATE_ONE) / (RATE_ONE + distance * (twice + side)));
}

/**
 * What a copy may count on in the clearinghouse of a position. The least of one that shares its account is anything; the most, to a process that began and was not
 * told of the clearinghouse yet, is all of the copy's equity: what a former one was told it cannot know.
 */
function valueThere(state: AuditState, copy: CopyTrack, at: EpochMs, { holding, process }: HeldAtLook, end: 'most' | 'least'): bigint | null {
  const equity = equityOf(state, copy, at, end);
  const dex = dexOf(holding.coin);
  const there = copy.clearings.range(dex, at);
  if (equity === null || there === null) return end === 'most' ? null : 0n;
  const margin = Number(state.options.equityMargin) / 1e12;
  if (end === 'most') return copy.clearings.isKnownTo(process, dex) ? min(equity, units(there.high, 1 + margin)) : equity;
  const shares = (state.copiesByAccount.get(copy.copy.account) ?? []).length > 1;
  return shares ? 0n : min(equity, units(there.low, 1 - margin));
}

const units = (value: number, factor: number): bigint => BigInt(Math.floor(Math.max(0, value) * 1e8 * factor));

/** Each dex is a clearinghouse of its own. */
export const dexOf = (coin: string): string => (coin.includes(':') ? coin.slice(0, coin.indexOf(':')) : '');
