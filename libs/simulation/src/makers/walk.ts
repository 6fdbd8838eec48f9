import { type Price, price } from '@lockstep/kernel';
import type { Chance } from './chance';
import type { PricePath } from './price-path';

/** A mood of the market. Steps are drawn around `driftPpm` with a spread of `spreadPpm`, both in millionths of the price per step. */
interface Regime {
  readonly name: 'calm' | 'rise' | 'fall' | 'crash';
  readonly driftPpm: number;
  readonly spreadPpm: number;
  /** One step in so many, on average, ends the mood. */
  readonly endsOneIn: number;
}

const CALM: Regime = { name: 'calm', driftPpm: 0, spreadPpm: 60, endsOneIn: 300 };
const RISE: Regime = { name: 'rise', driftPpm: 25, spreadPpm: 90, endsOneIn: 200 };
const FALL: Regime = { name: 'fall', driftPpm: -25, spreadPpm: 90, endsOneIn: 200 };
const CRASH: Regime = { name: 'crash', driftPpm: -900, spreadPpm: 700, endsOneIn: 40 };
/** What follows a calm, in lots of a hundred. Every other mood calms down. */
const AFTER_CALM: readonly (readonly [share: number, regime: Regime])[] = [
  [47, RISE],
  [94, FALL],
  [100, CRASH],
];
const MILLION = 1_000_000n;
/** A walk turns back at this multiple of its start, and at its inverse: a coin neither vanishes nor explodes. */
const WANDER_MOST = 20n;

/** A geometric random walk with moods, in integers: the same seed gives the same prices everywhere. One step per call. */
export function walk(start: Price, chance: Chance): PricePath {
  let current: bigint = start;
  let regime = CALM;
  return {
    priceAt: () => {
      if (chance.below(regime.endsOneIn) === 0) regime = nextRegime(regime, chance);
      const step = BigInt(leaning(current, start, regime.driftPpm) + spread(regime.spreadPpm, chance));
      const moved = (current * (MILLION + step)) / MILLION;
      current = moved > 0n ? moved : 1n;
      return price(current);
    },
    movedTo: (moved) => {
      current = moved;
    },
  };
}

/** What a pegged price strays by in a step, millionths, and the share of its distance from the peg by which it comes back, one in so many. */
const PEG_SPREAD_PPM = 15;
const PEG_RETURN = 20n;

/** The price of a token that is held at another: small steps around `peg`, always drawn back to it. One step per call. */
export function pegged(peg: Price, chance: Chance): PricePath {
  let current: bigint = peg;
  return {
    priceAt: () => {
      current += (peg - current) / PEG_RETURN + (peg * BigInt(spread(PEG_SPREAD_PPM, chance))) / MILLION;
      return price(current);
    },
    movedTo: (moved) => {
      current = moved;
    },
  };
}

function nextRegime(regime: Regime, chance: Chance): Regime {
  if (regime !== CALM) return CALM;
  const draw = chance.below(100);
  return AFTER_CALM.find(([share]) => draw < share)?.[1] ?? CALM;
}

function leaning(current: bigint, start: bigint, driftPpm: number): number {
  if (current > start * WANDER_MOST) return -Math.abs(driftPpm) - 100;
  if (current * WANDER_MOST < start) return Math.abs(driftPpm) + 100;
  return driftPpm;
}

/** The sum of four even draws: bell-shaped, within ± two spreads. */
function spread(spreadPpm: number, chance: Chance): number {
  let sum = 0;
  for (let draw = 0; draw < 4; draw += 1) sum += chance.below(spreadPpm + 1);
  return sum - 2 * spreadPpm;
}
