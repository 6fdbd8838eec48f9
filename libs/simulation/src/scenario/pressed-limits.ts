import { min } from '@lockstep/kernel';
import { ppmOf } from './coins';
import type { ScenarioCopies } from './copies';
import { type Draws, draws } from './draws';
import type { CopyStep } from './steps';
import type { CapTerms, CopyTerms, StateActionTerms } from './terms';
import { TermsBack } from './terms-back';

/** One seed in so many has followers who press, and of their copies with limits on what is held one in so many is pressed at a calm. */
const SEEDS_ONE_IN = 2;
const COPIES_ONE_IN = 2;
const PPM = 1_000_000n;
/** As near to one as a floor may come. */
const FLOOR_MOST = 990_000n * PPM;

/**
 * Limits on what is held, lowered far below it shortly before a calm: they stay passed there until something is done about it, which a mark that turned
 * would hide else. In a share of the seeds, drawn from streams of their own. After the calm the terms are what they were.
 */
export class PressedLimits {
  private readonly draw: Draws;
  private readonly has: boolean;
  private readonly back: TermsBack;

  constructor(
    seed: number,
    private readonly copies: Pick<ScenarioCopies, 'living'>,
  ) {
    this.draw = draws(seed, 'pressed limits');
    this.has = draws(seed, 'pressed limits: whether').oneIn(SEEDS_ONE_IN);
    this.back = new TermsBack(this.draw);
  }

  /** What followers lower as the calm comes. */
  press(at: number): readonly CopyStep[] {
    if (!this.has) return [];
    return this.copies.living().flatMap((plan) => {
      if (plan.terms.stateLimits === undefined || !this.draw.oneIn(COPIES_ONE_IN)) return [];
      return [this.back.change(plan, { ...plan.terms, caps: this.lowered(plan.terms, plan.allocation) }, at, 'tighter')];
    });
  }

  get nextAt(): number {
    return this.back.nextAt;
  }

  act(at: number): readonly CopyStep[] {
    return this.back.act(at);
  }

  rest(until: number): void {
    this.back.rest(until);
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
