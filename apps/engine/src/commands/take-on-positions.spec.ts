import type { TenantScope } from '@lockstep/kernel';
import { STATUS } from '@lockstep/replication';
import { at, entryOf, NOW, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { OpenProposals } from '../proposals/open-proposals';
import { CopyLedger } from '../state/copy-ledger';
import { type Intent, intentOf } from '../state/intent';
import type { CopyRecord } from '../state/registry';
import { TestClocks } from '../test-clocks';
import { takeOnPositions } from './take-on-positions';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;
const LOT = 1_000_000;

/** A copy whose leader holds 10 that it never followed; `write` is what the database does with its position. */
function outside(write: (stage: Stage) => void) {
  const stage = new Stage();
  stage.plan('10');
  const row = stage.add(entryOf(1, settingsOf('1')));
  stage.book.beginAtNextOpen(row);
  const network = { markets: { get: () => undefined, dollarClearinghouses: () => [] }, quotes: { get: () => undefined } };
  const watched = { no: 1, network, book: stage.book, leader: { equityBefore: () => null }, volatility: { value: null } };
  const copy = { no: 1, row, watched, account: { scope: SCOPE } } as unknown as CopyRecord;
  const booked = new CopyLedger();
  const unit = { now: NOW, records: { savePositionStates: async () => write(stage) } } as unknown as ScopedUnit;
  const ctx = {
    clocks: new TestClocks(),
    proposals: new OpenProposals(),
    clock: { now: () => NOW },
    limits: ENGINE_LIMITS,
    booked,
    storage: { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) },
  } as unknown as EngineContext;
  const books = { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() } as unknown as Bookkeeper;
  const lanes = { alone: async (_watched: unknown, _coin: string, work: () => Promise<void>) => work() };
  const intent = (): Intent => intentOf(stage.sheet, row);
  return { stage, row, booked, intent, take: () => takeOnPositions(ctx, { books, lanes } as never, copy, null) };
}

describe('writing down what is taken on', () => {
  it('is what the next wave is compared with', async () => {
    const { booked, intent, take } = outside(() => undefined);
    await take();
    expect(intent().targetMicro).toBe(10 * LOT);
    expect(booked.newestIntent(1, 'BTC')).toEqual(intent());
  });

  it('that fails is taken back, and done by the same command made again', async () => {
    let fails = true;
    const { booked, intent, take } = outside(() => {
      if (fails) throw new Error('away');
    });
    const before = intent();
    await expect(take()).rejects.toThrow('away');
    expect(intent()).toEqual(before);
    fails = false;
    await take();
    expect(booked.get(1, 'BTC').intent.targetMicro).toBe(10 * LOT);
  });

  it('that fails while a loss limit closes the copy leaves what is being closed', async () => {
    const { stage, row, take } = outside((stage) => {
      stage.book.setStatus(0, STATUS.closing, true);
      stage.sheet.rows.target[0] = 0;
      throw new Error('away');
    });
    await expect(take()).rejects.toThrow('away');
    expect(at(stage.sheet.rows.target, row)).toBe(0);
  });
});
