import { silentLogger } from '@lockstep/platform';
import { STATUS } from '@lockstep/replication';
import { entryOf, Stage, settingsOf } from '@lockstep/replication/testing/book-builder';
import type { CopySettings } from '@lockstep/roster';
import type { ScopedUnit } from '@lockstep/storage';
import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../context';
import { CopyLedger } from '../state/copy-ledger';
import type { CopyRecord } from '../state/registry';
import type { CommandParts } from './command-end';
import { leaveWhatLeaderLeft } from './leave-what-leader-left';

/** A copy that followed increases only into a position; its settings change by `part` after its leader went through `moves`. */
async function changed(moves: readonly string[], part: Partial<CopySettings>, status: number = STATUS.active, fails = false) {
  const stage = new Stage();
  const row = stage.add(entryOf(1, settingsOf('1', { follow: 'increases_only', direction: part.direction ?? 'same' })));
  for (const position of moves) stage.follow(position);
  stage.book.setSettings(row, settingsOf('1', part), 2);
  stage.book.copies.status[row] = status;
  const written: bigint[] = [];
  const unit = {
    records: {
      savePositionStates: async (states: readonly { readonly targetMicro: bigint }[]) => {
        if (fails) throw new Error('the database is down');
        written.push(...states.map(({ targetMicro }) => targetMicro));
      },
    },
  };
  const ctx = {
    log: silentLogger,
    booked: new CopyLedger(),
    storage: { scoped: async <T>(_scope: unknown, work: (scoped: ScopedUnit) => Promise<T>) => work(unit as unknown as ScopedUnit) },
  } as unknown as EngineContext;
  const parts = {
    books: { run: async <T>(_scope: unknown, work: () => Promise<T>) => work() },
    lanes: { alone: async (_watched: unknown, _coin: string, work: () => Promise<void>) => work() },
  } as unknown as Pick<CommandParts, 'books' | 'lanes'>;
  const copy = { no: 1, row, account: { scope: {} }, watched: { book: stage.book } } as unknown as CopyRecord;
  const failed = await leaveWhatLeaderLeft(ctx, parts, copy).then(
    () => false,
    () => true,
  );
  return { target: (stage.sheet.rows.target[row] ?? 0) / 1_000_000, writes: written.length, failed };
}

describe('what a leader left and its copy kept', () => {
  it.each<[string, readonly string[], Partial<CopySettings>, number, number]>([
    ['is closed once the copy follows everything', ['10', '0'], { follow: 'all' }, STATUS.active, 0],
    ['is closed for an inverse copy too', ['10', '0'], { follow: 'all', direction: 'inverse' }, STATUS.active, 0],
    ['is closed once the copy enters nothing more', ['10', '0'], { follow: 'decreases_only' }, STATUS.active, 0],
    ['is closed while the copy is paused', ['10', '0'], { follow: 'all' }, STATUS.active | STATUS.paused, 0],
    ['is closed once the copy winds down', ['10', '0'], { follow: 'increases_only' }, STATUS.active | STATUS.windingDown, 0],
    ['stays where it follows increases only still', ['10', '0'], { follow: 'increases_only' }, STATUS.active, 10],
    ['stays where it is handed over', ['10', '0'], { follow: 'all' }, STATUS.active | STATUS.handingOver, 10],
    ['stays while the leader holds any of it', ['10', '4'], { follow: 'all' }, STATUS.active, 10],
    ['stays while the leader of an inverse copy holds any of it', ['10', '4'], { follow: 'all', direction: 'inverse' }, STATUS.active, -10],
    ['counts towards what the leader opened again on that side', ['10', '0', '4'], { follow: 'all' }, STATUS.active, 10],
  ])('%s', async (_what, moves, part, status, target) => {
    const closed = target === 0;
    expect(await changed(moves, part, status)).toEqual({ target, writes: closed ? 1 : 0, failed: false });
  });

  it('is taken back where it cannot be written, so that the command made again finds it', async () => {
    expect(await changed(['10', '0'], { follow: 'all' }, STATUS.active, true)).toEqual({ target: 10, writes: 0, failed: true });
  });
});
