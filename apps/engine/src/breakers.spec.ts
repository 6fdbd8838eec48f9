import type { TenantScope } from '@lockstep/kernel';
import { silentLogger, systemTimers } from '@lockstep/platform';
import { breakerOf, dollars, entryOf, instrumentOf, NOW, priceOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { BREAKER_STEPS } from '@lockstep/risk';
import type { ScopedUnit } from '@lockstep/storage';
import type { MarkUpdate } from '@lockstep/venues/port';
import { describe, expect, it } from 'vitest';
import type { Bookkeeper } from './books/bookkeeper';
import { Breakers } from './breakers';
import { type EngineContext, StopVersion } from './context';
import { ENGINE_LIMITS } from './limits';
import type { Repairs } from './repair/repair';
import type { Network } from './state/networks';
import { type CopyRecord, Registry, type WatchedAccount } from './state/registry';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;

/** A copy that holds BTC, closed by the second mark in a row that shows 100 lost; its leader trades ETH as well. */
function holder() {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1', { breaker: breakerOf({ lossMoney: dollars(100), closeAfterMarks: 2 }) })));
  stage.book.sheet(instrumentOf('ETH'));
  stage.follow('10');
  const network = {} as unknown as Network;
  const registry = new Registry();
  const watched = { no: 1, network, book: stage.book } as unknown as WatchedAccount;
  registry.watched.set(1, watched);
  registry.copies.set(1, { no: 1, id: 'cpy_a', row, state: 'active', group: { scope: SCOPE, leaderId: 'ldr_a' }, watched } as unknown as CopyRecord);
  const unit = { events: { append: async () => undefined } } as unknown as ScopedUnit;
  const ctx = {
    registry,
    clock: { now: () => NOW },
    ids: { next: () => 'evt_a' },
    limits: ENGINE_LIMITS,
    log: silentLogger,
    stops: new StopVersion(),
    wakeEvents: () => undefined,
    storage: { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) },
    timers: systemTimers,
  } as unknown as EngineContext;
  const books = { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() } as unknown as Bookkeeper;
  const breakers = new Breakers(ctx, books, { close: async () => undefined } as unknown as Repairs);
  breakers.stop();
  return (coin: string, text: string): string => {
    breakers.takeMarks(network, [{ coin, markPrice: priceOf(text), receivedAt: NOW } as unknown as MarkUpdate]);
    return BREAKER_STEPS[stage.book.copies.breakerStep[row] ?? 0] ?? '';
  };
}

describe('marks in a row that close', () => {
  it('are those of what the copy holds: others repeat the same wick', () => {
    const mark = holder();
    expect(mark('BTC', '90')).toBe('halt_new');
    expect(mark('ETH', '50')).toBe('halt_new');
    expect(mark('ETH', '51')).toBe('halt_new');
    expect(mark('BTC', '90')).toBe('close');
  });
});
