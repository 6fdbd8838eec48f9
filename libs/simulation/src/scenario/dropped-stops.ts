import type { ScenarioCopies } from './copies';
import { type Draws, draws } from './draws';
import type { CopyStep } from './steps';
import { TermsBack } from './terms-back';
import { hasLossLimit } from './terms-draw';

/** One seed in so many has followers who take their protective stops back, and of the copies with one all but one in so many do at a calm. */
const SEEDS_ONE_IN = 2;
const LEFT_ONE_IN = 4;

/**
 * Protective stops that nobody asks for any more while the position stays: taken back shortly before a calm, in which none may stand. In a share of the seeds,
 * drawn from streams of their own. After the calm the terms are what they were.
 */
export class DroppedStops {
  private readonly draw: Draws;
  private readonly has: boolean;
  private readonly back: TermsBack;

  constructor(
    seed: number,
    private readonly copies: Pick<ScenarioCopies, 'living'>,
  ) {
    this.draw = draws(seed, 'dropped stops');
    this.has = draws(seed, 'dropped stops: whether').oneIn(SEEDS_ONE_IN);
    this.back = new TermsBack(this.draw);
  }

  /** What followers take back as the calm comes; terms that are pressed there are left alone. */
  press(at: number): readonly CopyStep[] {
    if (!this.has) return [];
    return this.copies.living().flatMap((plan) => {
      const { protectiveStop, ...others } = plan.terms;
      if (protectiveStop !== true || !hasLossLimit(others) || others.stateLimits !== undefined || this.draw.oneIn(LEFT_ONE_IN)) return [];
      return [this.back.change(plan, others, at, 'other')];
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
}
