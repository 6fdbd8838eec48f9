import { ppmOf } from './coins';
import type { CapTerms, CopyTerms, LossTerms, ModeTerms } from './terms';
import type { TermsFor } from './terms-draw';

const ONE = 1_000_000_000_000n;
const UNIT = 100_000_000n;
const ppm = (parts: number): bigint => BigInt(parts) * 1_000_000n;

const NO_CAPS: CapTerms = { maxPositionSize: null, maxPositionNotional: null, maxPositionShare: null, maxLeverage: null };
const CAPS = ['maxPositionSize', 'maxPositionNotional', 'maxPositionShare', 'maxLeverage', 'all'] as const;
const LOSSES = ['fromStart', 'trailing', 'daily', 'lossMoney', null] as const;
const MODES = ['fixed_ratio', 'reinvest', 'fixed_nominal', 'fixed_amount', 'risk_normalised'] as const;
/** So many copies have each mode with each cap. */
export const COVERING_COPIES = CAPS.length * MODES.length;

/**
 * Terms with which a crowd of `COVERING_COPIES` has each mode under each cap, and each kind of loss limit in all modes; a copy's number says which are its own.
 * The figures drawn are kept where they fit.
 */
export function coveringTerms(terms: CopyTerms, copy: number, who: TermsFor): CopyTerms {
  const nth = copy % COVERING_COPIES;
  const mode = MODES[Math.floor(nth / CAPS.length)] ?? 'fixed_ratio';
  return {
    ...terms,
    mode: modeOf(mode, terms.mode, who),
    follow: nth % 7 === 3 ? terms.follow : 'all',
    caps: capsOf(CAPS[nth % CAPS.length] ?? 'all', terms.caps, who),
    losses: lossesOf(LOSSES[(nth + Math.floor(nth / CAPS.length)) % LOSSES.length] ?? null, terms.losses, who),
  };
}

function modeOf(mode: (typeof MODES)[number], drawn: ModeTerms, { leader, allocation }: TermsFor): ModeTerms {
  const multiplier = 'multiplier' in drawn ? drawn.multiplier : ONE;
  const cash = Object.values(leader.cash).reduce((sum, each) => sum + each, 1n);
  switch (mode) {
    case 'fixed_ratio':
      return drawn.kind === mode ? drawn : { kind: mode, ratio: (allocation * ONE) / cash + 1n };
    case 'reinvest':
    case 'fixed_nominal':
      return { kind: 'proportional', multiplier, compounding: mode };
    case 'fixed_amount':
      return drawn.kind === mode ? drawn : { kind: mode, amount: ppmOf(allocation, 80_000) + 10n * UNIT, maxAdds: null };
    case 'risk_normalised':
      return drawn.kind === mode
        ? drawn
        : { kind: mode, multiplier, targetVolatility: ppm(600_000), scaleLeast: ppm(500_000), scaleMost: ppm(2_000_000) };
  }
}

/** One cap alone, tight enough to be met, or all of them. */
function capsOf(cap: (typeof CAPS)[number], drawn: CapTerms, { allocation, leader, coins }: TermsFor): CapTerms {
  const worth = ppmOf(allocation, 250_000);
  const measured = coins.find(({ coin }) => coin === leader.coins[0]);
  const every: CapTerms = {
    maxPositionSize: drawn.maxPositionSize ?? (measured === undefined ? null : (worth * UNIT) / measured.startPrice + 1n),
    maxPositionNotional: drawn.maxPositionNotional ?? worth,
    maxPositionShare: drawn.maxPositionShare ?? ppm(300_000),
    maxLeverage: drawn.maxLeverage ?? ppm(800_000),
  };
  return cap === 'all' ? every : { ...NO_CAPS, [cap]: every[cap] };
}

/** One limit of loss alone, or none; how a breach is acted on stays as drawn. */
function lossesOf(limit: (typeof LOSSES)[number], drawn: LossTerms, { allocation }: TermsFor): LossTerms {
  const none = { ...drawn, fromStart: null, trailing: null, daily: null, lossMoney: null };
  if (limit === null) return none;
  return { ...none, [limit]: drawn[limit] ?? (limit === 'lossMoney' ? ppmOf(allocation, 50_000) : ppm(50_000)) };
}
