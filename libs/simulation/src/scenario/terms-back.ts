import type { CopyPlan } from './copies';
import type { Draws } from './draws';
import type { CopyStep } from './steps';
import type { CopyTerms } from './terms';

/** Terms come back after a calm within. */
const BACK_MS = [500, 9_000] as const;

interface Changed {
  readonly plan: CopyPlan;
  readonly before: CopyTerms;
  readonly during: CopyTerms;
  /** What going back is told as. */
  readonly back: 'looser' | 'other';
  at: number;
}

/** Terms that are changed for a calm and are what they were after it. */
export class TermsBack {
  private due: Changed[] = [];

  /** When they come back is drawn from here, once the calm's end is known. */
  constructor(private readonly draw: Draws) {}

  /** Changes a copy's terms until the calm has passed, and tells that as a step. */
  change(plan: CopyPlan, during: CopyTerms, at: number, change: 'tighter' | 'other'): CopyStep {
    this.due.push({ plan, before: plan.terms, during, back: change === 'tighter' ? 'looser' : 'other', at: Number.POSITIVE_INFINITY });
    plan.terms = during;
    return { at, kind: 'copy_terms', copy: plan.copy, change, terms: during };
  }

  get nextAt(): number {
    return this.due.reduce((soonest, { at }) => Math.min(soonest, at), Number.POSITIVE_INFINITY);
  }

  /** Terms that nobody changed since are what they were. */
  act(at: number): readonly CopyStep[] {
    const one = this.due.find((each) => each.at <= at);
    if (one === undefined) return [];
    this.due = this.due.filter((each) => each !== one);
    const { plan, before, during, back } = one;
    if (plan.terms !== during || plan.wish === 'stopped') return [];
    plan.terms = before;
    return [{ at, kind: 'copy_terms', copy: plan.copy, change: back, terms: before }];
  }

  /** The calm ends then. */
  rest(until: number): void {
    for (const each of this.due) each.at = until + this.draw.between(...BACK_MS);
  }
}
