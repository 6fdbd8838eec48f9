import type { EpochMs, Price } from '@lockstep/kernel';

/** Where the price of one coin goes, step by step. A path is asked once per step, with rising times. */
export interface PricePath {
  /** The price at `time`; null leaves the present price as it is. */
  priceAt(time: EpochMs): Price | null;
  /** Somebody moved the price by hand: the path goes on from there. */
  movedTo(price: Price): void;
}
