import { type Money, min, type Rate, type Size } from '@lockstep/kernel';
import type { CopySettings, InstrumentFilter, PositionCaps } from './copy-settings';

/** What a leader's terms (or a tenant's policy) bound for every copy. null: nothing. */
export interface ChainLimits {
  readonly caps: PositionCaps;
  readonly instruments: InstrumentFilter;
  readonly maxVenueLeverage: number | null;
}

/** Limits that bind nothing. */
export const NO_CHAIN_LIMITS: ChainLimits = {
  caps: { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null },
  instruments: { kind: 'all' },
  maxVenueLeverage: null,
};

/** Settings in effect: limits merge by minimum along the chain, instrument filters by intersection, choices stay the copy's. */
export function effectiveSettings(copy: CopySettings, chain: readonly ChainLimits[]): CopySettings {
  let { caps, instruments, venueLeverage } = copy;
  for (const limits of chain) {
    caps = mergeCaps(caps, limits.caps);
    instruments = intersect(instruments, limits.instruments);
    if (limits.maxVenueLeverage !== null) venueLeverage = Math.min(venueLeverage, limits.maxVenueLeverage);
  }
  return { ...copy, caps, instruments, venueLeverage };
}

/** The stricter of two sets of caps, cap by cap. */
export function mergeCaps(a: PositionCaps, b: PositionCaps): PositionCaps {
  return {
    maxPositionSize: stricter<Size>(a.maxPositionSize, b.maxPositionSize),
    maxPositionNotional: stricter<Money>(a.maxPositionNotional, b.maxPositionNotional),
    maxPositionShare: stricter<Rate>(a.maxPositionShare, b.maxPositionShare),
    maxLeverage: stricter<Rate>(a.maxLeverage, b.maxLeverage),
  };
}

function stricter<T extends bigint>(a: T | null, b: T | null): T | null {
  if (a === null) return b;
  if (b === null) return a;
  return min(a, b) === a ? a : b;
}

/** Admits exactly what both filters admit. */
export function intersect(a: InstrumentFilter, b: InstrumentFilter): InstrumentFilter {
  if (a.kind === 'all') return b;
  if (b.kind === 'all') return a;
  if (a.kind === 'except' && b.kind === 'except') return { kind: 'except', coins: [...new Set([...a.coins, ...b.coins])] };
  if (a.kind === 'only') return { kind: 'only', coins: a.coins.filter((coin) => (b.kind === 'only') === b.coins.includes(coin)) };
  return intersect(b, a);
}
