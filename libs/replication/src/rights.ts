import type { CopyColumns } from './copy-columns';
import { CLEAR, reasonNumber } from './reasons';

const ENTITLEMENT = reasonNumber('entitlement');
const CONSENT = reasonNumber('consent');

/** What is missing of a copy's rights at `now`: entitlement, then consent, else {@link CLEAR}. They end to the millisecond, whether anything is told then or not. */
export function rightsRefusal(copies: CopyColumns, row: number, now: number): number {
  if ((copies.entitledUntil[row] ?? 0) <= now) return ENTITLEMENT;
  return (copies.consentDueAt[row] ?? 0) <= now ? CONSENT : CLEAR;
}
