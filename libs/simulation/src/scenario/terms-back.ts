import { AfterCalm } from './after-calm';
import type { CopyPlan } from './copies';
import type { Draws } from './draws';
import type { CopyStep } from './steps';
import type { CopyTerms } from './terms';

interface Changed {
  readonly plan: CopyPlan;
  readonly before: CopyTerms;
  readonly during: CopyTerms;
  /** What going back is told as. */
  readonly back: 'looser' | 'other';
}

/** Terms that are changed for a calm and are what they were after it. */
export class TermsBack {
  private readonly changed: AfterCalm<Changed>;

  constructor(draw: Draws) {
    this.changed = new AfterCalm(draw);
  }

  /** Changes a copy's terms until the calm has passed, and tells that as a step. */
  change(plan: CopyPlan, during: CopyTerms, at: number, change: 'tighter' | 'other'): CopyStep {
    this.changed.add({ plan, before: plan.terms, during, back: change === 'tighter' ? 'looser' : 'other' });
    plan.terms = during;
    return { at, kind: 'copy_terms', copy: plan.copy, change, terms: during };
  }

  get nextAt(): number {
    return this.changed.nextAt;
  }

  /** Terms that nobody changed since are what they were. */
  act(at: number): readonly CopyStep[] {
    const one = this.changed.take(at);
    if (one === null || one.plan.terms !== one.during || one.plan.wish === 'stopped') return [];
    const { plan, before, back } = one;
    plan.terms = before;
    return [{ at, kind: 'copy_terms', copy: plan.copy, change: back, terms: before }];
  }

  rest(until: number): void {
    this.changed.rest(until);
  }
}
