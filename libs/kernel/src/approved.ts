import type { Branded } from './brand';

/** A value that passed every check of `risk/gate`: the only thing a venue's submission accepts. The one cast stands in `risk/gate`. */
export type Approved<T> = Branded<T, 'Approved'>;
/** What a check refused, with the reason from its closed set. */
export interface Refused<Reason extends string> {
  readonly reason: Reason;
}
