import type { EpochMs } from '@lockstep/kernel';
import type { OrderTrack } from '../book/orders';
import type { AuditState } from '../book/state';
import type { ProcessObservation } from '../observations';

/** ARCHITECTURE 37: a process that may not be the one engine any more sends nothing. */
export function checkMaySend(state: AuditState, { process, about, at }: Extract<ProcessObservation, { kind: 'former_sent' }>): void {
  const until = state.formers.maySendUntil(process);
  if (until !== null && at > until)
    state.report('sent_without_lock', at, null, null, `${about} was sent by ${process} ${at - until} ms after its lock was certain`);
}

/** ARCHITECTURE 91: nothing of a process stands that it wrote after the next one began. */
export function checkMayWrite(state: AuditState, process: string, at: EpochMs): void {
  if (state.formers.isOver(process))
    state.report('written_after_term', at, null, null, `a transaction of ${process} stands, although the next engine had begun`);
}

/** An order that cannot land, because the next process spent its nonce before this one sent it: it is no harm, and nobody counts on it. */
export const isSpentBefore = (state: AuditState, process: string, known: OrderTrack | undefined): boolean =>
  known?.voided === true && known.journaled && known.handed === null && state.formers.isOver(process);
