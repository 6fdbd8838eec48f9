import { type EpochMs, err, ok, type Result } from '@lockstep/kernel';

/**
 * Which transactions a settlement covers. Every transaction belongs to exactly one: the first whose period end lies after it happened and
 * whose as-of sequence reaches it. One that is booked after its period closed falls into the next settlement, so that a closed one never changes.
 */
export interface SettlementMark {
  /** First moment after the period. */
  readonly endMs: EpochMs;
  /** The last transaction of the tenant's chain that was seen when the period closed. */
  readonly asOfSequence: bigint;
}

/** The mark before the first settlement. */
export const NOTHING_SETTLED: SettlementMark = { endMs: 0, asOfSequence: 0n };

export type PeriodError = 'period_empty' | 'period_not_over' | 'period_overlaps' | 'period_gap';

/** A period may close when it is over, not empty and begins where the last closed one ended; the first may begin anywhere. */
export function checkPeriod(startMs: EpochMs, endMs: EpochMs, last: SettlementMark, now: EpochMs): Result<true, PeriodError> {
  if (endMs <= startMs) return err('period_empty');
  if (endMs > now) return err('period_not_over');
  if (startMs < last.endMs) return err('period_overlaps');
  if (last.endMs !== NOTHING_SETTLED.endMs && startMs > last.endMs) return err('period_gap');
  return ok(true);
}

/** True when a settlement with this mark, or an earlier one, covers the transaction. */
export const isCovered = (mark: SettlementMark, occurredAtMs: EpochMs, sequence: bigint): boolean =>
  occurredAtMs < mark.endMs && sequence <= mark.asOfSequence;

/** True when exactly this settlement covers it: covered now, and not by the settlement before. */
export const belongsTo = (mark: SettlementMark, previous: SettlementMark, occurredAtMs: EpochMs, sequence: bigint): boolean =>
  isCovered(mark, occurredAtMs, sequence) && !isCovered(previous, occurredAtMs, sequence);
