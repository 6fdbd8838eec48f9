import { OUTCOME, type OutcomeColumns } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import { SendState, UNSENT, WITHHELD } from './send-state';

const told = (rows: readonly (readonly [row: number, outcome: number, filled: number, sentAt: number])[]): OutcomeColumns => ({
  count: rows.length,
  row: Int32Array.from(rows, ([row]) => row),
  outcome: Uint8Array.from(rows, ([, outcome]) => outcome),
  rejectCode: new Uint8Array(rows.length),
  filledLots: Float64Array.from(rows, ([, , filled]) => filled),
  averagePrice: new Float64Array(rows.length),
  orderId: new Float64Array(rows.length),
  signedAt: new Float64Array(rows.length),
  sentAt: Float64Array.from(rows, ([, , , sentAt]) => sentAt),
  answeredAt: Float64Array.from(rows, ([, , , sentAt]) => sentAt + 1),
});

describe('what became of a wave’s orders', () => {
  it('maps batch rows to plan rows, believes the first outcome and keeps the first and last times', () => {
    const state = new SendState(3);
    expect([...state.take(told([[0, OUTCOME.filled, 5, 20]]), Int32Array.of(2))]).toEqual([2]);
    expect([...state.take(told([[0, OUTCOME.unknown, 0, 30]]), Int32Array.of(2))]).toEqual([]);
    state.take(told([[1, OUTCOME.rejected, 0, 10]]), Int32Array.of(2, 0));
    expect([...state.outcome]).toEqual([OUTCOME.rejected, UNSENT, OUTCOME.filled]);
    expect(state.filledLots[2]).toBe(5);
    expect([state.firstSentAt, state.lastSentAt, state.lastAnsweredAt]).toEqual([10, 20, 21]);
  });

  it('never withholds what already has an outcome', () => {
    const state = new SendState(2);
    state.take(told([[0, OUTCOME.filled, 1, 1]]), Int32Array.of(0));
    state.withhold(0, 7);
    state.withhold(1, 7);
    expect([state.countOf(OUTCOME.filled), state.countOf(WITHHELD), state.countOf(UNSENT)]).toEqual([1, 1, 0]);
    expect([...state.withheldReason]).toEqual([0, 7]);
  });
});
