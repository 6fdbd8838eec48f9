import { OUTCOME, type OutcomeColumns } from '@lockstep/venues/port';

/** Where a planned order stands besides the venue's outcome codes: not sent yet, or held back by us before it was signed. */
export const UNSENT = 0;
export const WITHHELD = 250;

/** What became of every order row of one plan; row = row of the plan. Times are epoch milliseconds with fractions, 0 = did not happen. */
export class SendState {
  /** `UNSENT`, an `OUTCOME` code or `WITHHELD`. */
  readonly outcome: Uint8Array;
  readonly rejectCode: Uint8Array;
  /** Why a row was withheld, as a reason number; else 0. */
  readonly withheldReason: Uint8Array;
  readonly filledLots: Float64Array;
  /** Average fill price times 10^8. */
  readonly averagePrice: Float64Array;
  readonly orderId: Float64Array;
  readonly signedAt: Float64Array;
  readonly sentAt: Float64Array;
  readonly answeredAt: Float64Array;
  /** 1: taken for unknown before the adapter told how it ended. */
  readonly givenUp: Uint8Array;
  /** Of rows that may stand at the venue: how often their copy had been halted as the wave began to leave. */
  readonly halts: Int32Array;
  firstSentAt = 0;
  lastSentAt = 0;
  lastAnsweredAt = 0;

  constructor(readonly count: number) {
    this.outcome = new Uint8Array(count);
    this.rejectCode = new Uint8Array(count);
    this.withheldReason = new Uint8Array(count);
    this.filledLots = new Float64Array(count);
    this.averagePrice = new Float64Array(count);
    this.orderId = new Float64Array(count);
    this.signedAt = new Float64Array(count);
    this.sentAt = new Float64Array(count);
    this.answeredAt = new Float64Array(count);
    this.givenUp = new Uint8Array(count);
    this.halts = new Int32Array(count);
  }

  /**
   * Takes outcomes of a batch; `rows[i]` is the plan row of batch row i. Returns the plan rows told for the first time:
   * a row's first final outcome stands, a repeated one is ignored.
   */
  take(outcomes: OutcomeColumns, rows: Int32Array): Int32Array {
    const fresh = new Int32Array(outcomes.count);
    let freshCount = 0;
    for (let index = 0; index < outcomes.count; index += 1) {
      const row = rows[outcomes.row[index] ?? -1] ?? -1;
      if (row < 0 || this.outcome[row] !== UNSENT) continue;
      this.outcome[row] = outcomes.outcome[index] ?? OUTCOME.unknown;
      this.rejectCode[row] = outcomes.rejectCode[index] ?? 0;
      this.filledLots[row] = outcomes.filledLots[index] ?? 0;
      this.averagePrice[row] = outcomes.averagePrice[index] ?? 0;
      this.orderId[row] = outcomes.orderId[index] ?? 0;
      this.signedAt[row] = outcomes.signedAt[index] ?? 0;
      this.sentAt[row] = outcomes.sentAt[index] ?? 0;
      this.answeredAt[row] = outcomes.answeredAt[index] ?? 0;
      this.markTimes(row);
      fresh[freshCount] = row;
      freshCount += 1;
    }
    return fresh.subarray(0, freshCount);
  }

  /** Marks a row that will never be signed. */
  withhold(row: number, reason: number): void {
    if (this.outcome[row] !== UNSENT) return;
    this.outcome[row] = WITHHELD;
    this.withheldReason[row] = reason;
  }

  /** Takes a row that left without an answer for unknown. False when it has an outcome. */
  giveUp(row: number): boolean {
    if (this.outcome[row] !== UNSENT) return false;
    this.outcome[row] = OUTCOME.unknown;
    this.givenUp[row] = 1;
    return true;
  }

  /** How many rows stand at a code. */
  countOf(code: number): number {
    let total = 0;
    for (const outcome of this.outcome) if (outcome === code) total += 1;
    return total;
  }

  private markTimes(row: number): void {
    const sent = this.sentAt[row] ?? 0;
    const answered = this.answeredAt[row] ?? 0;
    if (sent > 0 && (this.firstSentAt === 0 || sent < this.firstSentAt)) this.firstSentAt = sent;
    if (sent > this.lastSentAt) this.lastSentAt = sent;
    if (answered > this.lastAnsweredAt) this.lastAnsweredAt = answered;
  }
}
