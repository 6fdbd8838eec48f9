import type { CopyPlan, ScenarioCopies } from './copies';
import { type Draws, draws } from './draws';
import type { CopyStep } from './steps';
import type { CopyTerms } from './terms';
import { hasLossLimit } from './terms-draw';

/** One seed in so many has followers who take their protective stops back, and of the copies with one all but one in so many do at a calm. */
const SEEDS_ONE_IN = 2;
const LEFT_ONE_IN = 4;
/** They ask for them again after a calm within. */
const BACK_MS = [500, 9_000] as const;

interface Dropped {
  readonly plan: CopyPlan;
  readonly before: CopyTerms;
  readonly dropped: CopyTerms;
  at: number;
}

/**
 * Protective stops that nobody asks for any more while the position stays: taken back shortly before a calm, in which none may stand. In a share of the seeds,
 * drawn from streams of their own. After the calm the terms are what they were.
 */
export class DroppedStops {
  private readonly draw: Draws;
  private readonly has: boolean;
  private due: Dropped[] = [];

  constructor(
    seed: number,
    private readonly copies: Pick<ScenarioCopies, 'living'>,
  ) {
    this.draw = draws(seed, 'dropped stops');
    this.has = draws(seed, 'dropped stops: whether').oneIn(SEEDS_ONE_IN);
  }

  /** What followers take back as the calm comes; terms that are pressed there are left alone. */
  press(at: number): readonly CopyStep[] {
    if (!this.has) return [];
    return this.copies.living().flatMap((plan) => {
      const { protectiveStop, ...others } = plan.terms;
      if (protectiveStop !== true || !hasLossLimit(others) || others.stateLimits !== undefined || this.draw.oneIn(LEFT_ONE_IN)) return [];
      this.due.push({ plan, before: plan.terms, dropped: others, at: Number.POSITIVE_INFINITY });
      plan.terms = others;
      return [{ at, kind: 'copy_terms', copy: plan.copy, change: 'other', terms: others }];
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
    const { plan, before, dropped } = one;
    if (plan.terms !== dropped || plan.wish === 'stopped') return [];
    plan.terms = before;
    return [{ at, kind: 'copy_terms', copy: plan.copy, change: 'other', terms: before }];
  }

  rest(until: number): void {
    for (const each of this.due) each.at = until + this.draw.between(...BACK_MS);
  }
}
