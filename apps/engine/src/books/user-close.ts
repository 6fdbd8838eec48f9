import { formatSize, fromLots, type Instrument, money, notional, price, size } from '@lockstep/kernel';
import { postFill } from '@lockstep/ledger';
import type { InstrumentSheet, UserClose } from '@lockstep/replication';
import { type OwnPosition, recordFollowerClose, saveOwnPositions, savePositionStates } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { bookFill } from '../state/copy-ledger';
import { type Intent, intentOf } from '../state/intent';
import type { AccountRecord, CopyRecord } from '../state/registry';
import { ownLots } from '../state/shared-accounts';
import { takeBackIntent } from '../state/take-back-intent';
import type { Bookkeeper } from './bookkeeper';
import { positionStateOf } from './position-state-of';
import { trueUp } from './true-up';

/**
 * Books what a follower (or a liquidation) closed against the copy, as the comparison took it into the columns and at the same price. The trade's fee is
 * the follower's: the venue's fill belongs to the account and not to an order of ours. The episode stays closed until the leader is flat; where the venue
 * settled a delisted instrument, or the leader turned since, the columns say so already (`endByDelisting`, `reconcileMembers`). It is written as of the trades where
 * these are known: funding of the time between them and their counting is not the copy's. What the same trade left of the
 * follower's own is written with it. Call it while the instrument's lane is held. When it cannot be written it throws, and the columns hold what is booked and, unless
 * the copy is being closed by then, `wanted` before: the next comparison finds the close anew.
 */
export async function bookUserClose(
  ctx: EngineContext,
  books: Bookkeeper,
  copy: CopyRecord,
  sheet: InstrumentSheet,
  close: UserClose,
  wanted: Intent,
): Promise<void> {
  const { instrument } = sheet;
  const { coin } = instrument;
  const intent = intentOf(sheet, copy.row);
  const now = ctx.clock.now();
  const before = ctx.booked.newestIntent(copy.no, coin);
  ctx.booked.hand(copy.no, coin, intent);
  const written = books.run(copy.group.scope, async () => {
    const kept = ctx.booked.get(copy.no, coin);
    const closed = close.lotsAfter - close.lotsBefore;
    const quantity = size(fromLots(instrument, Math.abs(closed)) * (closed < 0 ? -1n : 1n));
    const at = price(BigInt(close.price));
    const { after, closedPnl } = bookFill(kept.booked, quantity, at, money(0n));
    const transaction = postFill({
      source: `user_close:${copy.account.no}:${coin}:${now}:${copy.no}`,
      copyId: copy.id,
      occurredAtMs: ctx.clocks.businessTime(copy.group.scope, now),
      coin,
      notional: notional(size(quantity < 0n ? -quantity : quantity), at, 'zero'),
      asset: instrument.collateral,
      closedPnl,
      feeAsset: instrument.collateral,
      fee: money(0n),
      builderFee: money(0n),
      markup: null,
    });
    const state = positionStateOf(copy.no, instrument, after, intent);
    await ctx.storage.scoped(copy.group.scope, async (unit) => {
      await savePositionStates(unit, [state]);
      for (const part of close.parts) {
        const lots = fromLots(instrument, part.lots);
        await recordFollowerClose(unit, { copyNo: copy.no, coin, closedAtMs: part.at ?? now, quantity: quantity < 0n ? -lots : lots });
      }
      await saveOwnPositions(unit, [ownOf(ctx, copy.account, instrument)]);
      if (transaction !== null) await unit.ledger.post([transaction]);
      await unit.events.append([
        newEvent(ctx, 'position.changed', now, {
          copy_id: copy.id,
          coin,
          position: formatSize(size(state.position)),
          target: formatSize(size(state.target)),
          average_entry: null,
          dust_pending: state.dust,
          ended_by: instrument.delisted ? 'delisting' : 'user',
        }),
      ]);
    });
    ctx.booked.set(copy.no, coin, { booked: after, intent });
    ctx.ownTrades.closed(copy.account, coin, copy.no, quantity);
  });
  await written.catch((failure: unknown) => {
    ctx.booked.hand(copy.no, coin, before);
    takeBackIntent(copy, sheet, intent, wanted);
    trueUp(ctx, copy, coin);
    throw failure;
  });
  trueUp(ctx, copy, coin);
}

/**
 * Writes what the follower holds of their own, where a trade of theirs changed that and closed nothing. A start that did not know of it would take it for a
 * trade against whatever the copies have entered since.
 */
export async function bookOwnPosition(ctx: EngineContext, books: Bookkeeper, account: AccountRecord, instrument: Instrument): Promise<void> {
  await books.run(account.scope, () => ctx.storage.scoped(account.scope, (unit) => saveOwnPositions(unit, [ownOf(ctx, account, instrument)])));
}

const ownOf = ({ registry }: EngineContext, account: AccountRecord, instrument: Instrument): OwnPosition => ({
  venueAccountNo: account.no,
  coin: instrument.coin,
  own: fromLots(instrument, ownLots(registry, account, instrument.coin)),
});
