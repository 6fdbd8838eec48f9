import type { CalmSnapshot } from './calm';
import type { Observation } from './observations';
import type { Violation } from './violation';

/** How much was judged, so that a run without violations can be told from a run without decisions. */
export interface AuditorCounts {
  readonly observations: number;
  readonly marks: number;
  readonly orders: number;
  /** Orders handed over that raise a copy's exposure. */
  readonly riskIncreasing: number;
  /** Valuations of copies against their loss limits. */
  readonly valuations: number;
  /** Breaches of loss limits beyond doubt. */
  readonly breaches: number;
  readonly calms: number;
  readonly violations: number;
}

/**
 * The independent judge of a simulated run. It knows the product's rules and what it is told, and nothing of the engine. Where what an engine could know is not
 * certain it accepts everything that may be right, so that whatever it tells is wrong beyond doubt.
 */
export interface Auditor {
  /** Takes what happened, in order of time. */
  observe(observation: Observation): void;
  /** Compares everything as it stands in a calm. */
  calm(snapshot: CalmSnapshot): void;
  /** What was wrong so far, oldest first, at most `MAX_VIOLATIONS`. */
  violations(): readonly Violation[];
  counts(): AuditorCounts;
}
