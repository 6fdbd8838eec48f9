import type { Clock, Timer, Timers } from '@lockstep/kernel';

/** How often the loop is looked at while somebody asks. */
const LOOK_EVERY_MS = 50;
/** Looks in a row that have to be late: one hiccup of a machine is no overload. */
const LOOKS = 3;
/** Looks in a row for which nobody asked: then looking ends, and an idle process is not woken. Not a time: of a loop that stood still nobody could ask. */
const UNASKED_LOOKS_MAX = 20;

/** How late this process comes to what is due. */
export interface LoopDelay {
  /** Milliseconds by which each of the last looks was late at least; 0 while that is not known. Asking keeps the looking going. */
  sustainedMs(): number;
  close(): void;
}

/** Looks at the event loop with a timer of its own, which runs only while somebody asks: what is asked rarely sees no overload, and needs none. */
export function watchLoop(clock: Pick<Clock, 'monotonic'>, timers: Pick<Timers, 'after'>): LoopDelay {
  let unasked = 0;
  let timer: Timer | null = null;
  let late: readonly number[] = [];

  const look = (dueAt: number): void => {
    const now = clock.monotonic();
    late = [...late, Math.max(0, now - dueAt)].slice(-LOOKS);
    timer = null;
    unasked += 1;
    if (unasked <= UNASKED_LOOKS_MAX) arm(now);
    else late = [];
  };
  const arm = (now: number): void => {
    timer = timers.after(LOOK_EVERY_MS, () => look(now + LOOK_EVERY_MS));
  };
  return {
    sustainedMs: () => {
      unasked = 0;
      if (timer === null) arm(clock.monotonic());
      return late.length < LOOKS ? 0 : Math.min(...late);
    },
    close: () => timer?.cancel(),
  };
}
