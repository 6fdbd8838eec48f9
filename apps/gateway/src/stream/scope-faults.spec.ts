import { makeId, present } from '@lockstep/kernel';
import type { SandboxFaultRow } from '@lockstep/storage';
import { type FaultId, meet, scopeFromPlatformList, testScopeOf } from '@lockstep/tenancy';
import { describe, expect, it } from 'vitest';
import { ScopeFaults } from './scope-faults';

const tenantId = makeId('tenant', 1, new Uint8Array(10));
const scope = present(testScopeOf(scopeFromPlatformList(tenantId, 'test')), 'a test scope');
const KEY = makeId('apiKey', 1, new Uint8Array(10));
const OTHER = makeId('apiKey', 2, new Uint8Array(10));

const faultOf = (over: Partial<SandboxFaultRow>): SandboxFaultRow => ({
  tenantId,
  environment: 'test',
  id: 'flt_1' as FaultId,
  kind: 'event_repeated',
  operation: null,
  keyId: null,
  times: null,
  probability: null,
  seed: 1,
  everyEvents: null,
  met: 0,
  struck: 0,
  createdAt: 100,
  endsAt: 1_000,
  httpStatus: null,
  retryAfterS: null,
  delayMs: null,
  lastStruckAt: null,
  actor: KEY,
  ...over,
});

/** Faults whose counts stand in memory instead of the database. */
async function scopeWith(...rows: readonly SandboxFaultRow[]) {
  const kept = new Map(rows.map((row) => [row.id, row]));
  const faults = new ScopeFaults(
    {
      ofStreams: async () => [...kept.values()],
      strikesOf: async (_scope, id, count, untilStruck) => {
        const { fault, strikes } = meet(present(kept.get(id), 'a fault that is known'), count, untilStruck);
        kept.set(id, fault);
        return strikes;
      },
    },
    scope,
  );
  await faults.refresh();
  return { faults, countsOf: (id: string) => [kept.get(id as FaultId)?.met, kept.get(id as FaultId)?.struck] };
}

const reader = (openedAt = 200, keyId: string = KEY) => ({ keyId, openedAt });
const told = (fates: readonly { readonly twice: boolean; readonly cut: boolean }[]): string =>
  fates.map(({ twice, cut }) => (cut ? (twice ? 'X' : 'x') : twice ? '2' : '1')).join('');

describe('what becomes of the events of a reader', () => {
  it.each<[string, readonly Partial<SandboxFaultRow>[], string]>([
    ['all go once where no fault is', [], '11111111'],
    ['each goes twice', [{}], '22222222'],
    ['the first goes twice, once', [{ times: 1 }], '21111111'],
    ['every third goes twice', [{ everyEvents: 3 }], '11211211'],
    ['every third goes twice, once', [{ everyEvents: 3, times: 1 }], '11211111'],
    ['the stream is cut behind the fifth', [{ kind: 'stream_dropped', everyEvents: 5 }], '1111x'],
    ['what goes twice ends with the cut', [{ times: 4 }, { id: 'flt_2' as FaultId, kind: 'stream_dropped', everyEvents: 3 }], '22X'],
    ['of another key’s faults none counts', [{ keyId: OTHER }], '11111111'],
    ['a fault of open streams is none of events', [{ kind: 'stream_dropped' }], '11111111'],
  ])('%s', async (_what, rows, expected) => {
    const { faults } = await scopeWith(...rows.map(faultOf));
    expect(told(await faults.readerOf(reader()).ahead(8))).toBe(expected);
  });

  it('does not depend on how many are asked about at a time', async () => {
    for (const pieces of [[12], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [5, 7], [2, 3, 4, 3]]) {
      const { faults } = await scopeWith(faultOf({ everyEvents: 4, times: 2 }));
      const asks = faults.readerOf(reader());
      let text = '';
      for (const piece of pieces) text += told(await asks.ahead(piece));
      expect(text).toBe('111211121111');
    }
  });

  it('is counted per stream: each begins anew', async () => {
    const { faults, countsOf } = await scopeWith(faultOf({ kind: 'stream_dropped', everyEvents: 4, times: 2 }));
    for (const expected of ['111x', '111x', '1111']) expect(told(await faults.readerOf(reader()).ahead(4))).toBe(expected);
    expect(countsOf('flt_1')).toEqual([2, 2]);
  });

  it('meets nothing behind a cut', async () => {
    const { faults, countsOf } = await scopeWith(faultOf({}), faultOf({ id: 'flt_2' as FaultId, kind: 'stream_dropped', everyEvents: 2 }));
    await faults.readerOf(reader()).ahead(50);
    expect([countsOf('flt_1'), countsOf('flt_2')]).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });

  it('has to be asked only while a fault of events is in force for the reader', async () => {
    const pending = async (over: Partial<SandboxFaultRow>): Promise<boolean> => (await scopeWith(faultOf(over))).faults.readerOf(reader()).pending();
    expect([await pending({}), await pending({ keyId: OTHER }), await pending({ kind: 'stream_dropped' })]).toEqual([true, false, false]);
    const { faults } = await scopeWith(faultOf({}));
    faults.forget();
    expect([faults.any, faults.readerOf(reader()).pending()]).toEqual([false, false]);
  });
});

describe('streams that are cut at once', () => {
  const drop = (over: Partial<SandboxFaultRow> = {}) => faultOf({ kind: 'stream_dropped', ...over });

  it('are those that were open when the fault was set, each once', async () => {
    const { faults, countsOf } = await scopeWith(drop());
    const [early, same, late] = [reader(50), reader(100), reader(101)];
    expect(await faults.cutNow([early, same, late])).toEqual([early, same]);
    expect(await faults.cutNow([early, same, late])).toEqual([]);
    expect(countsOf('flt_1')).toEqual([2, 2]);
  });

  it('are as many as were asked for, and of the key it is aimed at', async () => {
    const { faults } = await scopeWith(drop({ times: 1, keyId: OTHER }));
    const [mine, first, second] = [reader(1), reader(1, OTHER), reader(1, OTHER)];
    expect(await faults.cutNow([mine, first, second])).toEqual([first]);
  });

  it('are met again where nobody could be asked', async () => {
    let fails = true;
    const faults = new ScopeFaults(
      {
        ofStreams: async () => [drop()],
        strikesOf: async () => {
          if (fails) throw new Error('the database is away');
          return [0];
        },
      },
      scope,
    );
    await faults.refresh();
    const one = reader(1);
    await expect(faults.cutNow([one])).rejects.toThrow('away');
    fails = false;
    expect(await faults.cutNow([one])).toEqual([one]);
  });
});
