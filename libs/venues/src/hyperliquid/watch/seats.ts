import type { Address } from '../../port';

/** Who gets and who loses a seat. */
export interface SeatChange {
  readonly seat: readonly Address[];
  readonly unseat: readonly Address[];
}

/**
 * Seats of user streams: the watched addresses named first in `preferred` have them, then those watched longest. One who holds a seat loses it only to
 * somebody preferred, never to somebody unnamed: a change costs a snapshot.
 */
export function changeSeats(watched: readonly Address[], seated: ReadonlySet<Address>, preferred: readonly Address[], seats: number): SeatChange {
  const all = new Set(watched);
  const named = preferred.filter((address) => all.has(address));
  const order = new Set([...named, ...watched.filter((address) => seated.has(address)), ...watched]);
  const wanted = new Set([...order].slice(0, seats));
  return {
    seat: [...wanted].filter((address) => !seated.has(address)),
    unseat: [...seated].filter((address) => !wanted.has(address)),
  };
}
