/** What goes wrong while a window is open. `oneIn`: each message by itself with that chance, decided by whoever plays it under the seed. */
export type ScenarioFault =
  | { readonly boundary: 'venue'; readonly kind: VenueMessageFault; readonly oneIn: number }
  /** Requests reach the venue `byMs` later: more than an entry's age where they shall come too late. Answers likewise. */
  | { readonly boundary: 'venue'; readonly kind: 'slow_request' | 'slow_answer'; readonly oneIn: number; readonly byMs: number }
  /** For the whole window. Dropped streams come back as it ends, with what was missed; silent ones are connected and tell nothing. */
  | { readonly boundary: 'venue'; readonly kind: 'stream_dropped' | 'stream_silent'; readonly of: 'users' | 'marks' | 'all' }
  | { readonly boundary: 'database'; readonly kind: 'down' }
  | { readonly boundary: 'database'; readonly kind: 'slow'; readonly byMs: number }
  /** The commit stands or does not, and whoever asked is not told which. `stands`: one commit in two of those. */
  | { readonly boundary: 'database'; readonly kind: 'commit_unknown'; readonly oneIn: number }
  | { readonly boundary: 'wake_ups'; readonly kind: 'lost'; readonly oneIn: number };

/** Each of a message between engine and venue. */
export const VENUE_MESSAGE_FAULTS = [
  /** The request never reaches the venue. */
  'request_lost',
  /** The venue acted; its answer never comes. */
  'answer_lost',
  /** The same bytes reach the venue twice. */
  'request_twice',
  /** Told not to be taken, with certainty (rate limit), or with a server error that says nothing. */
  'refused_429',
  'server_error',
  /** A read has no answer. */
  'read_failing',
  /** What was missed of an address is not read, with its state: what is told meanwhile hides it, and only a state shows it then. */
  'missed_unread',
  /** Stream events come twice, or a later one before an earlier one where the port allows. */
  'stream_duplicate',
  'stream_disorder',
] as const;
export type VenueMessageFault = (typeof VENUE_MESSAGE_FAULTS)[number];

/** Every kind of fault as `boundary/kind`. */
export const FAULT_KINDS = [
  ...VENUE_MESSAGE_FAULTS.map((kind) => `venue/${kind}` as const),
  'venue/slow_request',
  'venue/slow_answer',
  'venue/stream_dropped',
  'venue/stream_silent',
  'database/down',
  'database/slow',
  'database/commit_unknown',
  'wake_ups/lost',
] as const;

/** The name of a fault as it stands in counts and printed steps. */
export const faultName = (fault: ScenarioFault): string => `${fault.boundary}/${fault.kind}`;
