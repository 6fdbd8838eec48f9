import { CAP_COUNT } from './cap-count';
import { type SharedEntries, sharedEntries } from './shared-entries';

/** Columns of a draft that do not outlive it: kept per book and used again, so that a wave allocates only what it hands out. */
export interface DraftScratch {
  readonly capacity: number;
  readonly mayEnter: Uint8Array;
  readonly capLots: Float64Array;
  readonly bindingCap: Uint8Array;
  readonly entryLimit: Float64Array;
  readonly entryReference: Float64Array;
  readonly exitLimit: Float64Array;
  readonly expiry: Float64Array;
  readonly buy: Uint8Array;
  readonly legs: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  readonly increaseFrom: Float64Array;
  readonly entryHeld: Float64Array;
  readonly grossLots: Float64Array;
  readonly marginLots: Float64Array;
  readonly caps: Float64Array;
  readonly shared: SharedEntries;
}

/** Scratch for `capacity` decisions. */
export function draftScratch(capacity: number): DraftScratch {
  const f64 = (): Float64Array => new Float64Array(capacity);
  const u8 = (): Uint8Array => new Uint8Array(capacity);
  return {
    capacity,
    mayEnter: u8(),
    capLots: f64(),
    bindingCap: u8(),
    entryLimit: f64(),
    entryReference: f64(),
    exitLimit: f64(),
    expiry: f64(),
    buy: u8(),
    legs: [f64(), f64(), f64(), f64()],
    increaseFrom: f64(),
    entryHeld: f64(),
    grossLots: f64(),
    marginLots: f64(),
    caps: new Float64Array(CAP_COUNT),
    shared: sharedEntries(capacity),
  };
}
