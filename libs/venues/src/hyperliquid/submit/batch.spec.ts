import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OrderColumns, OUTCOME, type OutcomeColumns, REJECT_CODES } from '../../port';
import { unknownRow } from '../parse/exchange-answer';
import { Batch, CHUNKS_AHEAD } from './batch';
import { OutcomeBuffer } from './outcome-buffer';

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

function orders(signers: readonly number[]): OrderColumns {
  const count = signers.length;
  return {
    count,
    instrument,
    builders: [],
    signer: Int32Array.from(signers),
    buy: new Uint8Array(count),
    price: new Float64Array(count),
    lots: Float64Array.from({ length: count }, (_, row) => row + 1),
    reduceOnly: new Uint8Array(count),
    tif: new Uint8Array(count),
    clientOrderId: Uint8Array.from({ length: count * 16 }, (_, byte) => Math.floor(byte / 16) & 255),
    nonce: new Float64Array(count),
    expiresAfter: new Float64Array(count),
    builder: new Int8Array(count),
    builderFee: new Uint16Array(count),
  };
}

function answers(rows: Iterable<number>): OutcomeColumns {
  const buffer = new OutcomeBuffer();
  for (const row of rows) buffer.add(row, { ...unknownRow(''), outcome: OUTCOME.filled }, 1, 2, 3);
  return buffer.take();
}

describe('a batch on its way', () => {
  it('ends each row once, in ascending order per worker, whatever is stopped or lost when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(20), { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(30),
        fc.option(fc.nat(2)),
        async (signers, workers, chunkRows, goes, dying) => {
          const ended: number[] = [];
          let asked = 0;
          let allLeft = 0;
          const sink = {
            onAllLeft: () => {
              allLeft += 1;
            },
            onOutcomes: (outcomes: OutcomeColumns) => ended.push(...outcomes.row),
            onWithheld: (rows: Int32Array) => ended.push(...rows),
            keepGoing: () => asked++ < goes,
          };
          const batch = new Batch(1, orders(signers), sink, workers, chunkRows);
          for (let worker = 0; worker < workers; worker += 1) {
            let last = -1;
            for (let chunk = batch.release(worker); chunk !== null; chunk = batch.release(worker)) {
              for (const [index, row] of chunk.rows.entries()) {
                expect(row).toBeGreaterThan(last);
                last = row;
                expect((signers[row] ?? 0) % workers).toBe(worker);
                expect(chunk.columns.lots[index]).toBe(row + 1);
                expect(chunk.columns.clientOrderId[index * 16]).toBe(row);
              }
              if (worker === dying) break;
              batch.chunkSent(worker);
              batch.settle(answers(chunk.rows));
            }
            if (worker === dying) batch.workerLost(worker, 'gone');
          }
          const report = await batch.done;
          expect(allLeft).toBe(signers.length > 0 ? 1 : 0);
          expect(ended.sort((a, b) => a - b)).toEqual(signers.map((_, row) => row));
          expect(report.accepted + report.rejected + report.unknown).toBeLessThanOrEqual(signers.length);
        },
      ),
    );
  });

  it('tells once when no row can be held back any more: released, refused or withheld', () => {
    const told: string[] = [];
    let goes = true;
    const sink = { onOutcomes: () => undefined, onAllLeft: () => told.push('all left'), keepGoing: () => goes };
    const batch = new Batch(1, orders([0, 0, 0, 0, 0]), sink, 1, 2);
    batch.release(0);
    batch.refuse([2], 'expired', 'too late');
    batch.settle(answers([0, 1]));
    expect(told).toEqual([]);
    goes = false;
    batch.goesOn();
    expect(told).toEqual(['all left']);
    const whole = new Batch(2, orders([0, 0]), { onOutcomes: () => undefined, onAllLeft: () => told.push('whole left') }, 1, 2);
    whole.releaseRows([0], 1);
    expect(told).toEqual(['all left']);
    whole.releaseRows([1], 1);
    expect(told).toEqual(['all left', 'whole left']);
  });

  it('releases no more than a few chunks ahead', () => {
    const batch = new Batch(1, orders([0, 0, 0, 0, 0, 0]), { onOutcomes: () => undefined }, 1, 1);
    for (let chunk = 0; chunk < CHUNKS_AHEAD; chunk += 1) expect(batch.release(0)?.rows.length).toBe(1);
    expect(batch.release(0)).toBeNull();
    batch.chunkSent(0);
    expect(batch.release(0)?.rows[0]).toBe(CHUNKS_AHEAD);
  });

  it('of a lost worker, what was released is unknown and the rest was never sent', async () => {
    const seen: string[] = [];
    const sink = {
      onOutcomes: (columns: OutcomeColumns) => {
        columns.row.forEach((row, index) => {
          seen.push(`${row}:${columns.outcome[index] === OUTCOME.unknown ? 'unknown' : REJECT_CODES[columns.rejectCode[index] ?? 0]}`);
        });
      },
    };
    const batch = new Batch(1, orders([0, 0, 0]), sink, 1, 1);
    batch.release(0);
    batch.workerLost(0, 'gone');
    expect(seen).toEqual(['0:unknown', '1:not_sent', '2:not_sent']);
    expect(await batch.done).toMatchObject({ unknown: 1, rejected: 2, accepted: 0 });
  });
});
