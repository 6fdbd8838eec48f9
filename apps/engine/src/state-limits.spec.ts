import type { TenantScope } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { MICRO, revalue, STATUS } from '@lockstep/replication';
import { dollars, entryOf, NOW, priceOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { StateAction } from '@lockstep/roster';
import type { ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import type { Bookkeeper } from './books/bookkeeper';
import { EventTeller } from './books/tell-events';
import { type EngineContext, StopVersion } from './context';
import { CopyLedger } from './state/copy-ledger';
import { type CopyRecord, Registry, type WatchedAccount } from './state/registry';
import { StateLimits } from './state-limits';
import { TestClocks } from './test-clocks';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;

/** A copy that holds ten at 100 with a position limit of 1,100; `written` counts intents that were written down, `failing` makes every write fail. */
function stageOf(action: StateAction, failing = false) {
  const stage = new Stage();
  const caps = { ...settingsOf('1').caps, maxPositionNotional: dollars(1_100) };
  const row = stage.add(entryOf(1, settingsOf('1', { caps, stateLimits: { ...settingsOf('1').stateLimits, position_notional: action } })));
  stage.follow('10');
  const registry = new Registry();
  const watched = { no: 1, network: {}, book: stage.book } as unknown as WatchedAccount;
  registry.copies.set(1, {
    no: 1,
    id: 'cpy_a',
    row,
    state: 'active',
    group: { scope: SCOPE },
    account: { scope: SCOPE },
    watched,
  } as unknown as CopyRecord);
  const told: string[] = [];
  const database = { isAway: false };
  const waits: (() => void)[] = [];
  /** Another action, and how many marks in a row are waited for. */
  const act = (by: StateAction, closeAfterMarks = 1): void => {
    const { stateLimits, breaker } = settingsOf('1');
    stage.book.setSettings(
      row,
      settingsOf('1', { caps, stateLimits: { ...stateLimits, position_notional: by }, breaker: { ...breaker, closeAfterMarks } }),
      2,
    );
  };
  let written = 0;
  const unit = {
    now: NOW,
    records: {
      savePositionStates: async () => {
        if (failing) throw new Error('the database is away');
        written += 1;
      },
    },
    events: {
      append: async (events: readonly unknown[]) => {
        if (database.isAway) throw new Error('the database is away');
        told.push(...events.map((event) => /action\W+(\w+)/.exec(JSON.stringify(event))?.[1] ?? ''));
      },
    },
  } as unknown as ScopedUnit;
  const ctx = {
    clocks: new TestClocks(),
    registry,
    clock: { now: () => NOW },
    ids: { next: () => 'evt_a' },
    log: silentLogger,
    stops: new StopVersion(),
    wakeEvents: () => undefined,
    timers: { after: (_ms: number, work: () => void) => ({ cancel: () => undefined, no: waits.push(work) }) },
    booked: new CopyLedger(),
    storage: { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) },
  } as unknown as EngineContext;
  const books = { run: async <T>(_scope: TenantScope, work: () => Promise<T>) => work() } as unknown as Bookkeeper;
  let closes = 0;
  const repairs = {
    close: async () => {
      closes += 1;
    },
  };
  const lanes = { alone: async <T>(_watched: WatchedAccount, _coin: string, work: () => Promise<T>) => work() };
  const limits = new StateLimits(ctx, books, repairs, lanes as never, new EventTeller(ctx, books));
  const mark = async (text: string) => {
    stage.book.setMark('BTC', priceOf(text), NOW);
    stage.sheet.mark = Number(priceOf(text));
    revalue(stage.book, NOW, 5_000);
    const before = ctx.stops.current;
    limits.look(watched, true, () => true);
    const atOnce = { halted: ((stage.book.copies.status[row] ?? 0) & STATUS.limitHalt) !== 0, target: (stage.sheet.rows.target[row] ?? 0) / MICRO };
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    return { ...atOnce, looksAgain: ctx.stops.current !== before };
  };
  /** Lets pass what something waits for. */
  const wait = async () => {
    for (const work of waits.splice(0)) work();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return { mark, act, told, database, wait, standing: () => ({ written, closes }) };
}

describe('limits that what a copy holds passes', () => {
  it('halt and lower targets in the step that sees it, make waves look again, and write down and send behind it', async () => {
    const { mark, told, standing } = stageOf('trim');
    expect(await mark('109')).toEqual({ halted: false, target: 10, looksAgain: false });
    expect(await mark('120')).toEqual({ halted: true, target: 8, looksAgain: true });
    expect([told, standing()]).toEqual([['trim'], { written: 1, closes: 1 }]);
    // The next mark finds the trim on its way.
    await mark('121');
    expect(standing()).toEqual({ written: 1, closes: 1 });
    expect(await mark('100')).toEqual({ halted: false, target: 8, looksAgain: true });
    expect(told).toEqual(['trim', 'release']);
  });

  it('are told once and nothing more where the action is alert', async () => {
    const { mark, told, standing } = stageOf('alert');
    expect(await mark('120')).toEqual({ halted: false, target: 10, looksAgain: false });
    await mark('121');
    expect([told, standing()]).toEqual([['alert'], { written: 0, closes: 0 }]);
  });

  it('are told once the database is back, in their order: where the action is alert, nothing else would act on them', async () => {
    const { mark, told, database, wait } = stageOf('alert');
    database.isAway = true;
    await mark('120');
    await wait();
    await mark('100');
    await wait();
    expect(told).toEqual([]);
    database.isAway = false;
    await wait();
    expect(told).toEqual(['alert', 'release']);
    await mark('120');
    expect(told).toEqual(['alert', 'release', 'alert']);
  });

  it('halt by the first mark after their action became one that reduces, however many marks that waits for', async () => {
    const { mark, act, told, standing } = stageOf('alert');
    expect(await mark('120')).toMatchObject({ halted: false });
    act('trim', 3);
    expect(await mark('120')).toEqual({ halted: true, target: 10, looksAgain: true });
    await mark('120');
    expect(await mark('120')).toMatchObject({ halted: true, target: 8 });
    expect([told, standing().closes]).toEqual([['alert'], 1]);
  });

  it('halt no longer once their action became an alert', async () => {
    const { mark, act, told } = stageOf('none');
    act('trim', 3);
    expect(await mark('120')).toMatchObject({ halted: true });
    act('alert');
    expect(await mark('120')).toEqual({ halted: false, target: 10, looksAgain: true });
    expect(told).toEqual(['trim']);
  });

  it('are acted on although nothing can be written', async () => {
    const { mark, standing } = stageOf('close', true);
    expect(await mark('120')).toMatchObject({ halted: true, target: 0 });
    expect(standing()).toEqual({ written: 0, closes: 1 });
  });
});
