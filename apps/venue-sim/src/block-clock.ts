import type { Clock, EpochMs } from '@lockstep/kernel';

/** Drives a world by the wall clock, one wake-up per block, aligned to whole multiples of the block time. */
export interface BlockClock {
  /** Stops blocks; requests wait. Time that passed meanwhile is caught up on resume. */
  halt(): void;
  resume(): void;
  readonly halted: boolean;
  readonly kind: 'real' | 'manual';
  /** Executes blocks up to `time` now, whatever the wall clock says. */
  advanceTo(time: EpochMs): void;
  /** From now on runs so much further ahead of the wall clock. */
  skip(ms: number): void;
  stop(): void;
}

export interface BlockClockOrder {
  readonly advance: (time: EpochMs) => void;
  readonly blockMs: number;
  readonly clock: Clock;
  readonly running: boolean;
}

export function startBlockClock({ advance, blockMs, clock, running }: BlockClockOrder): BlockClock {
  let halted = false;
  let stopped = false;
  let aheadMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => {
    if (!halted) advance(clock.now() + aheadMs);
    if (!stopped) timer = setTimeout(wake, blockMs - (clock.now() % blockMs));
  };
  if (running) wake();
  return {
    kind: running ? 'real' : 'manual',
    get halted() {
      return halted;
    },
    halt: () => {
      halted = true;
    },
    resume: () => {
      halted = false;
    },
    advanceTo: advance,
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
