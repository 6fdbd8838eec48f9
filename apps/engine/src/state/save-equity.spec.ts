import { silentLogger, systemTimers } from '@lockstep/platform';
import { entryOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { Sending } from '../sending';
import type { CopyRecord } from './registry';
import { EquityWriter } from './save-equity';

/** Copies of two brands, one each, whose highest values rise as they are told to; `saved` are those written, by brand, in order. */
function brands() {
  const stage = new Stage();
  const copies = [1, 2].map((no) => {
    const group = { scope: { tenantId: `ten_${no}`, environment: 'test' }, leaderId: 'ldr_a' };
    return { no, row: stage.add(entryOf(no, settingsOf('1'))), state: 'active', group, watched: stage } as unknown as CopyRecord;
  });
  const saved: [string, number][] = [];
  const database = { answers: async (_tenant: string): Promise<void> => undefined };
  let tick: () => void = () => undefined;
  const ctx = {
    registry: { copies: new Map(copies.map((copy) => [copy.no, copy])) },
    limits: ENGINE_LIMITS,
    log: silentLogger,
    sending: new Sending(systemTimers, () => 0, 60_000),
    timers: {
      every: (_ms: number, work: () => void) => {
        tick = work;
        return { cancel: () => (tick = () => undefined) };
      },
    },
    storage: {
      scoped: async ({ tenantId }: { readonly tenantId: string }, work: (unit: ScopedUnit) => Promise<void>) => {
        await database.answers(tenantId);
        const saveEquity = async (states: readonly { readonly detail: { readonly navPeak: number } }[]) => {
          saved.push(...states.map(({ detail }): [string, number] => [tenantId, detail.navPeak]));
        };
        await work({ records: { saveEquity } } as unknown as ScopedUnit);
      },
    },
  } as unknown as EngineContext;
  const rise = (highest: number): void => {
    for (const { row } of copies) stage.book.copies.navPeak[row] = highest;
  };
  return { writer: new EquityWriter(ctx), saved, database, rise, tick: () => tick() };
}

describe('the highest values that losses are measured from', () => {
  it('are written from the first valuation on until the process ends', async () => {
    const { writer, saved, rise, tick } = brands();
    writer.start();
    rise(7);
    tick();
    await writer.write();
    expect(saved).toEqual([
      ['ten_1', 7],
      ['ten_2', 7],
    ]);
    writer.stop();
    rise(8);
    tick();
    expect(saved).toHaveLength(2);
  });

  it('are written right behind a slow write that was under way when their turn came', async () => {
    const { writer, saved, database, rise } = brands();
    let answer: () => void = () => undefined;
    database.answers = () => new Promise((resolve) => (answer = resolve));
    rise(7);
    const first = writer.write();
    await Promise.resolve();
    database.answers = async () => undefined;
    rise(8);
    const next = writer.write();
    answer();
    await Promise.all([first, next]);
    expect(saved).toEqual([
      ['ten_1', 7],
      ['ten_2', 8],
      ['ten_1', 8],
    ]);
  });

  it('of one brand are written although those of another cannot be, which are tried again', async () => {
    const { writer, saved, database, rise } = brands();
    database.answers = async (tenant) => {
      if (tenant === 'ten_1') throw new Error('a row is locked');
    };
    rise(7);
    await writer.write();
    expect(saved).toEqual([['ten_2', 7]]);
    database.answers = async () => undefined;
    await writer.write();
    expect(saved.at(-1)).toEqual(['ten_1', 7]);
  });
});
