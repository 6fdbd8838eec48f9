import type { UserSession } from './user-session';

/**
 * The address the round reads next; null where none is due or was ever read. One whose stream tells everything is due when it was last read before `streamedBefore`,
 * by our clock: a stream is trusted, but not for ever.
 */
export function nextOfRound(sessions: Iterable<UserSession>, streamedBefore: number): UserSession | null {
  let next: UserSession | null = null;
  for (const session of sessions) {
    if (!session.isBased || (session.streams && session.checkedAt > streamedBefore)) continue;
    if (next === null || isBefore(session, next)) next = session;
  }
  return next;
}

/** Whose turn of the round comes first: whose equity is not known, where trades may be missing, who was read longest ago. */
function isBefore(one: UserSession, other: UserSession): boolean {
  if (one.knowsEquity !== other.knowsEquity) return other.knowsEquity;
  if (one.isUncertain !== other.isUncertain) return one.isUncertain;
  return one.checkedAt < other.checkedAt;
}
