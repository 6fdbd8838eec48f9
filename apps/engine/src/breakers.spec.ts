import type { TenantScope } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { STATUS } from '@lockstep/replication';
import { breakerOf, dollars, entryOf, instrumentOf, NOW, priceOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { BREAKER_STEPS, LOSS_LIMITS } from '@lockstep/risk';
import type { ScopedUnit } from '@lockstep/storage';
import type { MarkUpdate } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { Bookkeeper } from './books/bookkeeper';
import { EventTeller } from './books/tell-events';
import { Breakers } from './breakers';
import { type EngineContext, StopVersion } from './context';
import { ENGINE_LIMITS } from './limits';
import { Markets } from './markets';
import { Quotes } from './quotes';
import type { Repairs } from './repair/repair';
import type { Network } from './state/networks';
import { type CopyRecord, Registry, type WatchedAccount } from './state/registry';
import { TenantDays } from './tenant-days';
import { TestClocks } from './test-clocks';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;

/** A copy that holds BTC, closed by the second mark in a row that shows 100 lost; its leader trades ETH as well. */
function holder() {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1', { breaker: breakerOf({ lossMoney: dollars(100), closeAfterMarks: 2 }) })));
  stage.book.sheet(instrumentOf('ETH'));
  stage.follow('10');
  const markets = new Markets();
  const network = { markets, quotes: new Quotes() } as unknown as Network;
  const registry = new Registry();
  const watched = { no: 1, network, book: stage.book } as unknown as WatchedAccount;
  registry.watched.set(1, watched);
  const copy = { no: 1, id: 'cpy_a', row, state: 'active', group: { scope: SCOPE, leaderId: 'ldr_a' }, watched } as unknown as CopyRecord;
  registry.copies.set(1, copy);
  const told: string[] = [];
  const database = { isAway: false };
  const waits: (() => void)[] = [];
  const append = async (events: readonly unknown[]): Promise<void> => {
    if (database.isAway) throw new Error('the database is away');
    told.push(...events.map((event) => /action\W+(\w+)/.exec(JSON.stringify(event))?.[1] ?? ''));
  };
  const unit = { events: { append } } as unknown as ScopedUnit;
  const ctx = {
    clocks: new TestClocks(),
    registry,
    clock: { now: () => NOW },
    days: new TenantDays(new TestClocks()),
    ids: { next: () => 'evt_a' },
    limits: ENGINE_LIMITS,
    log: silentLogger,
    stops: new StopVersion(),
    wakeEvents: () => undefined,
    storage: { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) },
    timers: { after: (_ms: number, work: () => void) => ({ cancel: () => undefined, no: waits.push(work) }) },
    unwrittenBreakers: new Set(),
  } as unknown as EngineContext;
  const books = { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() } as unknown as Bookkeeper;
  const repairs = { close: async () => undefined } as unknown as Repairs;
  const breakers = new Breakers(ctx, books, repairs, new EventTeller(ctx, books));
  breakers.stop();
  const step = (): string => BREAKER_STEPS[stage.book.copies.breakerStep[row] ?? 0] ?? '';
  const mark = (coin: string, text: string): string => {
    breakers.takeMarks(network, [{ coin, markPrice: priceOf(text), receivedAt: NOW } as unknown as MarkUpdate]);
    return step();
  };
  /** A process begins, and its network was read. */
  const load = (text: string): string => {
    markets.restore([instrumentOf('BTC')]);
    markets.update([{ coin: 'BTC', markPrice: priceOf(text), receivedAt: NOW }]);
    breakers.judgeLoaded();
    return step();
  };
  const halted = (): boolean => ((stage.book.copies.status[row] ?? 0) & STATUS.lossHalt) !== 0;
  /** It is told that the copy met its limit before. */
  const carryOn = (): string => {
    breakers.carryOn(copy, LOSS_LIMITS.indexOf('loss_money'));
    return step();
  };
  const held = (): number => stage.sheet.rows.target[row] ?? 0;
  /** Lets pass what something waits for. */
  const wait = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    for (const work of waits.splice(0)) work();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return { mark, load, halted, carryOn, held, told, database, wait };
}

describe('marks in a row that close', () => {
  it('are those of what the copy holds: others repeat the same wick', () => {
    const { mark } = holder();
    expect(mark('BTC', '90')).toBe('halt_new');
    expect(mark('ETH', '50')).toBe('halt_new');
    expect(mark('ETH', '51')).toBe('halt_new');
    expect(mark('BTC', '90')).toBe('close');
  });
});

describe('a step of a loss limit', () => {
  it('that nobody could be told of is told once the database is back', async () => {
    const { mark, told, database, wait } = holder();
    database.isAway = true;
    expect(mark('BTC', '90')).toBe('halt_new');
    await wait();
    expect(told).toEqual([]);
    database.isAway = false;
    await wait();
    expect(told).toEqual(['halt_new']);
  });
});

describe('a process that begins', () => {
  it('halts what was lost meanwhile on the marks it has read, before anything is planned; the stream confirms it', () => {
    const { mark, load, halted } = holder();
    expect(load('90')).toBe('halt_new');
    expect(halted()).toBe(true);
    expect(mark('BTC', '90')).toBe('halt_new');
    expect(mark('BTC', '90')).toBe('close');
  });

  it('closes a copy whose limit the one before met, although nothing is lost by now, and whatever comes', () => {
    const { mark, load, carryOn, held } = holder();
    expect([load('100'), held()]).toEqual(['none', 10_000_000]);
    expect([carryOn(), held()]).toEqual(['close', 0]);
    expect(mark('BTC', '110')).toBe('close');
  });

  it('halts nothing that lost less', () => {
    const { load, halted } = holder();
    expect(load('99')).toBe('none');
    expect(halted()).toBe(false);
  });
});
