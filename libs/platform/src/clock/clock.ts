import { performance } from 'node:perf_hooks';
import type { Clock } from '@lockstep/kernel';

/** The machine's clock: wall time in epoch ms and a monotonic one in ms with fractions. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
