import { min } from '@lockstep/kernel';
import { ppmOf } from './coins';
import type { CopyPlan, ScenarioCopies } from './copies';
import { type Draws, draws } from './draws';
import type { CopyStep } from './steps';
import type { CapTerms, CopyTerms, StateActionTerms } from './terms';

/** One seed in so many has followers who press, and of their copies with limits on what is held one in so many is pressed at a calm. */
const SEEDS_ONE_IN = 2;
const COPIES_ONE_IN = 2;
/** Terms come back after a calm within. */
const BACK_MS = [500, 9_000] as const;
const PPM = 1_000_000n;
/** As near to one as a floor may come. */
const FLOOR_MOST = 990_000n * PPM;

interface Pressed {
  readonly plan: CopyPlan;
  readonly before: CopyTerms;
  readonly pressed: CopyTerms;
  at: number;
}

/**
 * Limits on what is held, lowered far below it shortly before a calm: they stay passed there until something is done about it, which a mark that turned
 * would hide else. In a share of the seeds, drawn from streams of their own. After the calm the terms are what they were.
 */
export class PressedLimits {
  private readonly draw: Draws;
  private readonly has: boolean;
  private due: Pressed[] = [];

  constructor(
    seed: number,
    private readonly copies: Pick<ScenarioCopies, 'living'>,
  ) {
    this.draw = draws(seed, 'pressed limits');
    this.has = draws(seed, 'pressed limits: whether').oneIn(SEEDS_ONE_IN);
  }

  /** What followers lower as the calm comes. */
  press(at: number): readonly CopyStep[] {
    if (!this.has) return [];
    return this.copies.living().flatMap((plan) => {
      if (plan.terms.stateLimits === undefined || !this.draw.oneIn(COPIES_ONE_IN)) return [];
      const before = plan.terms;
      plan.terms = { ...before, caps: this.lowered(before, plan.allocation) };
      this.due.push({ plan, before, pressed: plan.terms, at: Number.POSITIVE_INFINITY });
      return [{ at, kind: 'copy_terms', copy: plan.copy, change: 'tighter', terms: plan.terms }];
    });
  }

  get nextAt(): number {
    return this.due.reduce((soonest, { at }) => Math.min(soonest, at), Number.POSITIVE_INFINITY);
  }

  /** Terms that nobody changed since are what they were. */
  act(at: number): readonly CopyStep[] {
    const one = this.due.find((each) => each.at <= at);
    if (one === undefined) return [];
    this.due = this.due.filter((each) => each !== one);
    const { plan, before, pressed } = one;
    if (plan.terms !== pressed || plan.wish === 'stopped') return [];
    plan.terms = before;
    return [{ at, kind: 'copy_terms', copy: plan.copy, change: 'looser', terms: before }];
  }

  rest(until: number): void {
    for (const each of this.due) each.at = until + this.draw.between(...BACK_MS);
  }

  /** One limit that says what is done, or all of them: which is passed first decides. */
  private lowered({ caps, stateLimits }: CopyTerms, allocation: bigint): CapTerms {
    const { draw } = this;
    const acts = (action: StateActionTerms | undefined): boolean => action !== undefined && action !== 'none';
    const one = draw.below(5);
    const isLowered = (nth: number, action: StateActionTerms | undefined): boolean => acts(action) && (one === nth || draw.oneIn(3));
    const notional = (): bigint => ppmOf(allocation, draw.between(20_000, 300_000));
    const share = (): bigint => BigInt(draw.between(20_000, 300_000)) * PPM;
    const floor = caps.minLiquidationDistance ?? 0n;
    return {
      ...caps,
      ...(isLowered(0, stateLimits?.position_notional) && { maxPositionNotional: notional() }),
      ...(isLowered(1, stateLimits?.position_share) && { maxPositionShare: share() }),
      ...(isLowered(2, stateLimits?.leverage) && { maxLeverage: share() }),
      ...(isLowered(3, stateLimits?.gross_exposure) && { maxGrossExposure: notional() }),
      ...(floor > 0n &&
        (one >= 3 || draw.oneIn(2)) &&
        acts(stateLimits?.liquidation_distance) && { minLiquidationDistance: min(FLOOR_MOST, floor * BigInt(draw.between(2, 5))) }),
    };
  }
}
