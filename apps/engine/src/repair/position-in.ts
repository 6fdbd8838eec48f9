import type { Instrument } from '@lockstep/kernel';
import type { AccountState, VenuePosition } from '@lockstep/venues/port';

/** The clearinghouse of an instrument among an account's; undefined where it was not read. */
export const stateIn = (states: readonly AccountState[], instrument: Instrument): AccountState | undefined =>
  states.find((state) => state.dex === instrument.dex);

/** The position in an instrument among an account's clearinghouses; undefined where it has none. */
export const positionIn = (states: readonly AccountState[], instrument: Instrument): VenuePosition | undefined =>
  stateIn(states, instrument)?.positions.find((one) => one.coin === instrument.coin);
