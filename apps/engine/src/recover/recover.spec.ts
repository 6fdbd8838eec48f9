import { STATUS } from '@lockstep/replication';
import { at, entryOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import { closeWhatCloses } from './recover';

/** The target of a copy that holds 10, once a new process has closed what closes. */
function targetOf(state: string, status: number): number {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1'), { status }));
  stage.sheet.rows.position[row] = 10;
  stage.sheet.rows.target[row] = 10_000_000;
  const copy = { no: 1, row, state, watched: { book: stage.book } as unknown as WatchedAccount } as unknown as CopyRecord;
  closeWhatCloses({ registry: { copies: new Map([[1, copy]]) } } as unknown as Pick<EngineContext, 'registry'>);
  return at(stage.sheet.rows.target, row);
}

describe('a new process', () => {
  it.each([
    ['leaves an active copy its last intent', 'active', STATUS.active, 10_000_000],
    ['closes a copy whose closing was written down', 'breaker_closed', STATUS.breaker, 0],
    ['closes one whose loss limit it met itself, before it had the last intents', 'active', STATUS.breaker, 0],
  ])('%s', (_what, state, status, target) => {
    expect(targetOf(state, status)).toBe(target);
  });
});
