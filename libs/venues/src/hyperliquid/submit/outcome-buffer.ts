import type { OutcomeColumns } from '../../port';
import type { RowOutcome } from '../parse/exchange-answer';

/** Collects outcomes of one batch until they are handed over in bulk. */
export class OutcomeBuffer {
  private readonly rows: number[] = [];
  private readonly outcomes: RowOutcome[] = [];
  private readonly times: number[] = [];

  get count(): number {
    return this.rows.length;
  }

  /** Adds the outcome of a batch row; times are epoch ms with fractions, 0 for a stage not reached. */
  add(row: number, outcome: RowOutcome, signedAt: number, sentAt: number, answeredAt: number): void {
    this.rows.push(row);
    this.outcomes.push(outcome);
    this.times.push(signedAt, sentAt, answeredAt);
  }

  /** The collected outcomes as columns; the buffer is empty afterwards. */
  take(): OutcomeColumns {
    const count = this.rows.length;
    const time = (stage: number): Float64Array => Float64Array.from({ length: count }, (_, index) => this.times[index * 3 + stage] ?? 0);
    const columns: OutcomeColumns = {
      count,
      row: Int32Array.from(this.rows),
      outcome: Uint8Array.from(this.outcomes, (each) => each.outcome),
      rejectCode: Uint8Array.from(this.outcomes, (each) => each.rejectCode),
      filledLots: Float64Array.from(this.outcomes, (each) => each.filledLots),
      averagePrice: Float64Array.from(this.outcomes, (each) => each.averagePrice),
      orderId: Float64Array.from(this.outcomes, (each) => each.orderId),
      signedAt: time(0),
      sentAt: time(1),
      answeredAt: time(2),
    };
    this.rows.length = 0;
    this.outcomes.length = 0;
    this.times.length = 0;
    return columns;
  }
}

/** The buffers behind outcome columns, for handing them to another thread without a copy. */
export function outcomeBuffers(columns: OutcomeColumns): ArrayBuffer[] {
  const { row, outcome, rejectCode, filledLots, averagePrice, orderId, signedAt, sentAt, answeredAt } = columns;
  return [row, outcome, rejectCode, filledLots, averagePrice, orderId, signedAt, sentAt, answeredAt].flatMap(({ buffer }) =>
    buffer instanceof ArrayBuffer ? [buffer] : [],
  );
}
