import { silentLogger } from '@lockstep/platform';
import { EPISODE, intentAfter, MICRO, reasonNumber, reservePending, STATUS } from '@lockstep/replication';
import { at, instrumentOf, NOW, priceOf } from '@lockstep/replication/testing/book-builder';
import { describe, expect, it, vi } from 'vitest';
import type { Bookkeeper } from '../books/bookkeeper';
import type { EngineContext } from '../context';
import { intentOf } from '../state/intent';
import { WaveStage } from '../testing/wave-stage';
import { NOTHING_BEHIND, runMoves } from '../wave/run-wave';
import type { WaveLanes } from '../wave/wave-lanes';
import { Repairs } from './repair';

const LANES = {
  alone: (_watched: unknown, _coin: string, work: () => Promise<void>) => work(),
  behind: () => NOTHING_BEHIND,
} as unknown as WaveLanes;
const NO_FILLS = { read: async () => true };

/** Repairs of books in which everything that earlier processes left open stands. */
function opened(repairs: Repairs): Repairs {
  repairs.open();
  return repairs;
}

/** A copy that holds 10, should hold nothing, and whose exits failed at the venue's band; the database takes no event. */
async function stuckWithoutDatabase() {
  const world = new WaveStage();
  await runMoves(world.ctx, world.books as unknown as Bookkeeper, world.moves('0', '10'), NOTHING_BEHIND);
  const { sheet } = world.stage;
  sheet.rows.target[0] = 0;
  sheet.rows.exitFailures[0] = 10;
  world.sent.length = 0;
  const errors: string[] = [];
  const ctx = {
    ...world.ctx,
    log: { ...silentLogger, error: (message: string) => errors.push(message) },
    ids: { next: () => 'evt_1' },
    storage: { ...world.ctx.storage, platform: async () => 77 },
  } as unknown as EngineContext;
  const books = { ...world.books, run: () => Promise.reject(new Error('the database is down')) } as unknown as Bookkeeper;
  return { world, sheet, errors, repairs: opened(new Repairs(ctx, books, LANES, NO_FILLS)) };
}

describe('an exit stuck at the venue’s band while the database is down', () => {
  it('is tried all the same, and not being able to tell of it ends nothing', async () => {
    const { world, sheet, errors, repairs } = await stuckWithoutDatabase();
    await repairs.repair(world.watched, sheet, 'repair');
    // A rejection nobody takes would end the engine; the runner fails on one as well.
    await new Promise((resolve) => setImmediate(resolve));
    expect(world.sent).toEqual(['sell 10']);
    expect(at(sheet.rows.position, 0)).toBe(0);
    expect(errors).toEqual(['an exit is stuck', 'a stuck exit could not be told']);
    // The instrument may be delisted.
    expect(world.listsAsked).toBe(1);
  });
});

describe('what a copy is owed as it begins to be unwound', () => {
  it('is given up by the next repair, inside its window, and found so in the journal by a process that starts behind it', async () => {
    const world = new WaveStage();
    await runMoves(world.ctx, world.books as unknown as Bookkeeper, world.moves('0', '10'), NOTHING_BEHIND);
    const { sheet, book } = world.stage;
    const owed = { target: 20 * MICRO, owedPrice: 100 * 100_000_000, owedUntil: world.ctx.clock.now() + 3_600_000 };
    for (const [column, value] of Object.entries(owed)) sheet.rows[column as keyof typeof owed][0] = value;
    const before = intentOf(sheet, 0);
    book.setStatus(0, STATUS.windingDown, true);
    const ctx = { ...world.ctx, storage: { ...world.ctx.storage, platform: async () => 77 } } as unknown as EngineContext;
    const repairs = opened(new Repairs(ctx, world.books as unknown as Bookkeeper, LANES, NO_FILLS));
    [world.sent.length, world.journaled.length, world.outcomes.length] = [0, 0, 0];
    await repairs.repair(world.watched, sheet, 'repair');
    const given = world.outcomes.flatMap(({ wave }) => wave.forfeits).map(({ amount, reason }) => `${amount / MICRO} ${reason}`);
    expect([world.sent, given, at(sheet.rows.target, 0) / MICRO]).toEqual([[], ['10 winding_down'], 10]);
    const ends = { closing: false, windingDown: true };
    const terms = { incrementPrice: 0, catchUpMs: 3_600_000, beganAt: 0, ...ends, direction: 1, keeps: false, byAmount: null };
    const found = world.journaled.map((row) => intentAfter(before, row, 0, terms));
    expect(found).toEqual([intentOf(sheet, 0)]);
    expect(found[0]?.forfeitReason).toBe(reasonNumber('winding_down'));
  });
});

/** A copy that holds one lot against another of its account, and whose leader is flat: too little for the venue, and not the account's net. */
function withRemnant() {
  const world = new WaveStage();
  const { sheet } = world.stage;
  const { rows } = sheet;
  [rows.position[0], rows.others[0], rows.target[0]] = [1, -1, 0];
  // Worth five dollars.
  [sheet.mark, sheet.bestBid, sheet.bestAsk] = [500_000_000, 499_000_000, 501_000_000];
  const ctx = { ...world.ctx, storage: { ...world.ctx.storage, platform: async () => 77 } } as unknown as EngineContext;
  return { world, sheet, repairs: opened(new Repairs(ctx, world.books as unknown as Bookkeeper, LANES, NO_FILLS)) };
}

describe('a remnant that cannot close alone', () => {
  it('is written down as such though nothing is sent, and once', async () => {
    const { world, sheet, repairs } = withRemnant();
    await repairs.repair(world.watched, sheet, 'repair');
    expect(world.sent).toEqual([]);
    expect(world.journaled).toHaveLength(1);
    const intents = world.outcomes.flatMap((outcome) => outcome.intents);
    expect(intents.map(({ intent }) => intent.episodeBits & EPISODE.dustPending)).toEqual([EPISODE.dustPending]);
    // As the books do once it is on its way to them.
    for (const { copy, intent } of intents) world.ctx.booked.hand(copy.no, sheet.instrument.coin, intent);
    await repairs.repair(world.watched, sheet, 'repair');
    expect(world.journaled).toHaveLength(1);
  });
});

describe('a repair that is asked for before the orders of an earlier process are in the columns', () => {
  it('leaves once they are, for what they do not close', async () => {
    const world = new WaveStage();
    await runMoves(world.ctx, world.books as unknown as Bookkeeper, world.moves('0', '10'), NOTHING_BEHIND);
    const { sheet } = world.stage;
    sheet.rows.target[0] = 0;
    world.sent.length = 0;
    const ctx = { ...world.ctx, storage: { ...world.ctx.storage, platform: async () => 77 } } as unknown as EngineContext;
    const repairs = new Repairs(ctx, world.books as unknown as Bookkeeper, LANES, NO_FILLS);
    await repairs.close(world.watched, 'breaker');
    expect(world.sent).toEqual([]);
    // An exit of 6 that nobody has an answer to.
    reservePending(sheet, 0, { buy: false, exit: true }, 6);
    repairs.open();
    await vi.waitFor(() => expect(world.sent).toEqual(['sell 4']));
  });
});

describe('orders of a copy in two instruments that no wave was ever planned for', () => {
  it('have names of their own, also where the venue’s limits let the first of them not leave yet', async () => {
    const world = new WaveStage();
    const { book, sheet: first } = world.stage;
    const second = book.sheet(instrumentOf('ETH'));
    book.setMark('ETH', priceOf('100'), NOW);
    const owe = (lots: number): void => {
      for (const { rows } of [first, second]) {
        [rows.target[0], rows.owedPrice[0], rows.owedUntil[0]] = [lots * MICRO, Number(priceOf('100')), NOW + 60_000];
      }
    };
    let number = 76;
    const platform = async () => {
      number += 1;
      return number;
    };
    const ctx = { ...world.ctx, storage: { ...world.ctx.storage, platform } } as unknown as EngineContext;
    const repairs = opened(new Repairs(ctx, world.books as unknown as Bookkeeper, LANES, NO_FILLS));
    const names: string[] = [];
    world.onSent = (name) => names.push(name);
    const { venue } = world.watched.network;
    const nothingLeaves = { exit: () => undefined, nextEntry: () => Number.POSITIVE_INFINITY, takeEntry: () => undefined };

    owe(5);
    Object.assign(venue, { egress: { departures: () => nothingLeaves } });
    await repairs.repair(world.watched, first, 'repair');
    expect(world.sent).toEqual([]);
    Object.assign(venue, { egress: undefined });
    await repairs.repair(world.watched, second, 'repair');
    owe(10);
    await repairs.repair(world.watched, second, 'repair');
    await repairs.repair(world.watched, first, 'repair');
    expect(world.sent).toEqual(['buy 5', 'buy 5', 'buy 10']);
    expect(new Set(names).size).toBe(3);
  });
});
