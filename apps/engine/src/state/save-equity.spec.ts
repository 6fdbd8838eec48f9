import { present } from '@lockstep/kernel';
import { silentLogger, systemClock, systemTimers } from '@lockstep/platform';
import { entryOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { ScopedUnit } from '@lockstep/storage';
import { describe, expect, it, vi } from 'vitest';
import { Bookkeeper } from '../books/bookkeeper';
import { Places } from '../bounded';
import type { EngineContext } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { Sending } from '../sending';
import { TenantDays } from '../tenant-days';
import { TestClocks } from '../test-clocks';
import { type CopyRecord, Registry } from './registry';
import { EquityWriter } from './save-equity';

/**
 * Copies of two brands, one each, whose highest values rise as they are told to; `saved` are those written, by brand, in order. `end` ends the copy of the first
 * brand in its books' turn with 9 as its last value; the commit is answered once `committed` is. `hold` keeps the next answer to a brand back.
 */
function brands() {
  const stage = new Stage();
  const registry = new Registry();
  const copies = [1, 2].map((no) => {
    const group = { scope: { tenantId: `ten_${no}`, environment: 'test' }, leaderId: 'ldr_a' };
    const row = stage.add(entryOf(no, settingsOf('1')));
    return { no, id: `cpy_${no}`, row, state: 'active', group, account: { scope: group.scope }, watched: stage } as unknown as CopyRecord;
  });
  for (const copy of copies) registry.copies.set(copy.no, copy);
  const saved: [string, number][] = [];
  const database = { answers: async (_tenant: string): Promise<void> => undefined };
  let tick: () => void = () => undefined;
  const ctx = {
    clock: systemClock,
    days: new TenantDays(new TestClocks()),
    registry,
    limits: ENGINE_LIMITS,
    log: silentLogger,
    sending: new Sending(systemTimers, () => 0, 60_000),
    scopedUnits: new Places(5, 5),
    wakeEvents: () => undefined,
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
  const books = new Bookkeeper(ctx, () => undefined);
  const rise = (highest: number): void => {
    for (const { row } of copies) stage.book.copies.navPeak[row] = highest;
  };
  const hold = (tenant: string) => {
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const asked = new Promise<void>((resolve) => {
      database.answers = (of) => {
        if (of !== tenant) return Promise.resolve();
        database.answers = async () => undefined;
        resolve();
        return answered;
      };
    });
    return { asked, answer };
  };
  const end = async (committed: Promise<void> = Promise.resolve()): Promise<void> => {
    const copy = present(copies[0], 'the copy');
    await books.run(copy.group.scope, async () => {
      saved.push(['ten_1', 9]);
      await committed;
      copy.state = 'stopped';
    });
    registry.dropCopy(copy.no);
    stage.add(entryOf(3, settingsOf('1')));
  };
  return { writer: new EquityWriter(ctx, books), saved, database, hold, rise, tick: () => tick(), end };
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

  it('are written right behind a slow write that was under way when their turn came, and those of others meanwhile', async () => {
    const { writer, saved, hold, rise } = brands();
    const held = hold('ten_1');
    rise(7);
    const first = writer.write();
    await held.asked;
    rise(8);
    const next = writer.write();
    await vi.waitFor(() => expect(saved.at(-1)).toEqual(['ten_2', 8]));
    held.answer();
    await Promise.all([first, next]);
    expect(saved.slice(-2)).toEqual([
      ['ten_1', 7],
      ['ten_1', 8],
    ]);
  });

  it('stand before those a copy ends with, however slowly they are written', async () => {
    const { writer, saved, hold, rise, end } = brands();
    const held = hold('ten_1');
    rise(7);
    const written = writer.write();
    await held.asked;
    const ended = end();
    await new Promise((resolve) => setTimeout(resolve, 10));
    held.answer();
    await Promise.all([written, ended]);
    expect(saved.filter(([tenant]) => tenant === 'ten_1')).toEqual([
      ['ten_1', 7],
      ['ten_1', 9],
    ]);
  });

  it('are not written over those a copy ends with whose commit is not answered yet, nor is what stands in its row by then', async () => {
    const { writer, saved, rise, end } = brands();
    let answer: () => void = () => undefined;
    const ended = end(new Promise((resolve) => (answer = resolve)));
    rise(7);
    const written = writer.write();
    await vi.waitFor(() => expect(saved).toContainEqual(['ten_2', 7]));
    answer();
    await Promise.all([written, ended]);
    expect(saved.filter(([tenant]) => tenant === 'ten_1')).toEqual([['ten_1', 9]]);
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
