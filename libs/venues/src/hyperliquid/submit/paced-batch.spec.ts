import { describe, expect, it } from 'vitest';
import { type OrderColumns, OUTCOME, type OutcomeColumns, REJECT_CODES } from '../../port';
import { rejectCodeIndex } from '../classify';
import { hyperliquidConfig } from '../config';
import { rejectedRow, unknownRow } from '../parse/exchange-answer';
import { VenueEgress } from '../venue-egress';
import { OutcomeBuffer } from './outcome-buffer';
import { PacedBatch } from './paced-batch';
import type { Chunk } from './protocol';

const NOW = 1_700_000_000_000;
const instrument = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'X',
  assetId: 0,
  szDecimals: 0,
  maxLeverage: 1,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};

/** Row i of signer i; `exits` of them take risk off, `expiresAfter` by row. */
function ordersOf(count: number, exits: readonly number[], expiresAfter: Readonly<Record<number, number>> = {}): OrderColumns {
  return {
    count,
    instrument,
    builders: [],
    signer: Int32Array.from({ length: count }, (_, row) => row),
    buy: new Uint8Array(count),
    price: new Float64Array(count),
    lots: new Float64Array(count).fill(1),
    reduceOnly: new Uint8Array(count),
    exit: Uint8Array.from({ length: count }, (_, row) => (exits.includes(row) ? 1 : 0)),
    tif: new Uint8Array(count),
    clientOrderId: new Uint8Array(count * 16),
    nonce: new Float64Array(count),
    expiresAfter: Float64Array.from({ length: count }, (_, row) => expiresAfter[row] ?? 0),
    builder: new Int8Array(count),
    builderFee: new Uint16Array(count),
  };
}

/** A batch on one egress address with room for `inFlight` unanswered rows. */
function paced(orders: OrderColumns, inFlight: number) {
  const config = hyperliquidConfig({
    url: 'http://127.0.0.1:1',
    wsUrl: 'ws://127.0.0.1:1',
    network: 'mainnet',
    workers: 2,
    maxInFlight: inFlight,
    rateLimits: { postsSpendWeight: true, outsideWeight: 0 },
  });
  const at = { now: NOW };
  const egress = new VenueEgress(config, { now: () => at.now, monotonic: () => 1_000 + at.now - NOW }, () => undefined);
  const left: number[] = [];
  const ended: string[] = [];
  const stop = { goes: true };
  const sink = {
    keepGoing: () => stop.goes,
    onWithheld: (rows: Int32Array) => ended.push(...[...rows].map((row) => `${row} withheld`)),
    onOutcomes: (outcomes: OutcomeColumns) => {
      for (let index = 0; index < outcomes.count; index += 1) {
        const code = REJECT_CODES[outcomes.rejectCode[index] ?? 0] ?? 'none';
        ended.push(
          `${outcomes.row[index]} ${outcomes.outcome[index] === OUTCOME.rejected ? code : outcomes.outcome[index] === OUTCOME.unknown ? 'unknown' : 'filled'}`,
        );
      }
    },
  };
  const batch = new PacedBatch(1, orders, sink, 2, egress, (_worker: number, chunk: Chunk) => left.push(...chunk.rows));
  const answer = (...rows: readonly number[]): void => {
    const buffer = new OutcomeBuffer();
    for (const row of rows) buffer.add(row, { ...unknownRow(''), outcome: OUTCOME.filled }, 1, 2, 3);
    batch.batch.settle(buffer.take());
  };
  return { egress, batch, left, ended, stop, answer, at };
}

describe('a batch that leaves as the limits let it', () => {
  it('exits first, each answer lets one more leave', async () => {
    const { batch, left, ended, answer, egress } = paced(ordersOf(5, [3, 4]), 3);
    const done = batch.run();
    expect(left.sort()).toEqual([0, 3, 4]);
    answer(3, 4);
    expect(left).toEqual([0, 3, 4, 1, 2]);
    answer(0, 1, 2);
    expect(await done).toMatchObject({ accepted: 5, rejected: 0, unknown: 0 });
    expect(ended.length).toBe(5);
    expect(egress.scheduler?.budget(0).inFlight).toBe(0);
    egress.close();
  });

  it('what has not left when a stop comes never does', async () => {
    const { batch, left, ended, stop, answer, egress } = paced(ordersOf(4, []), 2);
    const done = batch.run();
    stop.goes = false;
    answer(0);
    expect([...ended].sort()).toEqual(['0 filled', '2 withheld', '3 withheld']);
    answer(1);
    await done;
    expect(left).toEqual([0, 1]);
    expect([...ended].sort()).toEqual(['0 filled', '1 filled', '2 withheld', '3 withheld']);
    egress.close();
  });

  it('an entry that would expire on its way is refused unsent and costs nothing; an exit leaves whatever its time', async () => {
    const { batch, left, ended, answer, egress } = paced(ordersOf(4, [3], { 0: NOW + 100, 1: NOW + 60_000, 3: NOW - 1 }), 10);
    const done = batch.run();
    expect([...left].sort()).toEqual([1, 2, 3]);
    expect(ended).toEqual(['0 expired']);
    const [weight] = egress.scheduler?.budget(0).usage(1_000) ?? [];
    expect([weight?.name, weight?.used]).toEqual(['weight', 3]);
    answer(1, 2, 3);
    await done;
    egress.close();
  });

  it.each<[string, (egress: VenueEgress) => void]>([
    ['an address that pauses', (egress) => egress.refused(0)],
    ['accounts that have used up their requests', ({ scheduler }) => [0, 1, 2].forEach((signer) => void scheduler?.accounts.refused(signer, 1_000))],
  ])('entries that wait for %s end with their time: nobody waits for a turn they can use no more', async (_what, busy) => {
    const { batch, left, ended, at, answer, egress } = paced(ordersOf(3, [2], { 0: NOW + 2_000, 1: NOW + 3_000, 2: NOW + 1_000 }), 10);
    busy(egress);
    const done = batch.run();
    at.now = NOW + 2_000;
    egress.pump();
    expect([left, ended]).toEqual([[], ['0 expired']]);
    at.now = NOW + 3_000;
    egress.pump();
    expect([left, ended]).toEqual([[], ['0 expired', '1 expired']]);
    at.now = NOW + 60_000;
    egress.pump();
    expect(left).toEqual([2]);
    answer(2);
    await done;
    expect(egress.scheduler?.budget(0).inFlight).toBe(0);
    egress.close();
  });

  it('an order that came too late costs its account five requests; a refusal for its requests has it read again', async () => {
    const { batch, egress } = paced(ordersOf(2, []), 10);
    const read: string[] = [];
    egress.budgetReads.start(async (signer, address) => void read.push(`${signer} ${address}`));
    for (const signer of [0, 1]) {
      egress.budgetReads.name(signer, `0x${signer}`);
      egress.scheduler?.accounts.seed(signer, 0, 10_000);
    }
    const done = batch.run();
    const buffer = new OutcomeBuffer();
    buffer.add(0, rejectedRow(rejectCodeIndex('expired'), 'Action already expired'), 1, 2, 3);
    buffer.add(1, rejectedRow(rejectCodeIndex('address_rate_limited'), 'Too many cumulative requests sent'), 1, 2, 3);
    batch.batch.settle(buffer.take());
    await done;
    expect([0, 1].map((signer) => egress.scheduler?.accounts.left(signer))).toEqual([9_995, 0]);
    expect(read).toEqual(['1 0x1']);
    egress.close();
  });

  it('a worker that died takes its rows with it: those that left are unknown, the others never leave', async () => {
    const { batch, left, ended, answer, egress } = paced(ordersOf(6, []), 2);
    const done = batch.run();
    batch.batch.workerLost(1, 'gone');
    expect([...ended].sort()).toEqual(['1 unknown', '3 not_sent', '5 not_sent']);
    answer(0);
    answer(2, 4);
    await done;
    expect(left).toEqual([0, 1, 2, 4]);
    expect(egress.scheduler?.budget(0).inFlight).toBe(0);
    egress.close();
  });

  it('an entry that did not leave takes nothing from its account: one that has used up its requests sends its exit at once', async () => {
    const { batch, ended, egress } = paced(ordersOf(1, [], { 0: NOW + 100 }), 10);
    egress.scheduler?.accounts.seed(0, 10_000, 10_000);
    await batch.run();
    expect(ended).toEqual(['0 expired']);
    const exits: number[] = [];
    const exit = new PacedBatch(2, ordersOf(1, [0]), { onOutcomes: () => undefined }, 2, egress, (_worker, chunk) => exits.push(...chunk.rows));
    void exit.run();
    expect(exits).toEqual([0]);
    expect(egress.scheduler?.accounts.left(0)).toBe(0);
    egress.close();
  });

  it('one that begins after the adapter was closed ends at once, unsent', async () => {
    const { batch, left, ended, egress } = paced(ordersOf(3, [1]), 10);
    egress.close();
    expect(await batch.run()).toMatchObject({ accepted: 0, rejected: 3, unknown: 0 });
    expect([left, ended]).toEqual([[], ['0 not_sent', '1 not_sent', '2 not_sent']]);
  });
});
