import { type SharedStanding, sharedKey } from '../book/shared-standing';
import { lookAtShared } from '../book/shared-told';
import type { AuditState } from '../book/state';
import type { CalmSnapshot } from '../calm';

/**
 * In the calm a limit that copies share and pass since long is told, one that is met again since long is told as that, and nothing is told twice: not by a process
 * that began in between either.
 */
export function checkCalmShared(state: AuditState, snapshot: CalmSnapshot): void {
  const told = new Map<string, 'alert' | 'release'>();
  for (const { limit, of, underlying, action } of snapshot.sharedTold ?? []) {
    const key = sharedKey(limit, of, underlying);
    if ((told.get(key) ?? 'release') === action)
      state.report('limit_told_twice', snapshot.at, null, null, `${key} is told with ${action} and was already`);
    told.set(key, action);
  }
  // What is held may be another since the newest mark.
  if (state.sharedBy === null || state.settlingAny(snapshot.at)) return;
  lookAtShared(state, state.copies.values(), state.sharedBy, snapshot.at);
  for (const [key, standing] of state.shared) checkTold(state, snapshot.at, standing, told.get(key));
}

function checkTold(state: AuditState, at: number, { limit, of, underlying, is, since }: SharedStanding, told: string | undefined): void {
  if (is === 'open' || at - Math.max(since, state.quietSince, state.lastStartAt) <= state.options.comparisonMs) return;
  if ((is === 'passed') === (told === 'alert')) return;
  const what = `${limit} of ${of}${underlying === null ? '' : ` in ${underlying}`}`;
  state.report('limit_not_told', at, null, null, `${what} is ${is === 'passed' ? 'passed' : 'met again'} since ${since}, and nothing tells it`);
}
