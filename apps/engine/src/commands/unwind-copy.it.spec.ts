import { microToSize, STATUS } from '@lockstep/replication';
import { type CommandRow, loadPositionStates, runningCopy } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Repairs } from '../repair/repair';
import { statusBits } from '../state/load-scope';
import { type BooksStage, openBooksStage, sizeOf } from '../testing/books-stage';
import { WaveLanes } from '../wave/wave-lanes';
import { applied, type CommandParts } from './command-end';
import { stopBy } from './stop-by';
import { stopCopy } from './stop-copy';
import { Unwinds } from './unwind-copy';

const HOUR = 3_600_000;

/** A copy that holds 2 bought at 100 and is unwound within an hour of a clock the test turns. */
describe('a copy that is unwound by a deadline', () => {
  let stage: BooksStage;
  let parts: CommandParts;
  let unwinds: Unwinds;
  let repaired: string[];
  let begun: number;
  let now: number;

  beforeEach(async () => {
    stage = await openBooksStage();
    const { ctx, books, copy, sheet } = stage;
    repaired = [];
    const repairs = {
      close: async () => void repaired.push('all'),
      repair: async (_watched: unknown, { instrument }: { instrument: { coin: string } }) => void repaired.push(instrument.coin),
    } as unknown as Repairs;
    parts = { books, repairs, lanes: new WaveLanes(ctx, books, () => undefined) } as unknown as CommandParts;
    unwinds = newUnwinds();
    await stage.hold('2', '100');
    stage.setMark('100');
    sheet.rows.target[copy.row] = 2 * 10 ** 4 * 1_000_000;
    sheet.leaderLots = 10 ** 6;
    begun = ctx.clock.now();
    now = begun;
    vi.spyOn(ctx.clock, 'now').mockImplementation(() => now);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await stage.close();
  });

  const newUnwinds = () => new Unwinds(stage.ctx, parts, (copy) => stopCopy(stage.ctx, parts, stage.scope, copy.id, 'unwind_deadline'));
  const unwind = (by: number) =>
    stopBy(stage.ctx, parts, stage.scope, { targetId: stage.copy.id, payload: { mode: 'unwind_by', by } } as unknown as CommandRow);
  const target = () => microToSize(stage.sheet.instrument, stage.sheet.rows.target[stage.copy.row] ?? 0);
  const look = (at: number) => {
    now = begun + at;
    unwinds.look(stage.copy);
  };
  const written = async () => (await stage.storage.scoped(stage.scope, (unit) => loadPositionStates(unit)))[0];
  const state = async () => (await stage.copyFacts()).copy?.state;

  it('closes equal slices, each written down before the repair sends it, and the rest at the deadline', async () => {
    expect(await unwind(begun + HOUR)).toEqual(applied());
    expect([await state(), stage.copy.watched.book.takesRisk(stage.copy.row, stage.ctx.clock.now())]).toEqual(['unwinding', false]);
    look(0);
    // 200 dollars in slices of at least 20: ten of them, the tenth at the deadline.
    const every = HOUR / 10;
    const targets: string[] = [];
    for (let slice = 1; slice <= 9; slice += 1) {
      look(slice * every - 1);
      look(slice * every);
      await vi.waitFor(async () => expect((await written())?.target).toBe(target()));
      await vi.waitFor(() => expect(repaired).toHaveLength(slice));
      targets.push(String(Number(target()) / 1e8));
    }
    expect(targets).toEqual(['1.8', '1.6', '1.4', '1.2', '1', '0.8', '0.6', '0.4', '0.2']);
    look(HOUR - 1);
    expect(await state()).toBe('unwinding');
    look(HOUR);
    await vi.waitFor(async () => expect(await state()).toBe('stopping'));
    expect([target(), repaired.at(-1), (await stage.copyFacts()).copy?.stateReason]).toEqual([0n, 'all', 'unwind_deadline']);
  });

  it('goes on after a restart with the deadline that was written, and hurries nothing', async () => {
    await unwind(begun + HOUR);
    const found = await stage.storage.scoped(stage.scope, (unit) => runningCopy(unit, stage.copy.id));
    expect(found === null ? null : [found.unwindBy, statusBits(found)]).toEqual([Math.floor(begun + HOUR), STATUS.active | STATUS.windingDown]);
    for (let restart = 0; restart < 20; restart += 1) {
      unwinds = newUnwinds();
      look(restart * 10_000);
    }
    expect([target(), repaired]).toEqual([sizeOf('2'), []]);
  });

  it('that starts behind its deadline is closed at once', async () => {
    await unwind(begun + HOUR);
    unwinds = newUnwinds();
    look(HOUR + 60_000);
    await vi.waitFor(async () => expect(await state()).toBe('stopping'));
  });

  it('takes a slice anew that could not be written', async () => {
    await unwind(begun + HOUR);
    look(0);
    stage.failNext('refused');
    look(HOUR / 10);
    await vi.waitFor(() => expect(target()).toBe(sizeOf('2')));
    await vi.waitFor(() => {
      look(HOUR / 10 + 1);
      look(2 * (HOUR / 10) + 2);
      expect(repaired).toHaveLength(1);
    });
    expect((await written())?.target).toBe(target());
  });

  it.each([
    ['a loss limit', STATUS.breaker],
    ['a stop', STATUS.closing],
    ['a hand-over', STATUS.handingOver],
  ])('takes no slice behind %s', async (_what, bit) => {
    await unwind(begun + HOUR);
    look(0);
    stage.copy.watched.book.setStatus(stage.copy.row, bit, true);
    look(HOUR / 10);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([target(), repaired]).toEqual([sizeOf('2'), []]);
  });

  it('is asked for twice with one outcome, and keeps its deadline', async () => {
    await unwind(begun + HOUR);
    expect(await unwind(begun + HOUR)).toEqual(applied());
    expect(await unwind(begun + 2 * HOUR)).toMatchObject({ status: 'refused', reason: 'wrong_state' });
    expect(stage.copy.unwindBy).toBe(begun + HOUR);
  });
});
