import type { EndOf } from './approvals';
import type { CopyTrack, TermsInForce } from './copies';
import type { AuditState } from './state';

/** Whether an entry has to be approved: by every term it may have been decided on. */
export const asksFirst = (terms: readonly TermsInForce[]): boolean => terms.every(({ settings }) => settings.approveWithinMs !== undefined);

/**
 * By how much later than it was shown a proposal may end: an increase of the leader that came before that end moves it on to `approveWithinMs` behind
 * itself, and so does a wish of the follower that asks about it anew (a re-basis, a raise with effect at once, a start that adopts). What was decided in time
 * may be told a moment later.
 */
export function laterEnd(state: AuditState, copy: CopyTrack, terms: readonly TermsInForce[], coin: string): EndOf {
  const track = state.leader(copy.copy.leader).coin(coin);
  const longest = Math.max(...terms.map(({ settings }) => settings.approveWithinMs ?? 0));
  const { clockSlackMs } = state.options;
  return (endsAt, shownWithinMs) => {
    const withinMs = Math.max(longest, shownWithinMs);
    return track.movedOn(Math.max(endsAt, copy.userActAt + longest), withinMs, clockSlackMs) + clockSlackMs;
  };
}
