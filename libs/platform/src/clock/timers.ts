import type { Timers } from '@lockstep/kernel';

/** The machine's timers. */
export const systemTimers: Timers = {
  after: (ms, work) => {
    const timer = setTimeout(work, Math.max(0, ms));
    return { cancel: () => clearTimeout(timer) };
  },
  every: (ms, work) => {
    const timer = setInterval(work, ms);
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
