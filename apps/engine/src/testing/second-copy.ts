import { type CopyId, present, UNIT } from '@lockstep/kernel';
import { defaultCopySettings, encodeCopySettings } from '@lockstep/roster';
import { runningCopy } from '@lockstep/storage';
import { sampleFill } from '@lockstep/venues/port/testing/sample-fill';
import { addCopy, newWatched } from '../state/load-book';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import { type BooksStage, orderOf, priceOf, sizeOf } from './books-stage';
import { STAGE_COIN } from './scripted-venue';

/** A copy of another leader on the stage's account, or of another strategy of the one given, written as the gateway writes it and taken into memory. */
export async function secondCopy(stage: BooksStage, of: WatchedAccount | null = null): Promise<CopyRecord> {
  const { ctx, app, scope, account } = stage;
  const row = await app.platform((unit) => unit.inbox.watch('hyperliquid', 'sim', `0x${'a2'.repeat(20)}`));
  const [leaderId, copyId] = [ctx.ids.next('leader'), ctx.ids.next('copy')] as const;
  const now = ctx.clock.now();
  const made = { createdAt: now, updatedAt: now };
  await app.scoped(scope, async (unit) => {
    await unit.leaders.insert({
      id: leaderId,
      watchedNo: of === null ? row.no : BigInt(of.no),
      name: 'another',
      terms: {},
      status: 'active',
      access: 'everyone',
      ...made,
    });
    await unit.copies.insert({
      id: copyId,
      leaderId,
      followerId: stage.copy.followerId,
      venueAccountId: account.id,
      allocation: 1_000n * UNIT,
      state: 'active',
      stateReason: 'prepared',
      settingsVersion: 1,
      ...made,
      startedAt: now,
      stoppedAt: null,
      unwindBy: null,
    });
    await unit.copies.addSettings({ copyId, version: 1, settings: encodeCopySettings(defaultCopySettings()), actor: 'test', effectiveFrom: now });
  });
  const found = await app.scoped(scope, (unit) => runningCopy(unit, copyId));
  if (of !== null) return addCopy(ctx, scope, present(found, 'the copy'), of, account, []);
  const watched = newWatched(row, account.network, { begun: true, historyFrom: 0 }, ctx.registry.followers);
  ctx.registry.watched.set(watched.no, watched);
  watched.book.sheet(STAGE_COIN);
  return addCopy(ctx, scope, present(found, 'the copy'), watched, account, []);
}

/** A booked fill of an order of a copy in a wave, of which nothing is open. */
export function holdOf(stage: BooksStage, copy: CopyRecord, side: 'buy' | 'sell', size: string, at: string, wave = 1): Promise<void> {
  const fill = sampleFill({
    coin: STAGE_COIN.coin,
    side,
    size: sizeOf(size),
    price: priceOf(at),
    tradeId: `${copy.no}${wave}`,
    clientOrderId: orderOf(copy.no, wave),
  });
  return stage.books.takeFills({ account: stage.account, fills: [fill] });
}

/** What is written of a copy: its position and realised profit, and what the ledger says of that. */
export async function writtenOf(stage: BooksStage, id: CopyId) {
  return stage.storage.scoped(stage.scope, async (unit) => {
    const copy = await unit.copies.findOne({ id });
    const [position] = await unit.positions.ofCopies(copy?.no ?? 0n);
    const ledger = (await unit.ledger.sums(2n ** 62n)).find(({ account }) => account === `copy:${id}:realised_pnl`);
    return { position: position?.position ?? 0n, realised: position?.realisedPnl ?? 0n, ledger: -(ledger?.sum ?? 0n) };
  });
}
