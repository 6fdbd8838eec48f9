import type { Deviation } from './shape';

/** A place where the simulated answer is not of the recorded shape, and why that is right. */
export interface Difference {
  /** Paths it covers. */
  readonly path: RegExp;
  readonly is: Deviation['is'];
  /** Names of the samples it is limited to; all without. */
  readonly samples?: RegExp;
  readonly because: string;
}

export const DIFFERENCES: readonly Difference[] = [];
