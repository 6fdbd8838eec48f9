import { must, type Timers } from '@lockstep/kernel';

/** Runs `work` over every item with at most `parallel` at once; resolves when all are done. The first failure is thrown after the running ones ended. */
export async function eachBounded<T>(items: Iterable<T>, parallel: number, work: (item: T) => Promise<void>): Promise<void> {
  must(parallel > 0, 'parallel must be above zero');
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const runner = async (): Promise<void> => {
    for (let step = iterator.next(); !step.done && failures.length === 0; step = iterator.next()) {
      try {
        await work(step.value);
      } catch (failure) {
        failures.push(failure);
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, runner));
  if (failures.length > 0) throw failures[0];
}

/** A gate of `parallel` places: `run` waits for a place. Waiting is first come, first served and bounded by `waitingMax`. */
export class Places {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(
    parallel: number,
    private readonly waitingMax: number,
  ) {
    this.free = parallel;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else {
      must(this.waiting.length < this.waitingMax, `more than ${this.waitingMax} callers wait for a place`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free += 1;
      else next();
    }
  }
}

/** Waits for work, `ms` at most: true when it ended by then. What takes longer goes on by itself, and its failure is nobody's. */
export async function forAtMost(timers: Pick<Timers, 'after'>, ms: number, work: Promise<unknown>): Promise<boolean> {
  let end = (): void => undefined;
  const over = new Promise<boolean>((resolve) => {
    end = () => resolve(false);
  });
  const timer = timers.after(ms, () => end());
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    timer.cancel();
  }
}
