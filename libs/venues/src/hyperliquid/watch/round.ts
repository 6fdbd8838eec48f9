import type { UserSession } from './user-session';

/** The address the round reads next; null where all are told by their streams or were never read. */
export function nextOfRound(sessions: Iterable<UserSession>): UserSession | null {
  let next: UserSession | null = null;
  for (const session of sessions) {
    if (session.streams || !session.isBased) continue;
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
