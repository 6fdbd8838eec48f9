import { NOW } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { SCOPE, WaveStage } from '../testing/wave-stage';
import type { RecordedMove } from '../wave/recorded-move';
import { NOTHING_BEHIND, runMoves } from '../wave/run-wave';
import type { WaveLanes } from '../wave/wave-lanes';
import { planUnplanned } from './plan-unplanned';

/** Rows as a process wrote them that died before those of the second copy's tenant stood. */
async function rowsOfFirstCopy(...sizes: readonly string[]): Promise<readonly object[]> {
  const stage = new WaveStage();
  const rows: object[] = [];
  const { scoped } = stage.ctx.storage;
  const keeping = {
    scoped: (scope: never, work: (unit: { readonly journal: object }) => Promise<unknown>) =>
      scoped(scope, (unit) => {
        const insertAll = async (given: readonly { readonly moveId: bigint; readonly part: number; readonly packed: Buffer }[]) => {
          rows.push(...given.map((row) => ({ ...row, createdAt: NOW, writtenAt: null })));
          return given.length;
        };
        return work({ ...(unit as unknown as { readonly journal: object }), journal: { insertAll } });
      }),
  };
  const ctx = { ...stage.ctx, storage: keeping } as unknown as EngineContext;
  await runMoves(ctx, stage.books as unknown as Bookkeeper, stage.moves('0', ...sizes), NOTHING_BEHIND);
  return rows;
}

/** What the next process sends for the second copy of the leader's moves to these sizes, of which the first ones have rows of the first copy; and the moves it leaves to the lanes. */
async function nextProcess(sizes: readonly string[], written: number) {
  const rows = await rowsOfFirstCopy(...sizes.slice(0, written));
  const stage = new WaveStage({ copies: 2 });
  const { scoped } = stage.ctx.storage;
  const reading = {
    scoped: (scope: never, work: (unit: { readonly journal: object }) => Promise<unknown>) =>
      scoped(scope, (unit) => {
        const { journal } = unit as unknown as { readonly journal: object };
        return work({ ...(unit as object), journal: { ...journal, ofMoves: async () => rows } });
      }),
  };
  for (const copy of stage.ctx.registry.copies.values()) Object.assign(copy, { startedAt: NOW - 1 });
  const ctx = { ...stage.ctx, storage: reading, scopes: () => [SCOPE] } as unknown as EngineContext;
  const pushed: RecordedMove[] = [];
  const lanes = { push: (moves: readonly RecordedMove[]) => void pushed.push(...moves), idle: async () => undefined } as unknown as WaveLanes;
  await planUnplanned(ctx, stage.books as unknown as Bookkeeper, lanes, stage.moves('0', ...sizes), new Map());
  return { sent: stage.sent, pushed: pushed.map(({ wave }) => wave), withheld: stage.outcomes.map(({ wave }) => wave.superseded) };
}

describe('copies without a row of a wave of which others have theirs', () => {
  it('are planned into it', async () => {
    expect(await nextProcess(['10'], 1)).toEqual({ sent: ['buy 10'], pushed: [], withheld: [false] });
  });

  it('enter nothing that a newer move of the leader stands behind', async () => {
    expect(await nextProcess(['10', '0'], 1)).toEqual({ sent: [], pushed: [2], withheld: [true] });
  });

  it('are sent the last of several alone', async () => {
    expect(await nextProcess(['4', '10'], 2)).toEqual({ sent: ['buy 10'], pushed: [], withheld: [true, false] });
  });
});
