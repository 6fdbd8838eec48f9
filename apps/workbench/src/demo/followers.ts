import type { FollowerPlan } from './brand';
import type { CopyLimits } from './judge-limits';
import { choose } from './leaders';

export interface FollowersOrder {
  readonly seed: number;
  readonly followers: number;
  /** Brands they are spread over. */
  readonly brands: number;
  readonly leaderAddresses: readonly string[];
  /** Dexes of builders on which accounts hold collateral. */
  readonly dexes: readonly string[];
  /** Catch-up window of every copy, in ms. */
  readonly catchUpMs: number;
}

const MAIN_FUNDS = '20000';
const BUILDER_DEX_FUNDS = '5000';

/** Modes and limits differ from follower to follower, so that every rule has something to do. */
export function followerPlans({ seed, followers, brands, leaderAddresses, dexes, catchUpMs }: FollowersOrder): readonly FollowerPlan[] {
  return Array.from({ length: followers }, (_, index) => {
    const pick = (what: string, below: number): number => choose(seed, `follower|${index}|${what}`, below);
    const settings = {
      mode: modeOf(pick),
      instruments: instrumentsOf(pick('filter', 8)),
      slippage: { entry_bound: ['0.002', '0.005', '0.01'][pick('bound', 3)], exit_bound: '0.05' },
      breaker: { from_start: ['0.03', '0.3', null, null][pick('breaker', 4)] ?? null },
      max_age_ms: 30_000,
      catch_up_ms: catchUpMs,
    };
    return {
      index,
      brand: index % brands,
      leaderAddress: leaderAddresses[index % leaderAddresses.length] ?? '',
      limits: limitsOf(pick),
      settings,
      // A few hold no collateral on the builder dexes: the venue refuses their orders there, and the demo shows it.
      funds: { '': MAIN_FUNDS, ...(pick('builderDex', 25) === 0 ? {} : Object.fromEntries(dexes.map((dex) => [dex, BUILDER_DEX_FUNDS]))) },
    };
  });
}

function limitsOf(pick: (what: string, below: number) => number): CopyLimits {
  return {
    allocation: String(500 + 500 * pick('allocation', 10)),
    maxSize: pick('sizeCap', 5) === 0 ? (['0.05', '1', '5'][pick('largestSize', 3)] ?? null) : null,
    maxNotional: pick('cap', 3) === 0 ? String(50 + 50 * pick('capSize', 8)) : null,
    maxShare: pick('shareCap', 5) === 0 ? (['0.1', '0.3', '0.8'][pick('share', 3)] ?? null) : null,
    maxLeverage: ['2', '3', '5'][pick('leverage', 3)] ?? '2',
    venueLeverage: [2, 5, 10][pick('venueLeverage', 3)] ?? 10,
  };
}

function modeOf(pick: (what: string, below: number) => number): Readonly<Record<string, unknown>> {
  if (pick('mode', 3) === 0) return { kind: 'fixed_ratio', ratio: ['0.001', '0.01', '0.05'][pick('ratio', 3)] };
  return {
    kind: 'proportional',
    multiplier: ['0.5', '1', '2'][pick('multiplier', 3)],
    compounding: pick('compounding', 2) === 0 ? 'reinvest' : 'fixed_nominal',
  };
}

function instrumentsOf(choice: number): Readonly<Record<string, unknown>> {
  if (choice === 0) return { kind: 'except', coins: ['SOL'] };
  return choice === 1 ? { kind: 'except', coins: ['xyz:NVDA'] } : { kind: 'all' };
}
