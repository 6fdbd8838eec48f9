import type { UserSession } from './user-session';

/** Of so many turns one goes to an address whose equity is not known, while there is one: learning it weighs ten times a check. */
const EQUITY_EVERY = 6;
/** Least time between two readings of an address of which trades may be missing, in ms: doubled for each that left it so, because a dex cannot be read. */
const UNCERTAIN_GAP_MS = 2_000;

/** What the round reads next. */
export type RoundTurn = { readonly session: UserSession; readonly reads: 'equity' | 'state' } | null;

/** When a turn may go to an address, by the monotonic clock in ms. */
export interface RoundTimes {
  readonly now: number;
  /** Least time between two readings of one address. */
  readonly gapMs: number;
  /** An address whose stream tells everything is read so seldom: a stream is trusted, but not for ever. */
  readonly streamedGapMs: number;
}

/**
 * What the round reads in its turn `turn`: first of all the state of an address of which trades may be missing, because it may hold an exit nobody saw. Then, in
 * turns, the equity of one of which it is not known, asked for longest ago, and the state that was read longest ago. Null where nothing is due.
 */
export function nextOfRound(sessions: Iterable<UserSession>, turn: number, times: RoundTimes): RoundTurn {
  let uncertain: UserSession | null = null;
  let oldest: UserSession | null = null;
  let equity: UserSession | null = null;
  for (const session of sessions) {
    if (!session.isBased) continue;
    if (!session.knowsEquity && times.now - session.equityAskedAt >= times.gapMs && session.equityAskedAt < (equity?.equityAskedAt ?? times.now))
      equity = session;
    const age = times.now - session.checkedAt;
    if (age >= Math.min(times.gapMs, UNCERTAIN_GAP_MS * 2 ** session.checkedInVain) && !session.streams && session.isUncertain) {
      if (uncertain === null || session.checkedAt < uncertain.checkedAt) uncertain = session;
    } else if (age >= (session.streams ? times.streamedGapMs : times.gapMs)) {
      if (oldest === null || session.checkedAt < oldest.checkedAt) oldest = session;
    }
  }
  if (uncertain !== null) return { session: uncertain, reads: 'state' };
  if (equity !== null && (oldest === null || turn % EQUITY_EVERY === 0)) return { session: equity, reads: 'equity' };
  return oldest === null ? null : { session: oldest, reads: 'state' };
}
