import type { ScenarioCoin } from './cast';
import { ppmOf } from './coins';
import type { CopyPlan, ScenarioCopies } from './copies';
import { type Draws, draws } from './draws';
import type { LimitsStep, LimitTarget } from './steps';
import { type ChainTerms, NO_CHAIN_TERMS } from './terms';

/** One seed in so many has limits above the copies. */
const SEEDS_ONE_IN = 3;
const FIRST_MS = [400, 20_000] as const;
const WAIT_MS = [4_000, 25_000] as const;
const TAKEN_AWAY_ONE_IN = 5;
const PPM = 1_000_000n;

/** Limits of platform, brands, leaders and followers, and what copies share, set and changed from time to time in a share of the seeds. */
export class ScenarioLimits {
  nextAt: number;
  private readonly draw: Draws;
  /** Limits of each target as asked for last. */
  private readonly asked = new Map<string, ChainTerms>();

  constructor(
    seed: number,
    private readonly copies: ScenarioCopies,
    private readonly coins: readonly ScenarioCoin[],
  ) {
    this.draw = draws(seed, 'limits');
    this.nextAt = draws(seed, 'limits: whether').oneIn(SEEDS_ONE_IN) ? this.draw.between(...FIRST_MS) : Number.POSITIVE_INFINITY;
  }

  act(at: number): readonly LimitsStep[] {
    const { draw } = this;
    this.nextAt = at + draw.between(...WAIT_MS);
    const living = this.copies.living();
    if (living.length === 0) return [];
    const { leader, follower } = draw.pick(living);
    const { tenant } = follower;
    const target = draw.weighted<LimitTarget>([
      [40, { layer: 'leader', tenant, leader }],
      [35, { layer: 'follower', follower: follower.follower }],
      [15, { layer: 'tenant', tenant }],
      [10, { layer: 'platform' }],
    ]);
    const below = living.filter((copy) => isBelow(copy, target));
    const step: LimitsStep = { at, kind: 'limits', target, limits: draw.oneIn(TAKEN_AWAY_ONE_IN) ? NO_CHAIN_TERMS : this.limitsOf(target, below) };
    this.stands(step);
    return [step];
  }

  /** Notes what was asked for. */
  stands({ target, limits }: Pick<LimitsStep, 'target' | 'limits'>): void {
    this.asked.set(JSON.stringify(target), limits);
  }

  /** What binds below a target besides what is told alone. */
  standing(target: LimitTarget): ChainTerms {
    const { exposure, ...terms } = this.asked.get(JSON.stringify(target)) ?? NO_CHAIN_TERMS;
    const { leaderCapacity, followerGross, underlyingShare } = exposure;
    return { ...terms, exposure: { leaderCapacity, followerGross, underlyingShare } };
  }

  /** Nobody asks for anything before that. */
  rest(until: number): void {
    if (Number.isFinite(this.nextAt)) this.nextAt = until + this.draw.between(...FIRST_MS);
  }

  private limitsOf({ layer }: LimitTarget, below: readonly CopyPlan[]): ChainTerms {
    const { draw } = this;
    const together = below.reduce((sum, { allocation }) => sum + allocation, 0n);
    const some = <T>(oneIn: number, value: () => T): T | null => (draw.oneIn(oneIn) ? value() : null);
    const rate = (least: number, most: number): bigint => BigInt(draw.between(least, most)) * PPM;
    const each = below[0]?.allocation ?? together;
    const isWide = layer === 'tenant' || layer === 'platform';
    return {
      caps: {
        maxPositionSize: null,
        maxPositionNotional: some(5, () => ppmOf(each, draw.between(100_000, 1_500_000))),
        maxPositionShare: some(5, () => rate(100_000, 1_500_000)),
        maxLeverage: some(isWide ? 2 : 4, () => rate(300_000, 4_000_000)),
        maxGrossExposure: some(5, () => ppmOf(each, draw.between(200_000, 2_000_000))),
      },
      losses: { fromStart: some(8, () => rate(20_000, 300_000)), trailing: some(8, () => rate(20_000, 300_000)), daily: null, lossMoney: null },
      exposure: {
        leaderCapacity: layer === 'leader' || (isWide && draw.oneIn(4)) ? ppmOf(together, draw.between(50_000, 1_200_000)) : null,
        followerGross: layer === 'follower' || (isWide && draw.oneIn(4)) ? some(2, () => ppmOf(each, draw.between(150_000, 1_800_000))) : null,
        underlyingShare: some(layer === 'follower' || isWide ? 2 : 6, () => rate(50_000, 1_000_000)),
      },
      instruments: draw.oneIn(5) ? { kind: 'except', coins: [draw.pick(this.coins).coin] } : { kind: 'all' },
    };
  }
}

/** Whether limits of a target bind a copy. */
export function isBelow({ leader, follower }: CopyPlan, target: LimitTarget): boolean {
  switch (target.layer) {
    case 'platform':
      return true;
    case 'tenant':
      return follower.tenant === target.tenant;
    case 'leader':
      return follower.tenant === target.tenant && leader === target.leader;
    case 'follower':
      return follower.follower === target.follower;
  }
}
