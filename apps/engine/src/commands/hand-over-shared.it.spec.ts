import { loadOwnPositions } from '@lockstep/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FillCollector } from '../books/collect-fills';
import { Reconciler } from '../repair/reconcile';
import type { CopyRecord } from '../state/registry';
import { type BooksStage, openBooksStage, sizeOf } from '../testing/books-stage';
import { STAGE_COIN } from '../testing/scripted-venue';
import { holdOf, secondCopy, writtenOf } from '../testing/second-copy';
import { WaveLanes } from '../wave/wave-lanes';
import { applied, type CommandParts } from './command-end';
import { HandOvers, handOverCopy } from './hand-over';

const LOTS = 10 ** STAGE_COIN.szDecimals;
const { coin: COIN } = STAGE_COIN;

/** A copy that holds 2 is handed over while another of the same account is short 1.5: the venue's net is 0.5 throughout. */
describe('a copy that is handed over beside another', () => {
  let stage: BooksStage;
  let short: CopyRecord;
  let reconciler: Reconciler;
  let handOvers: HandOvers;

  beforeEach(async () => {
    stage = await openBooksStage();
    const { ctx, books } = stage;
    const lanes = new WaveLanes(ctx, books, () => undefined);
    short = await secondCopy(stage);
    reconciler = new Reconciler(ctx, books, new FillCollector(ctx, books), lanes);
    handOvers = new HandOvers(ctx, { books, lanes });
    await stage.hold('2', '100');
    await holdOf(stage, short, 'sell', '1.5', '110');
    stage.setMark('104');
    stage.venue.states = [stage.state('0.5', 2_000)];
    expect(await handOverCopy(ctx, { books } as unknown as CommandParts, stage.scope, stage.copy.id)).toEqual(applied());
  });
  afterEach(() => stage.close());

  const own = async () => (await stage.storage.scoped(stage.scope, (unit) => loadOwnPositions(unit))).map(({ coin, own: held }) => [coin, held]);
  const besideTheShort = () => {
    const { rows } = short.watched.book.sheet(STAGE_COIN);
    return [rows.beside[short.row], rows.others[short.row], rows.position[short.row]];
  };
  const left = async () => {
    expect(await own()).toEqual([[COIN, sizeOf('2')]]);
    expect(stage.account.own.get(COIN)).toBe(2 * LOTS);
    expect(besideTheShort()).toEqual([2 * LOTS, 0, -1.5 * LOTS]);
    expect(await writtenOf(stage, short.id)).toMatchObject({ position: sizeOf('-1.5'), realised: 0n });
  };

  it('leaves its position to the follower once, and the other copy counts with it', async () => {
    await handOvers.end(stage.copy);
    await left();
    stage.venue.states = [stage.state('0.5', 3_000)];
    await reconciler.compare(stage.account);
    await left();
  });

  it.each(['comparison first', 'end first'])('while the account is compared is neither forgotten nor counted twice: %s', async (order) => {
    const [compare, end] = [() => reconciler.compare(stage.account), () => handOvers.end(stage.copy)];
    await Promise.all(order === 'end first' ? [end(), compare()] : [compare(), end()]);
    // A comparison that held the instrument up was gone before the end began, or the end is made at the next look.
    if (stage.ctx.registry.copies.has(stage.copy.no)) await handOvers.end(stage.copy);
    await left();
  });

  it('that holds more than the venue shows is reduced by the follower’s close first, and hands over the rest', async () => {
    stage.venue.states = [stage.state('0', 3_000)];
    await reconciler.compare(stage.account);
    await handOvers.end(stage.copy);
    expect(await own()).toEqual([[COIN, sizeOf('1.5')]]);
    expect(besideTheShort()).toEqual([1.5 * LOTS, 0, -1.5 * LOTS]);
  });
});
