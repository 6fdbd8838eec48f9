import type { Timers } from '@lockstep/kernel';

/** The longest wait the machine's timers know, in ms: what is asked to wait longer would be called at once. */
const LONGEST_MS = 2_147_483_647;

/** The machine's timers. Waits of any length, also beyond the 24.8 days a machine's timer knows. */
export const systemTimers: Timers = {
  after: (ms, work) => {
    const wait = (left: number): NodeJS.Timeout =>
      left <= LONGEST_MS
        ? setTimeout(work, Math.max(0, left))
        : setTimeout(() => {
            timer = wait(left - LONGEST_MS);
          }, LONGEST_MS);
    let timer = wait(ms);
    return { cancel: () => clearTimeout(timer) };
  },
  every: (ms, work) => {
    const timer = setInterval(work, Math.min(ms, LONGEST_MS));
    return { cancel: () => clearInterval(timer) };
  },
  soon: (work) => {
    const timer = setImmediate(work);
    return { cancel: () => clearImmediate(timer) };
  },
};

/** Resolves `ms` from now. */
export const pause = (timers: Pick<Timers, 'after'>, ms: number): Promise<void> =>
  new Promise((resolve) => {
    timers.after(ms, resolve);
  });
