import { AfterCalm } from './after-calm';
import type { CopyPlan, ScenarioCopies } from './copies';
import { type Draws, draws } from './draws';
import { hasLastTrades } from './last-trades';
import type { CopyStep } from './steps';

/** Of the copies whose entries may stand, one in so many is paused as a calm comes. */
const COPIES_ONE_IN = 4;

/** Pauses of copies whose entries may stand, as a calm begins: what the last trades of their leaders left standing is to be cancelled. In the seeds with such trades. */
export class LastPauses {
  private readonly draw: Draws;
  private readonly has: boolean;
  private readonly paused: AfterCalm<CopyPlan>;

  constructor(
    seed: number,
    private readonly copies: Pick<ScenarioCopies, 'living'>,
  ) {
    this.draw = draws(seed, 'last pauses');
    this.has = hasLastTrades(seed);
    this.paused = new AfterCalm(this.draw);
  }

  /** Who is paused as the calm begins. */
  press(at: number): readonly CopyStep[] {
    if (!this.has) return [];
    return this.copies.living().flatMap((plan) => {
      if (plan.wish !== 'active' || plan.terms.onBreach !== 'rest' || !this.draw.oneIn(COPIES_ONE_IN)) return [];
      plan.wish = 'paused';
      this.paused.add(plan);
      return [{ at, kind: 'copy_pause', copy: plan.copy }];
    });
  }

  get nextAt(): number {
    return this.paused.nextAt;
  }

  /** Copies that nobody asked for anything else since go on. */
  act(at: number): readonly CopyStep[] {
    const plan = this.paused.take(at);
    if (plan?.wish !== 'paused') return [];
    plan.wish = 'active';
    return [{ at, kind: 'copy_resume', copy: plan.copy }];
  }

  rest(until: number): void {
    this.paused.rest(until);
  }
}
