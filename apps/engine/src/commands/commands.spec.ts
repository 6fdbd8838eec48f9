import type { TenantScope } from '@lockstep/kernel';
import { silentLogger, systemTimers } from '@lockstep/platform';
import { usableEquity } from '@lockstep/replication';
import { dollars, entryOf, NOW, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { CommandRow, ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS } from '../limits';
import { type CopyRecord, Registry } from '../state/registry';
import { Rights } from '../state/rights';
import type { CommandParts } from './command-end';
import { Commands } from './commands';
import { StopWishes } from './stop-wishes';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;
const ID = 'cpy_a';

/** A process that begins with a copy of 1,000 in force and wishes that are pending; nothing is carried out yet. Tells how much of the copy may be entered with. */
async function begun(...wishes: readonly (readonly [allocation: number, applies: string, createdAt: number])[]) {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1'), { allocation: dollars(1_000), realEquity: dollars(10_000) }));
  const registry = new Registry();
  const group = { scope: SCOPE, leaderId: 'ldr_a' };
  const copy = { no: 1, id: ID, row, state: 'active', startedAt: NOW, group, account: {}, watched: { book: stage.book } } as unknown as CopyRecord;
  registry.addCopy(copy);
  const pending = wishes.map(([allocation, applies, createdAt], index) => ({
    no: BigInt(index + 1),
    kind: 'copy.allocation',
    targetId: ID,
    payload: { allocation: dollars(allocation).toString(), applies },
    createdAt,
  })) as unknown as readonly CommandRow[];
  const unit = { commands: { pending: async (_limit: number, after: bigint) => pending.filter(({ no }) => no > after) } } as unknown as ScopedUnit;
  const stops = new StopVersion();
  const ctx = {
    registry,
    stops,
    wishes: new StopWishes(
      registry,
      () => stops.changed(),
      new Rights(),
      () => NOW,
    ),
    scopes: () => [SCOPE],
    limits: ENGINE_LIMITS,
    log: silentLogger,
    timers: { ...systemTimers, every: () => ({ cancel: () => undefined }) },
    storage: { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) },
  } as unknown as EngineContext;
  const wakeups = { subscribe: async () => async () => undefined, onReconnect: () => undefined };
  const commands = new Commands(ctx, { wakeups } as unknown as CommandParts);
  const before = stops.current;
  await commands.open();
  const usable = usableEquity(stage.book.copies, row);
  await commands.stop();
  return [usable / Number(dollars(1)), stops.current !== before, stage.book.copies.allocation[row]];
}

describe('an allocation that was lowered before a process began', () => {
  const [before, since] = [NOW, NOW + 1];

  it.each([
    ['binds before anything is planned, and losses are measured without it', [[400, 'next_increase', since]], 400],
    [
      'binds by the least that was asked for',
      [
        [400, 'next_increase', since],
        [300, 'next_increase', since],
        [900, 'next_increase', since],
      ],
      300,
    ],
    ['takes down what is entered meanwhile where it acts at once', [[400, 'now', since]], 1_000],
    ['is gone where its copy began behind it', [[400, 'next_increase', before]], 1_000],
    ['changes nothing where it was raised', [[1_200, 'next_increase', since]], 1_000],
  ] as const)('%s', async (_what, wishes, usable) => {
    expect(await begun(...wishes)).toEqual([usable, usable < 1_000, Number(dollars(1_000))]);
  });
});
