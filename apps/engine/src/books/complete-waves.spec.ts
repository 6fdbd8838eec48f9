import { makeId, type TenantScope } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { OpenWave } from '../state/open-orders';
import type { CopyRecord } from '../state/registry';
import { WaveCompletion } from './complete-waves';

const scopeOf = (no: number) => ({ tenantId: makeId('tenant', no, new Uint8Array(10)), environment: 'test' }) as unknown as TenantScope;
const [NORTH, SOUTH] = [scopeOf(1), scopeOf(2)];
const waveOf = (journalNo: number, scope: TenantScope): OpenWave => ({ journalNo, isMove: false, scopes: [scope], open: 0, handed: true });

describe('journal rows of settled waves', () => {
  it('stay open while a breaker of their tenant is not written, and are closed by a later look', async () => {
    const closed: number[] = [];
    const looks: (() => void)[] = [];
    const timer = { cancel: () => undefined };
    const records = { completeJournal: async (_shard: number, numbers: readonly number[]) => void closed.push(...numbers) };
    const unwrittenBreakers = new Set([{ group: { scope: NORTH } } as unknown as CopyRecord]);
    const ctx = {
      log: silentLogger,
      shard: 0,
      unwrittenBreakers,
      timers: {
        after: (_ms: number, look: () => void) => {
          looks.push(look);
          return timer;
        },
      },
      storage: { scoped: async (_scope: unknown, work: (unit: unknown) => Promise<unknown>) => work({ records }) },
    } as unknown as EngineContext;
    const completion = new WaveCompletion(() => ctx);
    completion.take(waveOf(1, NORTH));
    completion.take(waveOf(2, SOUTH));
    await completion.flush();
    expect(closed).toEqual([2]);
    unwrittenBreakers.clear();
    looks.at(-1)?.();
    await expect.poll(() => closed).toEqual([2, 1]);
  });
});
