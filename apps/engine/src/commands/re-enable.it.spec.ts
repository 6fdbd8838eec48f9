import { present } from '@lockstep/kernel';
import { LOSS_LIMITS } from '@lockstep/risk';
import type { CommandRow } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { carryBreakers } from '../recover/carry-breakers';
import type { OpenJournal } from '../recover/open-journals';
import { type BooksStage, openBooksStage } from '../testing/books-stage';
import { commandParts } from '../testing/command-parts';
import { reEnableCopy } from './change-copy';
import { applied, type CommandParts } from './command-end';
import { writeState } from './write-state';

const TRAILING = LOSS_LIMITS.indexOf('trailing');

/** A copy that a loss limit closed and its follower enables again. It adopts, and nobody sees its leader: the command stays pending behind its new state. */
describe('a copy that is enabled again while the wish for it is still pending', () => {
  let stage: BooksStage;
  let parts: CommandParts;
  let sight: { seen: boolean };

  beforeEach(async () => {
    stage = await openBooksStage();
    const { copy } = stage;
    const lanes = { alone: async (_watched: unknown, _coin: string, work: () => Promise<void>) => work() };
    parts = commandParts(stage, { lanes, repairs: {} });
    sight = { seen: false };
    Object.assign(parts.watch, { sees: () => sight.seen });
    copy.settings = { ...copy.settings, start: { kind: 'adopt', band: null } };
    await breaks();
    await stage.app.scoped(stage.scope, (unit) => unit.commands.append({ kind: 'copy.re_enable', targetId: copy.id, payload: {}, actor: 'test' }));
    expect([(await carriedOut()).status, await written()]).toEqual(['later', 'active']);
  });
  afterEach(() => stage.close());

  const breaks = () => writeState(stage.ctx, stage.books, stage.copy, 'active', 'breaker_closed', 'breaker_trailing');
  const written = async () => (await stage.copyFacts()).copy?.state;
  const pending = async (): Promise<CommandRow> =>
    present((await stage.storage.scoped(stage.scope, (unit) => unit.commands.pending(10)))[0], 'the pending command');
  /** As the next process does, which reads it from the database. */
  const carriedOut = async () => reEnableCopy(stage.ctx, parts, await pending());
  /** Limits by which a start breaks the copy that finds an open journal row of its exits, written down at a time. */
  const carried = async (createdAt: number) => {
    const limits: number[] = [];
    const orders = { count: 1, breaker: [1 + TRAILING], copyNo: [stage.copy.no] };
    const row = { row: { createdAt }, packed: { orders } } as unknown as OpenJournal;
    await carryBreakers(stage.ctx, { carryOn: (_copy, limit) => void limits.push(limit) }, [row]);
    return limits;
  };

  it('is not enabled once more by the next process where it met a limit again', async () => {
    await breaks();
    expect(await carriedOut()).toEqual(applied());
    expect([await written(), (await stage.events()).filter((type) => type === 'copy.state_changed')]).toEqual([
      'breaker_closed',
      ['copy.state_changed', 'copy.state_changed', 'copy.state_changed'],
    ]);
  });

  it('is left as its follower paused it, and the wish was carried out', async () => {
    await writeState(stage.ctx, stage.books, stage.copy, 'active', 'paused', 'paused_by_follower');
    expect([await carriedOut(), await written()]).toEqual([applied(), 'paused']);
  });

  it('takes on what its leader is in once he is seen, by the next process too', async () => {
    expect((await carriedOut()).status).toBe('later');
    stage.sheet.leaderLots = 5_000;
    stage.copy.watched.book.beginAtNextOpen(stage.copy.row);
    stage.setMark('100');
    sight.seen = true;
    expect(await carriedOut()).toMatchObject({ status: 'applied', result: { instruments: [{ coin: stage.sheet.instrument.coin }] } });
  });

  it('is not broken once more by exits of before it, which another copy’s order keeps open, and by those behind it is', async () => {
    const { createdAt } = await pending();
    expect([await carried(createdAt - 1), await carried(createdAt + 1)]).toEqual([[], [TRAILING]]);
  });
});
