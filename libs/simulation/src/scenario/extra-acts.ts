import { type Draws, draws } from './draws';
import type { Step } from './steps';

/** One seed in so many has a kind of extra acts, where it says nothing else. */
const SEEDS_ONE_IN = 4;
/** Acts put off by a calm come back within. */
const PUT_OFF_MS = [500, 8_000] as const;

type Span = readonly [number, number];
type Make = (at: number) => readonly Step[];

/**
 * Acts of one kind that a share of the seeds alone has, at times and by choices drawn from a stream of their own, so that a world without them is the same to the
 * last digit; each with what follows it later.
 */
export class ExtraActs {
  readonly draw: Draws;
  private nextAct: number;
  private later: { readonly at: number; readonly make: Make }[] = [];

  constructor(
    seed: number,
    name: string,
    private readonly waitMs: Span,
    private readonly make: (acts: ExtraActs, at: number) => readonly Step[],
    seedsOneIn: number = SEEDS_ONE_IN,
  ) {
    this.draw = draws(seed, `extra acts: ${name}`);
    const has = draws(seed, `extra acts: ${name}: whether`).oneIn(seedsOneIn);
    this.nextAct = has ? this.draw.between(...waitMs) : Number.POSITIVE_INFINITY;
  }

  get nextAt(): number {
    return this.later.reduce((soonest, { at }) => Math.min(soonest, at), this.nextAct);
  }

  act(at: number): readonly Step[] {
    const due = this.later.find((each) => each.at <= at);
    if (due !== undefined) {
      this.later = this.later.filter((each) => each !== due);
      return due.make(at);
    }
    this.nextAct = at + this.draw.between(...this.waitMs);
    return this.make(this, at);
  }

  rest(until: number): void {
    if (Number.isFinite(this.nextAct)) this.nextAct = until + this.draw.between(...this.waitMs);
    this.later = this.later.map((each) => (each.at > until ? each : { ...each, at: until + this.draw.between(...PUT_OFF_MS) }));
  }

  /** Something follows within a span of `at`. */
  soon(at: number, span: Span, make: Make): void {
    this.later.push({ at: at + this.draw.between(...span), make });
  }
}
