import type { EpochMs } from '@lockstep/kernel';
import type { CopyStateSeen } from '../terms';
import type { CopyTrack } from './copies';
import type { AuditState } from './state';

/** Takes a copy's way into the follower's own hands: from `handing_over` on nothing is traded for it, and what it has when it is `stopped` is not its any more. */
export function keepHandOver(state: AuditState, copy: CopyTrack, before: CopyStateSeen, now: CopyStateSeen, at: EpochMs): void {
  if (now === 'handing_over') copy.handingAt = at;
  if (before !== 'handing_over' || now === 'handing_over') return;
  if (now !== 'stopped') {
    copy.handingAt = null;
    return;
  }
  const from = at - state.options.markMaxAgeMs - state.options.clockSlackMs;
  copy.handed = new Map(
    [...copy.holdings.values()]
      .filter(({ real, foreign }) => real.position !== 0n || foreign)
      .map(({ coin, real, foreign }) => [coin, { size: real.position, foreign, marks: state.marks.rangeOfAll(coin, from, at) }]),
  );
}
