import type { RowOutcome } from '../../hyperliquid/parse/exchange-answer';
import { OutcomeBuffer } from '../../hyperliquid/submit/outcome-buffer';
import { type OrderSubmission, OUTCOME, type SubmitReport } from '../../port';

type BatchSink = Parameters<OrderSubmission['submit']>[1];

/** Outcomes handed over one by one as they come, and their sums. */
export class Report {
  private readonly buffer = new OutcomeBuffer();
  private readonly sums = { accepted: 0, rejected: 0, unknown: 0, firstSentAt: 0, lastSentAt: 0, lastAnsweredAt: 0 };

  constructor(private readonly sink: Pick<BatchSink, 'onOutcomes'>) {}

  take(row: number, outcome: RowOutcome, signedAt: number, sentAt: number, answeredAt: number): void {
    const { sums } = this;
    if (outcome.outcome === OUTCOME.rejected) sums.rejected += 1;
    else if (outcome.outcome === OUTCOME.unknown) sums.unknown += 1;
    else sums.accepted += 1;
    if (sentAt > 0 && (sums.firstSentAt === 0 || sentAt < sums.firstSentAt)) sums.firstSentAt = sentAt;
    sums.lastSentAt = Math.max(sums.lastSentAt, sentAt);
    sums.lastAnsweredAt = Math.max(sums.lastAnsweredAt, answeredAt);
    this.buffer.add(row, outcome, signedAt, sentAt, answeredAt);
    this.sink.onOutcomes(this.buffer.take());
  }

  done(): SubmitReport {
    return this.sums;
  }
}
