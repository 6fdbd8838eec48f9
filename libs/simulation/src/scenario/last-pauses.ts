import type { CopyPlan, ScenarioCopies } from './copies';
import { type Draws, draws } from './draws';
import { hasLastTrades } from './last-trades';
import type { CopyStep } from './steps';

/** Of the copies whose entries may stand, one in so many is paused as a calm comes. */
const COPIES_ONE_IN = 4;
/** They are resumed after a calm within. */
const BACK_MS = [500, 9_000] as const;

interface Paused {
  readonly plan: CopyPlan;
  at: number;
}

/** Pauses of copies whose entries may stand, as a calm begins: what the last trades of their leaders left standing is to be cancelled. In the seeds with such trades. */
export class LastPauses {
  private readonly draw: Draws;
  private readonly has: boolean;
  private due: Paused[] = [];

  constructor(
    seed: number,
    private readonly copies: Pick<ScenarioCopies, 'living'>,
  ) {
    this.draw = draws(seed, 'last pauses');
    this.has = hasLastTrades(seed);
  }

  /** Who is paused as the calm begins. */
  press(at: number): readonly CopyStep[] {
    if (!this.has) return [];
    return this.copies.living().flatMap((plan) => {
      if (plan.wish !== 'active' || plan.terms.onBreach !== 'rest' || !this.draw.oneIn(COPIES_ONE_IN)) return [];
      plan.wish = 'paused';
      this.due.push({ plan, at: Number.POSITIVE_INFINITY });
      return [{ at, kind: 'copy_pause', copy: plan.copy }];
    });
  }

  get nextAt(): number {
    return this.due.reduce((soonest, { at }) => Math.min(soonest, at), Number.POSITIVE_INFINITY);
  }

  /** Copies that nobody asked for anything else since go on. */
  act(at: number): readonly CopyStep[] {
    const one = this.due.find((each) => each.at <= at);
    if (one === undefined) return [];
    this.due = this.due.filter((each) => each !== one);
    if (one.plan.wish !== 'paused') return [];
    one.plan.wish = 'active';
    return [{ at, kind: 'copy_resume', copy: one.plan.copy }];
  }

  rest(until: number): void {
    for (const each of this.due) each.at = until + this.draw.between(...BACK_MS);
  }
}
