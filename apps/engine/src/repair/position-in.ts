import type { Instrument } from '@lockstep/kernel';
import type { AccountState, VenuePosition } from '@lockstep/venues/port';

/** The position in an instrument among an account's clearinghouses; undefined where it has none. */
export const positionIn = (states: readonly AccountState[], instrument: Instrument): VenuePosition | undefined =>
  states.find((state) => state.dex === instrument.dex)?.positions.find((one) => one.coin === instrument.coin);
