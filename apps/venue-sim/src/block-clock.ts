import type { Clock, EpochMs } from '@lockstep/kernel';

/** Drives a world by the wall clock, one wake-up per block, aligned to whole multiples of the block time. */
export interface BlockClock {
  /** Stops blocks; requests wait. Time that passed meanwhile is caught up on resume. */
  halt(): void;
  resume(): void;
  readonly halted: boolean;
  /** Lets venue time stand still but for one block whenever something waits to be executed: requests are answered. */
  freeze(): void;
  /** Goes on with the wall clock from where venue time stands. */
  unfreeze(): void;
  readonly frozen: boolean;
  readonly kind: 'real' | 'manual';
  /** Executes blocks up to `time` now, whatever the wall clock says; a world on the wall clock goes on from there. What is past is left. */
  advanceTo(time: EpochMs): void;
  /** From now on runs so much further ahead of the wall clock. */
  skip(ms: number): void;
  stop(): void;
}

export interface BlockClockOrder {
  readonly advance: (time: EpochMs) => void;
  /** Time of the last executed block, and how many effects wait for the next. */
  readonly standing: () => { readonly time: EpochMs; readonly queued: number };
  readonly blockMs: number;
  readonly clock: Clock;
  readonly running: boolean;
}

export function startBlockClock({ advance, standing, blockMs, clock, running }: BlockClockOrder): BlockClock {
  let halted = false;
  let frozen = false;
  let stopped = false;
  let aheadMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const due = (): EpochMs => {
    if (!frozen) return clock.now() + aheadMs;
    const { time, queued } = standing();
    return queued > 0 ? time + blockMs : time;
  };
  const wake = (): void => {
    if (!halted) advance(due());
    if (!stopped) timer = setTimeout(wake, blockMs - (clock.now() % blockMs));
  };
  if (running) wake();
  return {
    kind: running ? 'real' : 'manual',
    get halted() {
      return halted;
    },
    get frozen() {
      return frozen;
    },
    halt: () => {
      halted = true;
    },
    resume: () => {
      halted = false;
    },
    freeze: () => {
      frozen = true;
    },
    unfreeze: () => {
      if (!frozen) return;
      frozen = false;
      aheadMs = standing().time - clock.now();
    },
    advanceTo: (time) => {
      advance(time);
      if (running && !frozen) aheadMs = Math.max(aheadMs, time - clock.now());
    },
    skip: (ms) => {
      aheadMs += ms;
      if (!halted) advance(clock.now() + aheadMs);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
