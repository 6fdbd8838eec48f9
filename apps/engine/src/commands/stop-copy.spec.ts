import type { TenantScope } from '@lockstep/kernel';
import type { ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { Registry, type WatchedAccount } from '../state/registry';
import type { CommandParts } from './command-end';
import { closeLeader } from './stop-copy';

const SCOPE = { tenantId: 'ten_a', environment: 'test' } as unknown as TenantScope;
const WATCHED_NO = 4;

/** Closes a leader of an address that `leaders` refer to; answers the numbers no longer watched. */
async function closing(leaders: readonly string[], closed: string): Promise<readonly number[]> {
  const registry = new Registry();
  registry.watched.set(WATCHED_NO, { no: WATCHED_NO, leaders: new Set(leaders) } as unknown as WatchedAccount);
  const unit = {
    leaders: { findOne: async () => ({ watchedNo: BigInt(WATCHED_NO) }) },
    records: { runningCopies: async () => [] },
  } as unknown as ScopedUnit;
  const storage = { scoped: async <T>(_scope: TenantScope, work: (unit: ScopedUnit) => Promise<T>) => work(unit) };
  const left: number[] = [];
  const parts = { watch: { unwatch: ({ no }: WatchedAccount) => left.push(no) } } as unknown as CommandParts;
  expect(await closeLeader({ registry, storage } as unknown as EngineContext, parts, SCOPE, closed, Promise.resolve())).toMatchObject({
    status: 'applied',
  });
  return left;
}

describe('closing a leader', () => {
  it.each<[string, readonly string[], string, readonly number[]]>([
    ['the last of its address gives the seat back', ['ldr_a'], 'ldr_a', [WATCHED_NO]],
    ['one of several leaves it to the others, whosever they are', ['ldr_a', 'ldr_b'], 'ldr_a', []],
    ['again changes nothing', ['ldr_b'], 'ldr_a', []],
  ])('%s', async (_what, leaders, closed, expected) => {
    expect(await closing(leaders, closed)).toEqual(expected);
  });
});
