import type { TenantScope } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { EPISODE, STATUS } from '@lockstep/replication';
import { entryOf, NOW, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { encodeCopySettings } from '@lockstep/roster';
import type { CommandRow, ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { CopyLedger } from '../state/copy-ledger';
import { type CopyRecord, Registry } from '../state/registry';
import { EquityWriter } from '../state/save-equity';
import { changeSettings, reEnableCopy } from './change-copy';
import type { CommandParts } from './command-end';
import { StopWishes } from './stop-wishes';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;
const ID = 'cpy_a';

/** A flat copy that lost half and was closed by its loss limit; `saved` are the details of its equity as written, in order. */
function broken() {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1'), { status: STATUS.breaker | STATUS.closing | STATUS.windingDown }));
  const { copies } = stage.book;
  const start = copies.equity[row] ?? 0;
  copies.netPnl[row] = -start / 2;
  copies.equity[row] = start / 2;
  const registry = new Registry();
  const group = { scope: SCOPE, leaderId: 'ldr_a' };
  const copy = {
    no: 1,
    id: ID,
    row,
    state: 'breaker_closed',
    settings: settingsOf('1'),
    account: { scope: SCOPE },
    group,
    watched: { book: stage.book },
  } as unknown as CopyRecord;
  registry.copies.set(1, copy);
  registry.copiesById.set(ID, copy);
  const saved: { readonly navFactor: number; readonly navEquity: number }[] = [];
  const unit = {
    now: NOW,
    records: {
      writeCopyState: async () => true,
      savePositionStates: async () => undefined,
      saveEquity: async (states: readonly { readonly detail: { readonly navFactor: number; readonly navEquity: number } }[]) => {
        saved.push(...states.map(({ detail }) => detail));
      },
    },
    events: { append: async () => undefined },
    copies: { settings: async () => ({ settings: encodeCopySettings(settingsOf('1', { direction: 'inverse' })) }) },
  } as unknown as ScopedUnit;
  const stops = new StopVersion();
  const ctx = {
    registry,
    wishes: new StopWishes(registry, () => stops.changed()),
    clock: { now: () => NOW },
    ids: { next: () => 'evt_a' },
    limits: ENGINE_LIMITS,
    log: silentLogger,
    stops,
    sending: { busy: false },
    booked: new CopyLedger(),
    storage: { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) },
  } as unknown as EngineContext;
  const parts = { books: { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() } } as unknown as CommandParts;
  const enable = () => reEnableCopy(ctx, parts, { targetId: ID } as unknown as CommandRow);
  const turn = () => changeSettings(ctx, parts, SCOPE, { targetId: ID, payload: { version: 2 } } as unknown as CommandRow);
  return { ctx, stage, copy, turn, copies, row, start, saved, enable };
}

describe('a copy that is enabled again after a loss limit', () => {
  it('enters again, also where it was winding down', async () => {
    const { copies, row, enable } = broken();
    expect(await enable()).toMatchObject({ status: 'applied' });
    expect(copies.status[row]).toBe(STATUS.active);
  });

  it('has its new references written with its new state', async () => {
    const { start, saved, enable } = broken();
    await enable();
    expect(saved).toMatchObject([{ navFactor: 1_000_000_000_000, navEquity: start / 2 }]);
  });
});

describe('a direction that changes', () => {
  it('closes what was opened before the change was here, and waits for the next open', async () => {
    const { stage, row, copy, turn } = broken();
    stage.book.setStatus(row, STATUS.breaker | STATUS.closing | STATUS.windingDown, false);
    stage.book.setStatus(row, STATUS.active, true);
    copy.state = 'active';
    stage.follow('10');
    expect(stage.sheet.rows.position[row]).toBe(10);
    expect(await turn()).toMatchObject({ status: 'applied' });
    expect([stage.sheet.rows.target[row], stage.sheet.rows.episode[row]]).toEqual([0, EPISODE.awaitingOpen]);
    stage.follow('20');
    expect(stage.sheet.rows.position[row]).toBe(0);
    stage.follow('0');
    stage.follow('10');
    expect(stage.sheet.rows.position[row]).toBe(-10);
  });
});

describe('writing equity', () => {
  it('writes references that moved while the equity stood', async () => {
    const { ctx, copies, row, saved } = broken();
    const writer = new EquityWriter(ctx);
    await writer.write();
    await writer.write();
    expect(saved).toHaveLength(1);
    copies.navEquity[row] = 1;
    await writer.write();
    expect(saved).toMatchObject([{}, { navEquity: 1 }]);
  });
});

describe('a leader that opens while a copy is being enabled again', () => {
  it('is followed from its next open, not into the position it opened meanwhile', async () => {
    const { ctx, stage, copy, row, enable } = broken();
    const scoped = ctx.storage.scoped.bind(ctx.storage);
    // The copy is closed still: the open is refused.
    Object.assign(ctx.storage, {
      scoped: async (scope: TenantScope, work: (unit: ScopedUnit) => Promise<unknown>) => {
        if (stage.sheet.leaderLots === 0) stage.follow('10');
        return scoped(scope, work as never);
      },
    });
    expect(await enable()).toMatchObject({ status: 'applied' });
    expect([copy.state, stage.sheet.rows.episode[row]]).toEqual(['active', EPISODE.awaitingOpen]);
    stage.follow('20');
    expect(stage.sheet.rows.position[row]).toBe(0);
    stage.follow('0');
    stage.follow('10');
    expect(stage.sheet.rows.position[row]).toBe(10);
  });
});
