import { LOSS_LIMITS } from '@lockstep/risk';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';
import { SCOPE } from '../testing/wave-stage';
import { carryBreakers } from './carry-breakers';
import type { OpenJournal } from './open-journals';

const WRITTEN_AT = 1_000;
const DAILY = LOSS_LIMITS.indexOf('daily');

/** Journal rows, each with one order of copy 1; `breaker` as in its column. */
const rowOf = (breaker: number, createdAt = WRITTEN_AT): OpenJournal =>
  ({ row: { createdAt }, packed: { orders: { count: 1, breaker: [breaker], copyNo: [1] } } }) as unknown as OpenJournal;

/** The limits by which a start breaks copy 1. */
async function carried(state: string, rows: readonly OpenJournal[], enabledAt: number | null = null): Promise<readonly number[]> {
  const copy = { no: 1, id: 'cpy_1', state, group: { scope: SCOPE } } as unknown as CopyRecord;
  const begunSince = async (kind: string, targetId: string, at: number) =>
    kind === 'copy.re_enable' && targetId === 'cpy_1' && enabledAt !== null && enabledAt >= at;
  const ctx = {
    registry: { copies: new Map([[1, copy]]) },
    storage: { scoped: async (_scope: unknown, work: (unit: unknown) => Promise<unknown>) => work({ commands: { begunSince } }) },
  } as unknown as EngineContext;
  const limits: number[] = [];
  await carryBreakers(ctx, { carryOn: (_copy, limit) => void limits.push(limit) }, rows);
  return limits;
}

describe('what a start makes of exits of a breaker that it finds in the journal', () => {
  it.each<[what: string, state: string, rows: readonly OpenJournal[], enabledAt: number | null, limits: readonly number[]]>([
    ['the copy is broken where that was not written', 'active', [rowOf(1 + DAILY)], null, [DAILY]],
    ['one that is paused or winds down is as well', 'winding_down', [rowOf(1 + DAILY)], null, [DAILY]],
    ['however many there are, once', 'paused', [rowOf(1 + DAILY), rowOf(0), rowOf(1 + DAILY)], null, [DAILY]],
    ['nothing where its state is written', 'breaker_closed', [rowOf(1 + DAILY)], null, []],
    ['nor where it is being stopped', 'stopping', [rowOf(1 + DAILY)], null, []],
    ['other exits break nothing', 'active', [rowOf(0)], null, []],
    ['nor do those from before the copy was enabled again', 'active', [rowOf(1 + DAILY)], WRITTEN_AT + 1, []],
    ['those of after it do', 'active', [rowOf(1 + DAILY), rowOf(1, WRITTEN_AT + 2)], WRITTEN_AT + 1, [0]],
  ])('%s', async (_what, state, rows, enabledAt, limits) => {
    expect(await carried(state, rows, enabledAt)).toEqual(limits);
  });
});
