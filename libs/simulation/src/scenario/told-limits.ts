import { ppmOf } from './coins';
import type { ScenarioCopies } from './copies';
import { type Draws, draws } from './draws';
import { isBelow, type ScenarioLimits } from './limits';
import type { LimitsStep, LimitTarget } from './steps';
import type { ChainTerms } from './terms';

/** One seed in so many is told what copies hold together. */
const SEEDS_ONE_IN = 3;
const FIRST_MS = [2_000, 30_000] as const;
const WAIT_MS = [8_000, 40_000] as const;
const TAKEN_AWAY_ONE_IN = 5;
/** At a calm, so many followers and leaders have theirs set low: what copies hold passes it there, or does not. */
const AT_CALM = [2, 6] as const;
const PPM = 1_000_000n;

/**
 * Limits that copies share and that are told alone, of platform, brands, leaders and followers, beside whatever else is set there. In a share of the seeds, drawn from
 * streams of their own.
 */
export class ToldLimits {
  nextAt: number;
  private readonly draw: Draws;
  private readonly has: boolean;

  constructor(
    seed: number,
    private readonly copies: Pick<ScenarioCopies, 'living'>,
    private readonly limits: Pick<ScenarioLimits, 'standing' | 'stands'>,
  ) {
    this.draw = draws(seed, 'told limits');
    this.has = draws(seed, 'told limits: whether').oneIn(SEEDS_ONE_IN);
    this.nextAt = this.has ? this.draw.between(...FIRST_MS) : Number.POSITIVE_INFINITY;
  }

  act(at: number): readonly LimitsStep[] {
    const { draw } = this;
    this.nextAt = at + draw.between(...WAIT_MS);
    return this.setOne(at, draw.oneIn(TAKEN_AWAY_ONE_IN) ? null : 600_000);
  }

  /** As the calm comes. */
  press(at: number): readonly LimitsStep[] {
    if (!this.has) return [];
    return Array.from({ length: this.draw.between(...AT_CALM) }, () => this.setOne(at, 200_000)).flat();
  }

  /** Nobody asks for anything before that. */
  rest(until: number): void {
    if (this.has) this.nextAt = until + this.draw.between(...FIRST_MS);
  }

  /** Limits of somebody, told from up to so many millionths of what the copies have; null: what was told there is taken away. */
  private setOne(at: number, most: number | null): readonly LimitsStep[] {
    const { draw } = this;
    const living = this.copies.living();
    if (living.length === 0) return [];
    const { leader, follower } = draw.pick(living);
    const { tenant } = follower;
    const target = draw.weighted<LimitTarget>([
      [50, { layer: 'follower', follower: follower.follower }],
      [30, { layer: 'leader', tenant, leader }],
      [12, { layer: 'tenant', tenant }],
      [8, { layer: 'platform' }],
    ]);
    const below = living.filter((copy) => isBelow(copy, target)).map(({ allocation }) => allocation);
    const limits = most === null ? this.limits.standing(target) : this.told(target, below, most);
    const step: LimitsStep = { at, kind: 'limits', target, limits };
    this.limits.stands(step);
    return [step];
  }

  private told(target: LimitTarget, below: readonly bigint[], most: number): ChainTerms {
    const { draw } = this;
    const standing = this.limits.standing(target);
    const together = below.reduce((sum, allocation) => sum + allocation, 0n);
    const ofLeader = target.layer !== 'follower' && draw.oneIn(2);
    const ofFollower = target.layer !== 'leader' && draw.oneIn(2);
    return {
      ...standing,
      exposure: {
        ...standing.exposure,
        ...(ofLeader && { alertCapacity: ppmOf(together, draw.between(10_000, most)) }),
        ...(ofFollower && { alertGross: ppmOf(below[0] ?? together, draw.between(20_000, most * 2)) }),
        ...((!ofLeader || draw.oneIn(2)) && { alertShare: BigInt(draw.between(10_000, most)) * PPM }),
      },
    };
  }
}
