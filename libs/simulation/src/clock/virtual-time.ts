import { type Clock, type EpochMs, must, type Timer, type Timers } from '@lockstep/kernel';

/** After so many drained queues the event loop itself gets a turn: who watches this process is heard meanwhile. */
const DRAINS_A_TURN = 1_024;
/** Work at one moment more often than this, without time going on, is a loop that spins. */
const STEPS_AT_ONE_MOMENT_MAX = 200_000;

interface Due {
  at: number;
  /** Running number: equal times happen in the order they were asked for. */
  no: number;
  work: (() => void) | null;
}

/**
 * Time that goes on only from one due work to the next. Everything of a simulated world happens here, in one order: by time, then by the order it was asked for.
 * Between two works whatever awaits is let run to its end. Wall and monotonic time move together.
 */
export class VirtualTime implements Clock, Timers {
  private readonly heap: Due[] = [];
  private elapsedMs = 0;
  private numbers = 0;
  private spins = 0;

  private readonly settle: Settle;

  /**
   * @param startMs wall time of the beginning.
   * @param settled ends when everything that was set off waits for time; when not given, every promise that can go on does, which is enough where nothing
   *   outside the process is waited for.
   */
  constructor(
    private readonly startMs: EpochMs,
    settled?: () => Promise<void>,
  ) {
    this.settle = settled === undefined ? drains() : (next, fail) => void settled().then(next, fail);
  }

  now(): EpochMs {
    return this.startMs + Math.floor(this.elapsedMs);
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  /** Epoch ms with fractions. */
  exact(): number {
    return this.startMs + this.elapsedMs;
  }

  after(ms: number, work: () => void): Timer {
    return this.add(this.elapsedMs + Math.max(0, ms), work);
  }

  every(ms: number, work: () => void): Timer {
    const step = Math.max(1, ms);
    let due = this.add(this.elapsedMs + step, () => again());
    let cancelled = false;
    const again = (): void => {
      const at = due.at + step;
      work();
      if (!cancelled) due = this.add(at, () => again());
    };
    return {
      cancel: () => {
        cancelled = true;
        due.cancel();
      },
    };
  }

  soon(work: () => void): Timer {
    return this.add(this.elapsedMs, work);
  }

  /** Does what is due next, if it is due by `until` (epoch ms with fractions), and lets it settle. False: nothing was. */
  async step(until: number): Promise<boolean> {
    if (!this.doNext(until)) return false;
    await this.settled();
    return true;
  }

  /** Does everything due by a moment (epoch ms), and stands there then. */
  async runUntil(moment: number): Promise<void> {
    await this.settled();
    await this.goOn(moment, () => false);
    this.elapsedMs = Math.max(this.elapsedMs, moment - this.startMs);
  }

  /** Does everything that becomes due until `work` has ended. Throws when it has not after `maxMs`. */
  async runWhile(work: Promise<unknown>, maxMs: number): Promise<void> {
    let ended = false;
    const end = work.finally(() => {
      ended = true;
    });
    end.catch(() => undefined);
    const until = this.exact() + maxMs;
    await this.settled();
    await this.goOn(until, () => ended);
    must(ended, `what is waited for had not ended after ${maxMs} ms`);
    await end;
  }

  /** A process that lives in this time, its own clock `offsetMs` ahead. */
  process(offsetMs = 0): VirtualProcess {
    return new VirtualProcess(this, offsetMs);
  }

  private settled(): Promise<void> {
    return new Promise((resolve, reject) => this.settle(resolve, reject));
  }

  /** Does one due work after another until there is `enough`, or none left by `until`. No promise for each of them: there are hundreds of thousands. */
  private goOn(until: number, enough: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = (): void => {
        try {
          if (enough() || !this.doNext(until)) resolve();
          else this.settle(next, reject);
        } catch (failure) {
          reject(failure);
        }
      };
      next();
    });
  }

  private doNext(until: number): boolean {
    const due = this.take(until - this.startMs);
    if (due === null) return false;
    if (due.at > this.elapsedMs) {
      this.elapsedMs = due.at;
      this.spins = 0;
    }
    this.spins += 1;
    // Said only where it is broken: a text for every step costs more than the step.
    if (this.spins >= STEPS_AT_ONE_MOMENT_MAX)
      must(false, `more than ${STEPS_AT_ONE_MOMENT_MAX} works at ${new Date(this.now()).toISOString()}: something spins`);
    due.work?.();
    return true;
  }

  private add(at: number, work: () => void): Timer & { readonly at: number } {
    const due: Due = { at, no: this.numbers, work };
    this.numbers += 1;
    push(this.heap, due);
    return {
      at,
      cancel: () => {
        due.work = null;
      },
    };
  }

  private take(until: number): Due | null {
    for (;;) {
      const [first] = this.heap;
      if (first === undefined) return null;
      if (first.work !== null && first.at > until) return null;
      pop(this.heap);
      if (first.work !== null) return first;
    }
  }
}

/** Goes on with `next` when everything that was set off waits for time; with `fail` when that cannot be known. */
type Settle = (next: () => void, fail: (failure: unknown) => void) => void;

const NOW = Promise.resolve();

/**
 * Lets every promise that can go on do so. Node comes to its queue of ticks when that of promises is empty, so a tick that a promise asked for says it is:
 * a turn of the event loop would say the same and asks the operating system each time.
 */
function drains(): Settle {
  let drained = 0;
  return (next) => {
    drained += 1;
    if (drained % DRAINS_A_TURN === 0) setImmediate(next);
    else void NOW.then(() => process.nextTick(next));
  };
}

const NEVER: Timer = { cancel: () => undefined };

/** The time of one simulated process: when it is killed, nothing it waited for happens any more. */
export class VirtualProcess implements Clock, Timers {
  private readonly timers = new Set<Timer>();
  private dead = false;

  constructor(
    private readonly time: VirtualTime,
    private offsetMs: number,
  ) {}

  get alive(): boolean {
    return !this.dead;
  }

  now(): EpochMs {
    return this.time.now() + this.offsetMs;
  }

  monotonic(): number {
    return this.time.monotonic();
  }

  /** Sets its clock ahead of the world's, or behind it. */
  setOffset(ms: number): void {
    this.offsetMs = Math.trunc(ms);
  }

  after(ms: number, work: () => void): Timer {
    if (this.dead) return NEVER;
    const timer: Timer = this.time.after(ms, () => {
      this.timers.delete(timer);
      this.run(work);
    });
    return this.keep(timer);
  }

  every(ms: number, work: () => void): Timer {
    return this.dead ? NEVER : this.keep(this.time.every(ms, () => this.run(work)));
  }

  soon(work: () => void): Timer {
    return this.after(0, work);
  }

  /** Ends it. */
  kill(): void {
    this.dead = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }

  /** What a process threw as it died is nobody's any more. */
  private run(work: () => void): void {
    try {
      work();
    } catch (failure) {
      if (!this.dead) throw failure;
    }
  }

  private keep(timer: Timer): Timer {
    this.timers.add(timer);
    return {
      cancel: () => {
        this.timers.delete(timer);
        timer.cancel();
      },
    };
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.no < b.no);

function push(heap: Due[], due: Due): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent];
    if (other === undefined || !before(due, other)) break;
    heap[at] = other;
    at = parent;
  }
  heap[at] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let index = 2 * at + 1;
    let child = heap[index];
    if (child === undefined) break;
    const right = heap[index + 1];
    if (right !== undefined && before(right, child)) {
      child = right;
      index += 1;
    }
    if (!before(child, last)) break;
    heap[at] = child;
    at = index;
  }
  heap[at] = last;
}
