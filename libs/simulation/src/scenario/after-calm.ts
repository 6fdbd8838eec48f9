import type { Draws } from './draws';

/** After a calm they come back within. */
const BACK_MS = [500, 9_000] as const;

/** Things that were changed for a calm, each of which comes back at a time of its own after it. */
export class AfterCalm<Thing> {
  private due: { readonly thing: Thing; at: number }[] = [];

  /** When they come back is drawn from here, once the calm's end is known. */
  constructor(private readonly draw: Draws) {}

  /** Changed until the calm has passed. */
  add(thing: Thing): void {
    this.due.push({ thing, at: Number.POSITIVE_INFINITY });
  }

  get nextAt(): number {
    return this.due.reduce((soonest, { at }) => Math.min(soonest, at), Number.POSITIVE_INFINITY);
  }

  /** Takes one that comes back by `at`; null: none does. */
  take(at: number): Thing | null {
    const one = this.due.find((each) => each.at <= at);
    if (one === undefined) return null;
    this.due = this.due.filter((each) => each !== one);
    return one.thing;
  }

  /** The calm ends then. */
  rest(until: number): void {
    for (const each of this.due) each.at = until + this.draw.between(...BACK_MS);
  }
}
