import type { Approved, Instrument } from '@lockstep/kernel';
import { systemTimers } from '@lockstep/platform';
import { type ActionOutcome, type OrderColumns, type OrderSubmission, OUTCOME, type OutcomeColumns, type SubmitReport } from '@lockstep/venues/port';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SendState, UNSENT, WITHHELD } from './send-state';
import { type SubmitQuestions, submitOrders } from './submit';

const btc: Instrument = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};

/** Orders whose nonce is 1000 + row, so that a test sees which rows left. */
const orders = (count: number): OrderColumns => ({
  count,
  instrument: btc,
  builders: [],
  signer: Int32Array.from({ length: count }, (_, row) => row),
  buy: new Uint8Array(count).fill(1),
  price: new Float64Array(count).fill(100),
  lots: new Float64Array(count).fill(1),
  reduceOnly: new Uint8Array(count),
  tif: new Uint8Array(count),
  clientOrderId: new Uint8Array(count * 16),
  nonce: Float64Array.from({ length: count }, (_, row) => 1000 + row),
  expiresAfter: new Float64Array(count),
  builder: new Int8Array(count).fill(-1),
  builderFee: new Uint16Array(count),
});

const refuse = async (): Promise<ActionOutcome> => ({ kind: 'unknown', detail: 'not part of sending' });

const filledRow = (row: number): OutcomeColumns => ({
  count: 1,
  row: Int32Array.of(row),
  outcome: Uint8Array.of(OUTCOME.filled),
  rejectCode: new Uint8Array(1),
  filledLots: Float64Array.of(1),
  averagePrice: Float64Array.of(100),
  orderId: Float64Array.of(1),
  signedAt: Float64Array.of(1),
  sentAt: Float64Array.of(2),
  answeredAt: Float64Array.of(3),
});

/** A venue that fills everything, one row per chunk, and writes down the nonces that left. */
function fillingVenue(sent: number[]): OrderSubmission {
  const submit: OrderSubmission['submit'] = async (batch, sink): Promise<SubmitReport> => {
    for (let row = 0; row < batch.count; row += 1) {
      await Promise.resolve();
      if (sink.keepGoing && !sink.keepGoing()) {
        sink.onWithheld?.(Int32Array.from({ length: batch.count - row }, (_, index) => row + index));
        break;
      }
      sent.push(batch.nonce[row] ?? 0);
      sink.onOutcomes(filledRow(row));
    }
    return { accepted: 0, rejected: 0, unknown: 0, firstSentAt: 0, lastSentAt: 0, lastAnsweredAt: 0 };
  };
  return {
    submit,
    loadSigners: async () => undefined,
    dropSigners: async () => undefined,
    cancel: refuse,
    updateLeverage: refuse,
    noop: refuse,
    relay: refuse,
    close: async () => undefined,
  };
}

// The brand's only real cast stands in risk/gate; this double stands for it.
const approveAll: SubmitQuestions['approve'] = (rows) => ({
  approved: { ...orders(rows.length), nonce: Float64Array.from(rows, (row) => 1000 + row) } as Approved<OrderColumns>,
  refused: [],
});

function questions(changes: Partial<SubmitQuestions>): SubmitQuestions {
  return {
    approve: approveAll,
    stopVersion: () => 0,
    reasonToWithhold: () => 0,
    enough: () => false,
    overdue: () => 0,
    monotonic: () => 0,
    timers: systemTimers,
    onOutcomes: () => undefined,
    ...changes,
  };
}

describe('sending a wave', () => {
  afterEach(() => vi.useRealTimers());

  it('sends every row once, in order', async () => {
    const sent: number[] = [];
    const state = new SendState(3);
    await submitOrders(fillingVenue(sent), state, questions({}), () => undefined);
    expect(sent).toEqual([1000, 1001, 1002]);
    expect(state.countOf(OUTCOME.filled)).toBe(3);
  });

  it('a stop in the middle holds back the stopped rows only; the rest leaves once, with the nonces it had', async () => {
    const sent: number[] = [];
    const state = new SendState(5);
    let stopped = false;
    await submitOrders(
      fillingVenue(sent),
      state,
      questions({
        stopVersion: () => (stopped ? 1 : 0),
        reasonToWithhold: (row) => (stopped && row === 3 ? 7 : 0),
        onOutcomes: (rows) => {
          if (rows.includes(1)) stopped = true;
        },
      }),
      () => undefined,
    );
    expect(sent).toEqual([1000, 1001, 1002, 1004]);
    expect([...state.outcome]).toEqual([OUTCOME.filled, OUTCOME.filled, OUTCOME.filled, WITHHELD, OUTCOME.filled]);
    expect(state.withheldReason[3]).toBe(7);
  });

  it('a row refused by the gate never leaves', async () => {
    const sent: number[] = [];
    const state = new SendState(2);
    const approve: SubmitQuestions['approve'] = (rows) =>
      rows.includes(0) ? { approved: null, refused: [{ row: 0, reason: 9 }] } : approveAll(rows);
    await submitOrders(fillingVenue(sent), state, questions({ approve }), () => undefined);
    expect(sent).toEqual([1001]);
    expect([state.outcome[0], state.withheldReason[0]]).toEqual([WITHHELD, 9]);
    expect(state.countOf(UNSENT)).toBe(0);
  });

  /** A venue that releases the rows of each batch one by one when told, and answers when told. */
  function heldVenue() {
    const batches: { readonly nonces: readonly number[]; release(): void; answer(row: number): void; end(): void }[] = [];
    const submit: OrderSubmission['submit'] = (batch, sink) =>
      new Promise((resolve) => {
        let released = 0;
        let left = batch.count;
        const ended = (rows: number): void => {
          left -= rows;
          if (left === 0) resolve({ accepted: 0, rejected: 0, unknown: 0, firstSentAt: 0, lastSentAt: 0, lastAnsweredAt: 0 });
        };
        batches.push({
          nonces: [...batch.nonce],
          release: () => {
            if (sink.keepGoing?.() === false) {
              const rest = Int32Array.from({ length: batch.count - released }, (_, index) => released + index);
              sink.onWithheld?.(rest);
              sink.onAllLeft?.();
              ended(rest.length);
              return;
            }
            released += 1;
            if (released === batch.count) sink.onAllLeft?.();
          },
          answer: (row) => {
            sink.onOutcomes(filledRow(row));
            ended(1);
          },
          end: () => ended(left),
        });
      });
    return { batches, venue: { ...fillingVenue([]), submit } };
  }

  it('a stop does not make the rest wait for answers of what has left', async () => {
    const { batches, venue } = heldVenue();
    const state = new SendState(3);
    let version = 0;
    const wave = submitOrders(venue, state, questions({ stopVersion: () => version }), () => undefined);
    await expect.poll(() => batches.length).toBe(1);
    batches[0]?.release();
    version = 1;
    batches[0]?.release();
    await expect.poll(() => batches[1]?.nonces).toEqual([1001, 1002]);
    batches[1]?.release();
    batches[1]?.release();
    batches[1]?.answer(0);
    batches[1]?.answer(1);
    expect([...state.outcome]).toEqual([UNSENT, OUTCOME.filled, OUTCOME.filled]);
    batches[0]?.answer(0);
    await wave;
    expect([...state.outcome]).toEqual([OUTCOME.filled, OUTCOME.filled, OUTCOME.filled]);
  });

  it('what has left without an answer is unknown once something waits long enough, and a later answer is ignored', async () => {
    const { batches, venue } = heldVenue();
    const state = new SendState(2);
    const told: number[] = [];
    let now = 0;
    const changes = {
      enough: (silentMs: number) => silentMs >= 1_500,
      monotonic: () => now,
      onOutcomes: (rows: Int32Array) => void told.push(...rows),
    };
    const wave = submitOrders(venue, state, questions(changes), () => undefined);
    await expect.poll(() => batches.length).toBe(1);
    batches[0]?.release();
    batches[0]?.release();
    batches[0]?.answer(1);
    now = 1_500;
    await wave;
    expect([...state.outcome]).toEqual([OUTCOME.unknown, OUTCOME.filled]);
    expect(told).toEqual([1, 0]);
    batches[0]?.answer(0);
    expect(state.outcome[0]).toBe(OUTCOME.unknown);
  });

  it('what waits for its turn in silence is taken back, exits too, once a newer move waits to plan it anew', async () => {
    const { batches, venue } = heldVenue();
    const state = new SendState(3);
    let now = 0;
    const overdue = (silentMs: number): number => (silentMs >= 1_500 ? 7 : 0);
    const wave = submitOrders(venue, state, questions({ overdue, monotonic: () => now }), () => undefined);
    await expect.poll(() => batches.length).toBe(1);
    now = 1_400;
    batches[0]?.release();
    batches[0]?.answer(0);
    now = 2_800;
    batches[0]?.release();
    now = 2_900;
    batches[0]?.release();
    batches[0]?.answer(1);
    await wave;
    expect(batches.length).toBe(1);
    expect([...state.outcome]).toEqual([OUTCOME.filled, OUTCOME.filled, WITHHELD]);
    expect(state.withheldReason[2]).toBe(7);
  });

  it('what has not left is never given up, however long it is waited for', async () => {
    vi.useFakeTimers();
    const { batches, venue } = heldVenue();
    const state = new SendState(2);
    let asked = 0;
    const enough = (): boolean => {
      asked += 1;
      return true;
    };
    const wave = submitOrders(venue, state, questions({ enough, monotonic: () => 60_000 }), () => undefined);
    batches[0]?.release();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([asked, ...state.outcome]).toEqual([0, UNSENT, UNSENT]);
    batches[0]?.release();
    await vi.advanceTimersByTimeAsync(1_000);
    await wave;
    expect([...state.outcome]).toEqual([OUTCOME.unknown, OUTCOME.unknown]);
  });

  it('passes the crash points of its stages in order', async () => {
    const passed: string[] = [];
    await submitOrders(fillingVenue([]), new SendState(3), questions({}), (point) => passed.push(point));
    expect(passed.filter((point) => point !== 'signed_after_first_chunk')).toEqual([
      'signed_first_chunk_released',
      'partly_answered_first_bulk',
      'partly_sent_second_chunk',
      'partly_answered_second_bulk',
      'partly_sent_third_chunk',
    ]);
  });
});
