import { fromLots, type Instrument, type Size, size } from '@lockstep/kernel';
import { MICRO } from './instrument-columns';

/** Micro-lots as base units, towards zero. */
export const microToSize = (instrument: Instrument, micro: number): Size =>
  size((BigInt(Math.trunc(micro)) * fromLots(instrument, 1)) / BigInt(MICRO));
