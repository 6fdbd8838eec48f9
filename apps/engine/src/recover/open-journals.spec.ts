import type { LeaderId, TenantId } from '@lockstep/kernel';
import { price, size } from '@lockstep/kernel';
import { CopyBook, encodeJournal, planWave, wholeSlice } from '@lockstep/replication';
import { instrumentOf } from '@lockstep/replication/testing/book-builder';
import type { JournalRow } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { readJournals } from './open-journals';

const INSTRUMENT = instrumentOf('ETH', 4);

/** The packed row of a wave over a book without copies. */
function packed(wave: number): Buffer {
  const book = new CopyBook([]);
  book.sheet(INSTRUMENT);
  const move = {
    coin: 'ETH',
    kind: 'open',
    source: 'fills',
    before: size(0n),
    after: size(100_000_000n),
    increment: size(100_000_000n),
    incrementPrice: price(1n),
    lastPrice: price(1n),
    firstFillAt: 1,
    lastFillAt: 1,
    fills: 1,
    newOrders: 1,
  } as const;
  const options = {
    wave,
    now: 1,
    instance: 1,
    seed: new Uint8Array(32),
    lastNonce: new Float64Array(1),
    markMaxAgeMs: 1,
    bookMaxAgeMs: 1,
    exitBand: 0,
    departures: null,
    leaderEquity: null,
    leaderVolatility: null,
  };
  const plan = planWave(book, move, options);
  return Buffer.from(encodeJournal(plan, wholeSlice(plan), { instance: 1, m0: 0, m1: 0, m2: 0, forecastEnd: 0 }));
}

const row = (moveId: number, createdAt: number, part = 0): JournalRow => ({
  tenantId: 'ten_1' as TenantId,
  environment: 'test',
  moveId: BigInt(moveId),
  shard: 0,
  part,
  instance: 1,
  leaderId: 'ldr_1' as LeaderId,
  coin: 'ETH',
  packed: packed(moveId),
  orderCount: 0,
  decisionCount: 0,
  maxNonce: 0n,
  createdAt,
  writtenAt: null,
  completedAt: null,
});

describe('journal rows of a restart', () => {
  it('are read in the order they were written: a repair numbered after a move may have been decided before it', () => {
    const order = readJournals([row(10, 2_000), row(11, 1_000), row(12, 2_000), row(12, 2_000, 1)]).map(({ row: read }) => [read.moveId, read.part]);
    expect(order).toEqual([
      [11n, 0],
      [10n, 0],
      [12n, 0],
      [12n, 1],
    ]);
  });

  it('one that cannot be read stops the engine: its orders may be live', () => {
    expect(() => readJournals([{ ...row(10, 1), packed: Buffer.from('nonsense') }])).toThrow('journal row of wave 10 cannot be read');
  });
});
