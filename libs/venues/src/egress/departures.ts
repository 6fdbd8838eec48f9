import { ForwardWalk } from './forecast';
import type { EgressScheduler } from './scheduler';

/** Entries that are put in line at a time while looking ahead: more than any wave has. */
const LINE = 1_000_000;
const NO_TOKENS: ArrayLike<number> = { length: 0 };

/**
 * Predicts, order by order, when the orders of a wave that is being planned would leave. First every reduction is counted, then each entry asks for the moment of the next
 * entry of its address; one that is not sent leaves its place to the one behind.
 */
export class Departures {
  private readonly reductions = new Map<number, number>();
  private readonly lines = new Map<number, Line>();
  private readonly ahead: EgressScheduler;
  private readonly flow: number;

  /** `ipOf` names the address of a signer; `now` is the scheduler's time, `epochOffset` what makes it an epoch time. */
  constructor(
    scheduler: EgressScheduler,
    private readonly ipOf: (signer: number) => number,
    private readonly now: number,
    private readonly epochOffset: number,
  ) {
    this.ahead = scheduler.copy();
    this.flow = this.ahead.open();
  }

  exit(signer: number): void {
    const ip = this.ipOf(signer);
    this.reductions.set(ip, (this.reductions.get(ip) ?? 0) + 1);
  }

  /** When the next entry through this signer's address would leave, epoch ms; Infinity: never. */
  nextEntry(signer: number): number {
    return this.lineOf(this.ipOf(signer)).peek() + this.epochOffset;
  }

  takeEntry(signer: number): void {
    this.lineOf(this.ipOf(signer)).take();
  }

  private lineOf(ip: number): Line {
    const known = this.lines.get(ip);
    if (known !== undefined) return known;
    this.ahead.ask(ip, this.flow, 'reduction', { tokens: NO_TOKENS, count: this.reductions.get(ip) ?? 0 });
    this.ahead.ask(ip, this.flow, 'entry', { tokens: NO_TOKENS, count: LINE });
    const line = new Line(new ForwardWalk(this.ahead, ip, this.now), this.flow);
    this.lines.set(ip, line);
    return line;
  }
}

class Line {
  private free = 0;
  private ended = false;

  constructor(
    private readonly walk: ForwardWalk,
    private readonly flow: number,
  ) {}

  peek(): number {
    while (this.free === 0 && !this.ended) {
      const gone = this.walk.step(this.flow);
      if (gone === null) this.ended = true;
      else this.free = gone.own - gone.reductions;
    }
    return this.ended ? Number.POSITIVE_INFINITY : this.walk.now;
  }

  take(): void {
    if (this.peek() < Number.POSITIVE_INFINITY) this.free -= 1;
  }
}
