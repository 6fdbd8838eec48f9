import type { Environment } from '@lockstep/kernel';
import type { MarkWatch, QuoteWatch, UserWatch, Venue } from '@lockstep/venues/port';
import type { Markets } from '../markets';
import type { Quotes } from '../quotes';
import type { Listings } from './listings';

/** One venue at one address, e.g. Hyperliquid's main net or a world of the simulated venue, with everything the engine keeps open to it. */
export interface Network {
  readonly venueName: string;
  readonly name: string;
  readonly environment: Environment;
  readonly venue: Venue;
  /** Where a wallet's approvals are relayed when the venue takes none: the exchange under it. Null: the venue itself, or nowhere. */
  readonly approvalsThrough: { readonly venue: string; readonly network: string } | null;
  readonly markets: Markets;
  readonly listings: Listings;
  readonly users: UserWatch;
  readonly marks: MarkWatch;
  readonly quotes: Quotes;
  /** Which coins `quotes` are streamed of. */
  readonly quoteWatch: QuoteWatch;
}

export const networkKey = (venue: string, name: string): string => `${venue}|${name}`;

/** A network that cannot be read now and never was: nothing is known of it, so no copy trades there yet. */
export class NetworkUnread extends Error {
  constructor(network: string) {
    super(`network ${network} could not be read`);
  }
}
